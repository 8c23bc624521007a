/// What a second model has said of an object: a vote for each answer, of which newer ones weigh more. The sub-label is that of most
/// of the votes.
struct SubLabelVotes: BitwiseCopyable {
    /// Labels that have votes. One with more than half of them all is always among these few.
    private var labels = [4 of UInt16](repeating: 0)
    private var weights = [4 of UInt32](repeating: 0)
    /// Of all votes, those for nothing too.
    private var total: UInt32 = 0
    /// When the object was looked at last; `.min`: never.
    private(set) var looked = Int64.min
    /// How many looks at any object there had been by then, from 1; 0: never.
    private(set) var turn: Int64 = 0

    init() {}

    private static var vote: UInt32 { 65536 }

    /// - Parameter label: nil: the answer was too weak to count for any.
    mutating func take(_ label: UInt16?, at now: Int64, turn: Int64) {
        pass(at: now, turn: turn)
        // A vote weighs 15/16 of what it did when the next comes.
        for index in 0..<4 { weights[index] -= weights[index] >> 4 }
        total = total - total >> 4 + Self.vote
        guard let label else { return }
        var place = 0
        for index in 0..<4 {
            if labels[index] == label, weights[index] > 0 {
                weights[index] += Self.vote
                return
            }
            if weights[index] < weights[place] { place = index }
        }
        (labels[place], weights[place]) = (label, Self.vote)
    }

    /// Passes as if it had been looked at.
    mutating func pass(at now: Int64, turn: Int64) { (looked, self.turn) = (now, turn) }

    var winner: UInt16? {
        for index in 0..<4 where weights[index] > 0 && UInt64(weights[index]) * 2 > UInt64(total) {
            return labels[index]
        }
        return nil
    }

    // MARK: Memory

    static var words: Int { 11 }

    func write(into row: inout NumberRow) {
        for index in 0..<4 {
            row.write(Int64(labels[index]))
            row.write(Int64(weights[index]))
        }
        row.write(Int64(total))
        row.write(looked)
        row.write(turn)
    }

    init(from row: inout NumberRow) {
        // Below 17 votes: what is added and taken away evens out there.
        let most = Int64(Self.vote) * 17
        for index in 0..<4 {
            labels[index] = UInt16(truncatingIfNeeded: row.read(0...65535))
            weights[index] = UInt32(truncatingIfNeeded: row.read(0...most))
        }
        total = UInt32(truncatingIfNeeded: row.read(0...most))
        let time = row.read(.min...1 << 61)
        // Differences do not overflow.
        looked = time < -1 << 61 ? .min : time
        turn = row.read(0...1 << 61)
    }
}
