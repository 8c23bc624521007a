import Bundle
import CBundle
import Engine
import Events
import Vision

/// A detector's second model: it sees its objects one by one, each cut out of the frame, and says which of its labels each is. It
/// works in the detector's arena, after the boxes have been read. Allocates nothing but for frames of another shape than the last.
public final class Cascade {
    private let engine: Engine
    private let scores: Scores
    private let record: oc_cascade
    private let wanted: UnsafeBufferPointer<UInt32>  // of the detector's bundle
    private let picture: oc_preprocess
    private let masks: [oc_region]
    private var preprocessor: Preprocessor?
    private var mask: Mask?

    /// An answer: the label that scores best, of equal ones the first.
    public struct Answer: Sendable {
        public let label: Int
        /// In 1/65536.
        public let score: UInt32
    }

    /// Nil where the detector's bundle has no cascade.
    /// - Parameter first: the detector's engine, which outlives this.
    public init?(of first: borrowing Engine, repack: Repack) throws(EngineError) {
        let view = first.bundle.view
        guard let record = view.cascade?.pointee, view.second != nil else { return nil }
        engine = try Engine(secondOf: first, repack: repack)
        let second = engine.bundle.view
        // Verified with the bundle.
        guard let scores = second.scores, var picture = second.preprocess?.pointee else { return nil }
        // The frame stands as the detector sees it.
        picture.orientation = view.preprocess?.pointee.orientation ?? 0
        self.scores = Scores(scores)
        self.record = record
        wanted = view.cascadeLabels
        self.picture = picture
        masks = Array(view.masks)
    }

    /// Sets up for frames of a shape, unless the last ones had it.
    /// - Throws: for inputs that no frame can become.
    public func prepare(for shape: FrameShape) throws(PreprocessorError) {
        guard preprocessor?.shape != shape else { return }
        preprocessor = try Preprocessor(picture, shape, moves: true)
        mask = masks.isEmpty ? nil : Mask(picture, shape, masks)
    }

    /// Which label an object of the frame is.
    /// - Parameter box: of the upright frame.
    /// - Throws: for inputs that no frame can become.
    public func answer(_ frame: FrameView, _ box: FrameBox) throws(PreprocessorError) -> Answer? {
        guard let target = engine.pictureTensor else { return nil }
        try prepare(for: frame.shape)
        let part = CascadePart(record, picture, frame: picture.upright(frame.shape)).part(of: box)
        preprocessor?.move(to: part)
        preprocessor?.convert(frame, into: target)
        mask?.paint(target, seen: part)
        engine.runPicture()
        return best
    }

    /// Whether it looks at objects of a label.
    public func wants(_ label: Int) -> Bool { wanted.isEmpty || wanted.contains(UInt32(label)) }

    /// What it calls an answer's label.
    public func name(of answer: Answer) -> String {
        let view = engine.bundle.view
        return view.string(view.labels[answer.label])
    }

    private var best: Answer? {
        guard let tensor = engine.scoreTensor else { return nil }
        var best = Answer(label: 0, score: scores.score(of: 0, in: tensor))
        for label in 1..<max(scores.count, 1) {
            let score = scores.score(of: label, in: tensor)
            if score > best.score { best = Answer(label: label, score: score) }
        }
        return best
    }

    /// The sub-label that an answer votes for; nil: it is not sure enough.
    public func vote(_ answer: Answer?) -> UInt16? {
        guard let answer, answer.score >= record.score else { return nil }
        return UInt16(truncatingIfNeeded: answer.label)
    }
}

/// Which part of a frame shows an object to the second model.
struct CascadePart {
    private let margin: Int64
    private let input: (width: Int64, height: Int64)
    private let frame: (width: Int64, height: Int64)

    /// - Parameter frame: width and height of the upright frame, in pixels.
    init(_ record: oc_cascade, _ picture: oc_preprocess, frame: (width: Int, height: Int)) {
        margin = Int64(record.margin)
        input = (Int64(picture.width), Int64(picture.height))
        self.frame = (Int64(frame.width), Int64(frame.height))
    }

    /// The box with its margin, made longer in one direction until it has the input's aspect, and moved into the frame where it
    /// reaches out of it; what is longer than the frame is cut.
    func part(of box: FrameBox) -> oc_region {
        // In 1/65536 of a pixel: below 2^31.
        var width = max(Int64(box.width) * frame.width, 1)
        var height = max(Int64(box.height) * frame.height, 1)
        let around = 2 * ((max(width, height) * margin) >> 16)
        (width, height) = (width + around, height + around)
        if width * input.height < height * input.width {
            width = height * input.width / input.height
        } else {
            height = width * input.height / input.width
        }
        let (x, columns) = Self.place(Int64(box.left) + Int64(box.right), width / frame.width)
        let (y, rows) = Self.place(Int64(box.top) + Int64(box.bottom), height / frame.height)
        return oc_region(x: x, y: y, width: columns, height: rows)
    }

    /// - Parameters:
    ///   - middle: twice, in 1/65536 of the frame.
    ///   - extent: in 1/65536 of the frame.
    /// - Returns: in 1/65535.
    private static func place(_ middle: Int64, _ extent: Int64) -> (start: UInt16, length: UInt16) {
        let length = min(max((extent * 65535) >> 16, 1), 65535)
        let start = min(max(((middle * 65535) >> 17) - length / 2, 0), 65535 - length)
        return (UInt16(truncatingIfNeeded: start), UInt16(truncatingIfNeeded: length))
    }
}
