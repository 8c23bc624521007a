import Engine
import Vision

/// A label and its score.
public struct RankedLabel: Equatable, Sendable {
    // The only member, so that memory for these is memory for those.
    private var ranked = Vision.RankedLabel(label: 0, score: 0)

    /// The first label with a score of 0, to fill arrays with.
    public init() {}

    /// Its index, from 0.
    public var label: Int { ranked.label }

    /// 0 to 1, a multiple of 1/65536.
    public var score: Float { Float(ranked.score) / 65536 }
}

/// Labels and their scores, where the bundle has them.
extension Model {
    /// 0: the bundle has none.
    public var labelCount: Int { scores?.count ?? 0 }

    /// A label's name; nil out of range, or where the bundle has scores without names.
    public func label(_ index: Int) -> String? {
        labelText(index).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The best labels of the last run in falling order, equal ones in the model's order. Allocates nothing.
    /// - Parameter best: takes them.
    /// - Returns: how many were filled, fewer than there is room where there are fewer labels.
    /// - Throws: the bundle has no scores, or there is no result.
    public func top(into best: inout MutableSpan<RankedLabel>) throws(ModelError) -> Int {
        let (scores, tensor) = try result()
        return best.withUnsafeMutableBufferPointer { best in
            best.withMemoryRebound(to: Vision.RankedLabel.self) { scores.top(of: tensor, into: $0) }
        }
    }

    /// The same as an array of at most `count`.
    public func top(_ count: Int = 5) throws(ModelError) -> [RankedLabel] {
        var best = [RankedLabel](repeating: RankedLabel(), count: max(0, min(count, labelCount)))
        var room = best.mutableSpan
        _ = try top(into: &room)
        return best
    }

    private func result() throws(ModelError) -> (scores: Scores, tensor: UnsafeRawBufferPointer) {
        guard let scores, let tensor = engine.scoreTensor else {
            throw ModelError("the bundle does not say which output gives scores; read the outputs")
        }
        try checkResult()
        return (scores, tensor)
    }
}
