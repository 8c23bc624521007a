import Bundle
import CBundle
import Vision

/// What a bundle's detector sees: boxes in the upright frame, of a model's raw numbers. Allocates nothing after `init`.
public final class Detector {
    /// A key point, in 1/16 of the upright frame's pixels.
    public struct Point: BitwiseCopyable, Equatable, Sendable {
        public var x: Int32
        public var y: Int32
    }

    private let decoder: BoxDecoder
    private let record: oc_detector
    private var candidates: Candidates
    private let scored: UnsafeMutableBufferPointer<Scored>
    private let found: UnsafeMutableBufferPointer<Detection>
    private let foundPoints: UnsafeMutableBufferPointer<Point>
    private var count = 0
    /// Pairs of boxes that were looked at in the last frame: what bounds its time besides the tensors' sizes.
    private(set) var compares = 0

    /// Nil where the bundle has no detector.
    /// - Parameter view: outlives this value.
    public init?(_ view: BundleView) {
        guard let record = view.detector?.pointee, let decoder = BoxDecoder(view) else { return nil }
        self.decoder = decoder
        self.record = record
        candidates = Candidates(capacity: Int(record.candidates))
        scored = .allocate(capacity: Int(record.candidates))
        found = .allocate(capacity: Int(record.detections))
        foundPoints = .allocate(capacity: Int(record.detections) * Int(record.points))
    }

    deinit {
        scored.deallocate()
        found.deallocate()
        foundPoints.deallocate()
    }

    public var classes: Int { Int(record.classes) }
    /// Key points of a box.
    public var points: Int { Int(record.points) }
    /// Score from which on a box counts, in 1/65536.
    public var leastScore: UInt32 { record.score }

    /// Of the last frame, the best first. Good until the next.
    public var detections: UnsafeBufferPointer<Detection> {
        UnsafeBufferPointer(rebasing: UnsafeBufferPointer(found)[0..<count])
    }

    /// Those of a detection of the last frame.
    public func points(of detection: Int) -> UnsafeBufferPointer<Point> {
        UnsafeBufferPointer(rebasing: UnsafeBufferPointer(foundPoints)[detection * points..<(detection + 1) * points])
    }

    /// How many boxes of the last frame were not looked at for want of room.
    public var dropped: Int { candidates.dropped }

    /// Reads the tensors after an inference.
    /// - Parameters:
    ///   - least: score from which on a box counts, in 1/65536; nil: the bundle's.
    ///   - placement: of the model's input in the frame.
    ///   - bytes: of a tensor of the bundle.
    public func read(
        least: UInt32? = nil, _ placement: FramePlacement, bytes: (oc_tensor) -> UnsafeRawBufferPointer
    ) {
        let least = max(least ?? record.score, 1)
        candidates.removeAll()
        compares = 0
        decoder.find(least: least, into: &candidates, bytes)
        candidates.sort()
        for index in 0..<candidates.count {
            let candidate = candidates[index]
            let box = decoder.box(candidate, first: decoder.firstBox(ofLevel: candidate.level), bytes)
            scored[index] = Scored(
                box: box, score: candidate.score, candidate: Int32(truncatingIfNeeded: index), label: candidate.label)
        }
        count = Suppression.run(
            UnsafeMutableBufferPointer(rebasing: scored[0..<candidates.count]),
            oc_suppression(rawValue: record.suppression), overlap: record.overlap, least: least, limit: found.count,
            compares: &compares)
        for index in 0..<count { place(index, placement, bytes) }
    }

    private func place(
        _ index: Int, _ placement: FramePlacement, _ bytes: (oc_tensor) -> UnsafeRawBufferPointer
    ) {
        let kept = scored[index]
        let (left, top) = placement.framePoint(Int64(kept.box.left) << 8, Int64(kept.box.top) << 8)
        let (right, bottom) = placement.framePoint(Int64(kept.box.right) << 8, Int64(kept.box.bottom) << 8)
        let (width, height) = (Int32(placement.frame.width) * 16, Int32(placement.frame.height) * 16)
        let box = Box(
            left: min(max(left, 0), width), top: min(max(top, 0), height), right: min(max(right, 0), width),
            bottom: min(max(bottom, 0), height))
        found[index] = Detection(box: box, score: kept.score, label: kept.label)
        let candidate = candidates[Int(kept.candidate)]
        let first = decoder.firstBox(ofLevel: candidate.level)
        for point in 0..<points {
            let (x, y) = decoder.point(point, of: candidate, first: first, bytes)
            let place = placement.framePoint(x, y)
            foundPoints[index * points + point] = Point(x: place.x, y: place.y)
        }
    }
}
