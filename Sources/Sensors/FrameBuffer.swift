import CLinux
import System
import Vision

/// Memory for one frame of a stream.
struct FrameBuffer: ~Copyable {
    let bytes: UnsafeMutableRawBufferPointer
    let shape: FrameShape

    /// Nil if there is not enough memory.
    init?(_ shape: FrameShape) {
        guard let memory = oc_allocate(shape.bytes) else { return nil }
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: shape.bytes)
        self.shape = shape
    }

    deinit { oc_release(bytes.baseAddress) }

    static func refusal(_ name: String, _ shape: FrameShape) -> SourceError {
        SourceError(
            name,
            "not enough memory for frames of \(shape.width)x\(shape.height), \(shape.bytes) bytes each; send smaller ones"
        )
    }
}
