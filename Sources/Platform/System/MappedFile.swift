import CLinux

/// A whole file in memory for reading, without a copy; unmapped when its owner goes.
///
/// Whoever replaces the file must rename a new one over it: to shorten it in place takes the pages away under the reader,
/// which no program survives.
public struct MappedFile: ~Copyable, @unchecked Sendable {
    /// Page-aligned. Valid as long as the owner lives. An empty file has no bytes and no address.
    public let bytes: UnsafeRawBufferPointer

    /// Maps the file at `path`.
    /// - Throws: the error of open, fstat or mmap; `.isFolder` or `.invalid` for what is no regular file.
    public init(path: UnsafePointer<CChar>) throws(Errno) {
        let file = try FileDescriptor(reading: path, waits: false)
        try self.init(file)
    }

    public init(path: Path) throws(Errno) {
        let file = try FileDescriptor(reading: path, waits: false)
        try self.init(file)
    }

    public init(_ file: borrowing FileDescriptor) throws(Errno) {
        let status = try file.status()
        guard status.kind == .file else { throw status.kind == .folder ? .isFolder : .invalid }
        guard let count = Int(exactly: status.bytes) else { throw .noMemory }
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        var map: UnsafeRawPointer?
        _ = try checked(oc_map(file.raw, count, &map))
        bytes = UnsafeRawBufferPointer(start: map, count: count)
    }

    deinit {
        if let base = bytes.baseAddress { _ = oc_unmap(base, bytes.count) }
    }
}
