import Bundle
import CBundle
import Detectors

/// Something that a rule has to say.
public struct WatchNews {
    /// The rule's name, or the crossing's.
    public let object: Text
    /// Smoothed, in 1/65536.
    public let score: UInt32
    public let change: WatchState.Change
    /// Of a detector's object: which one, and where.
    public let sighting: Sighting?
}

/// All watch rules of a sensor with their memories. Of a detector they are about objects, else about scores.
public struct WatchList: ~Copyable {
    public typealias Report = (WatchNews) -> Void

    private struct Entry {
        var rule: WatchRule
        let name: UnsafeRawBufferPointer  // owned by the list
        let furtherLabels: UnsafeBufferPointer<UInt32>  // too
        var state = WatchState()
        var score: UInt32 = 0  // taken last
    }

    private let entries: UnsafeMutableBufferPointer<Entry>  // none of a detector's
    private var objects: ObjectList?

    /// The rules of a bundle, with empty memories.
    public init(_ view: BundleView) {
        let rules = view.detector == nil ? view.watches : UnsafeBufferPointer(start: nil, count: 0)
        self.init(rules, furtherLabels: { view.furtherLabels(of: $0) }, name: { Text(view.text($0)) })
        if view.detector != nil { objects = ObjectList(view) }
    }

    /// - Parameters:
    ///   - rules: as the bundle holds them.
    ///   - furtherLabels: what a rule follows beside its first label; copied.
    ///   - name: the text of a rule's name; copied.
    public init(
        _ rules: UnsafeBufferPointer<oc_watch>,
        furtherLabels: (oc_watch) -> UnsafeBufferPointer<UInt32> = { _ in UnsafeBufferPointer(start: nil, count: 0) },
        name: (oc_text) -> Text
    ) {
        objects = nil
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

    /// Rules.
    public var count: Int { entries.count + (objects?.count ?? 0) }

    /// Whether there is anything to say.
    public var isSilent: Bool { count == 0 && objects?.hasCrossings != true }

    /// How many objects are present.
    public var present: Int {
        var present = objects?.present ?? 0
        for entry in entries where entry.state.isPresent { present += 1 }
        return present
    }

    /// Whether a rule of a zone is about to speak, so that it needs the next frame.
    public func waits(zone: Int, at now: Int64) -> Bool {
        for entry in entries where entry.rule.zone == zone && entry.state.waits(at: now, entry.rule) { return true }
        return objects?.waits(at: now) ?? false
    }

    /// Takes that nothing moved in some frames, which were left out: a detector's objects have stood still.
    /// - Parameters:
    ///   - frames: since the one that was taken last.
    ///   - now: the instant of the next one, in nanoseconds.
    public mutating func stand(for frames: Int64, until now: Int64) { objects?.stand(for: frames, until: now) }

    /// Takes the scores of one frame for the rules of a zone, and reports every change.
    /// - Parameters:
    ///   - now: the frame's instant on the monotonic clock, in nanoseconds.
    ///   - score: of a label, in 1/65536, 0 to 65536; those of a rule with several are added up, to at most 65536.
    ///   - report: takes the rule's name, the smoothed score, and the change.
    public mutating func take(
        zone: Int = 0, at now: Int64, score: (_ label: Int) -> UInt32,
        report: Report
    ) {
        for index in entries.indices where entries[index].rule.zone == zone {
            let rule = entries[index].rule
            var sum = score(rule.label)
            for label in entries[index].furtherLabels { sum = min(sum + score(Int(label)), 65536) }
            entries[index].score = sum
            let change = entries[index].state.take(entries[index].score, at: now, rule)
            if change != .none { report(news(index, change)) }
        }
    }

    private func news(_ index: Int, _ change: WatchState.Change) -> WatchNews {
        WatchNews(object: entries[index].name, score: entries[index].state.smoothed, change: change, sighting: nil)
    }

    /// Takes what a detector saw in one frame.
    /// - Parameters:
    ///   - now: the frame's instant on the monotonic clock, in nanoseconds.
    ///   - width: of the upright frame, in pixels.
    public mutating func take(
        _ detections: UnsafeBufferPointer<Detection>, width: Int, height: Int, at now: Int64, report: Report
    ) {
        follow(detections, width: width, height: height, at: now, report: report)
        judge(at: now, report: report)
    }

    /// `take` in two parts, between which a second model says what it calls the objects. This one makes objects of boxes.
    public mutating func follow(
        _ detections: UnsafeBufferPointer<Detection>, width: Int, height: Int, at now: Int64, report: Report
    ) {
        objects?.follow(detections, at: now, width: width, height: height, report)
    }

    /// What the rules make of the objects.
    public mutating func judge(at now: Int64, report: Report) { objects?.judge(at: now, report) }

    /// An object that a second model is to look at.
    public struct Subject {
        public let track: Int64
        public let box: FrameBox
        fileprivate let entry: Int
    }

    /// The next one in this frame; nil: no other. Each is to be answered before the next is asked for.
    public func nextSubject(at now: Int64) -> Subject? { objects?.nextSubject(at: now) }

    /// - Parameter answer: the second model's label; nil: it is not sure enough of any.
    public mutating func take(answer: UInt16?, of subject: Subject, at now: Int64) {
        objects?.cascade?.take(answer, of: subject.entry, at: now)
    }

    /// Nobody knows what the second model would say.
    public mutating func pass(_ subject: Subject, at now: Int64) { objects?.cascade?.pass(subject.entry, at: now) }

    /// A detector's objects that the newest frame shows.
    public func forEachObject(_ body: (_ label: Text, _ track: Int64, FrameBox) -> Void) {
        objects?.forEachObject(body)
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
        if let view = objects?.view(index) { return view }
        let entry = entries[index]
        return View(
            object: entry.name, zone: entry.rule.zone, score: entry.score, smoothed: entry.state.smoothed,
            memory: entry.state.memory)
    }

    /// Numbers that `saveObjects` writes at most of a bundle's rules; 0: they are about scores.
    public static func objectNumbers(_ view: BundleView) -> Int {
        view.detector == nil ? 0 : ObjectList.memoryBound(view)
    }

    /// Writes what is known of a detector's objects.
    /// - Returns: how many numbers that is; 0: there is no room.
    public func saveObjects(into numbers: UnsafeMutableBufferPointer<Int64>) -> Int {
        objects?.save(into: numbers) ?? 0
    }

    /// Puts them where they were once.
    public func restoreObjects(_ numbers: UnsafeBufferPointer<Int64>) { _ = objects?.restore(from: numbers) }

    /// Puts a rule where it was once.
    public mutating func restore(_ index: Int, _ memory: WatchState.Memory) {
        guard index < entries.count else { return }
        entries[index].state = WatchState(memory)
    }

    /// Names all rules whose objects are present, and how many are.
    public func forEachPresent(_ body: (_ object: Text, _ count: Int) -> Void) {
        for entry in entries where entry.state.isPresent { body(entry.name, 1) }
        objects?.forEachPresent(body)
    }

    /// Rules and crossings.
    public var themes: Int { count + (objects?.crossings.count ?? 0) }

    /// All that rules and crossings may tell of.
    public func forEachTheme(_ body: (Theme) -> Void) {
        for entry in entries {
            body(Theme(name: entry.name, kind: .object(counts: false, on: entry.rule.on, off: entry.rule.off)))
        }
        objects?.forEachTheme(body)
    }

    /// Reports an update of everybody who is there.
    public func forEachPresence(at now: Int64, _ report: Report) {
        for index in entries.indices where entries[index].state.isPresent {
            report(news(index, .update(present: entries[index].state.presence(at: now))))
        }
        objects?.forEachPresence(at: now, report)
    }

    /// Gives all rules of a name other thresholds, in 1/65536.
    /// - Parameter isMeant: whether a rule is of that name.
    /// - Returns: false: there is none.
    public mutating func setThresholds(on: UInt32, off: UInt32, where isMeant: (_ object: Text) -> Bool) -> Bool {
        var isFound = objects?.setThresholds(on: on, off: off, where: isMeant) ?? false
        for index in entries.indices where isMeant(entries[index].name) {
            (entries[index].rule.on, entries[index].rule.off) = (on, off)
            isFound = true
        }
        return isFound
    }

    /// Forgets all averages, and reports a "leave" for each object that is present: nobody looks any more.
    public mutating func leaveAll(
        at now: Int64, report: Report
    ) {
        for index in entries.indices { forget(index, at: now, report) }
        objects?.leaveAll(at: now, report)
    }

    /// Forgets a rule's memory, and reports a "leave" if its object was present.
    private mutating func forget(
        _ index: Int, at now: Int64, _ report: Report
    ) {
        let state = entries[index].state
        entries[index].state = WatchState()
        guard state.isPresent else { return }
        report(
            WatchNews(
                object: entries[index].name, score: state.smoothed, change: .leave(present: state.presence(at: now)),
                sighting: nil))
    }

    /// Forgets the averages of all objects that would be gone if the source had shown an empty scene since its last frame, and
    /// reports a "leave" for each.
    /// - Parameter last: the last frame's instant.
    public mutating func leaveUnseen(
        since last: Int64, at now: Int64, report: Report
    ) {
        for index in entries.indices where entries[index].state.isPresent {
            if now - last >= entries[index].rule.leaveAfter { forget(index, at: now, report) }
        }
        objects?.leaveUnseen(since: last, at: now, report)
    }

    /// Time until `leaveUnseen` has something to report; `.max`: nobody is present.
    public func pause(since last: Int64, at now: Int64) -> Int64 {
        var pause = objects?.pause(since: last, at: now) ?? Int64.max
        for entry in entries where entry.state.isPresent { pause = min(pause, last + entry.rule.leaveAfter - now) }
        return max(pause, 0)
    }

    /// Forgets an object whose "leave" was told by somebody else.
    /// - Parameter track: of a detector's object; nil: all of the rule.
    public mutating func forget(track: Int64? = nil, where isGone: (_ object: Text) -> Bool) {
        objects?.forget(track, where: isGone)
        for index in entries.indices where entries[index].state.isPresent && isGone(entries[index].name) {
            entries[index].state = WatchState()
        }
    }

    /// Takes over the memories of rules with the same name from a list that is no longer used, and reports a "leave" for
    /// each object that was present there and has no rule any more. A detector's objects all leave: another model may see them
    /// otherwise.
    public mutating func inherit(
        from old: inout WatchList, at now: Int64,
        report: Report
    ) {
        if let former = old.objects {
            former.leaveAll(at: now, report)
            objects?.inherit(from: former)
        }
        for former in old.entries {
            var isKept = false
            for index in entries.indices where entries[index].name.elementsEqual(former.name) {
                entries[index].state = former.state
                isKept = true
            }
            if !isKept, former.state.isPresent {
                report(
                    WatchNews(
                        object: former.name, score: former.state.smoothed,
                        change: .leave(present: former.state.presence(at: now)), sighting: nil))
            }
        }
    }
}

extension ObjectList {
    fileprivate func nextSubject(at now: Int64) -> WatchList.Subject? {
        guard let entry = cascade?.next(entries, at: now) else { return nil }
        return WatchList.Subject(track: entries[entry].track, box: entries[entry].box, entry: entry)
    }
}
