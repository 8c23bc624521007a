import Bundle
import CBundle

/// Tensors as the model has them, whatever form int8 has in the arena.
extension Engine {
    /// What the model's bytes of a tensor are XORed with in the arena.
    public func flip(of tensor: oc_tensor) -> UInt8 {
        UInt32(tensor.type) == OC_TYPE_INT8.rawValue ? UInt8(truncatingIfNeeded: bundle.view.model.pointee.flip) : 0
    }

    /// Fills an input.
    /// - Parameter bytes: the tensor's `bytes`, row-major and little-endian.
    @_optimize(speed)
    public func write(_ bytes: UnsafeRawBufferPointer, toInput index: Int) {
        let tensor = inputTensor(index)
        Self.copy(bytes, to: self.bytes(of: tensor), flip: flip(of: tensor))
    }

    /// Copies an output, which lies in the arena until an input is written.
    /// - Parameter bytes: the tensor's `bytes`, row-major and little-endian.
    @_optimize(speed)
    public func read(output index: Int, into bytes: UnsafeMutableRawBufferPointer) {
        let tensor = outputTensor(index)
        Self.copy(UnsafeRawBufferPointer(self.bytes(of: tensor)), to: bytes, flip: flip(of: tensor))
    }

    @_optimize(speed)
    private static func copy(_ from: UnsafeRawBufferPointer, to: UnsafeMutableRawBufferPointer, flip: UInt8) {
        precondition(from.count == to.count, "bytes of another tensor")
        guard let source = from.baseAddress, let target = to.baseAddress else { return }
        guard flip != 0 else { return target.copyMemory(from: source, byteCount: from.count) }
        let (bytes, place) = (
            source.assumingMemoryBound(to: UInt8.self), target.assumingMemoryBound(to: UInt8.self)
        )
        for index in 0..<from.count { place[index] = bytes[index] ^ flip }
    }
}
