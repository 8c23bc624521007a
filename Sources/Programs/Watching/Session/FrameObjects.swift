import Bundle
import CBundle
import Detectors
import Engine
import Events
import Tracking
import Vision

/// What comes behind a detector's inference: boxes of the outputs, suppression, tracks. For measuring, as a sensor does it with frames
/// as large as the model's input, ten a second. Allocates nothing after `init`.
public final class FrameObjects {
    private let detector: Detector
    private let least: UInt32?  // as `Model` has it
    private let placement: FramePlacement
    private var tracker: Tracker
    private var now: Int64 = 0

    /// Nil where the bundle has no detector, or does not say how frames become its input.
    /// - Parameter view: outlives this value.
    public init?(_ view: BundleView) {
        guard let record = view.preprocess?.pointee, let detector = Detector(view),
            let shape = FrameShape(.rgb24, width: Int(record.width), height: Int(record.height))
        else { return nil }
        self.detector = detector
        least = view.tracker?.pointee.low
        placement = FramePlacement(record, shape)
        tracker = Tracker(of: view)
    }

    /// Takes the outputs of an inference as the next frame's.
    public func take(_ engine: borrowing Engine) {
        detector.read(engine, least: least, placement)
        tracker.follow(detector.detections, at: now)
        now += 100_000_000
    }

    /// Of the last frame, behind suppression.
    public var boxes: Int { detector.detections.count }
    /// Tentative and lost ones too.
    public var tracks: Int { tracker.count }
}

extension Detector {
    /// Reads an inference's tensors; all who call this share one copy of the decoder.
    @inline(never)
    func read(_ engine: borrowing Engine, least: UInt32?, _ placement: FramePlacement) {
        read(least: least, placement) { UnsafeRawBufferPointer(engine.bytes(of: $0)) }
    }
}
