import Graph

/// Holds what is believed of a head against what the operations behind its layers make of arbitrary numbers.
struct HeadProof {
    private let tail: HeadTail
    private let head: DetectorHead
    private let picture: PictureSide

    init(_ tail: HeadTail, _ head: DetectorHead, _ picture: PictureSide) {
        self.tail = tail
        self.head = head
        self.picture = picture
    }

    /// Layers, and what comes of them: a row a box.
    private struct Trial {
        let layers: [TensorID: [Float]]
        let rows: [[Float]]
    }

    /// Nil where the model makes other boxes.
    var finding: HeadRecognition.Finding? {
        // Where there are as many boxes as numbers of each, either may come first.
        finding(boxesLast: false) ?? finding(boxesLast: true)
    }

    private func finding(boxesLast: Bool) -> HeadRecognition.Finding? {
        guard let zeros = trial(boxesLast: boxesLast, { 0 }) else { return nil }
        var head = head
        learnAnchors(&head, zeros.rows)
        var seed: UInt64 = 0x9e37_79b9_7f4a_7c15
        let trial = trial(boxesLast: boxesLast) {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int64(bitPattern: seed) >> 40) / Float(1 << 22)
        }
        guard let trial else { return nil }
        let decoded = HeadDecoder(head).decode { trial.layers[$0] ?? [] }
        for form in BoxForm.all where !form.isRaw || hasAnchors {
            for scores in ScoreForm.allCases {
                let agrees = zip(trial.rows, order).allSatisfy { row, index in
                    let box = form.columns(decoded[index], raw(index, trial.layers), picture)
                    let rest =
                        scores.columns(raw(index, trial.layers), head)
                        + form.points(decoded[index], head, raw(index, trial.layers))
                    return Self.agree(row, box + rest) || Self.agree(row, rest + box)
                }
                guard agrees else { continue }
                return HeadRecognition.Finding(
                    head: head, isProved: !form.isRaw, isDecoded: tail.computes,
                    picture: GridFamily.picture(of: head))
            }
        }
        return nil
    }

    /// Whether the sizes of boxes are known where the model does not compute them: several anchors are in no layer.
    private var hasAnchors: Bool {
        head.levels.allSatisfy { $0.anchors == 1 && $0.objectness?.tensor != $0.boxes.tensor }
    }

    private static func agree(_ row: [Float], _ expected: [Double]) -> Bool {
        row.count == expected.count
            && zip(row, expected).allSatisfy { abs(Double($0) - $1) <= 2e-3 * max(1, abs($1)) }
    }

    /// Nil where results are no rows of boxes.
    private func trial(boxesLast: Bool, _ value: () -> Float) -> Trial? {
        let inputs = tail.layers.map { id in (0..<tail.graph[id].elementCount).map { _ in value() } }
        var rows = [[Float]](repeating: [], count: head.count)
        for (id, values) in zip(tail.graph.outputs, tail.run(inputs)) {
            let shape = Array(tail.graph[id].shape.drop { $0 == 1 })
            guard let found = part(of: shape, boxesLast: boxesLast) else { return nil }
            let count = found.boxes.count
            let width = values.count / count
            for (row, box) in found.boxes.enumerated() {
                rows[box] +=
                    found.isLast
                    ? (0..<width).map { values[$0 * count + row] } : Array(values[row * width..<(row + 1) * width])
            }
        }
        return Trial(layers: Dictionary(uniqueKeysWithValues: zip(tail.layers, inputs)), rows: rows)
    }

    /// Which boxes an output of a shape is of, all or a level's, and whether they are its last dimensions or its first.
    private func part(of shape: [Int], boxesLast: Bool) -> (boxes: Range<Int>, isLast: Bool)? {
        var parts = [0..<head.count]
        if head.levels.allSatisfy({ $0.anchors == 1 }) {
            for level in head.levels {
                let first = parts.count == 1 ? 0 : parts[parts.count - 1].upperBound
                parts.append(first..<first + level.places)
            }
        }
        for isLast in [boxesLast, !boxesLast] {
            let counts = (0...shape.count).map { (isLast ? shape.suffix($0) : shape.prefix($0)).reduce(1, *) }
            if let boxes = parts.first(where: { counts.contains($0.count) }) { return (boxes, isLast) }
        }
        return nil
    }

    /// Which box each row is: where places have several anchors, all places of an anchor come together.
    private var order: [Int] {
        var order: [Int] = []
        for level in head.levels {
            let first = order.count
            for anchor in 0..<level.anchors {
                for place in 0..<level.places { order.append(first + place * level.anchors + anchor) }
            }
        }
        return order
    }

    /// Anchors are as large as boxes for which layers give 0.
    private func learnAnchors(_ head: inout DetectorHead, _ rows: [[Float]]) {
        guard case .centre = head.coder, rows.allSatisfy({ $0.count > 4 }), rows.contains(where: { $0[2] != 0 })
        else { return }
        let isPart = rows.allSatisfy { $0[0] <= 1.01 && $0[1] <= 1.01 }
        var row = 0
        for index in head.levels.indices {
            let level = head.levels[index]
            let width = isPart ? Double(picture.width) : 1
            let height = isPart ? Double(picture.height) : 1
            for anchor in 0..<level.anchors {
                head.levels[index].priors[anchor].width = Double(rows[row][2]) * width
                head.levels[index].priors[anchor].height = Double(rows[row][3]) * height
                row += level.places
            }
        }
    }

    /// The layers' numbers of one box.
    private func raw(_ box: Int, _ layers: [TensorID: [Float]]) -> RawBox {
        var index = box
        for level in head.levels {
            let count = level.places * level.anchors
            guard index >= count else {
                let (place, anchor) = (index / level.anchors, index % level.anchors)
                func values(_ field: DetectorHead.Field, _ count: Int) -> [Double] {
                    let first = field.first + place * field.placeStep + anchor * field.anchorStep
                    return (0..<count).map { Double(layers[field.tensor]?[first + $0 * field.step] ?? 0) }
                }
                return RawBox(
                    box: values(level.boxes, head.boxValues), scores: values(level.scores, head.classes),
                    objectness: level.objectness.map { values($0, 1)[0] },
                    points: level.points.map { values($0, head.points * (2 + head.pointGap)) } ?? [])
            }
            index -= count
        }
        preconditionFailure("there is no box \(box)")
    }
}

struct RawBox {
    let box: [Double]
    let scores: [Double]
    let objectness: Double?
    let points: [Double]
}

extension DetectorHead {
    /// Raw numbers of a box.
    public var boxValues: Int {
        switch coder {
        case .centre: 4
        case .distances(let bins): 4 * bins
        }
    }
}

/// How a model shows a box.
private struct BoxForm {
    /// The layers' own numbers: whoever reads them decodes.
    var isRaw = false
    var hasCorners = false
    /// In parts of the picture, not pixels.
    var isPart = false

    static let all = [
        BoxForm(), BoxForm(hasCorners: true), BoxForm(isPart: true), BoxForm(hasCorners: true, isPart: true),
        BoxForm(isRaw: true),
    ]

    func columns(_ box: HeadDecoder.Decoded, _ raw: RawBox, _ picture: PictureSide) -> [Double] {
        if isRaw { return raw.box }
        let columns =
            hasCorners
            ? [box.left, box.top, box.left + box.width, box.top + box.height] : [box.x, box.y, box.width, box.height]
        guard isPart else { return columns }
        return columns.enumerated().map { $1 / Double($0 % 2 == 0 ? picture.width : picture.height) }
    }

    /// Key points in pixels, and what stands behind each as a sigmoid.
    func points(_ box: HeadDecoder.Decoded, _ head: DetectorHead, _ raw: RawBox) -> [Double] {
        if isRaw { return raw.points }
        let step = 2 + head.pointGap
        return raw.points.enumerated().map { index, value in
            let (point, number) = (index / step, index % step)
            guard number >= 2 else { return box.points[2 * point + number] }
            return DetectorHead.Curve.sigmoid(factor: 1, offset: 0).value(value)
        }
    }
}

/// How a model shows scores.
private enum ScoreForm: CaseIterable {
    case apart, product, raw

    func columns(_ raw: RawBox, _ head: DetectorHead) -> [Double] {
        let scores = raw.scores.map(head.scoreCurve.value)
        let objectness = raw.objectness.map(head.objectnessCurve.value)
        switch self {
        case .apart: return (objectness.map { [$0] } ?? []) + scores
        case .product: return scores.map { $0 * (objectness ?? 1) }
        case .raw: return (raw.objectness.map { [$0] } ?? []) + raw.scores
        }
    }
}
