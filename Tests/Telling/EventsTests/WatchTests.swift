import CBundle
import Testing

@testable import Events

private let half: UInt32 = 32768

private func rule(
    on: UInt32 = 40000, off: UInt32 = 20000, smoothing: UInt32 = 65536, enter: UInt32 = 0, leave: UInt32 = 0,
    cooldown: UInt32 = 0, update: UInt32 = 0
) -> oc_watch {
    var record = oc_watch()
    record.on = on
    record.off = off
    record.smoothing = smoothing
    record.enter_after = enter
    record.leave_after = leave
    record.cooldown = cooldown
    record.update_every = update
    return record
}

/// Feeds one score every 100 ms and lists what changed, as "frame:change".
private func changes(_ record: oc_watch, _ scores: [UInt32]) -> [String] {
    let rule = WatchRule(record)
    var state = WatchState()
    var log: [String] = []
    for (frame, score) in scores.enumerated() {
        switch state.take(score, at: Int64(frame) * 100_000_000, rule) {
        case .none: break
        case .enter: log.append("\(frame):enter")
        case .update(let present): log.append("\(frame):update \(present / 1_000_000)")
        case .leave(let present): log.append("\(frame):leave \(present / 1_000_000)")
        case .cross: log.append("\(frame):cross")
        }
    }
    return log
}

@Suite struct WatchTests {
    @Test func thresholdsAreInclusiveAboveAndExclusiveBelow() {
        #expect(changes(rule(), [39999, 40000, 20000, 19999]) == ["1:enter", "3:leave 200"])
    }

    @Test func betweenTheThresholdsNothingChanges() {
        #expect(changes(rule(), [30000, 30000, 45000, 30000, 39000, 21000]) == ["2:enter"])
    }

    @Test func shortVisitsStayUnspoken() {
        let record = rule(enter: 200)
        #expect(changes(record, [50000, 50000, 0, 50000, 50000, 0]) == [])
        #expect(changes(record, [0, 50000, 50000, 50000]) == ["3:enter"])
    }

    @Test func shortGapsStayUnspoken() {
        let record = rule(leave: 200)
        #expect(changes(record, [50000, 0, 0, 50000, 0, 0, 0]) == ["0:enter", "6:leave 600"])
    }

    @Test func dwellBeginsAnewBelowTheThreshold() {
        #expect(changes(rule(enter: 200), [50000, 50000, 30000, 50000, 50000, 50000]) == ["5:enter"])
        #expect(changes(rule(leave: 200), [50000, 0, 0, 30000, 0, 0, 0]) == ["0:enter", "6:leave 600"])
    }

    @Test func cooldownDelaysTheNextEnter() {
        #expect(
            changes(rule(cooldown: 300), [50000, 0, 50000, 50000, 50000, 0])
                == ["0:enter", "1:leave 100", "4:enter", "5:leave 100"])
    }

    @Test func withoutALeaveThereIsNoCooldownAtAnyInstant() {
        for now in [0, Int64.max / 2 + 1, .max] {
            var state = WatchState()
            #expect(state.take(50000, at: now, WatchRule(rule(cooldown: .max))) == .enter)
        }
    }

    @Test func aRuleWaitsWhileADwellIsUnderWayOrAnUpdateIsDue() {
        let dwelling = WatchRule(rule(enter: 200))
        var state = WatchState()
        _ = state.take(0, at: 0, dwelling)
        #expect(!state.waits(at: 0, dwelling))
        _ = state.take(50000, at: 100_000_000, dwelling)
        #expect(state.waits(at: 100_000_000, dwelling))
        _ = state.take(50000, at: 300_000_000, dwelling)
        #expect(state.isPresent && !state.waits(at: 300_000_000, dwelling))

        let updating = WatchRule(rule(update: 200))
        #expect(!state.waits(at: 499_000_000, updating) && state.waits(at: 500_000_000, updating))
    }

    @Test func zonesHaveRulesOfTheirOwn() {
        var records = [rule(), rule(), rule(enter: 100)]
        (records[1].zone, records[2].zone) = (1, 1)
        for index in records.indices { records[index].name.offset = UInt32(index) }
        let names: [StaticString] = ["a", "b", "c"]
        let copy = UnsafeMutableBufferPointer<oc_watch>.allocate(capacity: records.count)
        _ = copy.initialize(from: records)
        defer { copy.deallocate() }
        var list = WatchList(UnsafeBufferPointer(copy)) { name in
            let name = names[Int(name.offset)]
            return Text(start: name.utf8Start, count: name.utf8CodeUnitCount)
        }
        var said: [String] = []
        list.take(zone: 1, at: 0, score: { _ in 50000 }) { news in
            said.append(String(decoding: news.object, as: UTF8.self))
        }
        #expect(said == ["b"])
        #expect(list.waits(zone: 1, at: 0) && !list.waits(zone: 0, at: 0))
        list.take(at: 0, score: { _ in 50000 }) { news in said.append(String(decoding: news.object, as: UTF8.self)) }
        #expect(said == ["b", "a"])
    }

    @Test func severalLabelsAddUp() {
        var records = [rule(), rule(), rule()]
        for index in records.indices { records[index].name.offset = UInt32(index) }
        (records[0].label, records[1].label, records[2].label) = (0, 1, 2)
        let names: [StaticString] = ["one", "two", "three"]
        let copy = UnsafeMutableBufferPointer<oc_watch>.allocate(capacity: records.count)
        _ = copy.initialize(from: records)
        let further = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 3)
        _ = further.initialize(from: [2, 3, 4])
        // Of rule 0 none, of rule 1 label 2, of rule 2 labels 3 and 4.
        var list = WatchList(
            UnsafeBufferPointer(copy),
            furtherLabels: { rule in
                let parts = [0..<0, 0..<1, 1..<3]
                return UnsafeBufferPointer(rebasing: further[parts[Int(rule.label)]])
            },
            name: { name in
                let name = names[Int(name.offset)]
                return Text(start: name.utf8Start, count: name.utf8CodeUnitCount)
            })
        // The list lives on without what it was made from.
        further.update(repeating: 0)
        further.deallocate()
        copy.deallocate()
        func sums(_ scores: [UInt32]) -> [UInt32] {
            list.take(at: 0, score: { scores[$0] }) { _ in }
            return (0..<list.count).map { list.view($0).score }
        }
        #expect(sums([1, 10, 100, 1000, 10000]) == [1, 110, 11100])
        #expect(sums([65536, 0, 65536, 65535, 2]) == [65536, 65536, 65536])
        #expect(sums([0, 0, 0, 0, 0]) == [0, 0, 0])
    }

    @Test func updatesComeAtTheirPace() {
        #expect(
            changes(rule(update: 200), [50000, 50000, 50000, 50000, 50000, 0])
                == ["0:enter", "2:update 200", "4:update 400", "5:leave 500"])
    }

    @Test func averageFollowsTheFormula() {
        let rule = WatchRule(rule(smoothing: half))
        var state = WatchState()
        _ = state.take(65536, at: 0, rule)
        #expect(state.smoothed == 65536)
        for (step, expected) in [32768, 16384, 8192, 4096].enumerated() {
            _ = state.take(0, at: Int64(step + 1), rule)
            #expect(state.smoothed == UInt32(expected))
        }
    }

    @Test(arguments: [1, 7, 655, 65536] as [UInt32])
    func averageReachesASteadyScore(_ smoothing: UInt32) {
        let rule = WatchRule(rule(smoothing: smoothing))
        var state = WatchState()
        _ = state.take(0, at: 0, rule)
        for frame in 1...3_000_000 / Int(min(smoothing, 3000)) { _ = state.take(60000, at: Int64(frame), rule) }
        #expect(smoothed(state, isWithin: 1, of: 60000, or: smoothing == 1))
    }

    /// The smallest weight needs more frames than the test has; it must move all the same.
    private func smoothed(_ state: WatchState, isWithin tolerance: UInt32, of goal: UInt32, or isSlow: Bool) -> Bool {
        isSlow ? state.smoothed > goal / 2 : state.smoothed + tolerance >= goal && state.smoothed <= goal
    }

    @Test func reloadKeepsPresenceAndClosesWhatIsGone() {
        var log: [String] = []
        func list(_ names: [String]) -> WatchList {
            var records = names.map { _ in rule() }
            for index in records.indices { records[index].name.offset = UInt32(index) }
            let copy = UnsafeMutableBufferPointer<oc_watch>.allocate(capacity: records.count)
            _ = copy.initialize(from: records)
            defer { copy.deallocate() }
            let texts = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
            defer { texts.deallocate() }
            return WatchList(UnsafeBufferPointer(copy)) { text in
                let name = names[Int(text.offset)]
                texts.copyBytes(from: name.utf8)
                return Text(rebasing: texts[..<name.utf8.count])
            }
        }
        func report(_ news: WatchNews) {
            log.append("\(String(decoding: news.object, as: UTF8.self)) \(news.change)")
        }
        var first = list(["person", "cat"])
        first.take(at: 0, score: { _ in 65536 }, report: report)
        #expect(first.present == 2)
        var second = list(["dog", "person"])
        second.inherit(from: &first, at: 1000, report: report)
        #expect(second.present == 1)
        second.take(at: 2000, score: { _ in 0 }, report: report)
        #expect(log == ["person enter", "cat enter", "cat leave(present: 1000)", "person leave(present: 2000)"])
        // When nobody looks any more, all leave, and no average is remembered.
        log = []
        second.take(at: 3000, score: { _ in 65536 }, report: report)
        var present: [String] = []
        second.forEachPresent { name, _ in present.append(String(decoding: name, as: UTF8.self)) }
        second.leaveAll(at: 3500, report: report)
        second.leaveAll(at: 3600, report: report)
        #expect(present == ["dog", "person"] && second.present == 0)
        #expect(
            log == ["dog enter", "person enter", "dog leave(present: 500)", "person leave(present: 500)"])
    }
}
