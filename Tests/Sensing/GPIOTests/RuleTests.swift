import Testing

@testable import GPIO

private func ms(_ milliseconds: Int64) -> Int64 { milliseconds * 1_000_000 }

private func settings(_ use: LineSettings.Use) -> LineSettings {
    LineSettings(name: Array("line".utf8), .name(Array("LINE".utf8), chip: []), use)
}

private let dog = Array("dog".utf8)

@Suite struct DebouncerTests {
    @Test func bouncesAreOneChange() {
        var debouncer = Debouncer(time: ms(20))
        let settle = { (isActive: Bool, at: Int64) in debouncer.settle(isActive: isActive, at: at) }
        #expect(debouncer.due == .max)
        for (time, level) in [(100, true), (101, false), (103, true)] as [(Int64, Bool)] {
            let isChange = debouncer.take(isActive: level, at: ms(time))
            #expect(!isChange)
        }
        #expect(debouncer.due == ms(123))
        // The change began with the first edge.
        #expect(settle(true, ms(123)) == ms(100))
        #expect(debouncer.isActive && debouncer.due == .max)
    }

    @Test func aSpikeIsNoChange() {
        var debouncer = Debouncer(time: ms(20))
        let settle = { (isActive: Bool, at: Int64) in debouncer.settle(isActive: isActive, at: at) }
        _ = debouncer.take(isActive: true, at: ms(5))
        _ = debouncer.take(isActive: false, at: ms(6))
        #expect(settle(false, ms(26)) == nil)
        #expect(!debouncer.isActive && debouncer.due == .max)
    }

    @Test func withoutDebouncingEveryChangeCounts() {
        var debouncer = Debouncer(time: 0)
        let take = { (isActive: Bool, at: Int64) in debouncer.take(isActive: isActive, at: at) }
        #expect(take(true, 1))
        let isRepeated = debouncer.take(isActive: true, at: 2)
        #expect(!isRepeated)
        #expect(take(false, 3))
        #expect(debouncer.due == .max)
    }
}

@Suite struct IndicatorTests {
    @Test func followsAndStaysOnForAWhile() {
        var settings = settings(.follow(object: dog))
        settings.leastOn = ms(100)
        var indicator = Indicator(settings)
        let level = { (at: Int64) in indicator.level(at: at) }
        #expect(level(0) == (false, .max))
        indicator.want(true, at: ms(10))
        #expect(level(ms(10)) == (true, .max))
        indicator.want(false, at: ms(50))
        #expect(level(ms(50)) == (true, ms(110)))
        #expect(level(ms(110)) == (false, .max))
        // Longer than the least: off at once.
        indicator.want(true, at: ms(200))
        _ = level(ms(200))
        indicator.want(false, at: ms(400))
        #expect(level(ms(400)) == (false, .max))
    }

    @Test func pulsesEndAndAreProlonged() {
        var indicator = Indicator(settings(.pulse(object: dog, .enter, length: ms(200))))
        let level = { (at: Int64) in indicator.level(at: at) }
        indicator.pulse(at: ms(1000))
        #expect(level(ms(1000)) == (true, ms(1200)))
        indicator.pulse(at: ms(1100))
        #expect(level(ms(1200)) == (true, ms(1300)))
        #expect(level(ms(1300)) == (false, .max))
    }

    @Test func blinksWhileThereIsAFault() {
        var indicator = Indicator(settings(.fault(length: ms(500))))
        let level = { (at: Int64) in indicator.level(at: at) }
        indicator.want(true, at: ms(100))
        #expect(level(ms(100)) == (true, ms(600)))
        // Told again, it goes on in its rhythm.
        indicator.want(true, at: ms(300))
        #expect(level(ms(600)) == (false, ms(1100)))
        #expect(level(ms(1100)) == (true, ms(1600)))
        indicator.want(false, at: ms(1200))
        #expect(level(ms(1200)) == (false, .max))
    }
}

@Suite struct CapturePlanTests {
    @Test func whatIsActiveAlreadyBeginsNoBurst() {
        var burst = CapturePlan([settings(.report), settings(.trigger(.burst(frames: 2)))])
        let burstWants = { (at: Int64, present: Int) in burst.wantsFrames(at: at, present: present) }
        burst.resume(1)
        #expect(!burstWants(0, 1))
        // The line's next edge is its going off, the one after that begins a burst.
        burst.take(1, isActive: false, at: ms(1))
        #expect(!burstWants(ms(1), 0))
        burst.take(1, isActive: true, at: ms(2))
        #expect(burstWants(ms(2), 0))
    }

    @Test func whatIsActiveAlreadyKeepsFramesComingOrBack() {
        var active = CapturePlan([settings(.trigger(.active(hold: ms(10)))), settings(.inhibit)])
        let activeWants = { (at: Int64, present: Int) in active.wantsFrames(at: at, present: present) }
        active.resume(0)
        #expect(activeWants(0, 0))
        active.take(0, isActive: false, at: ms(1))
        #expect(activeWants(ms(10), 0) && !activeWants(ms(11), 0))
        var inhibited = CapturePlan([settings(.inhibit)])
        let inhibitedWants = { (at: Int64, present: Int) in inhibited.wantsFrames(at: at, present: present) }
        inhibited.resume(0)
        #expect(!inhibitedWants(0, 0))
    }

    @Test func withoutATriggerFramesAreAlwaysWanted() {
        var plan = CapturePlan([settings(.report), settings(.follow(object: dog))])
        let wants = { (at: Int64, present: Int) in plan.wantsFrames(at: at, present: present) }
        #expect(wants(0, 0))
        #expect(plan.pause(at: 0) == .max)
    }

    @Test func aBurstIsCounted() {
        var plan = CapturePlan([settings(.trigger(.burst(frames: 2)))])
        let wants = { (at: Int64, present: Int) in plan.wantsFrames(at: at, present: present) }
        #expect(!wants(0, 1))
        plan.take(0, isActive: true, at: 10)
        #expect(wants(10, 0))
        plan.countFrame()
        #expect(wants(20, 0))
        plan.countFrame()
        // Whoever is there then: the question is answered.
        #expect(!wants(30, 1))
        // Still active: no new burst before the next edge.
        plan.take(0, isActive: true, at: 40)
        #expect(!wants(40, 0))
        plan.take(0, isActive: false, at: 50)
        plan.take(0, isActive: true, at: 60)
        #expect(wants(60, 0))
    }

    @Test func whileActiveAndLongerAndWhileSomebodyIsThere() {
        var plan = CapturePlan([settings(.trigger(.active(hold: ms(100))))])
        let wants = { (at: Int64, present: Int) in plan.wantsFrames(at: at, present: present) }
        #expect(!wants(0, 0))
        plan.take(0, isActive: true, at: ms(10))
        #expect(wants(ms(10), 0))
        plan.take(0, isActive: false, at: ms(20))
        #expect(wants(ms(119), 0))
        #expect(plan.pause(at: ms(119)) == ms(1))
        #expect(wants(ms(120), 1))
        #expect(!wants(ms(121), 0))
        // Not by somebody who is remembered from before.
        #expect(!wants(ms(122), 1))
    }

    @Test func inhibitionWins() {
        var plan = CapturePlan([settings(.trigger(.burst(frames: 3))), settings(.inhibit)])
        let wants = { (at: Int64, present: Int) in plan.wantsFrames(at: at, present: present) }
        plan.take(0, isActive: true, at: 0)
        plan.take(1, isActive: true, at: 1)
        #expect(!wants(1, 1))
        // A burst that was cut off does not go on, and none begins meanwhile.
        plan.take(0, isActive: false, at: 2)
        plan.take(0, isActive: true, at: 3)
        plan.take(1, isActive: false, at: 4)
        #expect(!wants(4, 0))
        var other = CapturePlan([settings(.inhibit), settings(.trigger(.active(hold: 0)))])
        let otherWants = { (at: Int64, present: Int) in other.wantsFrames(at: at, present: present) }
        other.take(1, isActive: true, at: 0)
        other.take(0, isActive: true, at: 1)
        #expect(!otherWants(1, 0))
        // The line is active all the time: capture goes on.
        other.take(0, isActive: false, at: 2)
        #expect(otherWants(2, 0))
    }

    @Test func aloneAnInhibitorPauses() {
        var plan = CapturePlan([settings(.inhibit)])
        let wants = { (at: Int64, present: Int) in plan.wantsFrames(at: at, present: present) }
        #expect(wants(0, 0))
        plan.take(0, isActive: true, at: 0)
        #expect(!wants(0, 0))
        plan.take(0, isActive: false, at: 0)
        #expect(wants(0, 0))
    }
}
