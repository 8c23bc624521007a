import CLinux
import System

/// Reads from a descriptor and knows where it is. Waiting for a pipe can be called off.
struct ByteReader: ~Copyable {
    enum ReadError: Error {
        case system(Errno)
        /// Called off.
        case stopped
    }

    /// Bytes read so far.
    private(set) var position: Int64 = 0
    let isFile: Bool
    private let descriptor: FileDescriptor
    private let stop: Int32
    private let patience: Int32  // milliseconds, below 0: without limit

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
        patience = -1
    }

    /// Reads from a pipe that somebody else keeps open.
    /// - Parameter patience: milliseconds without a byte after which `Errno.timedOut` is thrown.
    init(pipe raw: Int32, stop: Int32, patience: Int32) {
        descriptor = FileDescriptor(borrowing: raw)
        isFile = false
        self.stop = stop
        self.patience = patience
    }

    /// Reads until the buffer is full or the input ends: fewer bytes than asked mean its end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
        var done = 0
        while done < buffer.count {
            if !isFile { try waitForInput() }
            do throws(Errno) {
                let count = try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
                if count == 0 { break }
                done += count
                position += Int64(count)
            } catch {
                // Another reader of a shared non-blocking pipe may have been quicker.
                guard error == .again else { throw .system(error) }
            }
        }
        return done
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
        guard ready > 0 else { throw .system(.timedOut) }
        if polls.1.happened != 0 { throw .stopped }
    }
}
