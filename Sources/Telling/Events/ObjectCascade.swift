import Bundle
import CBundle

/// Which of a detector's objects a second model looks at, and what it has said of them.
struct ObjectCascade: ~Copyable {
    private let record: oc_cascade
    private let wanted: UnsafeMutableBufferPointer<UInt32>  // labels, rising; none: all
    private let votes: UnsafeMutableBufferPointer<SubLabelVotes>  // by entry
    private var asked = 0  // in this frame
    private var turns: Int64 = 0  // looks at all objects

    /// Nil where the bundle has none.
    init?(_ view: BundleView, entries: Int) {
        guard let record = view.cascade?.pointee else { return nil }
        self.record = record
        wanted = .allocate(capacity: view.cascadeLabels.count)
        _ = wanted.initialize(from: view.cascadeLabels)
        votes = .allocate(capacity: entries)
        votes.initialize(repeating: SubLabelVotes())
    }

    deinit {
        wanted.deallocate()
        votes.deallocate()
    }

    mutating func begin() { asked = 0 }

    /// The object that is to be looked at next in this frame; nil: none. Those that nobody has looked at come first, then those
    /// of the longest ago; of new ones the elder.
    func next(_ entries: UnsafeMutableBufferPointer<ObjectList.Entry>, at now: Int64) -> Int? {
        guard asked < Int(record.most) else { return nil }
        var best: Int?
        for index in entries.indices where entries[index].isSeen && wants(entries[index].label) {
            let looked = votes[index].looked
            // Of an object that has been looked at in this very frame nothing new would be said.
            guard looked == .min || looked < now && now - looked >= Int64(record.every) * 1_000_000 else { continue }
            guard let other = best else {
                best = index
                continue
            }
            let (turn, former) = (votes[index].turn, votes[other].turn)
            if turn < former || turn == former && entries[index].track < entries[other].track { best = index }
        }
        return best
    }

    private func wants(_ label: UInt16) -> Bool { wanted.isEmpty || wanted.contains(UInt32(label)) }

    /// - Parameter answer: nil: none that counts.
    mutating func take(_ answer: UInt16?, of entry: Int, at now: Int64) {
        (asked, turns) = (asked + 1, turns + 1)
        votes[entry].take(answer, at: now, turn: turns)
    }

    /// Nobody looks at an object in this frame after all.
    mutating func pass(_ entry: Int, at now: Int64) {
        (asked, turns) = (asked + 1, turns + 1)
        votes[entry].pass(at: now, turn: turns)
    }

    func subLabel(_ entry: Int) -> UInt16? { votes[entry].winner }

    func forget(_ entry: Int) { votes[entry] = SubLabelVotes() }

    func write(_ entry: Int, into row: inout NumberRow) { votes[entry].write(into: &row) }
    mutating func read(_ entry: Int, from row: inout NumberRow) {
        votes[entry] = SubLabelVotes(from: &row)
        // Later turns than all that are known.
        turns = max(turns, votes[entry].turn)
    }
}
