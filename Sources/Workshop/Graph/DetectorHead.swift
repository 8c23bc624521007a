import Foundation

/// How the numbers that a detector computes become boxes: one box a prior, whose raw numbers lie in tensors of its level.
public struct DetectorHead: Sendable, Equatable {
    /// What a raw number stands for.
    public enum Curve: Sendable, Equatable {
        case linear(factor: Double, offset: Double)
        case sigmoid(factor: Double, offset: Double)
        /// `factor` times e to the number times `rate`.
        case exponential(factor: Double, rate: Double = 1)
        /// The square of a sigmoid, as YOLOv5 has sizes.
        case squaredSigmoid(factor: Double)
    }

    /// How a box follows from its prior.
    public enum Coder: Sendable, Equatable {
        /// Middle: the prior's and `position` times its unit; width and height: `size` times the prior's. `isVerticalFirst`: the raw
        /// numbers are y, x, height, width, as in SSD (W. Liu et al., arXiv:1512.02325).
        case centre(position: Curve, size: Curve, isVerticalFirst: Bool)
        /// Left, top, right and bottom are so many of the prior's units away from its middle. Each distance is the mean of a
        /// softmax over `bins` raw numbers (distribution focal loss: X. Li et al., arXiv:2006.04388), or where that is 1, the number.
        case distances(bins: Int)
        /// A cell is the prior itself: the network says only what is in it. `Level.boxes` is not read.
        case cells
    }

    /// What becomes of boxes that overlap.
    public enum Suppression: String, Sendable, CaseIterable {
        /// Of one class the best is left.
        case perClass = "per-class"
        /// The best is left, whatever the classes.
        case anyClass = "any-class"
        /// Of one class the scores of others fall by their overlap with the best (N. Bodla et al., arXiv:1704.04503).
        case soft
        case none
        /// Those of one class that touch, be it with a corner, become one that holds them, with the best score.
        case fuse
    }

    /// Where raw numbers lie: value k of anchor a at place p is element `first + p * placeStep + a * anchorStep + k * step`.
    public struct Field: Sendable, Equatable {
        public var tensor: TensorID
        public var first: Int
        public var placeStep: Int
        public var anchorStep: Int
        public var step: Int

        public init(_ tensor: TensorID, first: Int = 0, placeStep: Int, anchorStep: Int = 0, step: Int = 1) {
            (self.tensor, self.first, self.placeStep) = (tensor, first, placeStep)
            (self.anchorStep, self.step) = (anchorStep, step)
        }

        /// Where one of its values lies in the tensor.
        public func element(_ value: Int, place: Int, anchor: Int) -> Int {
            first + place * placeStep + anchor * anchorStep + value * step
        }
    }

    /// A box that the network corrects, in pixels of the input.
    public struct Prior: Sendable, Equatable {
        /// Its middle.
        public var x: Double
        public var y: Double
        /// What positions and distances count in.
        public var unitX: Double
        public var unitY: Double
        /// What sizes count in.
        public var width: Double
        public var height: Double

        public init(x: Double, y: Double, unitX: Double, unitY: Double, width: Double, height: Double) {
            (self.x, self.y, self.unitX, self.unitY) = (x, y, unitX, unitY)
            (self.width, self.height) = (width, height)
        }

        /// A box whose positions count in its extents.
        public init(x: Double, y: Double, width: Double, height: Double) {
            self.init(x: x, y: y, unitX: width, unitY: height, width: width, height: height)
        }
    }

    /// Places in a grid, each with the same anchors.
    public struct Level: Sendable, Equatable {
        public var rows: Int
        public var columns: Int
        /// Pixels of the input between places; 0: `priors` has those of all places.
        public var strideX: Double
        public var strideY: Double
        /// Of the first place, one an anchor; where strides are 0, of all places.
        public var priors: [Prior]
        public var boxes: Field
        public var scores: Field
        public var objectness: Field?
        /// Two numbers a key point, and behind them `pointGap` others.
        public var points: Field?

        public init(
            rows: Int, columns: Int, strideX: Double, strideY: Double, priors: [Prior], boxes: Field, scores: Field,
            objectness: Field? = nil, points: Field? = nil
        ) {
            (self.rows, self.columns, self.strideX, self.strideY) = (rows, columns, strideX, strideY)
            (self.priors, self.boxes, self.scores) = (priors, boxes, scores)
            (self.objectness, self.points) = (objectness, points)
        }

        public var places: Int { rows * columns }
        public var anchors: Int { strideX > 0 ? priors.count : priors.count / places }

        public func prior(place: Int, anchor: Int) -> Prior {
            guard strideX > 0 else { return priors[place * anchors + anchor] }
            var prior = priors[anchor]
            prior.x += Double(place % columns) * strideX
            prior.y += Double(place / columns) * strideY
            return prior
        }

        public var fields: [Field] { [boxes, scores, objectness, points].compactMap { $0 } }
    }

    /// What it is, as reports tell: "YOLOv8".
    public var name: String
    public var coder: Coder
    public var levels: [Level]
    /// Scores a box.
    public var classes: Int
    /// The first of them that is an object: 1 where class 0 is the background.
    public var firstClass: Int
    public var scoreCurve: Curve
    /// Of objectness, which scores are multiplied with.
    public var objectnessCurve: Curve
    public var points: Int
    public var pointCurve: Curve
    /// Numbers behind each key point's x and y that are not read, at most 8: how visible it is.
    public var pointGap = 0
    /// Least score that counts, and the overlap (intersection over union) above which two boxes show one object.
    public var score: Double
    public var overlap: Double
    public var suppression = Suppression.perClass
    /// Boxes that suppression looks at, and that are left of them, at most.
    public var candidates = 1024
    public var detections = 100

    public init(
        name: String, coder: Coder, levels: [Level], classes: Int, firstClass: Int = 0,
        scoreCurve: Curve = .sigmoid(factor: 1, offset: 0), objectnessCurve: Curve = .sigmoid(factor: 1, offset: 0),
        points: Int = 0, pointCurve: Curve = .linear(factor: 1, offset: 0), score: Double = 0.25, overlap: Double = 0.45
    ) {
        (self.name, self.coder, self.levels) = (name, coder, levels)
        (self.classes, self.firstClass, self.scoreCurve) = (classes, firstClass, scoreCurve)
        (self.objectnessCurve, self.points, self.pointCurve) = (objectnessCurve, points, pointCurve)
        (self.score, self.overlap) = (score, overlap)
    }

    /// Boxes of all levels.
    public var count: Int { levels.reduce(0) { $0 + $1.places * $1.anchors } }

    /// What it reads, each once, in the order of its levels.
    public var tensors: [TensorID] {
        var found: [TensorID] = []
        for field in levels.flatMap(\.fields) where !found.contains(field.tensor) { found.append(field.tensor) }
        return found
    }

    /// The same, of tensors under other numbers.
    public func renamed(_ new: (TensorID) -> TensorID) -> DetectorHead {
        var head = self
        for index in levels.indices {
            head.levels[index].boxes.tensor = new(levels[index].boxes.tensor)
            head.levels[index].scores.tensor = new(levels[index].scores.tensor)
            if let field = levels[index].objectness { head.levels[index].objectness?.tensor = new(field.tensor) }
            if let field = levels[index].points { head.levels[index].points?.tensor = new(field.tensor) }
        }
        return head
    }
}

extension DetectorHead.Curve {
    /// What a raw number stands for.
    public func value(_ raw: Double) -> Double {
        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        switch self {
        case .linear(let factor, let offset): return raw * factor + offset
        case .sigmoid(let factor, let offset): return sigmoid(raw) * factor + offset
        case .exponential(let factor, let rate): return exp(raw * rate) * factor
        case .squaredSigmoid(let factor): return sigmoid(raw) * sigmoid(raw) * factor
        }
    }
}
