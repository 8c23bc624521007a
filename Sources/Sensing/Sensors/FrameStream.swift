import System
import Vision

/// Frames one behind the other in a file, FIFO or pipe: Y4M, raw, or JPEG files.
struct FrameStream: ~Copyable {
    enum StreamError: Error {
        case source(SourceError)
        /// It ended before its first byte.
        case empty(SourceError)
        case stopped

        /// Nil: reading was called off.
        var failure: SourceError? {
            switch self {
            case .source(let failure), .empty(let failure): failure
            case .stopped: nil
            }
        }
    }

    let form: FrameForm
    /// Nil: the stream does not say.
    let rate: FrameRate?
    private let name: String
    private let isY4M: Bool
    private let start: Int64  // of the first frame
    /// Frames so far, broken ones as well.
    private(set) var frames: Int64 = 0
    private var reader: ByteReader
    private var cutter = JPEGCutter()
    private var chunk: FrameBuffer  // of JPEG files: what was read
    private var used = 0  // of it
    /// JPEG frames that another began before they had ended, or the stream did.
    private(set) var broken: Int64 = 0

    /// Takes the header off a Y4M stream; others have none.
    init(_ item: SourceItem, _ reader: consuming ByteReader) throws(StreamError) {
        var chunk = FrameBuffer()
        name = item.name
        switch item.content {
        case .raw(let layout, let rate):
            form = .pixels(layout)
            self.rate = rate
            isY4M = false
        case .mjpeg(let rate):
            form = .jpeg
            self.rate = rate
            isY4M = false
        case .network:
            let header = try FrameStream.readStart(&reader, item, &chunk)
            form = header.map { .pixels(FrameLayout($0.shape)) } ?? .jpeg
            rate = header?.rate
            isY4M = header != nil
        case .unknown, .y4m, .camera:
            let header = try FrameStream.readHeader(&reader, item)
            form = .pixels(FrameLayout(header.shape))
            rate = header.rate
            isY4M = true
        }
        start = reader.position
        self.reader = reader
        self.chunk = chunk
    }

    /// When a whole JPEG frame is to have come; nil: that has time.
    var wholeBy: Int64?

    /// How long a silent sender is waited for, in milliseconds; below 0: without end.
    mutating func wait(milliseconds: Int32) { reader.patience = milliseconds }

    /// Reads the next frame.
    /// - Returns: false at the end of the stream.
    mutating func read(into buffer: inout FrameBuffer) throws(StreamError) -> Bool {
        switch form {
        case .pixels(let layout): return try read(layout, into: &buffer)
        case .jpeg: return try readJPEG(into: &buffer)
        }
    }

    private mutating func read(_ layout: FrameLayout, into buffer: inout FrameBuffer) throws(StreamError) -> Bool {
        let begin = reader.position
        if isY4M, try !readFrameHeader() { return false }
        guard let bytes = buffer.reserve(layout.bytes) else { throw .source(FrameBuffer.refusal(name, form)) }
        let count = try FrameStream.read(&reader, into: bytes, name)
        guard count > 0 || isY4M else { return false }
        guard count == bytes.count else {
            throw .source(
                SourceError(
                    name,
                    "byte \(begin): frame \(frames) is cut short, \(count) of \(bytes.count) bytes: the writer stopped "
                        + "in the middle of a frame, or its frames are not \(layout.shape.width)x\(layout.shape.height)"
                ))
        }
        frames += 1
        return true
    }

    /// A frame that does not end before another begins, or before the stream ends, is no frame.
    private mutating func readJPEG(into buffer: inout FrameBuffer) throws(StreamError) -> Bool {
        buffer.clear()
        while true {
            if used == chunk.count {
                used = 0
                guard try readChunk() else {
                    try noteBroken(buffer.count)
                    return false
                }
            }
            let bytes = chunk.bytes
            var end = used
            let wasInFrame = cutter.isInFrame
            let cut = cutter.take(bytes, from: &end)
            if case .anew(let index) = cut {
                if wasInFrame { try noteBroken(buffer.count + index - 2 - used) }
                // Its first two bytes may lie in two chunks.
                buffer.clear()
                used = index
                guard withUnsafeBytes(of: UInt16(littleEndian: 0xd8ff), { buffer.append($0) }) else {
                    throw .source(FrameBuffer.refusal(name, form))
                }
                continue
            }
            let part = UnsafeRawBufferPointer(rebasing: bytes[used..<end])
            used = end
            guard cutter.isInFrame || cut != .none else { continue }
            guard buffer.count + part.count <= FrameStream.mostJPEG else {
                throw .source(
                    SourceError(
                        name,
                        "frame \(frames) is longer than \(FrameStream.mostJPEG) bytes: is it a stream of JPEG files?"))
            }
            guard buffer.append(part) else { throw .source(FrameBuffer.refusal(name, form)) }
            guard cut == .none else {
                frames += 1
                return true
            }
        }
    }

    /// More than a first marker is a frame's beginning.
    private mutating func noteBroken(_ bytes: Int) throws(StreamError) {
        guard bytes > 2 else { return }
        broken += 1
        frames += 1
        if let wholeBy, Clock.monotonic > wholeBy {
            throw .source(SourceError(name, "frames come, but none is whole"))
        }
    }

    /// Bytes of a JPEG frame: four times what the best cameras send of 8K.
    private static var mostJPEG: Int { 1 << 25 }

    /// What is there, at most so much.
    private mutating func readChunk() throws(StreamError) -> Bool {
        guard let bytes = chunk.reserve(1 << 16) else { throw .source(FrameBuffer.refusal(name, form)) }
        let count = try FrameStream.reading(reader.position, name) { () throws(ByteReader.ReadError) in
            try reader.readSome(into: bytes)
        }
        _ = chunk.reserve(count)
        return count > 0
    }

    /// Back to a file's first frame.
    mutating func rewind() throws(StreamError) {
        var skipped = start
        do throws(Errno) { try reader.rewind() } catch {
            throw .source(SourceError(name, "cannot start again: \(error.description)"))
        }
        frames = 0
        cutter.reset()
        used = 0
        _ = chunk.reserve(0)
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
            return (count, line[..<5].isEqual(to: "FRAME"), line[5] == UInt8(ascii: "\n"))
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

    /// Of a stream whose first byte says which of the two it is.
    /// - Parameter chunk: takes what was read of JPEG files.
    /// - Returns: nil: no Y4M.
    private static func readStart(
        _ reader: inout ByteReader, _ item: SourceItem, _ chunk: inout FrameBuffer
    ) throws(StreamError) -> Y4MHeader? {
        guard let bytes = chunk.reserve(1 << 16) else { throw .source(FrameBuffer.refusal(item.name, .jpeg)) }
        let count = try read(&reader, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<1]), item.name)
        let isY4M = count == 1 && bytes[0] == Y4MHeader.magic.utf8Start[0]
        _ = chunk.reserve(isY4M ? 0 : count)
        return isY4M ? try readHeader(&reader, item, after: 1) : nil
    }

    /// - Parameter known: bytes of the magic word that have been read.
    private static func readHeader(
        _ reader: inout ByteReader, _ item: SourceItem, after known: Int = 0
    ) throws(StreamError) -> Y4MHeader {
        let line = UnsafeMutableRawBufferPointer.allocate(byteCount: Y4MHeader.limit, alignment: 1)
        defer { line.deallocate() }
        for index in 0..<known { line[index] = Y4MHeader.magic.utf8Start[index] }
        // Byte by byte, as a pipe gives nothing back and the first frame follows at once.
        var count = known
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
            let failure = SourceError(item.name, "byte \(error.byte): \(error.reason)\(hint)")
            throw count == 0 ? .empty(failure) : .source(failure)
        }
    }

    private static func read(
        _ reader: inout ByteReader, into buffer: UnsafeMutableRawBufferPointer, _ name: String
    ) throws(StreamError) -> Int {
        let position = reader.position
        return try reading(position, name) { () throws(ByteReader.ReadError) in try reader.read(into: buffer) }
    }

    private static func reading(
        _ position: Int64, _ name: String, _ body: () throws(ByteReader.ReadError) -> Int
    ) throws(StreamError) -> Int {
        do throws(ByteReader.ReadError) { return try body() } catch {
            switch error {
            case .stopped: throw .stopped
            case .silent(let milliseconds):
                throw .source(
                    SourceError(
                        name,
                        "nothing came for \(milliseconds) ms; `camera.stall` in the sensor file allows more"))
            case .system(let errno):
                throw .source(SourceError(name, "byte \(position): cannot read: \(errno.description)"))
            }
        }
    }
}
