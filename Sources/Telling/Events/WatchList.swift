import CBundle

/// All watch rules of a sensor with their memories.
public struct WatchList: ~Copyable {
    private struct Entry {
        let rule: WatchRule
        let name: UnsafeRawBufferPointer  // owned by the list
        let furtherLabels: UnsafeBufferPointer<UInt32>  // too
        var state = WatchState()
        var score: UInt32 = 0  // taken last
    }

    private let entries: UnsafeMutableBufferPointer<Entry>

    /// - Parameters:
    ///   - rules: as the bundle holds them.
    ///   - furtherLabels: what a rule follows beside its first label; copied.
    ///   - name: the text of a rule's name; copied.
    public init(
        _ rules: UnsafeBufferPointer<oc_watch>,
        furtherLabels: (oc_watch) -> UnsafeBufferPointer<UInt32> = { _ in UnsafeBufferPointer(start: nil, count: 0) },
        name: (oc_text) -> Text
    ) {
        entries = .allocate(capacity: rules.count)
        for (index, rule) in rules.enumerated() {
            let source = name(rule.name)
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 1)
            copy.copyMemory(from: source)
            let further = furtherLabels(rule)
            // Of most rules none, which take no memory.
            let labels = further.isEmpty ? nil : UnsafeMutableBufferPointer<UInt32>.allocate(capacity: further.count)
            _ = labels?.initialize(from: further)
            entries.initializeElement(
                at: index,
                to: Entry(
                    rule: WatchRule(rule), name: UnsafeRawBufferPointer(copy),
                    furtherLabels: UnsafeBufferPointer(start: labels?.baseAddress, count: further.count)))
        }
    }

    deinit {
        for entry in entries {
            entry.name.deallocate()
            entry.furtherLabels.deallocate()
        }
        entries.deallocate()
    }

    public var count: Int { entries.count }

    /// How many objects are present.
    public var present: Int {
        var present = 0
        for entry in entries where entry.state.isPresent { present += 1 }
        return present
    }

    /// Whether a rule of a zone is about to speak, so that it needs the next frame.
    public func waits(zone: Int, at now: Int64) -> Bool {
        for entry in entries where entry.rule.zone == zone && entry.state.waits(at: now, entry.rule) { return true }
        return false
    }

    /// Takes the scores of one frame for the rules of a zone, and reports every change.
    /// - Parameters:
    ///   - now: the frame's instant on the monotonic clock, in nanoseconds.
    ///   - score: of a label, in 1/65536, 0 to 65536; those of a rule with several are added up, to at most 65536.
    ///   - report: takes the rule's name, the smoothed score, and the change.
    public mutating func take(
        zone: Int = 0, at now: Int64, score: (_ label: Int) -> UInt32,
        report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void
    ) {
        for index in entries.indices where entries[index].rule.zone == zone {
            let rule = entries[index].rule
            var sum = score(rule.label)
            for label in entries[index].furtherLabels { sum = min(sum + score(Int(label)), 65536) }
            entries[index].score = sum
            let change = entries[index].state.take(entries[index].score, at: now, rule)
            if change != .none { report(entries[index].name, entries[index].state.smoothed, change) }
        }
    }

    /// What a rule has seen last.
    public struct View {
        public let object: Text
        public let zone: Int
        public let score: UInt32
        public let smoothed: UInt32
        public let memory: WatchState.Memory
    }

    /// - Parameter index: below `count`.
    public func view(_ index: Int) -> View {
        let entry = entries[index]
        return View(
            object: entry.name, zone: entry.rule.zone, score: entry.score, smoothed: entry.state.smoothed,
            memory: entry.state.memory)
    }

    /// Puts a rule where it was once.
    public mutating func restore(_ index: Int, _ memory: WatchState.Memory) {
        entries[index].state = WatchState(memory)
    }

    /// Names all objects that are present.
    public func forEachPresent(_ body: (_ object: Text) -> Void) {
        for entry in entries where entry.state.isPresent { body(entry.name) }
    }

    /// Forgets all averages, and reports a "leave" for each object that is present: nobody looks any more.
    public mutating func leaveAll(
        at now: Int64, report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void
    ) {
        for index in entries.indices { forget(index, at: now, report) }
    }

    /// Forgets a rule's memory, and reports a "leave" if its object was present.
    private mutating func forget(
        _ index: Int, at now: Int64, _ report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void
    ) {
        let state = entries[index].state
        entries[index].state = WatchState()
        guard state.isPresent else { return }
        report(entries[index].name, state.smoothed, .leave(present: state.presence(at: now)))
    }

    /// Forgets the averages of all objects that would be gone if the source had shown an empty scene since its last frame, and
    /// reports a "leave" for each.
    /// - Parameter last: the last frame's instant.
    public mutating func leaveUnseen(
        since last: Int64, at now: Int64, report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void
    ) {
        for index in entries.indices where entries[index].state.isPresent {
            if now - last >= entries[index].rule.leaveAfter { forget(index, at: now, report) }
        }
    }

    /// Time until `leaveUnseen` has something to report; `.max`: nobody is present.
    public func pause(since last: Int64, at now: Int64) -> Int64 {
        var pause = Int64.max
        for entry in entries where entry.state.isPresent { pause = min(pause, last + entry.rule.leaveAfter - now) }
        return max(pause, 0)
    }

    /// Forgets an object whose "leave" was told by somebody else.
    public mutating func forget(where isGone: (_ object: Text) -> Bool) {
        for index in entries.indices where entries[index].state.isPresent && isGone(entries[index].name) {
            entries[index].state = WatchState()
        }
    }

    /// Takes over the memories of rules with the same name from a list that is no longer used, and reports a "leave" for
    /// each object that was present there and has no rule any more.
    public mutating func inherit(
        from old: borrowing WatchList, at now: Int64,
        report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void
    ) {
        for former in old.entries {
            var isKept = false
            for index in entries.indices where entries[index].name.elementsEqual(former.name) {
                entries[index].state = former.state
                isKept = true
            }
            if !isKept, former.state.isPresent {
                report(former.name, former.state.smoothed, .leave(present: former.state.presence(at: now)))
            }
        }
    }
}
