import Graph

/// A sound model that is not in int8, told by its operators and the types that they compute in.
enum ModelKind {
    /// Compiled for an accelerator: the program's name, and the operator that stands for what it took.
    case compiled(for: String, by: String, hint: String)
    /// It computes in float32, whatever its weights are kept in.
    case real
    case int16

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
        // What has weights names the kind; a model without any is what its activations are.
        var computed = try Self.products(operators)
        if computed.isEmpty { computed = try Self.others(operators) }
        let activations = Set(computed)
        guard activations.isDisjoint(with: ["int8", "uint8"]), !computed.isEmpty else { return nil }
        if activations.contains("int16") {
            self = .int16
        } else if activations.isSubset(of: ["float32", "float16"]) {
            self = .real
        } else {
            return nil
        }
    }

    /// Types of what convolutions and matrix products are applied to.
    private static func products(_ operators: [TFLiteOperator]) throws(ImportError) -> [String] {
        var result: [String] = []
        for op in operators {
            let activation = op.name == "TRANSPOSE_CONV" ? 2 : 0
            guard ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"].contains(op.name),
                op.inputs.count > max(activation, 1), op.inputs[activation] >= 0, op.inputs[1] >= 0
            else { continue }
            result.append(try op.subgraph.tensor(op.inputs[activation]).typeName)
        }
        return result
    }

    /// Types of the first operand and the first result of every operator.
    private static func others(_ operators: [TFLiteOperator]) throws(ImportError) -> [String] {
        var result: [String] = []
        for op in operators {
            guard let input = op.inputs.first, let output = op.outputs.first, input >= 0, output >= 0 else { continue }
            result += [try op.subgraph.tensor(input).typeName, try op.subgraph.tensor(output).typeName]
        }
        return result
    }

    /// What to say of a model that no CPU can run; nil: some can.
    var refusal: (problem: String, remedy: String)? {
        switch self {
        case .compiled(let target, let program, let hint):
            (
                "a model compiled for \(target) by \(program), which no CPU can run",
                "take the .tflite that \(program) was given\(hint)"
            )
        case .int16:
            (
                "a model with int16 activations (16x8 quantization)",
                "give the float model that it was converted from, which 'ocellus build --calibrate' quantizes, or convert that "
                    + "again to int8 (docs/models.md)"
            )
        case .real: nil
        }
    }
}
