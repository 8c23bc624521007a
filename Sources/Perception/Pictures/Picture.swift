import CPictures

/// An 8-bit picture in memory, and the buffer it lies in: rows from the top, without gaps, grey (1 channel) or red,
/// green, blue (3 channels).
///
/// The buffer stays with the picture: decoding one file after another takes new memory only when a picture is larger
/// than all before it.
@frozen
public struct Picture: ~Copyable {
    @usableFromInline
    var storage: oc_picture

    /// An empty picture, 0 x 0, for `decode(_:)` to fill.
    public init() {
        storage = oc_picture()
    }

    /// A black picture, for drawing and for tests.
    /// - Parameters:
    ///   - width: 1 to 16384.
    ///   - height: 1 to 16384; `width * height` at most 64 Mi pixels.
    ///   - channels: 1 or 3.
    public init(width: Int, height: Int, channels: Int) throws(PictureError) {
        var storage = oc_picture()
        let sides = 1...OC_PICTURE_MAX_SIDE
        guard sides.contains(width), sides.contains(height), channels == 1 || channels == 3 else {
            throw PictureError(OC_PICTURE_TOO_LARGE)
        }
        let status = oc_picture_resize(&storage, UInt32(width), UInt32(height), UInt32(channels))
        guard status == OC_PICTURE_OK else { throw PictureError(status) }
        storage.pixels.update(repeating: 0, count: width * height * channels)
        self.storage = storage
    }

    deinit {
        var storage = storage
        oc_picture_release(&storage)
    }

    public var width: Int { Int(storage.width) }
    public var height: Int { Int(storage.height) }
    /// 1: grey. 3: red, green, blue. 0: no picture yet.
    public var channels: Int { Int(storage.channels) }

    /// `width * height * channels` bytes. Valid until the picture is decoded into again or goes away.
    public var pixels: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: storage.pixels, count: width * height * channels)
    }

    /// Replaces the picture by that of a JPEG, PNG, BMP, PBM, PGM, PPM or PAM file.
    ///
    /// Grey files give 1 channel, all others 3. Transparent pixels of a PNG or PAM lie on black; 16-bit samples are reduced
    /// to 8. What the Exif of a JPEG or PNG says of its orientation is applied: the picture is upright. JPEG pixels are the
    /// same on every CPU (exact integer transform).
    ///
    /// After an error the picture is empty and keeps its buffer.
    /// - Parameter file: The file's whole content. Any bytes at all: damaged and cut-off files are errors.
    public mutating func decode(_ file: UnsafeRawBufferPointer) throws(PictureError) {
        let status = oc_picture_decode(&storage, file.bindMemory(to: UInt8.self).baseAddress, file.count)
        guard status == OC_PICTURE_OK else { throw PictureError(status) }
    }

    /// The picture as a PNG file's content.
    public borrowing func png() throws(PictureError) -> [UInt8] {
        var picture = storage
        guard picture.pixels != nil, picture.width > 0 else { throw PictureError(OC_PICTURE_EMPTY) }
        var count = 0
        var status = oc_picture_encode_png(&picture, nil, &count)
        guard status == OC_PICTURE_OK else { throw PictureError(status) }
        let file = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            status = oc_picture_encode_png(&picture, buffer.baseAddress, &count)
            initialized = status == OC_PICTURE_OK ? count : 0
        }
        guard status == OC_PICTURE_OK else { throw PictureError(status) }
        return file
    }
}
