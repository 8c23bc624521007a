extension Operation {
    /// Whether kernels exist for these element types of the data operands.
    /// - Parameter name: as `Operation.name` gives it.
    public static func supports(
        _ name: String, inputs: [ElementType], outputs: [ElementType]
    ) -> Bool {
        switch name {
        case "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED":
            return (inputs == [.int8, .int8] || inputs == [.int8, .int8, .int32]) && outputs == [.int8]
        case "QUANTIZE":
            let targets: [ElementType] = [.int8, .uint8]
            return inputs.count == 1 && outputs.count == 1 && targets.contains(outputs[0])
                && (targets.contains(inputs[0]) || inputs[0] == .float32)
        case "DEQUANTIZE":
            return (inputs == [.int8] || inputs == [.uint8]) && outputs == [.float32]
        case "ARG_MAX":
            return inputs == [.int8] && (outputs == [.int32] || outputs == [.int64])
        case "RESHAPE":
            return inputs.count == 1 && inputs == outputs
        default:
            return inputs.allSatisfy { $0 == .int8 } && outputs.allSatisfy { $0 == .int8 }
        }
    }
}
