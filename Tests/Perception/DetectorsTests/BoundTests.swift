import CBundle
import TestSupport
import Testing

@testable import Detectors
@testable import Tracking

/// What bounds a frame's time, counted and not timed: pairs of boxes that are looked at, and a tracker's steps.
@Suite("The worst frames")
struct BoundTests {
    private static let candidates = Int(OC_MAX_CANDIDATES)
    private static let limit = Int(OC_MAX_DETECTIONS)

    /// Boxes of 8x8 pixels in columns of 64, apart from one another; those behind the first ones all lie on the last of these.
    private func boxes(apart: Int) -> [Scored] {
        (0..<Self.candidates).map { index in
            let place = Int32(min(index, apart - 1))
            let (x, y) = (place % 64 * 4096, place / 64 * 4096)
            return Scored(
                box: InputBox(left: x, top: y, right: x + 2048, bottom: y + 2048),
                score: UInt32(65536 - index), candidate: Int32(index), label: 0)
        }
    }

    private func run(_ kind: oc_suppression, _ boxes: [Scored]) -> (left: Int, compares: Int) {
        var (boxes, compares) = (boxes, 0)
        let left = boxes.withUnsafeMutableBufferPointer {
            Suppression.run($0, kind, overlap: 30000, least: 1, limit: Self.limit, compares: &compares)
        }
        return (left, compares)
    }

    @Test("Of two boxes on one object one goes: never more pairs than candidates times boxes to leave")
    func pairs() {
        for kind in [OC_SUPPRESS_CLASS, OC_SUPPRESS_ANY] {
            // All but one place are taken, and whoever is left is compared with all that are.
            let (left, compares) = run(kind, boxes(apart: Self.limit - 1))
            #expect(left == Self.limit - 1 && compares == 510 * 511 / 2 + 3585 * 511)
            #expect(compares < Self.candidates * Self.limit)
        }
        let (left, compares) = run(OC_SUPPRESS_SOFT, boxes(apart: Self.candidates))
        #expect(left == Self.limit && compares == 512 * 4095 - 511 * 512 / 2)
        #expect(compares < Self.candidates * Self.limit)
        #expect(run(OC_SUPPRESS_NONE, boxes(apart: 1)) == (Self.limit, 0))
    }

    @Test("A crowd in which every track may be every detection")
    func crowd() {
        var random = SplitMix64(state: 5)
        let tracks = Int(OC_MAX_TRACKS)
        var tracker = Tracker(tracks: tracks, detections: Self.limit)
        var most = 0
        for frame in 0..<6 {
            let detections = (0..<Self.limit).map { index in
                let (x, y) = (Int32(random.below(900)), Int32(random.below(900)))
                return Detection(
                    box: Box(left: x, top: y, right: x + 1600, bottom: y + 1600),
                    score: UInt32(frame % 2 == 0 ? 60000 : 60000 - 100 * index), label: UInt16(index % 2))
            }
            detections.withUnsafeBufferPointer { tracker.take($0, at: Int64(frame) * 33_333_333) }
            most = max(most, tracker.steps)
        }
        // Of a crowd of this size a search looks at few columns: nothing like their square for each track.
        #expect(tracker.count > 8 && most > 0)
        #expect(most <= 4 * tracks * Self.limit, "\(most) steps")
    }
}
