import System
import Vision

/// The first line of a YUV4MPEG2 stream: what its frames look like.
///
/// Source: the format's description in mjpegtools, yuv4mpeg(5). `XCOLORRANGE` is FFmpeg's extension.
struct Y4MHeader {
    static var magic: StaticString { "YUV4MPEG2" }
    /// No header is longer.
    static let limit = 512

    let shape: FrameShape
    /// Nil: not said ("F0:0").
    let rate: FrameRate?

    /// - Parameter line: without its line feed.
    /// - Throws: what is wrong, with the byte where it begins.
    init(parsing line: UnsafeRawBufferPointer) throws(Y4MError) {
        guard Y4MHeader.begins(line) else {
            throw Y4MError("not a Y4M stream, which begins with YUV4MPEG2", at: 0)
        }
        var width: Int64?
        var height: Int64?
        var rate: FrameRate?
        var format = PixelFormat.yuv420
        var range = ColorRange.limited
        var start = Y4MHeader.magic.utf8CodeUnitCount
        while start < line.count {
            // A parameter is a letter and its value; blanks separate them.
            var end = start + 1
            while end < line.count, line[end] != UInt8(ascii: " ") { end += 1 }
            guard line[start] == UInt8(ascii: " ") else {
                throw Y4MError("expected a blank after YUV4MPEG2", at: start)
            }
            guard end > start + 1 else {
                start = end
                continue
            }
            let value = UnsafeRawBufferPointer(rebasing: line[(start + 2)..<end])
            switch line[start + 1] {
            case UInt8(ascii: "W"): width = try Y4MHeader.number(value, at: start + 1)
            case UInt8(ascii: "H"): height = try Y4MHeader.number(value, at: start + 1)
            case UInt8(ascii: "F"):
                rate = FrameRate(parsing: value)
                guard rate != nil || value.isEqual(to: "0:0") else {
                    throw Y4MError(
                        "the frame rate after F is two numbers, as F30:1, from 0.001 to 1000 a second", at: start + 1)
                }
            case UInt8(ascii: "C"):
                if value.isEqual(to: "mono") {
                    format = .grey
                } else if value.isEqual(to: "420") || value.isEqual(to: "420jpeg")
                    || value.isEqual(to: "420mpeg2") || value.isEqual(to: "420paldv")
                {
                    format = .yuv420
                } else {
                    throw Y4MError(
                        "the colour space C\(String(decoding: value, as: UTF8.self)) is not supported; send 8-bit 4:2:0 "
                            + "(ffmpeg -pix_fmt yuv420p) or mono", at: start + 1)
                }
            case UInt8(ascii: "X"):
                if value.isEqual(to: "COLORRANGE=FULL") { range = .full }
            default: break  // interlacing and pixel aspect change nothing here
            }
            start = end
        }
        guard let width, let height else { throw Y4MError("the header lacks W (width) or H (height)", at: 0) }
        do throws(ShapeError) { shape = try FrameShape(stream: format, width, height, range) } catch {
            throw Y4MError(error.reason, at: 0)
        }
        self.rate = rate
    }

    static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let length = magic.utf8CodeUnitCount
        guard bytes.count >= length else { return false }
        for index in 0..<length where bytes[index] != magic.utf8Start[index] { return false }
        return true
    }

    private static func number(_ text: UnsafeRawBufferPointer, at byte: Int) throws(Y4MError) -> Int64 {
        guard let number = Int64(decimal: text) else { throw Y4MError("expected a number after the letter", at: byte) }
        return number
    }
}

struct Y4MError: Error {
    let reason: String
    let byte: Int

    init(_ reason: String, at byte: Int) {
        self.reason = reason
        self.byte = byte
    }
}
