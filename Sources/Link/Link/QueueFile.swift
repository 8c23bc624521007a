import CLinux
import System

/// Opening the queue's file.
enum QueueFile {
    enum Failure: Error, Equatable {
        case system(Errno)
        /// Another process has it open.
        case isTaken
        /// Something else lies there.
        case isOther
    }

    /// What was found.
    struct Found: ~Copyable {
        var device: BlockDevice
        var header: QueueHeader
        /// Bytes of a file that keeps the size it has, although another was asked for.
        var kept: Int64?
    }

    /// Opens the file, or makes it: whole, so that a full disk is met now and not when the broker is away.
    /// - Parameter bytes: 64 KiB at least.
    static func open(_ path: Path, bytes: Int64) throws(Failure) -> Found {
        let raw = path.withCString { oc_open_update($0) }
        guard raw >= 0 else { throw .system(Errno(-raw)) }
        let file = FileDescriptor(owning: raw)
        let status: FileDescriptor.Status
        do throws(Errno) {
            try file.lock(isShared: false)
            status = try file.status()
        } catch {
            throw error == .again ? .isTaken : .system(error)
        }
        guard status.kind == .file else { throw .isOther }
        do throws(Errno) {
            if let header = try newestHeader(file, fileBytes: status.bytes) {
                let kept = Block.start + Int64(header.blocks) * Int64(Block.bytes)
                return Found(
                    device: BlockDevice(file, blocks: Int(header.blocks)), header: header,
                    kept: kept == rounded(bytes) ? nil : kept)
            }
            // Zeros alone are a file that was being made when the power went.
            guard try isEmpty(file) else { throw .invalid }
            return try make(file, bytes: bytes)
        } catch {
            throw error == .invalid ? .isOther : .system(error)
        }
    }

    private static func rounded(_ bytes: Int64) -> Int64 { bytes - (bytes - Block.start) % Int64(Block.bytes) }

    private static func newestHeader(_ file: borrowing FileDescriptor, fileBytes: Int64) throws(Errno) -> QueueHeader? {
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: QueueHeader.bytes, alignment: 8)
        defer { page.deallocate() }
        var newest: QueueHeader?
        for place in 0..<Int64(2) {
            page.initializeMemory(as: UInt8.self, repeating: 0)
            _ = try BlockDevice.read(page, from: file.raw, at: place * QueueHeader.distance)
            guard let header = QueueHeader(UnsafeRawBufferPointer(page)),
                Block.start + Int64(header.blocks) * Int64(Block.bytes) <= fileBytes, header.blocks > 0
            else { continue }
            if header.generation >= newest?.generation ?? 0 { newest = header }
        }
        return newest
    }

    private static func isEmpty(_ file: borrowing FileDescriptor) throws(Errno) -> Bool {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 8)
        defer { piece.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try BlockDevice.read(piece, from: file.raw, at: offset)
            if count == 0 { return true }
            guard Block.isEmpty(UnsafeRawBufferPointer(rebasing: piece[..<count])) else { return false }
            offset += Int64(count)
        }
    }

    private static func make(_ file: consuming FileDescriptor, bytes: Int64) throws(Errno) -> Found {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 8)
        defer { piece.deallocate() }
        piece.initializeMemory(as: UInt8.self, repeating: 0)
        let end = rounded(bytes)
        var offset: Int64 = 0
        while offset < end {
            let count = Int(min(Int64(piece.count), end - offset))
            try BlockDevice.write(UnsafeRawBufferPointer(rebasing: piece[..<count]), to: file.raw, at: offset)
            offset += Int64(count)
        }
        // On the disk before the header says that they are.
        try file.sync()
        var header = QueueHeader()
        header.blocks = UInt32((end - Block.start) / Int64(Block.bytes))
        header.generation = 1
        let device = BlockDevice(file, blocks: Int(header.blocks))
        try device.write(header)
        try device.sync()
        return Found(device: device, header: header, kept: nil)
    }
}
