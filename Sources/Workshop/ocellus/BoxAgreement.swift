import Foundation

/// How the boxes of one detector agree with those of another, which are right.
struct BoxAgreement: Encodable {
    /// Boxes of the first, of the second, and of both: of one label, and overlapping by half of what they cover together or more.
    private(set) var first = 0
    private(set) var second = 0
    private(set) var both = 0
    private var overlaps = 0.0
    private var errors = 0.0

    static let leastOverlap = 0.5

    /// Of the boxes of both: intersection over union, and the difference of their scores, in the mean.
    var meanIoU: Double? { both > 0 ? overlaps / Double(both) : nil }
    var scoreError: Double? { both > 0 ? errors / Double(both) : nil }
    /// 1 where neither sees anything.
    var f1: Double { first + second > 0 ? 2 * Double(both) / Double(first + second) : 1 }

    /// Of no picture.
    init() {}

    /// Of one picture; each box has one partner at most, those that overlap most first.
    init(_ right: [DetectedObject], _ other: [DetectedObject]) {
        (first, second) = (right.count, other.count)
        var pairs: [(overlap: Double, first: Int, second: Int)] = []
        for (i, a) in right.enumerated() {
            for (j, b) in other.enumerated() where a.index == b.index {
                let overlap = a.overlap(b)
                if overlap >= Self.leastOverlap { pairs.append((overlap, i, j)) }
            }
        }
        var (taken, given) = (Set<Int>(), Set<Int>())
        for pair in pairs.sorted(by: { ($0.overlap, $1.first, $1.second) > ($1.overlap, $0.first, $0.second) })
        where !taken.contains(pair.first) && !given.contains(pair.second) {
            taken.insert(pair.first)
            given.insert(pair.second)
            both += 1
            overlaps += pair.overlap
            errors += abs(right[pair.first].probability - other[pair.second].probability)
        }
    }

    mutating func add(_ other: BoxAgreement) {
        first += other.first
        second += other.second
        both += other.both
        overlaps += other.overlaps
        errors += other.errors
    }

    private enum Key: String, CodingKey { case first, second, both, f1, meanIoU, scoreError }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(first, forKey: .first)
        try values.encode(second, forKey: .second)
        try values.encode(both, forKey: .both)
        try values.encode(f1, forKey: .f1)
        try values.encodeIfPresent(meanIoU, forKey: .meanIoU)
        try values.encodeIfPresent(scoreError, forKey: .scoreError)
    }

    var text: String {
        let counts = "\(first) of A, \(second) of B, \(both) of both"
        guard let meanIoU, let scoreError else { return String(format: "%@: F1 %.3f", counts, f1) }
        return String(format: "%@: F1 %.3f, mean IoU %.3f, score error %.3f", counts, f1, meanIoU, scoreError)
    }
}

extension DetectedObject {
    /// Intersection over union.
    fileprivate func overlap(_ other: DetectedObject) -> Double {
        let across = min(right, other.right) - max(left, other.left)
        let down = min(bottom, other.bottom) - max(top, other.top)
        guard across > 0, down > 0 else { return 0 }
        let areas = (right - left) * (bottom - top) + (other.right - other.left) * (other.bottom - other.top)
        return across * down / (areas - across * down)
    }
}
