import Foundation
import Graph

/// Learns the priors of a head from the operations behind its layers, and proves them: layers of 0 give the priors themselves, a 1 in each
/// place what positions and sizes count in, and arbitrary numbers must become the same boxes as by these.
struct PriorProof {
    private let tail: HeadTail
    private let candidate: HeadCandidate
    private let picture: PictureSide

    init(_ tail: HeadTail, _ candidate: HeadCandidate, _ picture: PictureSide) {
        // Where boxes end with the picture, trials may leave it.
        self.tail = tail.withoutEdges(picture)
        self.candidate = candidate
        self.picture = picture
    }

    /// Nil where the model makes other boxes.
    var finding: HeadRecognition.Finding? {
        for boxesLast in [false, true] {
            guard let zeros = trial([], boxesLast), let first = zeros.rows.first, first.count > 4 else { continue }
            let ones = (0..<3).compactMap { trial([$0], boxesLast) }
            for form in PriorForm.all(zeros.rows) {
                guard let head = learned(form, zeros, ones), let found = proved(head, form, boxesLast) else {
                    continue
                }
                return found
            }
        }
        return nil
    }

    /// - Parameter ones: which of a box's four numbers are 1; all others are 0.
    private func trial(_ ones: [Int], _ boxesLast: Bool) -> TailTrial? {
        var layers = tail.filled { _ in 0 }
        for level in candidate.head.levels {
            for place in 0..<level.places {
                for anchor in 0..<level.anchors {
                    for value in ones {
                        layers[level.boxes.tensor]?[level.boxes.element(value, place: place, anchor: anchor)] = 1
                    }
                }
            }
        }
        return TailTrial(tail, candidate.head, layers, boxesLast: boxesLast)
    }

    /// - Parameter ones: what comes of a 1 as the first, second and third of each box's numbers.
    private func learned(_ form: PriorForm, _ zeros: TailTrial, _ ones: [TailTrial]) -> DetectorHead? {
        let moved = ones.map { $0.rows.map { form.box($0, picture) } }
        let priors = zeros.rows.map { form.box($0, picture) }
        guard priors.allSatisfy({ $0.width > 0 && $0.height > 0 && $0.x.isFinite && $0.y.isFinite }),
            moved.count == 3
        else { return nil }
        let (one, other, sized) = (moved[0], moved[1], moved[2])
        let isVerticalFirst = abs(one[0].x - priors[0].x) < abs(one[0].y - priors[0].y)
        let (across, down) = isVerticalFirst ? (other, one) : (one, other)
        let ratio = isVerticalFirst ? sized[0].height / priors[0].height : sized[0].width / priors[0].width
        guard ratio > 1.001, ratio.isFinite else { return nil }
        var head = candidate.head
        head.coder = .centre(
            position: .linear(factor: 1, offset: 0), size: .exponential(factor: 1, rate: log(ratio)),
            isVerticalFirst: isVerticalFirst)
        var row = 0
        for index in head.levels.indices {
            for prior in head.levels[index].priors.indices {
                let box = priors[row]
                head.levels[index].priors[prior] = DetectorHead.Prior(
                    x: box.x, y: box.y, unitX: across[row].x - box.x, unitY: down[row].y - box.y, width: box.width,
                    height: box.height)
                row += 1
            }
        }
        return head
    }

    private func proved(_ head: DetectorHead, _ form: PriorForm, _ boxesLast: Bool) -> HeadRecognition.Finding? {
        guard let trial = TailTrial(tail, head, tail.arbitraryLayers, boxesLast: boxesLast) else { return nil }
        let decoded = HeadDecoder(head).decode { trial.layers[$0] ?? [] }
        let agrees = zip(trial.rows, decoded).allSatisfy { row, box in
            let found = form.box(row, picture)
            return HeadProof.agree(
                [found.x, found.y, found.width, found.height].map(Float.init), [box.x, box.y, box.width, box.height])
        }
        guard agrees else { return nil }
        let raws = head.levels.isEmpty ? [] : (0..<head.count).map { head.raw($0, trial.layers).scores }
        for scores in [SoftScores(isSoftmax: false), SoftScores(isSoftmax: true)] {
            let expected = raws.map(scores.values)
            for isShort in [false, true] where head.classes > 1 || !isShort {
                let agrees = zip(trial.rows, expected).allSatisfy { row, values in
                    HeadProof.agree(form.rest(row), isShort ? Array(values.dropFirst()) : values)
                }
                guard agrees else { continue }
                var head = head
                if scores.isSoftmax {
                    guard head.classes > 1, head.readScores(ofSoftmaxIn: tail, trial.layers, expected) else {
                        return nil
                    }
                } else {
                    head.name = "SSD with sigmoids"
                }
                if scores.isSoftmax || isShort { head.leaveBackground() }
                head.levels = head.levels.map(\.gridded)
                return HeadRecognition.Finding(
                    head: head, isProved: true, isDecoded: true, picture: candidate.picture)
            }
        }
        return nil
    }
}

/// What scores are of a box's numbers.
struct SoftScores {
    let isSoftmax: Bool

    func values(_ raw: [Double]) -> [Double] {
        guard isSoftmax else { return raw.map { 1 / (1 + exp(-$0)) } }
        let most = raw.max() ?? 0
        let weights = raw.map { exp($0 - most) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }
}

extension DetectorHead {
    /// Takes scores from behind a softmax, whatever its boxes have in common, instead of from the layers.
    /// - Parameter expected: of each box, by class.
    /// - Returns: false where no softmax gives them.
    mutating func readScores(
        ofSoftmaxIn tail: HeadTail, _ layers: [TensorID: [Float]], _ expected: [[Double]]
    ) -> Bool {
        let found = tail.softmaxes(layers)
        var start = 0
        for index in levels.indices {
            let anchors = levels[index].anchors
            let rows = levels[index].places * anchors
            let wanted = expected[start..<start + rows].flatMap { $0 }
            var field: Field?
            for (id, values) in found where field == nil {
                // Of all levels, or of this one.
                let first = [start * classes, 0].first { first in
                    first + wanted.count <= values.count
                        && HeadProof.agree(Array(values[first..<first + wanted.count]), wanted)
                }
                guard let first else { continue }
                field = Field(id, first: first, placeStep: anchors * classes, anchorStep: classes)
            }
            guard let field else { return false }
            levels[index].scores = field
            start += rows
        }
        scoreCurve = .linear(factor: 1, offset: 0)
        return true
    }
}

/// How a model shows boxes that it made of priors.
private struct PriorForm {
    typealias Box = (x: Double, y: Double, width: Double, height: Double)

    var hasCorners: Bool
    /// y comes before x.
    var isVerticalFirst: Bool
    /// In parts of the picture, not pixels.
    var isPart: Bool
    /// Behind the scores.
    var isLast: Bool

    /// - Parameter rows: of layers of 0.
    static func all(_ rows: [[Float]]) -> [PriorForm] {
        [false, true].flatMap { isLast in
            let isPart = rows.allSatisfy { row in (isLast ? row.suffix(4) : row.prefix(4)).allSatisfy { abs($0) < 4 } }
            return [(true, false), (true, true), (false, false), (false, true)].map {
                PriorForm(hasCorners: $0, isVerticalFirst: $1, isPart: isPart, isLast: isLast)
            }
        }
    }

    /// In pixels.
    func box(_ row: [Float], _ picture: PictureSide) -> Box {
        var numbers = (isLast ? row.suffix(4) : row.prefix(4)).map { Double($0) }
        if isVerticalFirst { numbers = [numbers[1], numbers[0], numbers[3], numbers[2]] }
        if isPart {
            for index in 0..<4 { numbers[index] *= Double(index % 2 == 0 ? picture.width : picture.height) }
        }
        guard hasCorners else { return (numbers[0], numbers[1], numbers[2], numbers[3]) }
        return (
            (numbers[0] + numbers[2]) / 2, (numbers[1] + numbers[3]) / 2, numbers[2] - numbers[0],
            numbers[3] - numbers[1]
        )
    }

    func rest(_ row: [Float]) -> [Float] { Array(isLast ? row.dropLast(4) : row.dropFirst(4)) }
}
