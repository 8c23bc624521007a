import CBundle
import Engine
import Events
import Vision

/// A part of the frame that the model sees as a picture of its own, for the watch rules that name it.
public final class Zone {
    /// As `oc_watch.zone` counts: 0 is the preprocessing's own crop.
    public let number: Int
    let part: oc_region
    private let record: oc_preprocess
    private var input: PictureInput
    private var placement: (shape: FrameShape, value: FramePlacement)?
    private var moved: Int64 = .min  // when something last did, on the frames' clock
    private var inferred: Int64 = .min

    /// - Parameter part: nil: the record's own crop.
    public init(_ number: Int, _ record: oc_preprocess, _ part: oc_region?, masks: [oc_region]) {
        var record = record
        if let part { record.crop = (part.x, part.y, part.width, part.height) }
        self.number = number
        self.record = record
        input = PictureInput(record, masks: masks)
        let crop = record.crop
        self.part = oc_region(x: crop.0, y: crop.1, width: crop.2, height: crop.3)
    }

    /// Whether a frame is to be inferred, which it then is.
    /// - Parameter waits: a rule is about to speak.
    func wants(moving: Bool, waits: Bool, at now: Int64, _ motion: oc_motion) -> Bool {
        if moving { moved = now }
        let holds = moved != .min && now - moved <= Int64(motion.hold) * 1_000_000
        let isDue = motion.every > 0 && (inferred == .min || now - inferred >= Int64(motion.every) * 1_000_000)
        guard holds || isDue || waits else { return false }
        inferred = now
        return true
    }

    /// Where the input lies in frames of a shape.
    func placement(of shape: FrameShape) -> FramePlacement {
        if let placement, placement.shape == shape { return placement.value }
        let new = FramePlacement(record, shape)
        placement = (shape, new)
        return new
    }

    /// Sets up for frames of a shape, unless the last ones had it.
    public func prepare(for shape: FrameShape) throws(PreprocessorError) { try input.prepare(for: shape) }

    /// Puts the zone's picture into the model's input. Frames of another shape than the last cost a new set-up.
    public func convert(_ frame: FrameView, into tensor: UnsafeMutableRawBufferPointer) throws(PreprocessorError) {
        try input.convert(frame, into: tensor)
    }
}
