import Detectors
import TestSupport
import Testing
import Tracking

@Suite struct TrackerTests {
    @Test func isBornConfirmedUpdatedLostAndEnded() throws {
        var film = Film()
        film.take([Detection(x: 100)])
        #expect(film.changes.map(\.change) == [.born])
        #expect(film.tracks.map(\.state) == [.tentative])
        while film.seen.isEmpty, film.now < .second { film.take([Detection(x: 100)]) }
        #expect(film.changes.map(\.change) == [.confirmed])
        film.take([Detection(x: 100)])
        #expect(film.changes.map(\.change) == [.updated])
        let track = try #require(film.seen.first)
        #expect(track.identity == 1 && track.label == 0 && track.hits >= 3 && track.misses == 0)
        #expect(track.firstSeen == .frame && track.lastSeen == film.now && track.age == film.now - .frame)
        #expect(abs(track.score - 52428) < 10)
        film.take([])
        #expect(film.changes.map(\.change) == [.lost])
        #expect(film.tracks.map(\.state) == [.lost])
        film.take([])
        #expect(film.changes.isEmpty)
        film.take([], after: film.tracker.settings.lostFor)
        #expect(film.changes.map(\.change) == [.ended])
        #expect(film.tracks.isEmpty)
    }

    @Test func endsTentativeTracksThatAreNotSeenAgain() {
        var film = Film()
        film.take([Detection(x: 100)])
        for _ in 0..<10 { film.take([]) }
        #expect(film.tracks.isEmpty)
    }

    @Test func keepsIdentitiesWhereTwoCross() {
        var film = Film()
        var first: (left: Int64?, right: Int64?)
        for frame in 0..<90 {
            let (a, b) = (100 + 4 * Double(frame), 460 - 4 * Double(frame))
            var seen = [Detection(x: a)]
            if abs(a - b) > 24 { seen.append(Detection(x: b, y: 205, height: 84)) }
            film.take(frame.isMultiple(of: 2) ? seen : seen.reversed())
            if frame == 20 { first = (film.identity(x: a), film.identity(x: b)) }
            if frame == 89 {
                #expect(film.identity(x: a) == first.left)
                #expect(film.identity(x: b) == first.right)
            }
        }
        #expect(first.left != nil && first.right != nil && first.left != first.right)
    }

    @Test(arguments: [1, 3, 10])
    func keepsIdentitiesForTheTimeAllowedAndNoLonger(seconds: Int64) {
        var settings = TrackerSettings()
        settings.lostFor = seconds * .second
        for (extra, survives) in [(Int64(0), true), (.second, false)] {
            var film = Film(settings)
            for _ in 0..<30 { film.take([Detection(x: 100)]) }
            let end = film.now + seconds * .second + extra
            while film.now + 2 * .frame < end { film.take([]) }
            film.take([Detection(x: 100)], after: end - film.now)
            for _ in 0..<3 { film.take([Detection(x: 100)]) }
            #expect(film.seen.map(\.identity) == (survives ? [1] : [2]))
        }
    }

    @Test func countsTimeAndNotFrames() {
        for pauses: [Int64] in [[500_000_000], [33_000_000, 500_000_000, 100_000_000, 250_000_000]] {
            var film = Film()
            // Half a height a second to the right, and a slower one above.
            for frame in 0..<24 {
                film.take(
                    [
                        Detection(x: 100 + Double(film.now + pauses[frame % pauses.count]) * 40e-9),
                        Detection(x: 100 + Double(film.now + pauses[frame % pauses.count]) * 20e-9, y: 60),
                    ], after: pauses[frame % pauses.count])
            }
            #expect(film.seen.map(\.identity) == [1, 2])
            #expect(film.seen.map(\.hits) == [24, 24])
        }
    }

    @Test("Time in which nothing moves is none in which an object is not seen", arguments: [true, false])
    func standsStill(_ isTold: Bool) throws {
        var film = Film()
        for _ in 0..<30 { film.take([Detection(x: 100), Detection(x: 300)]) }
        let stands = try #require(film.seen.first)
        if isTold { film.tracker.stand(for: 1800, until: film.now + 60 * .second) }
        // Whoever goes then goes in the time of one frame, not in a minute.
        for frame in 0..<20 {
            film.take(
                [Detection(x: 100 + 3 * Double(frame + 1)), Detection(x: 300)],
                after: frame == 0 ? 60 * .second : .frame)
        }
        #expect(film.seen.map(\.identity) == (isTold ? [1, 2] : [3, 4]))
        if isTold {
            let seen = film.seen
            #expect((70...110).contains(seen[0].speed) && seen[1].speed < 10)
            #expect(seen[1].stationarySince < stands.lastSeen && seen[0].hits == 50)
        }
    }

    @Test func goesOnWithLowScoresButBeginsNothingWithThem() {
        var film = Film()
        for frame in 0..<40 { film.take([Detection(x: 100 + 2 * Double(frame), score: frame < 10 ? 0.8 : 0.2)]) }
        #expect(film.seen.map(\.identity) == [1])
        #expect(film.seen.map(\.hits) == [40])
        var other = Film()
        for _ in 0..<40 { other.take([Detection(x: 100, score: 0.3)]) }
        #expect(other.tracks.isEmpty)
    }

    @Test func doesNotMixLabels() {
        var film = Film()
        for _ in 0..<5 { film.take([Detection(x: 100, label: 3)]) }
        for _ in 0..<5 { film.take([Detection(x: 100, label: 4)]) }
        #expect(film.tracks.map(\.label) == [3, 4])
        #expect(film.tracks.map(\.state) == [.lost, .confirmed])
    }

    @Test func beginsNothingWithASecondBoxOnAnObject() {
        var film = Film()
        for _ in 0..<10 { film.take([Detection(x: 100), Detection(x: 102, score: 0.7)]) }
        #expect(film.tracks.map(\.identity) == [1])
    }

    @Test func measuresSpeedAndSinceWhenAnObjectStands() throws {
        var film = Film()
        for frame in 0..<60 { film.take([Detection(x: 100 + 3 * Double(frame))]) }
        let moving = try #require(film.seen.first)
        #expect((80...100).contains(moving.speed))
        #expect(film.now - moving.stationarySince < .second)
        let stop = film.now
        for frame in 0..<300 { film.take([Detection(x: 277 + (frame.isMultiple(of: 2) ? 1 : -1))]) }
        let still = try #require(film.seen.first)
        #expect(still.identity == moving.identity)
        #expect(still.speed < 10)
        #expect(abs(still.stationarySince - stop) < .second)
    }

    @Test func isNotConfusedByACameraThatShakes() {
        var numbers = SplitMix64(state: 1)
        var film = Film()
        for _ in 0..<120 {
            let (dx, dy) = (Double.random(in: -14...14, using: &numbers), Double.random(in: -14...14, using: &numbers))
            film.take((0..<6).map { Detection(x: 100 + 60 * Double($0) + dx, y: 200 + dy) })
        }
        #expect(film.seen.map(\.identity) == [1, 2, 3, 4, 5, 6])
        #expect(film.seen.allSatisfy { film.now - $0.stationarySince > 3 * .second })
    }

    @Test func dropsTheLowestScoresAndCountsThem() {
        var film = Film(tracks: 3, detections: 4)
        let scores = [0.9, 0.6, 0.95, 0.7, 0.85, 0.65]
        for _ in 0..<4 {
            film.take(scores.enumerated().map { Detection(x: 100 + 100 * Double($0.offset), score: $0.element) })
        }
        #expect(film.tracks.map { Int($0.box.middle.x.rounded()) } == [300, 100, 500])
        #expect(film.tracker.droppedDetections == 8)
        #expect(film.tracker.droppedTracks == 4)
    }

    @Test func takesTimeThatGoesBackForNone() {
        var film = Film()
        for _ in 0..<10 { film.take([Detection(x: 100)]) }
        film.take([Detection(x: 100)], after: -5 * .second)
        #expect(film.seen.map(\.identity) == [1])
        #expect(film.seen.map(\.lastSeen) == [10 * .frame])
    }
}
