import Graph

/// A sound model that is not the int8 form meant for a CPU, told by its operators and the types that they compute in.
enum ModelKind {
    /// Compiled for an accelerator: the program's name, and the operator that stands for what it took.
    case compiled(for: String, by: String, hint: String)
    case float32, float16, hybrid, int16

    /// What a compiler leaves in place of the operators that it took, by the beginning of its name.
    private static let compilers: [(custom: String, kind: ModelKind)] = [
        (
            "edgetpu-custom-op",
            .compiled(for: "the Edge TPU", by: "edgetpu_compiler", hint: ", without _edgetpu in its name")
        ),
        ("ethos-u", .compiled(for: "an Ethos-U", by: "Vela", hint: ", without _vela in its name")),
        ("XC_", .compiled(for: "xcore", by: "the xcore optimizer", hint: "")),
    ]

    /// - Parameter operators: all of the model's.
    /// - Returns: nil for an int8 or uint8 model, whatever else is wrong with it, and for one of a kind without a name.
    init?(_ operators: [TFLiteOperator]) throws(ImportError) {
        for op in operators {
            guard let name = op.code.customName else { continue }
            if let compiler = Self.compilers.first(where: { name.hasPrefix($0.custom) }) {
                self = compiler.kind
                return
            }
        }
        // Weights name the kind; a model without any is what its activations are.
        var computed = try Self.products(operators)
        if computed.isEmpty { computed = try Self.others(operators) }
        let activations = Set(computed.map(\.activation))
        guard activations.isDisjoint(with: ["int8", "uint8"]), !computed.isEmpty else { return nil }
        let weights = Set(computed.map(\.weights))
        if activations.contains("int16") {
            self = .int16
        } else if activations.isSubset(of: ["float32", "float16"]) {
            self =
                !weights.isDisjoint(with: ["int8", "uint8", "int4"])
                ? .hybrid : weights.contains("float16") ? .float16 : .float32
        } else {
            return nil
        }
    }

    /// Types of what convolutions and matrix products multiply.
    private static func products(_ operators: [TFLiteOperator]) throws(ImportError) -> [(
        activation: String, weights: String
    )] {
        // A float16 constant goes through a DEQUANTIZE first.
        var origins: [Int: String] = [:]
        var result: [(activation: String, weights: String)] = []
        for op in operators {
            if op.name == "DEQUANTIZE", let from = op.inputs.first, let to = op.outputs.first {
                origins[to] = try op.subgraph.tensor(from).typeName
            }
            let activation = op.name == "TRANSPOSE_CONV" ? 2 : 0
            guard ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"].contains(op.name),
                op.inputs.count > max(activation, 1), op.inputs[activation] >= 0, op.inputs[1] >= 0
            else { continue }
            let weights =
                if let origin = origins[op.inputs[1]] { origin } else { try op.subgraph.tensor(op.inputs[1]).typeName }
            result.append((try op.subgraph.tensor(op.inputs[activation]).typeName, weights))
        }
        return result
    }

    /// Types of the first operand and the first result of every operator.
    private static func others(_ operators: [TFLiteOperator]) throws(ImportError) -> [(
        activation: String, weights: String
    )] {
        var result: [(activation: String, weights: String)] = []
        for op in operators {
            guard let input = op.inputs.first, let output = op.outputs.first, input >= 0, output >= 0 else { continue }
            for type in [try op.subgraph.tensor(input).typeName, try op.subgraph.tensor(output).typeName] {
                result.append((type, type))
            }
        }
        return result
    }

    var description: String {
        switch self {
        case .compiled(let target, let program, _): "a model compiled for \(target) by \(program), which no CPU can run"
        case .float32: "a float32 model: it is not quantized"
        case .float16: "a float16 model: its weights are float16, and it computes in float32"
        case .hybrid:
            "a hybrid model (dynamic range quantization): only its weights are 8-bit, and it computes in float32"
        case .int16: "a model with int16 activations (16x8 quantization)"
        }
    }

    var remedy: String {
        let full = "full int8 quantization, a representative dataset and TFLITE_BUILTINS_INT8 (docs/models.md)"
        switch self {
        case .compiled(_, let program, let hint): return "take the .tflite that \(program) was given\(hint)"
        case .float32, .float16, .hybrid: return "convert the trained model again with \(full)"
        case .int16: return "convert the trained model again with \(full), without int16 activations"
        }
    }
}
