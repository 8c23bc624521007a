import CBundle

/// A label and its score.
public struct RankedLabel: Equatable, Sendable {
    public var label: Int
    /// In 1/65536, 0 to 65536.
    public var score: UInt32

    public init(label: Int, score: UInt32) {
        self.label = label
        self.score = score
    }
}

/// How an output tensor becomes scores: one per label, through the bundle's table.
public struct Scores {
    private let record: UnsafePointer<oc_scores>

    /// - Parameter record: verified; outlives this value.
    public init(_ record: UnsafePointer<oc_scores>) { self.record = record }

    /// Index of the tensor among the bundle's tensors.
    public var tensor: Int { Int(record.pointee.tensor) }
    /// Labels.
    public var count: Int { Int(record.pointee.count) }

    /// The score of a label in 1/65536; 0 for a label that the tensor does not have.
    public func score(of label: Int, in tensor: UnsafeRawBufferPointer) -> UInt32 {
        guard 0..<min(count, tensor.count) ~= label else { return 0 }
        return score(ofByte: tensor[label])
    }

    /// The best labels in falling order, equal ones in the model's order.
    /// - Returns: how many of `best` are filled: all, unless there are fewer labels.
    public func top(of tensor: UnsafeRawBufferPointer, into best: UnsafeMutableBufferPointer<RankedLabel>) -> Int {
        var filled = 0
        for label in 0..<min(count, tensor.count) {
            let score = score(ofByte: tensor[label])
            guard filled < best.count || filled > 0 && score > best[filled - 1].score else { continue }
            var place = filled < best.count ? filled : filled - 1
            while place > 0, best[place - 1].score < score {
                best[place] = best[place - 1]
                place -= 1
            }
            best[place] = RankedLabel(label: label, score: score)
            filled = min(filled + 1, best.count)
        }
        return filled
    }

    /// The table without a copy of its 1024 bytes.
    private func score(ofByte byte: UInt8) -> UInt32 {
        // The table is the record's end.
        let offset = MemoryLayout<oc_scores>.size - 1024 + 4 * Int(byte)
        return UnsafeRawPointer(record).load(fromByteOffset: offset, as: UInt32.self)
    }
}
