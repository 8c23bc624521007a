import System
import Vision

/// One argument of `--source`: what it names and what is to be expected there.
///
///     photo.jpg  folder/  clip.y4m  y4m:fifo  -            pictures, and Y4M which describes itself
///     yuv420:640x480@30:fifo  rgb24:320x240  grey:96x96:-  raw frames, from standard input if no path is given
///     camera  camera:usb-3f980000.usb-1.2  /dev/video0     a camera: the first, by bus or card, by device node
public struct SourceItem: Sendable {
    enum Content: Sendable {
        /// Y4M if it begins like that, else a picture; for a folder its pictures.
        case unknown
        case y4m
        case raw(FrameShape, FrameRate?)
        case camera(CameraAddress)
    }

    let content: Content
    /// "-" is standard input.
    let path: Path

    var isStandardInput: Bool { path.bytes.elementsEqual([UInt8(ascii: "-")]) }

    /// Whether the path alone says what it is.
    var isUnknown: Bool {
        if case .unknown = content { return true }
        return false
    }

    /// Whether it says what its frames look like, or that they say so themselves.
    var isDescribed: Bool {
        switch content {
        case .raw, .y4m: true
        case .unknown, .camera: false
        }
    }

    /// Whether it is a camera, without looking.
    public var isCamera: Bool {
        if case .camera = content { return true }
        return false
    }

    /// What its frames look like, where the argument says so.
    public var frameShape: FrameShape? {
        if case .raw(let shape, _) = content { return shape }
        return nil
    }

    /// The same frames, from a command's output.
    var ofCommand: SourceItem { SourceItem(content: content, path: Path("its output".utf8)) }

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
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let kind = SourceItem.kind(bytes[..<colon])
        else {
            path = Path(bytes)
            content = bytes.suffix(4).elementsEqual(".y4m".utf8) ? .y4m : .unknown
            return
        }
        let rest = bytes[(colon + 1)...]
        guard let format = kind else {
            guard !rest.isEmpty else { throw SourceError("--source y4m:", "give a path, or - for standard input") }
            path = Path(rest)
            content = .y4m
            return
        }
        let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
        path = end == rest.endIndex ? Path([UInt8(ascii: "-")]) : Path(rest[(end + 1)...])
        let name = "--source " + String(decoding: bytes, as: UTF8.self)
        guard !path.isEmpty else { throw SourceError(name, "the path after the last colon is missing") }
        content = try SourceItem.raw(format, rest[..<end], name)
    }

    private static func camera(_ bytes: [UInt8]) -> CameraAddress? {
        if bytes.elementsEqual("camera".utf8) { return .any }
        if bytes.starts(with: "/dev/video".utf8) || bytes.starts(with: "/dev/v4l/".utf8) { return .path(Path(bytes)) }
        guard bytes.starts(with: "camera:".utf8) else { return nil }
        let name = Array(bytes.dropFirst(7))
        if name.isEmpty { return .any }
        return name[0] == UInt8(ascii: "/") ? .path(Path(name)) : .name(name)
    }

    /// Nil: no kind but part of a path. `.some(nil)`: Y4M.
    private static func kind(_ text: ArraySlice<UInt8>) -> PixelFormat?? {
        if text.elementsEqual("y4m".utf8) { return .some(nil) }
        if text.elementsEqual("yuv420".utf8) { return .yuv420 }
        if text.elementsEqual("yuyv".utf8) { return .yuyv }
        if text.elementsEqual("uyvy".utf8) { return .uyvy }
        if text.elementsEqual("nv12".utf8) { return .nv12 }
        if text.elementsEqual("nv21".utf8) { return .nv21 }
        if text.elementsEqual("grey".utf8) { return .grey }
        if text.elementsEqual("rgb24".utf8) { return .rgb24 }
        if text.elementsEqual("bgr24".utf8) { return .bgr24 }
        return nil
    }

    /// `WxH` or `WxH@fps`.
    private static func raw(_ format: PixelFormat, _ text: ArraySlice<UInt8>, _ name: String) throws(SourceError)
        -> Content
    {
        let at = text.firstIndex(of: UInt8(ascii: "@")) ?? text.endIndex
        let size = text[..<at]
        guard let cross = size.firstIndex(of: UInt8(ascii: "x")), let width = Int64(decimal: size[..<cross]),
            let height = Int64(decimal: size[(cross + 1)...])
        else { throw SourceError(name, "expected width x height, for example yuv420:640x480@30") }
        let shape: FrameShape
        do throws(ShapeError) { shape = try FrameShape(stream: format, width, height, .limited) } catch {
            throw SourceError(name, error.reason)
        }
        guard at != text.endIndex else { return .raw(shape, nil) }
        guard let rate = FrameRate(parsing: text[(at + 1)...]) else {
            throw SourceError(
                name, "the frame rate after @ is a number from 0.001 to 1000, for example 30 or 30000/1001")
        }
        return .raw(shape, rate)
    }
}

/// Why a stream cannot have such frames.
struct ShapeError: Error {
    let reason: String
}

extension FrameShape {
    /// Pixels of a stream's frame: 8K video fits. Three frames are kept in memory.
    static let streamPixels = 1 << 25

    init(stream format: PixelFormat, _ width: Int64, _ height: Int64, _ range: ColorRange) throws(ShapeError) {
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
