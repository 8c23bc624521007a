import CBundle

/// All watch rules of a sensor with their memories.
public struct WatchList: ~Copyable {
    private struct Entry {
        let rule: WatchRule
        let name: UnsafeRawBufferPointer  // owned by the list
        var state = WatchState()
        var score: UInt32 = 0  // taken last
    }

    private let entries: UnsafeMutableBufferPointer<Entry>

    /// - Parameters:
    ///   - rules: as the bundle holds them.
    ///   - name: the text of a rule's name; copied.
    public init(_ rules: UnsafeBufferPointer<oc_watch>, name: (oc_text) -> Text) {
        entries = .allocate(capacity: rules.count)
        for (index, rule) in rules.enumerated() {
            let source = name(rule.name)
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 1)
            copy.copyMemory(from: source)
            entries.initializeElement(
                at: index, to: Entry(rule: WatchRule(rule), name: UnsafeRawBufferPointer(copy)))
        }
    }

    deinit {
        for entry in entries { entry.name.deallocate() }
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
    ///   - score: of a label, in 1/65536.
    ///   - report: takes the rule's name, the smoothed score, and the change.
    public mutating func take(
        zone: Int = 0, at now: Int64, score: (_ label: Int) -> UInt32,
        report: (_ object: Text, _ smoothed: UInt32, WatchState.Change) -> Void
    ) {
        for index in entries.indices where entries[index].rule.zone == zone {
            let rule = entries[index].rule
            entries[index].score = score(rule.label)
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
        for index in entries.indices {
            let state = entries[index].state
            entries[index].state = WatchState()
            if state.isPresent {
                report(entries[index].name, state.smoothed, .leave(present: state.presence(at: now)))
            }
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
