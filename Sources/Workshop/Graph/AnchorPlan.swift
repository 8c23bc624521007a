/// Anchors that a detector's file does not have, by the numbers that such detectors are published with.
public struct AnchorPlan: Sendable, Equatable {
    public enum Sizes: Sendable, Equatable {
        /// SSD as TensorFlow's object detection API has it: sides rise evenly from level to level, in parts of the picture's shorter
        /// side; each level has an anchor a ratio (width by height), and a square between its side and the next. Where the finest has
        /// three anchors, these are a square of 0.1, and the ratios 2 and 1/2.
        case ssd(least: Double, most: Double, ratios: [Double])
        /// EfficientDet and RetinaNet: `scale` strides, and `octaves` steps to twice that, each in all ratios (M. Tan et al.,
        /// arXiv:1911.09070).
        case octaves(scale: Double, octaves: Int, ratios: [Double])
        /// Width and height in pixels of each anchor of a place, level by level, the finest first.
        case listed([Extent])
    }

    public struct Extent: Sendable, Equatable {
        public var width: Double
        public var height: Double

        public init(width: Double, height: Double) { (self.width, self.height) = (width, height) }
    }

    public var sizes: Sizes
    /// Encodings are y, x, height, width.
    public var isVerticalFirst: Bool
    /// What encodings of positions and sizes are divided by.
    public var positionFactor: Double
    public var sizeFactor: Double
    /// The first score is the background's.
    public var hasBackground: Bool

    public init(
        sizes: Sizes, isVerticalFirst: Bool, positionFactor: Double, sizeFactor: Double, hasBackground: Bool
    ) {
        (self.sizes, self.isVerticalFirst, self.hasBackground) = (sizes, isVerticalFirst, hasBackground)
        (self.positionFactor, self.sizeFactor) = (positionFactor, sizeFactor)
    }

    /// A place's anchors, level by level.
    /// - Parameters:
    ///   - counts: how many a place of each level has, the finest first.
    ///   - strides: pixels between places.
    ///   - side: the picture's shorter side in pixels.
    /// - Throws: `Mismatch` where they are others than the plan has.
    func extents(counts: [Int], strides: [(x: Double, y: Double)], side: Double) throws(Mismatch) -> [[Extent]] {
        var made: [[Extent]] = []
        switch sizes {
        case .ssd(let least, let most, let ratios):
            let last = Double(max(counts.count - 1, 1))
            let sides = counts.indices.map { least + (most - least) * Double($0) / last } + [1]
            for level in counts.indices {
                var list = ratios.map { Self.extent(sides[level] * side, ratio: $0) }
                list.append(Self.extent((sides[level] * sides[level + 1]).squareRoot() * side, ratio: 1))
                if level == 0, counts[0] == 3 {
                    list = [Self.extent(0.1 * side, ratio: 1)]
                    list += [2, 0.5].map { Self.extent(sides[0] * side, ratio: $0) }
                }
                made.append(list)
            }
        case .octaves(let scale, let octaves, let ratios):
            for stride in strides {
                made.append(
                    (0..<octaves).flatMap { octave in
                        ratios.map { ratio in
                            let size = scale * Self.powerOfTwo(Double(octave) / Double(octaves))
                            let one = Self.extent(size, ratio: ratio)
                            return Extent(width: one.width * stride.x, height: one.height * stride.y)
                        }
                    })
            }
        case .listed(let extents):
            guard extents.count == counts.reduce(0, +) else {
                throw Mismatch(
                    "lists \(extents.count) sizes, and the model has \(Self.list(counts)) anchors a place")
            }
            var rest = extents[...]
            for count in counts {
                made.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
        }
        guard made.map(\.count) == counts else {
            throw Mismatch(
                "makes \(Self.list(made.map(\.count))) anchors a place, and the model has \(Self.list(counts))")
        }
        return made
    }

    /// Why anchors are not a model's, to be read behind what named them.
    public struct Mismatch: Error, Equatable {
        public var problem: String

        public init(_ problem: String) { self.problem = problem }
    }

    private static func list(_ counts: [Int]) -> String { counts.map(String.init).joined(separator: ", ") }

    private static func extent(_ side: Double, ratio: Double) -> Extent {
        Extent(width: side * ratio.squareRoot(), height: side / ratio.squareRoot())
    }

    private static func powerOfTwo(_ exponent: Double) -> Double {
        DetectorHead.Curve.exponential(factor: 1).value(exponent * 0.693_147_180_559_945_3)
    }
}

extension DetectorHead {
    /// Takes anchors that a plan has for the levels, in whose middles places are.
    /// - Parameters:
    ///   - width, height: of the picture.
    ///   - strides: pixels between places, by level.
    public mutating func take(
        _ plan: AnchorPlan, strides: [(x: Double, y: Double)], width: Int, height: Int
    ) throws(AnchorPlan.Mismatch) {
        let extents = try plan.extents(
            counts: levels.map(\.anchors), strides: strides, side: Double(min(width, height)))
        for (index, stride) in strides.enumerated() {
            (levels[index].strideX, levels[index].strideY) = (stride.x, stride.y)
            levels[index].priors = extents[index].map { extent in
                Prior(
                    x: stride.x / 2, y: stride.y / 2, unitX: extent.width / plan.positionFactor,
                    unitY: extent.height / plan.positionFactor, width: extent.width, height: extent.height)
            }
        }
        coder = .centre(
            position: .linear(factor: 1, offset: 0), size: .exponential(factor: 1, rate: 1 / plan.sizeFactor),
            isVerticalFirst: plan.isVerticalFirst)
    }
}
