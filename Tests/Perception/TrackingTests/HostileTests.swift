import Detectors
import TestSupport
import Testing
import Tracking

/// Whatever comes: nothing traps, nothing grows, no identity comes twice.
@Suite struct HostileTests {
    private static let edges: [Int32] = [
        .min, .min + 1, -Box.limit - 1, -Box.limit, -1, 0, 1, 16, Box.limit, Box.limit + 1, .max,
    ]

    private func corner(_ numbers: inout SplitMix64) -> Int32 {
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0: Self.edges.randomElement(using: &numbers) ?? 0
        case 1: Int32.random(in: .min ... .max, using: &numbers)
        default: Int32.random(in: -100...20000, using: &numbers)
        }
    }

    private func detection(_ numbers: inout SplitMix64) -> Detection {
        let scores: [UInt32] = [0, 1, 6553, 32768, 65536, 65537, .max, UInt32.random(in: 0...65536, using: &numbers)]
        var box = Box(left: 0, top: 0, right: 0, bottom: 0)
        (box.left, box.top) = (corner(&numbers), corner(&numbers))
        (box.right, box.bottom) = (corner(&numbers), corner(&numbers))
        if Bool.random(using: &numbers) {  // one that a detector might give
            box.right = max(-Box.limit, min(box.left, Box.limit)) + Int32.random(in: 1...4000, using: &numbers)
            box.bottom = max(-Box.limit, min(box.top, Box.limit)) + Int32.random(in: 1...4000, using: &numbers)
        }
        return Detection(
            box: box, score: scores.randomElement(using: &numbers) ?? 0,
            label: UInt16.random(in: 0...1, using: &numbers) &* .max)
    }

    /// Settings with a few values that nobody would choose.
    private func settings(_ numbers: inout SplitMix64) -> TrackerSettings {
        var settings = TrackerSettings()
        let values: [Int64] = [.min, -1, 0, 1, 65536, 1 << 30, .max]
        let paths: [WritableKeyPath<TrackerSettings, Int64>] = [
            \.highScore, \.lowScore, \.birthScore, \.confirmHits, \.confirmScore, \.pixelNoise, \.besideScore,
            \.besideOverlap, \.tentativeMisses, \.lostFor,
            \.rescueFor, \.returnFor, \.duplicateOverlap, \.centreNoise, \.extentNoise, \.birthSpeed, \.agility,
            \.growth, \.coasting, \.lowNoise, \.gate, \.worth, \.tentativeWorth, \.vagueness, \.lostCost,
            \.leastOverlap, \.overlapWorth, \.shiftTracks, \.shiftTrust, \.scaleRate, \.agilityRate, \.shape,
            \.reviveWorth, \.reviveCost, \.edgeCost, \.stayCost, \.birthMemory,
        ]
        for path in paths where Int.random(in: 0..<4, using: &numbers) == 0 {
            settings[keyPath: path] = values.randomElement(using: &numbers) ?? 0
        }
        return settings
    }

    private func check(_ tracker: inout Tracker, _ frames: Int, _ numbers: inout SplitMix64, capacity: Int) {
        var ended = Set<Int64>()
        var highest: Int64 = 0
        var now: Int64 = 0
        var former: [Detection] = []
        for _ in 0..<frames {
            let steps: [Int64] = [0, 1, 33_333_333, 33_333_333, 500_000_000, 100_000_000_000, -7_000_000, .max / 3]
            now = now.addingReportingOverflow(steps.randomElement(using: &numbers) ?? 0).partialValue
            if Int.random(in: 0..<500, using: &numbers) == 0 {
                now = [.min, .max, 0].randomElement(using: &numbers) ?? 0
            }
            if Int.random(in: 0..<4, using: &numbers) == 0 {
                let left: [Int64] = [.min, -1, 0, 1, 17, 1 << 31, .max]
                tracker.stand(for: left.randomElement(using: &numbers) ?? 0, until: now)
            }
            // Half of a frame is like the one before, so that tracks live.
            var frame = former.filter { _ in Bool.random(using: &numbers) }
            let size = Int.random(in: 0...40, using: &numbers)
            while frame.count < size { frame.append(detection(&numbers)) }
            former = frame
            var born: [Int64] = []
            frame.withUnsafeBufferPointer { frame in
                tracker.take(frame, at: now) { track, change in
                    if change == .born { born.append(track.identity) }
                    if change == .ended { #expect(ended.insert(track.identity).inserted) }
                }
            }
            for identity in born {
                #expect(identity == highest + 1)
                highest = identity
            }
            #expect(tracker.count <= capacity)
            var before: Int64 = 0
            for index in 0..<tracker.count {
                let track = tracker[index]
                #expect(track.identity > before && !ended.contains(track.identity))
                before = track.identity
                let box = track.box
                for corner in [box.left, box.top, box.right, box.bottom] { #expect(abs(corner) <= Box.limit) }
                #expect(box.left <= box.right && box.top <= box.bottom && track.speed >= 0)
                #expect((0...65536).contains(track.score) && track.age >= 0)
            }
        }
    }

    @Test func survivesAnyDetectionsAndTimes() {
        var numbers = SplitMix64(state: 11)
        var tracker = Tracker(tracks: 12, detections: 8)
        check(&tracker, 4000, &numbers, capacity: 12)
        #expect(tracker.droppedDetections > 0 && tracker.droppedTracks > 0)
    }

    @Test func survivesAnySettings() {
        var numbers = SplitMix64(state: 12)
        for _ in 0..<60 {
            var tracker = Tracker(settings(&numbers), tracks: 12, detections: 30)
            check(&tracker, 80, &numbers, capacity: 12)
        }
    }

    @Test func goesOnFromAnyMemory() {
        var numbers = SplitMix64(state: 13)
        var tracker = Tracker(tracks: 16, detections: 32)
        check(&tracker, 60, &numbers, capacity: 16)
        var words = [Int64](repeating: 0, count: Tracker.words(tracks: tracker.count))
        let written = words.withUnsafeMutableBufferPointer { tracker.save(to: $0) }
        #expect(written == words.count && tracker.count > 0)
        let extremes: [Int64] = [.min, -1, 0, 1, 1 << 24, 1 << 30, .max]
        var accepted = 0
        for _ in 0..<3000 {
            var damaged = words
            for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                damaged[Int.random(in: 0..<damaged.count, using: &numbers)] =
                    extremes.randomElement(using: &numbers) ?? 0
            }
            if Int.random(in: 0..<8, using: &numbers) == 0 {
                damaged.removeLast(Int.random(in: 1...damaged.count, using: &numbers))
            }
            var other = Tracker(tracks: 16, detections: 32)
            guard damaged.withUnsafeBufferPointer({ other.restore(from: $0) }) else {
                #expect(other.count == 0)
                continue
            }
            accepted += 1
            for _ in 0..<3 {
                let frame = (0..<20).map { _ in detection(&numbers) }
                frame.withUnsafeBufferPointer { other.take($0, at: Int64.random(in: .min ... .max, using: &numbers)) }
            }
            #expect(other.count <= 16)
        }
        #expect(accepted > 0 && accepted < 3000)
    }
}
