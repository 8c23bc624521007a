import CLinux
import System

/// Reads from a descriptor and knows where it is. Waiting for a pipe can be called off.
struct ByteReader: ~Copyable {
    enum ReadError: Error {
        case system(Errno)
        /// Called off.
        case stopped
        /// Nothing came for so many milliseconds.
        case silent(Int32)
    }

    /// Bytes read so far.
    private(set) var position: Int64 = 0
    let isFile: Bool
    private let descriptor: FileDescriptor
    private let stop: Int32
    /// Milliseconds without a byte after which `silent` is thrown; below 0: without limit.
    var patience: Int32 = -1

    /// - Parameter stop: becomes readable when waiting shall end; below 0: never.
    init(_ item: SourceItem, stop: Int32) throws(Errno) {
        // Without waiting: a FIFO's writer may come later, and poll waits for it.
        let descriptor =
            item.isStandardInput
            ? FileDescriptor(borrowing: 0) : try FileDescriptor(reading: item.path, waits: false)
        let kind = try descriptor.status().kind
        guard kind != .folder else { throw .isFolder }
        isFile = kind == .file
        self.descriptor = descriptor
        self.stop = stop
    }

    /// Reads from a pipe that somebody else keeps open.
    init(pipe raw: Int32, stop: Int32) {
        descriptor = FileDescriptor(borrowing: raw)
        isFile = false
        self.stop = stop
    }

    /// Reads until the buffer is full or the input ends: fewer bytes than asked mean its end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = try readSome(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Reads what is there, at least a byte; 0: the input has ended.
    mutating func readSome(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
        while true {
            if !isFile { try waitForInput() }
            do throws(Errno) {
                let count = try descriptor.read(into: buffer)
                position += Int64(count)
                return count
            } catch {
                // Another reader of a shared non-blocking pipe may have been quicker.
                guard error == .again else { throw .system(error) }
            }
        }
    }

    /// Back to a file's start.
    mutating func rewind() throws(Errno) {
        try descriptor.seek(to: 0)
        position = 0
    }

    private func waitForInput() throws(ReadError) {
        var polls = (
            oc_poll(fd: descriptor.raw, wanted: Int16(OC_POLL_READ), happened: 0),
            oc_poll(fd: stop, wanted: Int16(OC_POLL_READ), happened: 0)
        )
        let ready = withUnsafeMutableBytes(of: &polls) { bytes in
            oc_wait(bytes.baseAddress?.assumingMemoryBound(to: oc_poll.self), 2, patience)
        }
        guard ready >= 0 else { throw .system(Errno(0 &- ready)) }
        guard ready > 0 else { throw .silent(patience) }
        if polls.1.happened != 0 { throw .stopped }
    }
}
