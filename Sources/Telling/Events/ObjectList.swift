import Bundle
import CBundle
import Detectors
import Tracking

extension Tracker {
    /// With a bundle's settings, and room for all that its detector gives.
    public init(of view: BundleView) {
        var settings = TrackerSettings()
        if let record = view.tracker?.pointee {
            settings.highScore = Int64(record.high)
            settings.lowScore = Int64(record.low)
            settings.birthScore = Int64(record.birth)
            settings.lostFor = Int64(record.lost) * 1_000_000
        }
        self.init(
            settings, tracks: ObjectList.capacity(view), detections: Int(view.detector?.pointee.detections ?? 1))
    }

    /// `take` without a report; all who call this share one copy of it.
    @inline(never)
    public mutating func follow(_ detections: UnsafeBufferPointer<Detection>, at now: Int64) {
        take(detections, at: now)
    }
}

/// All watch rules and crossings of a detector's sensor, and the objects that they are about.
///
/// Each rule follows each object by itself, as `WatchState` does a score: of an object that is none of its, the score is 0. An
/// object that is not seen for a while changes nothing; when its track ends, it leaves.
final class ObjectList {
    struct Rule {
        var watch: WatchRule
        let object: ObjectRule
        let name: UnsafeRawBufferPointer
        let furtherLabels: UnsafeBufferPointer<UInt32>

        func isAbout(_ label: UInt16) -> Bool {
            watch.label == Int(label) || furtherLabels.contains(UInt32(label))
        }
    }

    /// An object, under the same index for all rules.
    struct Entry {
        var track: Int64 = 0  // 0: none
        var label: UInt16 = 0
        var box = FrameBox(left: 0, top: 0, right: 0, bottom: 0)
        var score: UInt32 = 0
        var still: Int64 = 0
        /// In the newest frame.
        var isSeen = false
    }

    struct State {
        var watch = WatchState()
        var spoken: FrameBox?
    }

    var tracker: Tracker
    let rules: UnsafeMutableBufferPointer<Rule>
    private let corners: UnsafeMutableBufferPointer<oc_corner>
    let crossings: UnsafeMutableBufferPointer<Crossing>
    let entries: UnsafeMutableBufferPointer<Entry>
    let states: UnsafeMutableBufferPointer<State>  // by rule, then by entry
    let memories: UnsafeMutableBufferPointer<Crossing.Memory>  // by crossing, then by entry
    private let texts: TextList
    private let lost: Int64
    var cascade: ObjectCascade?

    init(_ view: BundleView) {
        let capacity = Self.capacity(view)
        tracker = Tracker(of: view)
        lost = tracker.settings.lostFor
        let texts = TextList(view)
        let corners = UnsafeMutableBufferPointer<oc_corner>.allocate(capacity: view.corners.count)
        _ = corners.initialize(from: view.corners)
        let rules = UnsafeMutableBufferPointer<Rule>.allocate(capacity: view.watches.count)
        for index in view.watches.indices {
            let watch = view.watches[index]
            var object = oc_object_rule()
            (object.most_width, object.most_height) = (65535, 65535)
            if view.objectRules.indices.contains(index) { object = view.objectRules[index] }
            var own = UnsafeBufferPointer<oc_corner>(start: nil, count: 0)
            if object.area > 0 {
                let area = view.areas[Int(object.area) - 1]
                let first = Int(area.first_corner)
                own = UnsafeBufferPointer(
                    rebasing: UnsafeBufferPointer(corners)[first..<first + Int(area.corners)])
            }
            rules.initializeElement(
                at: index,
                to: Rule(
                    watch: WatchRule(watch), object: ObjectRule(object, own), name: texts.rule(index),
                    furtherLabels: texts.furtherLabels(watch)))
        }
        let crossings = UnsafeMutableBufferPointer<Crossing>.allocate(capacity: view.crossings.count)
        for index in view.crossings.indices {
            crossings.initializeElement(
                at: index, to: Crossing(view.crossings[index], name: texts.crossing(index)))
        }
        cascade = ObjectCascade(view, entries: capacity)
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: Entry())
        states = .allocate(capacity: capacity * rules.count)
        states.initialize(repeating: State())
        memories = .allocate(capacity: capacity * crossings.count)
        memories.initialize(repeating: Crossing.Memory())
        self.rules = rules
        self.corners = corners
        self.crossings = crossings
        self.texts = texts
    }

    deinit {
        rules.deallocate()
        corners.deallocate()
        crossings.deallocate()
        entries.deallocate()
        states.deallocate()
        memories.deallocate()
    }

    /// Objects at once.
    static func capacity(_ view: BundleView) -> Int { Int(view.tracker?.pointee.tracks ?? 64) }

    /// Rules.
    var count: Int { rules.count }
    var hasCrossings: Bool { !crossings.isEmpty }

    /// Objects that are there, each as often as there are rules that say so.
    var present: Int {
        var present = 0
        for state in states where state.watch.isPresent { present += 1 }
        return present
    }

    /// Whether a rule is about to speak, or an object that was there is not seen: who went must not stay because nothing moves.
    func waits(at now: Int64) -> Bool {
        for entry in entries where entry.track > 0 && !entry.isSeen { return true }
        for index in states.indices where entries[index % entries.count].track > 0 {
            if states[index].watch.waits(at: now, rules[index / entries.count].watch) { return true }
        }
        return false
    }

    // MARK: Frames

    /// Nothing moved in so many frames, which were left out.
    func stand(for frames: Int64, until now: Int64) { tracker.stand(for: frames, until: now) }

    /// Takes what was detected in one frame: objects go and come. `judge` says what the rules make of those that are there.
    /// - Parameters:
    ///   - now: the frame's instant on the monotonic clock, in nanoseconds.
    ///   - width: of the upright frame, in pixels.
    func follow(
        _ detections: UnsafeBufferPointer<Detection>, at now: Int64, width: Int, height: Int, _ report: WatchList.Report
    ) {
        tracker.follow(detections, at: now)
        for index in entries.indices where entries[index].track > 0 {
            entries[index].isSeen = false
            if place(of: entries[index].track) == nil { end(index, at: now, report) }
        }
        for place in 0..<tracker.count {
            let track = tracker[place]
            guard track.state == .confirmed, track.isSeen, let index = entry(of: track) else { continue }
            entries[index].label = track.label
            entries[index].box = FrameBox(track.box, width: width, height: height)
            entries[index].score = UInt32(truncatingIfNeeded: min(max(track.score, 0), 65536))
            entries[index].isSeen = true
            entries[index].still = max(now - track.stationarySince, 0)
        }
        cascade?.begin()
    }

    /// What the rules make of the objects that the newest frame shows.
    func judge(at now: Int64, _ report: WatchList.Report) {
        for place in 0..<tracker.count {
            let track = tracker[place]
            guard track.state == .confirmed, track.isSeen, let index = entry(of: track) else { continue }
            judge(track, index, at: now, report)
        }
    }

    private func judge(_ track: Track, _ index: Int, at now: Int64, _ report: WatchList.Report) {
        let subLabel = cascade?.subLabel(index)
        for rule in rules.indices {
            let watch = rules[rule].watch
            let object = rules[rule].object
            let isMeant =
                rules[rule].isAbout(track.label) && object.holds(entries[index].box) && object.hasAspect(track.box)
                && object.hasSubLabel(subLabel)
            let score = isMeant ? entries[index].score : 0
            let at = rule * entries.count + index
            let change = states[at].watch.take(score, at: now, watch)
            if change != .none { speak(rule, index, change, report) }
        }
        for number in crossings.indices where crossings[number].isAbout(track.label) {
            let place = FramePlace(entries[index].box, crossings[number].anchor)
            guard let isIn = crossings[number].take(place, &memories[number * entries.count + index]) else { continue }
            let crossing = crossings[number]
            report(
                WatchNews(
                    object: crossing.name, score: entries[index].score,
                    change: .cross(isIn: isIn, into: crossing.into, outOf: crossing.outOf),
                    sighting: sighting(index, before: nil, count: nil)))
        }
    }

    private func speak(_ rule: Int, _ index: Int, _ change: WatchState.Change, _ report: WatchList.Report) {
        let at = rule * entries.count + index
        let before = states[at].spoken
        var isLeave = false
        if case .leave = change { isLeave = true }
        states[at].spoken = isLeave ? nil : entries[index].box
        report(
            WatchNews(
                object: rules[rule].name, score: isLeave ? entries[index].score : states[at].watch.smoothed,
                change: change,
                sighting: sighting(index, before: before, count: count(rule))))
    }

    private func sighting(_ index: Int, before: FrameBox?, count: Int?) -> Sighting {
        let entry = entries[index]
        return Sighting(
            track: entry.track, label: texts.label(Int(entry.label)),
            subLabel: cascade?.subLabel(index).map { texts.subLabel(Int($0)) } ?? Text(start: nil, count: 0),
            box: entry.box, before: before, count: count, still: entry.still)
    }

    /// Objects of a rule that are there.
    private func count(_ rule: Int) -> Int {
        var count = 0
        for index in entries.indices where states[rule * entries.count + index].watch.isPresent { count += 1 }
        return count
    }

    /// Tracks come in the order of their identities.
    private func place(of track: Int64) -> Int? {
        var (low, high) = (0, tracker.count)
        while low < high {
            let middle = (low + high) / 2
            if tracker[middle].identity < track { low = middle + 1 } else { high = middle }
        }
        return low < tracker.count && tracker[low].identity == track ? low : nil
    }

    private func entry(of track: Track) -> Int? {
        var free: Int?
        for index in entries.indices {
            if entries[index].track == track.identity { return index }
            if entries[index].track == 0, free == nil { free = index }
        }
        if let free { entries[free].track = track.identity }
        return free
    }

    /// Forgets an object, and says that it leaves where it was there.
    private func end(_ index: Int, at now: Int64, _ report: WatchList.Report) {
        for rule in rules.indices {
            let at = rule * entries.count + index
            let state = states[at]
            states[at].watch = WatchState()
            if state.watch.isPresent {
                report(
                    WatchNews(
                        object: rules[rule].name, score: state.watch.smoothed,
                        change: .leave(present: state.watch.presence(at: now)),
                        sighting: sighting(index, before: state.spoken, count: count(rule))))
            }
            states[at].spoken = nil
        }
        for crossing in crossings.indices { memories[crossing * entries.count + index] = Crossing.Memory() }
        cascade?.forget(index)
        entries[index] = Entry()
    }

    // MARK: Without frames

    /// Nobody looks any more: all objects leave, and those that come are others.
    func leaveAll(at now: Int64, _ report: WatchList.Report) {
        for index in entries.indices where entries[index].track > 0 { end(index, at: now, report) }
        tracker.removeAll()
    }

    /// The same where the source gives nothing, and an object would be given up by now.
    func leaveUnseen(since last: Int64, at now: Int64, _ report: WatchList.Report) {
        if now - last >= lost { leaveAll(at: now, report) }
    }

    func pause(since last: Int64, at now: Int64) -> Int64 {
        present > 0 ? max(last + lost - now, 0) : .max
    }

    /// Forgets that a rule spoke of an object, or of all.
    func forget(_ track: Int64?, where isMeant: (_ object: Text) -> Bool) {
        for index in states.indices where states[index].watch.isPresent {
            guard track == nil || track == entries[index % entries.count].track,
                isMeant(rules[index / entries.count].name)
            else { continue }
            states[index] = State()
        }
    }

    func forEachPresent(_ body: (_ object: Text, _ count: Int) -> Void) {
        for rule in rules.indices {
            let count = count(rule)
            if count > 0 { body(rules[rule].name, count) }
        }
    }

    func forEachTheme(_ body: (Theme) -> Void) {
        for rule in rules {
            body(Theme(name: rule.name, kind: .object(counts: true, on: rule.watch.on, off: rule.watch.off)))
        }
        for crossing in crossings { body(Theme(name: crossing.name, kind: .crossing)) }
    }

    func forEachPresence(at now: Int64, _ report: WatchList.Report) {
        for index in states.indices where states[index].watch.isPresent {
            let (rule, entry) = (index / entries.count, index % entries.count)
            report(
                WatchNews(
                    object: rules[rule].name, score: states[index].watch.smoothed,
                    change: .update(present: states[index].watch.presence(at: now)),
                    sighting: sighting(entry, before: nil, count: count(rule))))
        }
    }

    func setThresholds(on: UInt32, off: UInt32, where isMeant: (_ object: Text) -> Bool) -> Bool {
        var isFound = false
        for index in rules.indices where isMeant(rules[index].name) {
            (rules[index].watch.on, rules[index].watch.off) = (on, off)
            isFound = true
        }
        return isFound
    }

    /// Identities go on, and counts of crossings by their names.
    func inherit(from old: ObjectList) {
        tracker.continueIdentities(of: old.tracker)
        for index in crossings.indices {
            for former in old.crossings where former.name.elementsEqual(crossings[index].name) {
                crossings[index].inherit(former)
            }
        }
    }

    /// The best of a rule's objects, for whoever shows it.
    func view(_ index: Int) -> WatchList.View {
        var best: UInt32 = 0
        var memory = WatchState.Memory()
        for entry in entries.indices {
            let state = states[index * entries.count + entry].watch
            best = max(best, state.smoothed)
            memory.isPresent = memory.isPresent || state.isPresent
        }
        return WatchList.View(
            object: rules[index].name, zone: 0, score: best, smoothed: best, memory: memory)
    }

    /// Those that the newest frame shows.
    func forEachObject(_ body: (_ label: Text, _ track: Int64, FrameBox) -> Void) {
        for index in entries.indices where entries[index].isSeen {
            let label =
                cascade?.subLabel(index).map { texts.subLabel(Int($0)) } ?? texts.label(Int(entries[index].label))
            body(label, entries[index].track, entries[index].box)
        }
    }
}
