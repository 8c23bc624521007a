/// An operation on single 8-bit elements as a table: a unary function, or QUANTIZE between 8-bit types.
public struct LookupTable: Sendable, Equatable {
    /// Result byte for each of the 256 bytes that an input element may be (int8 elements by their bit pattern).
    public var bytes: [UInt8]

    /// Nil when the operation is none of those, or a type is not 8-bit or has no scale.
    public init?(_ operation: Operation, input: Tensor, output: Tensor) {
        guard let source = input.quantization, let target = output.quantization,
            let function = Self.function(operation, input: source, output: target),
            [.int8, .uint8].contains(input.type), [.int8, .uint8].contains(output.type)
        else { return nil }
        let range = ActivationRange(.none, type: output.type, quantization: target)
        bytes = (UInt8.min...UInt8.max).map { byte in
            let value = input.type == .int8 ? Int32(Int8(bitPattern: byte)) : Int32(byte)
            return UInt8(truncatingIfNeeded: range.clamp(function(value)))
        }
    }

    /// Input element to output element, before the clamp to the type's range.
    private static func function(
        _ operation: Operation, input: Quantization, output: Quantization
    ) -> ((Int32) -> Int32)? {
        switch operation {
        case .unary(let function):
            return function.integer(input: input, output: output)
        case .quantize:
            // Here the quotient of the scales is a double.
            let rescale = QuantizedMultiplier(Double(input.scale) / Double(output.scale))
            return { rescale($0 &- input.zeroPoint) &+ output.zeroPoint }
        default:
            return nil
        }
    }
}
