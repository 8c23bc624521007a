import CPictures

/// Decodes the JPEG frames of a camera, at a reduced scale where that leaves enough pixels; its buffer stays for the next.
public struct JPEGDecoder: ~Copyable {
    /// False: built without libjpeg-turbo.
    public static var isAvailable: Bool { oc_jpeg_is_available() != 0 }

    private let decoder: OpaquePointer?
    private var picture = oc_picture()

    public init() { decoder = oc_jpeg_open() }

    deinit {
        if let decoder { oc_jpeg_close(decoder) }
        var picture = picture
        oc_picture_release(&picture)
    }

    /// Decodes one frame to `channels` 1 (luma) or 3 (red, green, blue), with at least `width` times `height` pixels where
    /// the frame has so many.
    public mutating func decode(
        _ bytes: UnsafeRawBufferPointer, width: Int, height: Int, channels: Int
    ) throws(PictureError) {
        guard let decoder else { throw PictureError(OC_PICTURE_NO_JPEG) }
        let status = oc_jpeg_decode(
            decoder, &picture, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
            UInt32(clamping: width), UInt32(clamping: height), UInt32(clamping: channels))
        if status != OC_PICTURE_OK { throw PictureError(status) }
    }

    public var width: Int { Int(picture.width) }
    public var height: Int { Int(picture.height) }
    /// Of the frame decoded last, rows from the top without gaps; valid until the next call.
    public var pixels: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: picture.pixels, count: Int(picture.width) * Int(picture.height) * Int(picture.channels))
    }
}
