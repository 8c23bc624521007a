import CBundle
import Testing

@testable import Vision

@Suite struct ScoresTests {
    /// Score = 100 * byte.
    private func withScores<Result>(labels: Int, _ body: (Scores) -> Result) -> Result {
        var record = oc_scores()
        record.tensor = 2
        record.count = UInt32(labels)
        withUnsafeMutableBytes(of: &record.table) { bytes in
            let table = bytes.bindMemory(to: UInt32.self)
            for byte in 0..<256 { table[byte] = UInt32(100 * byte) }
        }
        return withUnsafePointer(to: record) { body(Scores($0)) }
    }

    private func top(_ count: Int, _ tensor: [UInt8]) -> [RankedLabel] {
        withScores(labels: tensor.count) { scores in
            [RankedLabel](unsafeUninitializedCapacity: count) { buffer, filled in
                buffer.initialize(repeating: RankedLabel(label: -1, score: 0))
                filled = tensor.withUnsafeBytes { scores.top(of: $0, into: buffer) }
            }
        }
    }

    @Test func bytesGoThroughTheTable() {
        withScores(labels: 3) { scores in
            [0, 7, 255].withUnsafeBufferPointer { (tensor: UnsafeBufferPointer<UInt8>) in
                let tensor = UnsafeRawBufferPointer(tensor)
                #expect((0..<3).map { scores.score(of: $0, in: tensor) } == [0, 700, 25500])
                #expect(scores.score(of: 3, in: tensor) == 0 && scores.score(of: -1, in: tensor) == 0)
                #expect(scores.tensor == 2 && scores.count == 3)
            }
        }
    }

    @Test func theBestComeFirstAndEqualOnesInOrder() {
        #expect(top(3, [5, 9, 9, 1, 7]).map(\.label) == [1, 2, 4])
        #expect(top(9, [5, 9]).map(\.label) == [1, 0])
        #expect(top(0, [5, 9]).isEmpty)
        #expect(top(2, []).isEmpty)
    }

    @Test func theBestAreThoseOfAStableSort() {
        var random = Repeatable(11)
        for _ in 0..<200 {
            let tensor = (0..<50).map { _ in UInt8.random(in: 0...20, using: &random) }
            let sorted = tensor.indices.sorted { (tensor[$1], $0) < (tensor[$0], $1) }
            #expect(top(7, tensor).map(\.label) == Array(sorted.prefix(7)))
        }
    }
}
