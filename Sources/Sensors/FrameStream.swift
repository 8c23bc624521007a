import System
import Vision

/// Frames one behind the other in a file, FIFO or pipe: Y4M or raw.
struct FrameStream: ~Copyable {
    enum StreamError: Error {
        case source(SourceError)
        case stopped
    }

    let shape: FrameShape
    /// Nil: the stream does not say.
    let rate: FrameRate?
    private let name: String
    private let isY4M: Bool
    private let start: Int64  // of the first frame
    private var frames: Int64 = 0
    private var reader: ByteReader

    /// Takes the header off a Y4M stream; raw frames have none.
    init(_ item: SourceItem, _ reader: consuming ByteReader) throws(StreamError) {
        name = item.name
        if case .raw(let shape, let rate) = item.content {
            self.shape = shape
            self.rate = rate
            isY4M = false
        } else {
            let header = try FrameStream.readHeader(&reader, item)
            shape = header.shape
            rate = header.rate
            isY4M = true
        }
        start = reader.position
        self.reader = reader
    }

    var isFile: Bool { reader.isFile }

    /// Reads the next frame.
    /// - Parameter buffer: `shape.bytes` bytes.
    /// - Returns: false at the end of the stream.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Bool {
        let begin = reader.position
        if isY4M, try !readFrameHeader() { return false }
        let count = try FrameStream.read(&reader, into: buffer, name)
        guard count > 0 || isY4M else { return false }
        guard count == buffer.count else {
            throw .source(
                SourceError(
                    name,
                    "byte \(begin): frame \(frames) is cut short, \(count) of \(buffer.count) bytes: the writer stopped "
                        + "in the middle of a frame, or its frames are not \(shape.width)x\(shape.height)"))
        }
        frames += 1
        return true
    }

    /// Back to a file's first frame.
    mutating func rewind() throws(StreamError) {
        var skipped = start
        do throws(Errno) { try reader.rewind() } catch {
            throw .source(SourceError(name, "cannot start again: \(error.description)"))
        }
        frames = 0
        // A header is read over rather than jumped: `position` stays true.
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: Y4MHeader.limit, alignment: 1)
        defer { scratch.deallocate() }
        while skipped > 0 {
            let part = UnsafeMutableRawBufferPointer(rebasing: scratch[..<Int(min(skipped, Int64(scratch.count)))])
            let count = try FrameStream.read(&reader, into: part, name)
            if count == 0 { return }
            skipped -= Int64(count)
        }
    }

    /// "FRAME", maybe parameters, a line feed. False at the end of the stream.
    private mutating func readFrameHeader() throws(StreamError) -> Bool {
        let begin = reader.position
        var line: (UInt64, UInt64) = (0, 0)  // 6 bytes are used
        let (count, isFrame, isEnd) = try withUnsafeMutableBytes(of: &line) { bytes throws(StreamError) in
            let line = UnsafeMutableRawBufferPointer(rebasing: bytes[..<6])
            let count = try FrameStream.read(&reader, into: line, name)
            return (count, line[..<5].elementsEqual("FRAME".utf8), line[5] == UInt8(ascii: "\n"))
        }
        if count == 0 { return false }
        guard count == 6, isFrame else {
            throw .source(
                SourceError(
                    name,
                    "byte \(begin): expected the word FRAME before frame \(frames): the stream is damaged or cut short")
            )
        }
        if isEnd { return true }
        var byte: UInt8 = 0
        for _ in 0..<Y4MHeader.limit {
            let count = try withUnsafeMutableBytes(of: &byte) { bytes throws(StreamError) in
                try FrameStream.read(&reader, into: bytes, name)
            }
            if count == 0 { break }
            if byte == UInt8(ascii: "\n") { return true }
        }
        throw .source(SourceError(name, "byte \(begin): the line FRAME of frame \(frames) does not end"))
    }

    private static func readHeader(_ reader: inout ByteReader, _ item: SourceItem) throws(StreamError) -> Y4MHeader {
        let line = UnsafeMutableRawBufferPointer.allocate(byteCount: Y4MHeader.limit, alignment: 1)
        defer { line.deallocate() }
        // Byte by byte, as a pipe gives nothing back and the first frame follows at once.
        var count = 0
        while count < line.count {
            let byte = UnsafeMutableRawBufferPointer(rebasing: line[count..<count + 1])
            if try read(&reader, into: byte, item.name) == 0 || byte[0] == UInt8(ascii: "\n") { break }
            count += 1
            // Anything else is told at once: raw frames may hold no line feed for long.
            let magic = Y4MHeader.magic
            if count <= magic.utf8CodeUnitCount, byte[0] != magic.utf8Start[count - 1] { break }
        }
        do throws(Y4MError) {
            return try Y4MHeader(parsing: UnsafeRawBufferPointer(rebasing: line[..<count]))
        } catch {
            let hint =
                error.byte == 0 && !Y4MHeader.begins(UnsafeRawBufferPointer(rebasing: line[..<count]))
                ? (count == 0
                    ? "; it is empty"
                    : "; for raw frames say their format and size, for example yuv420:640x480@30:PATH") : ""
            throw .source(SourceError(item.name, "byte \(error.byte): \(error.reason)\(hint)"))
        }
    }

    private static func read(
        _ reader: inout ByteReader, into buffer: UnsafeMutableRawBufferPointer, _ name: String
    ) throws(StreamError) -> Int {
        do throws(ByteReader.ReadError) { return try reader.read(into: buffer) } catch {
            switch error {
            case .stopped: throw .stopped
            case .system(let errno):
                throw .source(SourceError(name, "byte \(reader.position): cannot read: \(errno.description)"))
            }
        }
    }
}
