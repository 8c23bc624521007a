import CV4L2
import Pictures
import System
import Vision

/// How a camera's bytes become pixels.
enum CameraEncoding: Equatable {
    case pixels(PixelFormat)
    case jpeg

    /// Nil: not one that is understood here.
    init?(_ code: UInt32) {
        for entry in CameraEncoding.all where CameraEncoding.code(entry.code) == code {
            self = entry.encoding
            return
        }
        return nil
    }

    /// The kernel's four letters, ours, and what they mean.
    private static var all: [(code: StaticString, name: StaticString, encoding: CameraEncoding)] {
        [
            ("YUYV", "yuyv", .pixels(.yuyv)), ("UYVY", "uyvy", .pixels(.uyvy)), ("NV12", "nv12", .pixels(.nv12)),
            ("NV21", "nv21", .pixels(.nv21)), ("YU12", "yuv420", .pixels(.yuv420)), ("GREY", "grey", .pixels(.grey)),
            ("RGB3", "rgb24", .pixels(.rgb24)), ("BGR3", "bgr24", .pixels(.bgr24)),
            ("RGGB", "rggb", .pixels(.bayer(.rggb))), ("GRBG", "grbg", .pixels(.bayer(.grbg))),
            ("GBRG", "gbrg", .pixels(.bayer(.gbrg))), ("BA81", "bggr", .pixels(.bayer(.bggr))),
            ("MJPG", "mjpeg", .jpeg), ("JPEG", "mjpeg", .jpeg),
        ]
    }

    private static func code(_ letters: StaticString) -> UInt32 {
        letters.withUTF8Buffer { $0.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    }

    /// Our name of a format, or the kernel's letters.
    static func name(_ code: UInt32) -> String {
        for entry in all where CameraEncoding.code(entry.code) == code {
            return entry.name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        }
        let letters = (0..<4).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) & 0x7f }
        return String(decoding: letters.map { $0 > 0x20 && $0 < 0x7f ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
    }

    /// Whether `name` is our name of the format.
    static func name(_ name: [UInt8], isOf code: UInt32) -> Bool {
        for entry in all where CameraEncoding.code(entry.code) == code {
            return entry.name.withUTF8Buffer { name.elementsEqual($0) }
        }
        return false
    }
}

/// Frame rates that a camera can do: one, or all between two.
struct CameraRates: Equatable {
    /// Seconds a frame, as fractions.
    let least: (numerator: UInt32, denominator: UInt32)
    let most: (numerator: UInt32, denominator: UInt32)

    /// Nil for fractions of nothing.
    init?(_ record: oc_camera_intervals) {
        guard record.least_numerator > 0, record.least_denominator > 0, record.most_numerator > 0,
            record.most_denominator > 0
        else { return nil }
        least = (record.least_numerator, record.least_denominator)
        most = (record.most_numerator, record.most_denominator)
    }

    static func == (one: CameraRates, other: CameraRates) -> Bool { one.least == other.least && one.most == other.most }

    /// Frames in 1000 seconds.
    var fastest: Int64 { Int64(least.denominator) * 1000 / Int64(least.numerator) }
    var slowest: Int64 { Int64(most.denominator) * 1000 / Int64(most.numerator) }

    /// The slowest interval that still gives `millihertz`; nil: it is too fast for this camera.
    func interval(atLeast millihertz: Int64) -> (numerator: UInt32, denominator: UInt32)? {
        guard fastest >= millihertz else { return nil }
        if slowest >= millihertz { return most }
        return (1000, UInt32(clamping: millihertz))
    }
}

/// One way a camera can be set.
struct CameraMode: Equatable {
    let code: UInt32
    let width: Int
    let height: Int
    /// A library converts to it.
    let isEmulated: Bool
    let rates: [CameraRates]
    /// Seconds a frame to ask for; nil: the driver's own.
    var interval: (numerator: UInt32, denominator: UInt32)?

    init(code: UInt32, width: Int, height: Int, isEmulated: Bool, rates: [CameraRates]) {
        self.code = code
        self.width = width
        self.height = height
        self.isEmulated = isEmulated
        self.rates = rates
    }

    static func == (one: CameraMode, other: CameraMode) -> Bool {
        one.code == other.code && one.width == other.width && one.height == other.height
            && one.isEmulated == other.isEmulated && one.rates == other.rates
    }

    /// The nearest length, not below `wanted` if possible, that a range with steps has.
    static func fit(_ wanted: Int, _ least: UInt32, _ most: UInt32, _ step: UInt32) -> Int {
        let (least, most, step) = (Int64(least), Int64(max(least, most)), max(Int64(step), 1))
        guard wanted > least else { return Int(clamping: least) }
        let steps = (min(Int64(wanted), most) - least + step - 1) / step
        return Int(clamping: min(least + steps * step, least + (most - least) / step * step))
    }

    /// Frames in 1000 seconds at most; 0: the driver does not say.
    var fastest: Int64 { rates.reduce(0) { max($0, $1.fastest) } }

    /// Between two frames, as far as asked for; an hour at most, whatever a driver says.
    var nanoseconds: Int64 {
        let asked = interval.map { Int64($0.numerator) * 1_000_000_000 / Int64(max($0.denominator, 1)) } ?? 0
        return min(asked, 3_600_000_000_000)
    }

    /// "yuyv 640x480"
    var name: String { "\(CameraEncoding.name(code)) \(width)x\(height)" }
}

/// What the driver has settled on.
struct CameraForm: Equatable {
    let code: UInt32
    let width: Int
    let height: Int
    let stride: Int
    /// Of a whole frame, at most.
    let bytes: Int
    /// Of frames whose pixels can be read where they lie; nil for JPEG and for what cannot be a frame.
    let shape: FrameShape?
    let isJPEG: Bool

    init(_ format: oc_camera_format) {
        code = format.code
        // What no Int holds is refused as what is too large.
        width = Int(clamping: format.width)
        height = Int(clamping: format.height)
        bytes = Int(clamping: format.bytes)
        // Looked up once, not with every frame.
        let encoding = CameraEncoding(format.code)
        isJPEG = encoding == .jpeg
        var stride = Int(clamping: format.stride)
        if bytes > 0, case .pixels(let pixels) = encoding {
            // Grey cameras give the whole range, whatever is usual for colour.
            let isFull = format.full_range != 0 || pixels == .grey
            shape = FrameShape(pixels, width: width, height: height, range: isFull ? .full : .limited)
            // Drivers that do not say mean rows without gaps.
            if stride == 0, let shape { stride = shape.rowBytes(ofPlane: 0) }
        } else {
            shape = nil
        }
        self.stride = stride
    }

    var name: String { "\(CameraEncoding.name(code)) \(width)x\(height)" }

    /// Whether `bytes` are a whole frame.
    func holds(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if isJPEG { return bytes.count >= 4 && bytes[0] == 0xff && bytes[1] == 0xd8 }
        return view(bytes) != nil
    }

    /// A frame whose pixels can be read where they lie; nil: JPEG, or fewer bytes than a frame has.
    func view(_ bytes: UnsafeRawBufferPointer) -> FrameView? {
        guard let shape else { return nil }
        return FrameView(shape, bytes, stride: stride)
    }

    /// Whether frames of this form can be used at all.
    var isUsable: Bool {
        isJPEG ? bytes > 0 && JPEGDecoder.isAvailable : shape != nil
    }
}
