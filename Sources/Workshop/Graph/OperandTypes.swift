/// Which element types of the data operands kernels exist for. Cases are named for a quantized graph.
public enum OperandTypes: Sendable, Equatable {
    /// One of these throughout.
    case uniform([ElementType])
    /// int8 with int8 or uint8 weights and, maybe, an int32 bias.
    case weighted
    /// One operand of any type, and a result of the same.
    case unchanged
    /// float32, int8 or uint8 to int8 or uint8.
    case quantizing
    /// int8 or uint8 to float32.
    case dequantizing
    /// int8, float32 or int32 to int32 or int64.
    case indices
    /// One of int8, float32 or int32 to the same and int32.
    case ordered
    /// One of int8, float32 or int32, and int32, to the first.
    case gathering
    /// Numbers to float32 or int32.
    case casting

    /// int8 throughout.
    static let int8 = OperandTypes.uniform([.int8])
    /// int8 throughout, or float32 behind what is quantized.
    static let real = OperandTypes.uniform([.int8, .float32])
    /// The same, or int32.
    static let any = OperandTypes.uniform([.int8, .float32, .int32])

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
        case .dequantizing, .casting, .ordered, .gathering: return false
        case .unchanged: return inputs.count == 1 && inputs == outputs
        case .indices: return inputs == [.float32] && (outputs == [.int32] || outputs == [.int64])
        case .uniform, .weighted: return (inputs + outputs).allSatisfy { $0 == .float32 }
        }
    }

    private func acceptsQuantized(_ inputs: [ElementType], _ outputs: [ElementType]) -> Bool {
        let bytes: [ElementType] = [.int8, .uint8]
        let values: [ElementType] = [.int8, .float32, .int32]
        switch self {
        case .uniform(let types): return types.contains { type in (inputs + outputs).allSatisfy { $0 == type } }
        case .weighted:
            return inputs.count >= 2 && inputs[0] == .int8 && bytes.contains(inputs[1])
                && (inputs.count == 2 || inputs[2...] == [.int32]) && outputs == [.int8]
        case .unchanged: return inputs.count == 1 && inputs == outputs
        case .quantizing:
            return inputs.count == 1 && outputs.count == 1 && bytes.contains(outputs[0])
                && (bytes.contains(inputs[0]) || inputs[0] == .float32)
        case .dequantizing: return inputs.count == 1 && bytes.contains(inputs[0]) && outputs == [.float32]
        case .indices:
            return inputs.count == 1 && values.contains(inputs[0]) && (outputs == [.int32] || outputs == [.int64])
        case .ordered: return inputs.count == 1 && values.contains(inputs[0]) && outputs == [inputs[0], .int32]
        case .gathering:
            return inputs.count == 2 && values.contains(inputs[0]) && inputs[1] == .int32 && outputs == [inputs[0]]
        case .casting:
            return inputs.count == 1 && (bytes + values).contains(inputs[0])
                && (outputs == [.float32] || outputs == [.int32])
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
        case .concatenation, .pack, .split, .unpack, .transpose, .select, .tile, .slice, .spaceToDepth, .depthToSpace,
            .add, .sub, .mul, .minimum, .maximum:
            .any
        case .div, .floorDivision, .squaredDifference: .uniform([.float32, .int32])
        case .floorRemainder: .uniform([.int32])
        case .mean, .sum, .reduceExtreme, .softmax, .prelu: .real
        case .logSoftmax, .l2Normalization: .uniform([.float32])
        case .unary(let function): .uniform(function.types)
        case .quantize: .quantizing
        case .dequantize: .dequantizing
        case .cast: .casting
        case .argMax: .indices
        case .topK: .ordered
        case .gather, .gatherND: .gathering
        default: .int8
        }
    }
}
