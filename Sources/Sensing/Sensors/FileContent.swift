import CLinux
import System

/// A file's bytes in memory of our own, which stays for the next file.
///
/// Read, not mapped: whoever cuts a mapped file short while it is decoded ends the program.
struct FileContent: ~Copyable {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    private var count = 0

    deinit { oc_release(memory) }

    /// Of the file read last.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Reads a whole file, or its first bytes.
    /// - Throws: `.noMemory` for a file that does not fit.
    mutating func read(_ path: Path, atMost limit: Int = .max) throws(Errno) {
        count = 0
        let file = try FileDescriptor(reading: path, waits: false)
        let status = try file.status()
        guard status.kind == .file else { throw status.kind == .folder ? .isFolder : .invalid }
        guard let size = Int(exactly: min(status.bytes, Int64(limit))) else { throw .noMemory }
        if size > capacity {
            oc_release(memory)
            memory = oc_allocate(size)
            capacity = memory == nil ? 0 : size
        }
        guard size <= capacity else { throw .noMemory }
        count = try file.readFully(into: UnsafeMutableRawBufferPointer(start: memory, count: size))
    }
}
