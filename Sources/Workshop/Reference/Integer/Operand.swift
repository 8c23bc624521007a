import Graph

/// One tensor with its value.
struct Operand {
    let tensor: Tensor
    let bytes: [UInt8]
    /// The value of an int8, uint8 or int32 tensor, the bits of a float32 one; empty for int64.
    let elements: [Int32]

    init(_ tensor: Tensor, bytes: [UInt8]) {
        self.tensor = tensor
        self.bytes = bytes
        switch tensor.type {
        case .int8: elements = bytes.map { Int32(Int8(bitPattern: $0)) }
        case .uint8: elements = bytes.map { Int32($0) }
        case .int32, .float32: elements = bytes.littleEndian(Int32.self)
        case .int64: elements = []
        }
    }

    /// Constant weights, without zero points.
    init(weights tensor: Tensor, bytes: [UInt8]) {
        self.tensor = tensor
        self.bytes = bytes
        elements = tensor.weightValues.map { Int32($0) }
    }

    var shape: [Int] { tensor.shape }
    var type: ElementType { tensor.type }
    var strides: [Int] { rowMajorStrides(shape) }

    /// Integers in the order of the elements; what is no number comes first.
    var places: [Int32] {
        guard type == .float32 else { return elements }
        return floats.map { value in
            let bits = Int32(bitPattern: (value + 0).bitPattern)
            return value.isNaN ? .min : bits < 0 ? bits ^ .max : bits
        }
    }

    /// The value of a float32 tensor.
    var floats: [Float] { bytes.littleEndianFloats }

    var quantization: Quantization {
        guard let quantization = tensor.quantization else {
            preconditionFailure("tensor \(tensor.name) has no scale: the graph was not validated")
        }
        return quantization
    }
}

/// Little-endian bytes of elements that lie within the range of the tensor's type.
func encode(_ elements: [Int32], as tensor: Tensor) -> [UInt8] {
    switch tensor.type {
    case .int8, .uint8: return elements.map { UInt8(truncatingIfNeeded: $0) }
    default: return elements.flatMap { littleEndian($0, tensor.type.byteCount) }
    }
}

func encode(_ elements: [Float]) -> [UInt8] {
    elements.flatMap { littleEndian(Int32(bitPattern: $0.bitPattern), 4) }
}

private func littleEndian(_ value: Int32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: Int64(value) >> Int64(8 * $0)) }
}
