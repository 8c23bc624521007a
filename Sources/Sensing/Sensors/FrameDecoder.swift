import Pictures
import Vision

/// Makes pixels of a compressed frame, as many as the model needs.
struct FrameDecoder: ~Copyable {
    private let needs: CameraNeeds
    private var decoder = JPEGDecoder()

    init(_ needs: CameraNeeds) { self.needs = needs }

    /// Nil: the frame is damaged. Valid until the next call.
    mutating func view(ofJPEG bytes: UnsafeRawBufferPointer) -> FrameView? {
        let channels = needs.isGrey ? 1 : 3
        do throws(PictureError) {
            try decoder.decode(bytes, width: needs.width, height: needs.height, channels: channels)
        } catch {
            return nil
        }
        guard let shape = FrameShape(channels == 1 ? .grey : .rgb24, width: decoder.width, height: decoder.height)
        else { return nil }
        return FrameView(shape, packed: decoder.pixels)
    }
}
