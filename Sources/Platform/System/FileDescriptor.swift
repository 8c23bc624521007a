import CLinux

/// An open file, pipe, socket or device; closed when its owner goes.
public struct FileDescriptor: ~Copyable {
    public enum Kind: Sendable { case file, folder, pipe, socket, device }

    public struct Status: Sendable {
        public let kind: Kind
        /// Of a file; 0 for a pipe.
        public let bytes: Int64
    }

    /// The number, for `poll`. The owner keeps it open.
    public let raw: Int32
    private let closes: Bool

    /// Takes over an open descriptor.
    public init(owning raw: Int32) {
        self.raw = raw
        closes = true
    }

    /// One that outlives this value, such as standard input (0), output (1) and error (2).
    public init(borrowing raw: Int32) {
        self.raw = raw
        closes = false
    }

    /// Opens for reading. A FIFO without a writer waits for one, unless `waits` is false.
    public init(reading path: UnsafePointer<CChar>, waits: Bool = true) throws(Errno) {
        let access = Int32(OC_READ.rawValue) | (waits ? 0 : Int32(OC_NONBLOCK.rawValue))
        self.init(owning: try checked(oc_open(path, access)))
    }

    public init(reading path: Path, waits: Bool = true) throws(Errno) {
        let access = Int32(OC_READ.rawValue) | (waits ? 0 : Int32(OC_NONBLOCK.rawValue))
        self.init(owning: try checked(path.withCString { oc_open($0, access) }))
    }

    /// Opens for writing: created if missing, emptied.
    public init(writing path: UnsafePointer<CChar>) throws(Errno) {
        self.init(owning: try checked(oc_open(path, Int32(OC_WRITE.rawValue))))
    }

    public init(writing path: Path) throws(Errno) {
        self.init(owning: try checked(path.withCString { oc_open($0, Int32(OC_WRITE.rawValue)) }))
    }

    /// Creates a file that must not be there yet.
    public init(creating path: UnsafePointer<CChar>) throws(Errno) {
        let access = OC_WRITE.rawValue | OC_EXCLUSIVE.rawValue
        self.init(owning: try checked(oc_open(path, Int32(access))))
    }

    /// A Unix socket that listens, and never waits. One that nobody serves any more is replaced.
    /// - Parameter mode: rights of its file, as for chmod.
    /// - Throws: `.exists` where the file is no socket, `.inUse` where somebody serves it.
    public init(listeningAt path: Path, mode: UInt32) throws(Errno) {
        self.init(owning: try checked(path.withCString { oc_socket_listen($0, mode) }))
    }

    deinit {
        if closes { _ = oc_close(raw) }
    }

    /// Whether a person sits at the other end.
    public var isTerminal: Bool { oc_is_terminal(raw) == 1 }

    public func status() throws(Errno) -> Status {
        var status = oc_file_status()
        _ = try checked(oc_status(raw, &status))
        return Status(status)
    }

    /// The bytes read: 0 at the end, fewer than asked from a pipe.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        guard let base = buffer.baseAddress, !buffer.isEmpty else { return 0 }
        return try checked(oc_read(raw, base, buffer.count))
    }

    /// Reads until the buffer is full or the input ends: fewer bytes than asked mean its end.
    public func readFully(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        var done = 0
        while done < buffer.count {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// The bytes written, which may be fewer than given.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return 0 }
        return try checked(oc_write(raw, base, bytes.count))
    }

    public func writeFully(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        var done = 0
        while done < bytes.count {
            done += try write(UnsafeRawBufferPointer(rebasing: bytes[done...]))
        }
    }

    /// Waits until what was written would survive a power cut.
    public func sync() throws(Errno) { _ = try checked(oc_sync(raw)) }

    /// Locks what it has open, against other processes and other descriptors of this one, until it is closed.
    /// - Throws: `.again` if somebody else has it.
    public func lock(isShared: Bool) throws(Errno) { _ = try checked(oc_lock(raw, isShared ? 1 : 0)) }

    /// Moves to a byte of a file, from its start.
    public func seek(to offset: Int64) throws(Errno) {
        _ = try checked(oc_seek(raw, offset))
    }
}

extension FileDescriptor.Status {
    init(_ status: oc_file_status) {
        bytes = status.bytes
        switch UInt32(bitPattern: status.kind) {
        case OC_FILE_REGULAR.rawValue: kind = .file
        case OC_FILE_FOLDER.rawValue: kind = .folder
        case OC_FILE_FIFO.rawValue: kind = .pipe
        case OC_FILE_SOCKET.rawValue: kind = .socket
        default: kind = .device
        }
    }

    /// Of what lies at a path, following links, without opening it.
    public init(of path: Path) throws(Errno) {
        var status = oc_file_status()
        _ = try checked(path.withCString { oc_path_status($0, &status) })
        self.init(status)
    }
}
