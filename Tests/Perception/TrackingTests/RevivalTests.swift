import Detectors
import Testing
import Tracking

/// Objects that come back after they were hidden for long.
@Suite struct RevivalTests {
    /// Two stand far apart; one walks in from the left, behind a wall, and comes out a height lower 3 s later.
    private struct Walk: ~Copyable {
        var film: Film
        /// Whether others come, too, and stay: five in two seconds.
        var isBusy = false

        init() {
            var settings = TrackerSettings()
            settings.lostFor = 5 * .second
            film = Film(settings, tracks: 64)
        }

        /// Where he is: 40 pixels a second to the right, two thirds of his size.
        var x: Double { -500 + Double(film.now) * 40e-9 }
        var y: Double { x < 260 ? 150 : 230 }
        var isHidden: Bool { (260..<380).contains(x) }
        var number: Int64? { film.identity(x: x, y: y) }

        mutating func step(with other: Detection? = nil) {
            film.now += .frame
            var seen = [Detection(x: 30, y: 60), Detection(x: 600, y: 420)]
            if x >= 20, !isHidden { seen.append(Detection(x: x, y: y)) }
            if isBusy {
                for index in 0..<min(max((film.now - 2_500_000_000) / 400_000_000, 0), 42) {
                    let (column, row) = (Double(index % 14), Double(index / 14))
                    seen.append(Detection(x: 60 + 40 * column, y: 280 + 60 * row, width: 20, height: 40))
                }
            }
            if let other { seen.append(other) }
            film.take(seen, after: 0)
        }

        mutating func hide() {
            while !isHidden { step() }
        }

        mutating func comeBack() {
            while isHidden { step() }
            for _ in 0..<10 { step() }
        }
    }

    @Test("Whoever is behind a wall for 3 s keeps the number if 5 s are allowed")
    func keepsTheNumberOfOneHiddenForLong() {
        var walk = Walk()
        while walk.x < 255 { walk.step() }
        let number = walk.number
        walk.hide()
        let gone = walk.film.now
        while walk.isHidden { walk.step() }
        #expect(number == 3 && walk.film.now - gone > 29 * .second / 10)
        var changes: [(identity: Int64, change: Track.Change)] = []
        for _ in 0..<10 {
            walk.step()
            changes += walk.film.changes
        }
        let (back, all) = (walk.number, walk.film.tracks.map(\.identity))
        #expect(back == number && all == [1, 2, 3])
        // The number under which he was not sure yet is over.
        #expect(changes.filter { $0.change == .ended }.map(\.identity) == [4])
        #expect(changes.first { $0.identity == 3 }?.change == .updated)
    }

    @Test("Whoever comes from too far off, or is too large, is another one")
    func takesOthersForOthers() {
        for other in [Detection(x: 70, y: 400), Detection(x: 330, y: 150, width: 120, height: 240)] {
            var walk = Walk()
            walk.hide()
            while walk.x < 330 { walk.step() }
            for _ in 0..<5 { walk.step(with: other) }
            let seen = walk.film.seen.map(\.identity)
            #expect(seen == [1, 2, 4])
        }
    }

    @Test("Where others come all the time, one that comes is rather another one")
    func knowsHowManyCome() {
        for isBusy in [false, true] {
            var walk = Walk()
            walk.isBusy = isBusy
            while walk.x < 255 { walk.step() }
            let number = walk.number
            walk.hide()
            walk.comeBack()
            let back = walk.number
            #expect(number != nil && back != nil && (number == back) == !isBusy)
        }
    }

    @Test func remembersWhoIsHidden() {
        var whole = Walk()
        var second = Walk()
        whole.hide()
        var words = [Int64](repeating: 0, count: Tracker.words(tracks: whole.film.tracker.count))
        let saved = words.withUnsafeMutableBufferPointer { whole.film.tracker.save(to: $0) }
        let isRestored = words.withUnsafeBufferPointer { second.film.tracker.restore(from: $0) }
        #expect(saved == words.count && isRestored)
        second.film.now = whole.film.now
        whole.comeBack()
        second.comeBack()
        let (one, other) = (whole.film.tracks, second.film.tracks)
        #expect(one == other && one.map(\.identity) == [1, 2, 3])
    }
}
