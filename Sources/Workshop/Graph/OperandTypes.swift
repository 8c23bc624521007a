/// Which element types of the data operands kernels exist for. Cases are named for a quantized graph.
public enum OperandTypes: Sendable {
    /// int8 throughout.
    case int8
    /// int8 with int8 or uint8 weights and, maybe, an int32 bias.
    case weighted
    /// int8 throughout, or float32 where outputs are put together.
    case moving
    /// One operand of any type, and a result of the same.
    case unchanged
    /// float32, int8 or uint8 to int8 or uint8.
    case quantizing
    /// int8 or uint8 to float32.
    case dequantizing
    /// int8 to int32 or int64.
    case indices

    public func accepts(inputs: [ElementType], outputs: [ElementType], at level: Level) -> Bool {
        switch level {
        case .real: acceptsReal(inputs, outputs)
        case .quantized: acceptsQuantized(inputs, outputs)
        }
    }

    /// float32 throughout, but for indices; nothing is quantized yet.
    private func acceptsReal(_ inputs: [ElementType], _ outputs: [ElementType]) -> Bool {
        switch self {
        case .quantizing: return inputs == [.float32] && outputs == [.float32]
        case .dequantizing: return false
        case .unchanged: return inputs.count == 1 && inputs == outputs
        case .indices: return inputs == [.float32] && (outputs == [.int32] || outputs == [.int64])
        case .int8, .weighted, .moving: return (inputs + outputs).allSatisfy { $0 == .float32 }
        }
    }

    private func acceptsQuantized(_ inputs: [ElementType], _ outputs: [ElementType]) -> Bool {
        let bytes: [ElementType] = [.int8, .uint8]
        switch self {
        case .int8: return inputs.allSatisfy { $0 == .int8 } && outputs.allSatisfy { $0 == .int8 }
        case .moving: return [.int8, .float32].contains { type in (inputs + outputs).allSatisfy { $0 == type } }
        case .weighted:
            return inputs.count >= 2 && inputs[0] == .int8 && bytes.contains(inputs[1])
                && (inputs.count == 2 || inputs[2...] == [.int32]) && outputs == [.int8]
        case .unchanged: return inputs.count == 1 && inputs == outputs
        case .quantizing:
            return inputs.count == 1 && outputs.count == 1 && bytes.contains(outputs[0])
                && (bytes.contains(inputs[0]) || inputs[0] == .float32)
        case .dequantizing: return inputs.count == 1 && bytes.contains(inputs[0]) && outputs == [.float32]
        case .indices: return inputs == [.int8] && (outputs == [.int32] || outputs == [.int64])
        }
    }
}

extension Operation {
    /// Whether operands 1 and 2 are weights and bias, as opposed to activations or constants that stand in for them.
    public var hasWeights: Bool {
        switch self {
        case .conv2D, .depthwiseConv2D, .transposeConv, .fullyConnected: true
        default: false
        }
    }

    public var types: OperandTypes {
        switch self {
        case .conv2D, .depthwiseConv2D, .transposeConv, .fullyConnected: .weighted
        case .reshape: .unchanged
        case .concatenation, .pack, .split, .unpack, .transpose, .select, .tile, .slice, .spaceToDepth, .depthToSpace:
            .moving
        case .quantize: .quantizing
        case .dequantize: .dequantizing
        case .argMax: .indices
        default: .int8
        }
    }
}
