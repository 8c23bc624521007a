import CLinux
import System
import Vision

/// Memory for one frame of a stream. It grows where a frame needs more, and never shrinks.
struct FrameBuffer: ~Copyable {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    /// Bytes of the frame.
    private(set) var count = 0

    deinit { oc_release(memory) }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Takes memory for a frame of so many bytes, which are then to be filled.
    /// - Returns: nil: there is not enough.
    mutating func reserve(_ bytes: Int) -> UnsafeMutableRawBufferPointer? {
        if bytes > capacity {
            oc_release(memory)
            memory = oc_allocate(bytes)
            capacity = memory == nil ? 0 : bytes
        }
        count = min(bytes, capacity)
        return capacity >= bytes ? UnsafeMutableRawBufferPointer(start: memory, count: bytes) : nil
    }

    mutating func clear() { count = 0 }

    /// Adds bytes to those that are there.
    /// - Returns: false: there is not enough memory.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.count > capacity - count {
            let room = max(2 * capacity, count + bytes.count, FrameBuffer.firstCapacity)
            guard let larger = oc_allocate(room) else { return false }
            UnsafeMutableRawBufferPointer(start: larger, count: room).copyMemory(from: self.bytes)
            oc_release(memory)
            memory = larger
            capacity = room
        }
        guard let memory, let start = bytes.baseAddress else { return bytes.isEmpty }
        (memory + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
        return true
    }

    /// Of compressed frames: half a megapixel's.
    private static var firstCapacity: Int { 128 * 1024 }

    static func refusal(_ name: String, _ form: FrameForm) -> SourceError {
        switch form {
        case .pixels(let layout):
            SourceError(
                name,
                "not enough memory for frames of \(layout.shape.width)x\(layout.shape.height), \(layout.bytes) bytes each; "
                    + "send smaller ones")
        case .jpeg: SourceError(name, "not enough memory for its JPEG frames; send smaller ones")
        }
    }
}
