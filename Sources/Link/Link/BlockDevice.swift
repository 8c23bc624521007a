import CLinux
import System

/// Where blocks lie: memory, or a file of fixed size.
struct BlockDevice: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    private let file: FileDescriptor
    private let isFile: Bool
    let blocks: Int

    /// In memory, which is lost when the program ends.
    init(memoryBlocks: Int) {
        memory = .allocate(byteCount: memoryBlocks * Block.bytes, alignment: 8)
        file = FileDescriptor(borrowing: -1)
        isFile = false
        blocks = memoryBlocks
    }

    init(_ file: consuming FileDescriptor, blocks: Int) {
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        self.file = file
        isFile = true
        self.blocks = blocks
    }

    deinit { memory.deallocate() }

    var isDurable: Bool { isFile }

    /// Writes whole blocks that lie one behind another.
    func write(_ bytes: UnsafeRawBufferPointer, at block: Int) throws(Errno) {
        if isFile {
            try BlockDevice.write(bytes, to: file.raw, at: Block.start + Int64(block) * Int64(Block.bytes))
        } else {
            UnsafeMutableRawBufferPointer(rebasing: memory[(block * Block.bytes)...]).copyMemory(from: bytes)
        }
    }

    /// Reads whole blocks.
    func read(_ bytes: UnsafeMutableRawBufferPointer, at block: Int) throws(Errno) {
        if isFile {
            let offset = Block.start + Int64(block) * Int64(Block.bytes)
            guard try BlockDevice.read(bytes, from: file.raw, at: offset) == bytes.count else {
                throw .inputOutput
            }
        } else {
            let start = block * Block.bytes
            bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<start + bytes.count]))
        }
    }

    /// Writes a header; in memory there is none.
    func write(_ header: QueueHeader) throws(Errno) {
        guard isFile else { return }
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: QueueHeader.bytes, alignment: 8)
        defer { page.deallocate() }
        header.write(into: page)
        let place = Int64(header.generation & 1) * QueueHeader.distance
        try BlockDevice.write(UnsafeRawBufferPointer(page), to: file.raw, at: place)
    }

    func sync() throws(Errno) {
        guard isFile else { return }
        try file.sync()
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, at offset: Int64) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let count = oc_write_at(file, bytes.baseAddress! + done, bytes.count - done, offset + Int64(done))
            guard count > 0 else { throw count < 0 ? Errno(Int32(-count)) : .inputOutput }
            done += Int(count)
        }
    }

    /// The bytes read: fewer at the file's end.
    static func read(
        _ bytes: UnsafeMutableRawBufferPointer, from file: Int32, at offset: Int64
    ) throws(Errno) -> Int {
        var done = 0
        while done < bytes.count {
            let count = oc_read_at(file, bytes.baseAddress! + done, bytes.count - done, offset + Int64(done))
            guard count >= 0 else { throw Errno(Int32(-count)) }
            if count == 0 { break }
            done += Int(count)
        }
        return done
    }
}
