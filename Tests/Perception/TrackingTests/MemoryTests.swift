import Detectors
import TestSupport
import Testing
import Tracking

@Suite struct MemoryTests {
    /// Six that wander through each other, some of them missing, one label for two.
    private func frames(_ count: Int) -> [[Detection]] {
        var numbers = SplitMix64(state: 3)
        var places = (0..<6).map { 80 + 60 * Double($0) }
        return (0..<count).map { _ in
            places = places.map { $0 + Double.random(in: -4...4.5, using: &numbers) }
            var frame: [Detection] = []
            for (index, place) in places.enumerated() where Int.random(in: 0..<6, using: &numbers) > 0 {
                frame.append(
                    Detection(
                        x: place, y: 200 + Double.random(in: -2...2, using: &numbers),
                        score: Double.random(in: 0.2...0.95, using: &numbers), label: UInt16(index % 2)))
            }
            return frame
        }
    }

    private func words(_ tracker: inout Tracker) -> [Int64] {
        var words = [Int64](repeating: 0, count: Tracker.words(tracks: tracker.count))
        let count = words.withUnsafeMutableBufferPointer { tracker.save(to: $0) }
        #expect(count == words.count)
        return words
    }

    @Test func goesOnAsIfNothingHadHappened() {
        let frames = frames(200)
        for moment in [0, 1, 3, 50, 120] {
            var whole = Film()
            var second = Film()
            for (number, frame) in frames.enumerated() {
                if number == moment {
                    let saved = words(&whole.tracker)
                    #expect(saved.withUnsafeBufferPointer { second.tracker.restore(from: $0) })
                    #expect(second.tracks == whole.tracks)
                    second.now = whole.now
                }
                whole.take(frame)
                guard number >= moment else { continue }
                second.take(frame)
                #expect(second.tracks == whole.tracks)
                #expect(second.changes.map(\.identity) == whole.changes.map(\.identity))
            }
            #expect(words(&second.tracker) == words(&whole.tracker))
        }
    }

    @Test func givesTheSameForTheSame() {
        var first = Film()
        var second = Film()
        for frame in frames(150) {
            first.take(frame)
            second.take(frame)
        }
        #expect(words(&first.tracker) == words(&second.tracker))
        #expect(first.tracks.count >= 6)
    }

    @Test func refusesWhatIsNoMemory() {
        var film = Film()
        for frame in frames(30) { film.take(frame) }
        let saved = words(&film.tracker)
        for damaged in [[], Array(saved.dropLast()), saved + [0], [1 << 40] + saved.dropFirst()] {
            var other = Tracker(tracks: 32, detections: 64)
            #expect(!damaged.withUnsafeBufferPointer { other.restore(from: $0) })
            #expect(other.count == 0)
        }
        var small = Tracker(tracks: film.tracks.count - 1, detections: 64)
        #expect(!saved.withUnsafeBufferPointer { small.restore(from: $0) })
        var short = [Int64](repeating: 0, count: saved.count - 1)
        #expect(short.withUnsafeMutableBufferPointer { film.tracker.save(to: $0) } == 0)
    }
}
