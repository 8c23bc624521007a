extension Tensor {
    /// What constant weights stand for, in units of their scales: int8 as they are, uint8 without their zero points, -255 to 255.
    public var weightValues: [Int16] {
        let bytes = constant ?? []
        guard type == .uint8, let quantization else { return bytes.map { Int16(Int8(bitPattern: $0)) } }
        let inner = quantization.isPerChannel ? shape[(quantization.dimension + 1)...].reduce(1, *) : bytes.count
        return bytes.indices.map { index in
            let channel = index / max(inner, 1) % quantization.zeroPoints.count
            return Int16(bytes[index]) - Int16(quantization.zeroPoints[channel])
        }
    }
}
