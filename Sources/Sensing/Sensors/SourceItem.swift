import System
import Vision

/// One argument of `--source`: what it names and what is to be expected there.
///
///     photo.jpg  folder/  clip.y4m  y4m:fifo  -            pictures, and Y4M which describes itself
///     yuv420:640x480@30:fifo  rgb24:320x240  grey:96x96:-  raw frames, from standard input if no path is given
///     yuv420:800x600/832@10   yuv420:100x75/gstreamer      raw frames whose rows are padded
///     clip.mjpeg  mjpeg:fifo  mjpeg@15:-                   JPEG files one behind the other
///     camera  camera:usb-3f980000.usb-1.2  /dev/video0     a camera: the first, by bus or card, by device node
///     rtsp://192.168.1.20/stream2  http://…                a network camera
public struct SourceItem: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        /// Y4M if it begins like that, else a picture; for a folder its pictures.
        case unknown
        case y4m
        case raw(FrameLayout, FrameRate?)
        case mjpeg(FrameRate?)
        case camera(CameraAddress)
        /// Y4M or JPEG files, as they come.
        case network(NetworkAddress)
    }

    let content: Content
    /// "-" is standard input.
    public let path: Path

    public var isStandardInput: Bool { path.bytes.elementsEqual([UInt8(ascii: "-")]) }

    /// Whether the path alone says what it is.
    var isUnknown: Bool {
        if case .unknown = content { return true }
        return false
    }

    /// Whether it says what its frames look like, or that they say so themselves.
    public var isDescribed: Bool {
        switch content {
        case .raw, .y4m, .mjpeg, .network: true
        case .unknown, .camera: false
        }
    }

    /// Whether it is a file or pipe of frames one behind the other, and neither picture nor folder; looks into a file that does not
    /// say so by its name.
    public func isStream() throws(SourceError) -> Bool {
        guard case .unknown = content, !isStandardInput else { return true }
        var start = FileContent()
        do throws(Errno) {
            guard try FileDescriptor.Status(of: path).kind != .folder else { return false }
            try start.read(path, atMost: Y4MHeader.limit)
        } catch {
            throw SourceError(name, "cannot open: \(error.description)")
        }
        return Y4MHeader.begins(start.bytes)
    }

    /// Whether its frames are to be decoded.
    var isCompressed: Bool {
        switch content {
        case .mjpeg, .network: true
        case .unknown, .y4m, .raw, .camera: false
        }
    }

    /// Whether it is a camera, without looking.
    public var isCamera: Bool {
        if case .camera = content { return true }
        return false
    }

    /// Where it is, if it is a network camera.
    public var network: NetworkAddress? {
        if case .network(let address) = content { return address }
        return nil
    }

    /// What its frames look like, where the argument says so.
    public var frameShape: FrameShape? {
        if case .raw(let layout, _) = content { return layout.shape }
        return nil
    }

    /// Where the argument says it.
    var frameRate: FrameRate? {
        switch content {
        case .raw(_, let rate), .mjpeg(let rate): rate
        case .unknown, .y4m, .camera, .network: nil
        }
    }

    /// The same frames, from a command's output.
    var ofCommand: SourceItem { SourceItem(content: content, path: Path("its output".utf8)) }

    /// The same frames, from a FIFO.
    func by(_ fifo: Path) -> SourceItem { SourceItem(content: content, path: fifo) }

    private init(content: Content, path: Path) {
        self.content = content
        self.path = path
    }

    /// For messages.
    var name: String {
        @inline(never) get { isStandardInput ? "standard input" : path.description }
    }

    /// - Throws: an error that says which part of the argument is wrong and what is allowed there.
    public init(parsing argument: some Collection<UInt8>) throws(SourceError) {
        let bytes = Array(argument)
        guard !bytes.isEmpty, !bytes.contains(0) else { throw SourceError("--source", "an empty path") }
        if let address = SourceItem.camera(bytes) {
            path = Path(bytes)
            content = .camera(address)
            return
        }
        if let address = try NetworkAddress(parsing: bytes) {
            path = Path(bytes)
            content = .network(address)
            return
        }
        let name = "--source " + String(decoding: bytes, as: UTF8.self)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), let kind = Kind(bytes[..<colon]) else {
            guard !SourceItem.isMisspelt(bytes) else {
                throw SourceError(
                    name,
                    "there is no such pixel format; raw frames are yuv420, yuyv, uyvy, nv12, nv21, grey, rgb24 or bgr24"
                )
            }
            path = Path(bytes)
            content = SourceItem.content(byName: bytes)
            return
        }
        let rest = bytes[(colon + 1)...]
        switch kind {
        case .y4m:
            path = Path(rest)
            content = .y4m
        case .mjpeg(let rate):
            path = Path(rest)
            content = .mjpeg(try rate.map { rate throws(SourceError) in try SourceItem.rate(rate, name) })
        case .raw(let format):
            let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            path = end == rest.endIndex ? Path([UInt8(ascii: "-")]) : Path(rest[(end + 1)...])
            content = try SourceItem.raw(format, rest[..<end], name)
        }
        guard !path.isEmpty else {
            throw SourceError(name, "the path after the last colon is missing; - is standard input")
        }
    }

    /// `word:WxH` is no path that anybody has.
    private static func isMisspelt(_ bytes: [UInt8]) -> Bool {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes[..<colon].allSatisfy({ 97...122 ~= $0 | 0x20 || 48...57 ~= $0 })
        else { return false }
        let size = bytes[(colon + 1)...]
        let digits = size.prefix { 48...57 ~= $0 }
        return !digits.isEmpty && size.dropFirst(digits.count).first == UInt8(ascii: "x")
            && size.dropFirst(digits.count + 1).first.map { 48...57 ~= $0 } ?? false
    }

    private static func content(byName bytes: [UInt8]) -> Content {
        func ends(_ ending: StaticString) -> Bool {
            bytes.count > ending.utf8CodeUnitCount
                && ending.withUTF8Buffer { bytes.suffix(ending.utf8CodeUnitCount).elementsEqual($0) }
        }
        return ends(".y4m") ? .y4m : ends(".mjpeg") || ends(".mjpg") ? .mjpeg(nil) : .unknown
    }

    private static func camera(_ bytes: [UInt8]) -> CameraAddress? {
        if bytes.isEqual(to: "camera") { return .any }
        if bytes.begins(with: "/dev/video") || bytes.begins(with: "/dev/v4l/") { return .path(Path(bytes)) }
        guard bytes.begins(with: "camera:") else { return nil }
        let name = Array(bytes.dropFirst(7))
        if name.isEmpty { return .any }
        return name[0] == UInt8(ascii: "/") ? .path(Path(name)) : .name(name)
    }

    /// What stands before the first colon.
    private enum Kind {
        case y4m
        case mjpeg(ArraySlice<UInt8>?)
        case raw(PixelFormat)

        /// Nil: no kind but part of a path.
        init?(_ text: ArraySlice<UInt8>) {
            if text.isEqual(to: "y4m") {
                self = .y4m
            } else if text.isEqual(to: "mjpeg") {
                self = .mjpeg(nil)
            } else if text.begins(with: "mjpeg@") {
                self = .mjpeg(text.dropFirst(6))
            } else if let format = SourceItem.format(text) {
                self = .raw(format)
            } else {
                return nil
            }
        }
    }

    private static func format(_ text: ArraySlice<UInt8>) -> PixelFormat? {
        if text.isEqual(to: "yuv420") { return .yuv420 }
        if text.isEqual(to: "yuyv") { return .yuyv }
        if text.isEqual(to: "uyvy") { return .uyvy }
        if text.isEqual(to: "nv12") { return .nv12 }
        if text.isEqual(to: "nv21") { return .nv21 }
        if text.isEqual(to: "grey") { return .grey }
        if text.isEqual(to: "rgb24") { return .rgb24 }
        if text.isEqual(to: "bgr24") { return .bgr24 }
        return nil
    }

    /// `WxH`, then maybe `/stride` and `@fps`.
    private static func raw(_ format: PixelFormat, _ text: ArraySlice<UInt8>, _ name: String) throws(SourceError)
        -> Content
    {
        let at = text.firstIndex(of: UInt8(ascii: "@")) ?? text.endIndex
        let slash = text[..<at].firstIndex(of: UInt8(ascii: "/")) ?? at
        let size = text[..<slash]
        guard let cross = size.firstIndex(of: UInt8(ascii: "x")), let width = Int64(decimal: size[..<cross]),
            let height = Int64(decimal: size[(cross + 1)...])
        else { throw SourceError(name, "expected width x height, for example yuv420:640x480@30") }
        let layout: FrameLayout
        do throws(ShapeError) {
            let shape = try FrameShape(stream: format, width, height, nil)
            layout =
                try padding(text[slash..<at]).map { padding throws(ShapeError) in
                    try FrameLayout(shape, padding)
                } ?? FrameLayout(shape)
        } catch {
            throw SourceError(name, error.reason)
        }
        return .raw(layout, at == text.endIndex ? nil : try rate(text[(at + 1)...], name))
    }

    /// With its slash, or empty: there is none.
    private static func padding(_ text: ArraySlice<UInt8>) throws(ShapeError) -> FrameLayout.Padding? {
        let text = text.dropFirst()
        if text.isEmpty { return nil }
        if text.isEqual(to: "gstreamer") { return .gstreamer }
        guard let stride = Int64(decimal: text) else {
            throw ShapeError(
                reason: "behind the slash come the bytes of a padded row, for example yuv420:800x600/832, or gstreamer")
        }
        return .stride(Int(clamping: stride))
    }

    private static func rate(_ text: ArraySlice<UInt8>, _ name: String) throws(SourceError) -> FrameRate {
        guard let rate = FrameRate(parsing: text) else {
            throw SourceError(
                name, "the frame rate after @ is a number from 0.001 to 1000, for example 30 or 30000/1001")
        }
        return rate
    }
}

/// Why a stream cannot have such frames.
struct ShapeError: Error {
    let reason: String
}

extension FrameShape {
    /// Pixels of a stream's frame: 8K video fits. Three frames are kept in memory.
    static let streamPixels = 1 << 25

    init(stream format: PixelFormat, _ width: Int64, _ height: Int64, _ range: ColorRange?) throws(ShapeError) {
        guard width >= 1, height >= 1, width <= Int64(FrameShape.limit), height <= Int64(FrameShape.limit),
            width * height <= Int64(FrameShape.streamPixels)
        else {
            throw ShapeError(
                reason: "a frame of \(width)x\(height) is not possible: 1 to \(FrameShape.limit) pixels a side and "
                    + "\(FrameShape.streamPixels) in all")
        }
        guard let shape = FrameShape(format, width: Int(width), height: Int(height), range: range) else {
            throw ShapeError(reason: "yuyv and uyvy frames have an even width, this is \(width)")
        }
        self = shape
    }
}
