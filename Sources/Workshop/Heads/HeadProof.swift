import Graph

/// Holds what is believed of a head against what the operations behind its layers make of arbitrary numbers.
struct HeadProof {
    private let tail: HeadTail
    private let head: DetectorHead

    init(_ tail: HeadTail, _ head: DetectorHead) {
        self.tail = tail
        self.head = head
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
        for form in BoxForm.all {
            for scores in ScoreForm.allCases {
                let agrees = zip(trial.rows, order).allSatisfy { row, index in
                    let box = form.columns(decoded[index], head, raw(index, trial.layers))
                    let rest = scores.columns(raw(index, trial.layers), head)
                    return Self.agree(row, box + rest) || form.isRaw && Self.agree(row, rest + box)
                }
                guard agrees else { continue }
                let isX = head.name == GridFamily.decoupledName
                return HeadRecognition.Finding(
                    head: head, isProved: !form.isRaw, isDecoded: tail.computes,
                    picture: HeadRecognition.Picture(mean: 0, std: isX ? 1 : 255, isBlueFirst: isX, fill: 114))
            }
        }
        return nil
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
            let shape = tail.graph[id].shape.drop { $0 == 1 }
            guard values.count % head.count == 0 else { return nil }
            let width = values.count / head.count
            if shape.first == head.count, !boxesLast || shape.last != head.count {
                for row in rows.indices { rows[row] += values[row * width..<(row + 1) * width] }
            } else if shape.last == head.count {
                for row in rows.indices { rows[row] += (0..<width).map { values[$0 * head.count + row] } }
            } else {
                return nil
            }
        }
        return Trial(layers: Dictionary(uniqueKeysWithValues: zip(tail.layers, inputs)), rows: rows)
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
            let width = isPart ? level.strideX * Double(level.columns) : 1
            let height = isPart ? level.strideY * Double(level.rows) : 1
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
                    objectness: level.objectness.map { values($0, 1)[0] })
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

    func columns(_ box: HeadDecoder.Decoded, _ head: DetectorHead, _ raw: RawBox) -> [Double] {
        if isRaw { return raw.box }
        let columns =
            hasCorners
            ? [box.left, box.top, box.left + box.width, box.top + box.height] : [box.x, box.y, box.width, box.height]
        guard isPart else { return columns }
        let level = head.levels[0]
        let (width, height) = (level.strideX * Double(level.columns), level.strideY * Double(level.rows))
        return columns.enumerated().map { $1 / ($0 % 2 == 0 ? width : height) }
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
