import CBundle

/// The way into a model's picture tensor for frames of any shape: preprocessing, then masks painted over.
public struct PictureInput: ~Copyable {
    private let record: oc_preprocess
    private let masks: [oc_region]
    private var preprocessor: Preprocessor?
    private var mask: Mask?

    /// - Parameter masks: parts of the upright frame that nobody looks at.
    public init(_ record: oc_preprocess, masks: [oc_region]) {
        self.record = record
        self.masks = masks
    }

    /// Sets up for frames of a shape, unless the last ones had it.
    public mutating func prepare(for shape: FrameShape) throws(PreprocessorError) {
        guard preprocessor?.shape != shape else { return }
        preprocessor = try Preprocessor(record, shape)
        mask = masks.isEmpty ? nil : Mask(record, shape, masks)
    }

    /// Writes a frame's picture into the tensor. Frames of another shape than the last cost a new set-up, others no allocation.
    /// - Parameter tensor: height * width * channels bytes of the record, in the form that its table gives.
    public mutating func convert(
        _ frame: FrameView, into tensor: UnsafeMutableRawBufferPointer
    ) throws(PreprocessorError) {
        try prepare(for: frame.shape)
        preprocessor?.convert(frame, into: tensor)
        mask?.paint(tensor)
    }
}
