import Graph

/// Holds what is believed of a head against what the operations behind its layers make of arbitrary numbers.
struct HeadProof {
    private let tail: HeadTail
    private let candidate: HeadCandidate
    private let picture: PictureSide
    private var head: DetectorHead { candidate.head }

    init(_ tail: HeadTail, _ candidate: HeadCandidate, _ picture: PictureSide) {
        self.tail = tail
        self.candidate = candidate
        self.picture = picture
    }

    /// Nil where the model makes other boxes.
    var finding: HeadRecognition.Finding? {
        // Where there are as many boxes as numbers of each, either may come first.
        finding(boxesLast: false) ?? finding(boxesLast: true)
    }

    private func finding(boxesLast: Bool) -> HeadRecognition.Finding? {
        guard let zeros = TailTrial(tail, head, tail.filled { _ in 0 }, boxesLast: boxesLast) else { return nil }
        guard let trial = TailTrial(tail, head, tail.arbitraryLayers, boxesLast: boxesLast) else { return nil }
        for form in BoxForm.all where !form.isRaw || hasAnchors {
            var head = head
            learnAnchors(&head, zeros.rows, form)
            let decoded = HeadDecoder(head).decode { trial.layers[$0] ?? [] }
            for scores in ScoreForm.allCases {
                let agrees = zip(trial.rows, order).allSatisfy { row, index in
                    let raw = head.raw(index, trial.layers)
                    let box = form.columns(decoded[index], raw, picture)
                    let rest = scores.columns(raw, head) + form.points(decoded[index], head, raw)
                    return Self.agree(row, box + rest) || Self.agree(row, rest + box)
                }
                guard agrees else { continue }
                return HeadRecognition.Finding(
                    head: head, isProved: !form.isRaw, isDecoded: tail.computes, picture: candidate.picture)
            }
        }
        return nil
    }

    /// Whether the sizes of boxes are known where the model does not compute them: several anchors are in no layer.
    private var hasAnchors: Bool {
        head.levels.allSatisfy { $0.anchors == 1 && $0.objectness?.tensor != $0.boxes.tensor }
    }

    static func agree(_ row: [Float], _ expected: [Double]) -> Bool {
        row.count == expected.count
            && zip(row, expected).allSatisfy { abs(Double($0) - $1) <= 2e-3 * max(1, abs($1)) }
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
    private func learnAnchors(_ head: inout DetectorHead, _ rows: [[Float]], _ form: BoxForm) {
        guard case .centre = head.coder, !form.isRaw, rows.allSatisfy({ $0.count > 4 }),
            rows.contains(where: { $0[2] != 0 })
        else { return }
        var row = 0
        for index in head.levels.indices {
            let level = head.levels[index]
            for anchor in 0..<level.anchors {
                let (width, height) = form.extent(rows[row].map { Double($0) }, picture)
                (head.levels[index].priors[anchor].width, head.levels[index].priors[anchor].height) = (width, height)
                row += level.places
            }
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

    /// Width and height of a box in pixels.
    func extent(_ columns: [Double], _ picture: PictureSide) -> (width: Double, height: Double) {
        let (width, height) =
            hasCorners ? (columns[2] - columns[0], columns[3] - columns[1]) : (columns[2], columns[3])
        return isPart ? (width * Double(picture.width), height * Double(picture.height)) : (width, height)
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
