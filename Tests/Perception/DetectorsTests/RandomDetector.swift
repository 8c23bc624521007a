import Graph
import TestSupport

/// A detector that nobody would train: any kind of head, numbers anywhere in tensors, scales and priors of any size.
struct RandomDetector {
    private var random: SplitMix64
    private var width = 0
    private var height = 0
    private var layers: [DetectorBundle.Layer] = []
    private var levels: [Level] = []
    private let classes: Int
    private let points: Int
    private let pointGap: Int
    private let hasObjectness: Bool
    private let coder: DetectorHead.Coder

    private struct Level {
        var rows: Int
        var columns: Int
        var anchors: Int
        /// Pixels between places; 0: every place has priors of its own.
        var stride: (x: Double, y: Double)
        var boxes: Place
        var scores: Place
        var objectness: Place?
        var points: Place?
    }

    /// Where numbers of a kind lie: of a layer.
    private struct Place {
        var layer: Int
        var first: Int
        var place: Int
        var anchor: Int
        var step: Int

        func field(_ ids: [TensorID]) -> DetectorHead.Field {
            DetectorHead.Field(ids[layer], first: first, placeStep: place, anchorStep: anchor, step: step)
        }
    }

    /// - Parameter isLarge: thousands of places with 80 classes; else at most some hundred.
    init(_ seed: UInt64, isLarge: Bool) {
        var source = SplitMix64(state: seed)
        let kind = source.below(5)
        hasObjectness = source.below(3) == 0
        classes = isLarge || source.below(8) == 0 ? 80 : 1 + source.below(source.below(2) == 0 ? 3 : 30)
        points = source.below(3) == 0 ? 1 + source.below(source.below(4) == 0 ? 17 : 6) : 0
        pointGap = points > 0 ? source.below(source.below(4) == 0 ? 9 : 2) : 0
        if kind == 0 {
            coder = .cells
        } else if kind < 3 {
            coder = .centre(
                position: Self.curve(&source), size: Self.curve(&source), isVerticalFirst: source.below(2) == 0)
        } else {
            coder = .distances(bins: source.below(3) == 0 ? 1 : 1 + source.below(source.below(8) == 0 ? 64 : 17))
        }
        let anchors = source.below(2) == 0 ? 1 : 1 + source.below(3)
        random = source
        if isLarge {
            (width, height) = (320 + 32 * random.below(11), 320 + 32 * random.below(11))
            for stride in [8, 16, 32] { addLevel((stride, stride), anchors: anchors, isLarge: true) }
        } else {
            (width, height) = (1 + random.below(24), 1 + random.below(24))
            for _ in 0...random.below(random.below(16) == 0 ? 8 : 3) {
                addLevel((3 + random.below(8), 3 + random.below(8)), anchors: anchors, isLarge: false)
            }
        }
    }

    private static func curve(_ random: inout SplitMix64) -> DetectorHead.Curve {
        let factor = pow2(random.below(12) - 6) * (random.below(6) == 0 ? -1 : 1)
        return switch random.below(4) {
        case 0: .linear(factor: factor, offset: Double(random.below(5)) - 2)
        case 1: .sigmoid(factor: factor, offset: Double(random.below(5)) - 2)
        case 2: .exponential(factor: factor, rate: pow2(random.below(5) - 3))
        default: .squaredSigmoid(factor: factor)
        }
    }

    private static func pow2(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }

    private mutating func addLevel(_ stride: (x: Int, y: Int), anchors: Int, isLarge: Bool) {
        let (columns, rows) = ((width - 1) / stride.x + 1, (height - 1) / stride.y + 1)
        let places = rows * columns
        let boxes =
            switch coder {
            case .cells: 0
            case .centre: 4
            case .distances(let bins): 4 * bins
            }
        let counts = [boxes, classes, hasObjectness ? 1 : 0, points * (2 + pointGap)]
        var found: [Place?] = [nil, nil, nil, nil]
        // All in one layer, or one each.
        let groups = random.below(2) == 0 ? [[0, 1, 2, 3]] : [[0], [1], [2], [3]]
        for group in groups {
            let row = group.reduce(0) { $0 + counts[$1] }
            guard row > 0 else { continue }
            let order = isLarge ? random.below(2) : random.below(4)
            var first = 0
            for kind in group where counts[kind] > 0 {
                found[kind] =
                    switch order {
                    case 0: Place(layer: layers.count, first: first, place: anchors * row, anchor: row, step: 1)
                    case 1:
                        Place(
                            layer: layers.count, first: first * places, place: 1, anchor: row * places, step: places)
                    case 2:
                        Place(
                            layer: layers.count, first: first * places * anchors, place: anchors, anchor: 1,
                            step: places * anchors)
                    default:
                        Place(
                            layer: layers.count, first: first * anchors, place: row * anchors, anchor: 1, step: anchors)
                    }
                first += counts[kind]
            }
            layers.append(DetectorBundle.Layer(channels: anchors * row, strideX: stride.x, strideY: stride.y))
        }
        guard let scorePlace = found[1] else { return }
        let isGrid = random.below(3) > 0
        levels.append(
            Level(
                rows: rows, columns: columns, anchors: anchors,
                stride: isGrid ? (Double(stride.x), Double(stride.y) + Double(random.below(8)) / 8) : (0, 0),
                boxes: found[0] ?? scorePlace, scores: scorePlace, objectness: found[2], points: found[3]))
    }

    mutating func bundle() throws -> DetectorBundle {
        let scales = layers.map { _ in
            Quantization(
                scale: Float(Self.pow2(-random.below(12))) * (1 + Float(random.below(100)) / 100),
                zeroPoint: Int32(random.below(256)) - 128)
        }
        let priors = levels.map { level in
            // Often such that boxes meet, or cover one another by a half or wholly.
            let (isTile, isNeat) = (level.stride.x > 0 && random.below(2) == 0, random.below(2) == 0)
            return (0..<level.anchors * (level.stride.x > 0 ? 1 : level.rows * level.columns)).map { _ in
                let (x, y) = level.stride
                return isTile
                    ? DetectorHead.Prior(x: x / 2, y: y / 2, width: x, height: y) : prior(isNeat: isNeat)
            }
        }
        let (curves, limits) = ((0..<3).map { _ in scoreCurve() }, (0..<5).map { _ in random.below(1 << 16) })
        let kinds = DetectorHead.Suppression.allCases
        let all = self
        return try DetectorBundle(
            width: width, height: height, layers: layers, scales: scales,
            kernels: random.below(2) == 0 ? "scalar" : "host"
        ) { ids in
            let made = zip(all.levels, priors).map { level, priors in
                DetectorHead.Level(
                    rows: level.rows, columns: level.columns, strideX: level.stride.x, strideY: level.stride.y,
                    priors: priors, boxes: level.boxes.field(ids), scores: level.scores.field(ids),
                    objectness: level.objectness?.field(ids), points: level.points?.field(ids))
            }
            var head = DetectorHead(
                name: "random", coder: all.coder, levels: made, classes: all.classes,
                firstClass: limits[0] % 3 == 0 ? limits[0] % all.classes : 0, scoreCurve: curves[0],
                objectnessCurve: curves[1], points: all.points, pointCurve: curves[2],
                score: Double(1 + limits[1]) / 65536, overlap: Double(limits[2] % 17) / 16)
            head.suppression = kinds[limits[3] % kinds.count]
            head.pointGap = all.pointGap
            // Often few, so that there is no room for all.
            head.candidates = 1 + limits[4] % (1 << (1 + limits[4] % 12))
            head.detections = 1 + limits[3] % (1 << (1 + limits[3] % 9))
            return head
        }
    }

    private mutating func scoreCurve() -> DetectorHead.Curve {
        random.below(2) == 0 ? .sigmoid(factor: 1, offset: 0) : .linear(factor: Self.pow2(-random.below(3)), offset: 0)
    }

    /// Mostly within the picture; sometimes as far out as records can tell.
    private mutating func prior(isNeat: Bool) -> DetectorHead.Prior {
        if isNeat {
            let number = (0..<4).map { _ in Double(4 + 4 * random.below(3)) }
            return DetectorHead.Prior(x: number[0], y: number[1], width: number[2], height: number[3])
        }
        let reach = random.below(16) == 0 ? 32768 : 64
        var number: [Double] = []
        for _ in 0..<6 { number.append(Double(random.below(reach * 16)) / 16) }
        if random.below(16) == 0 { number[2] = -number[2] }
        return DetectorHead.Prior(
            x: number[0], y: number[1], unitX: number[2], unitY: number[3], width: number[4], height: number[5])
    }
}
