import CBundle
import Compiler
import Engine
import Graph
import Reference
import Testing

/// Operations that depend on one tensor alone become one table, with the reference's bytes for all values.
@Suite struct TableCompositionTests {
    private static let shape = [1, 4, 8, 8]

    /// Makes the graph of a few operations on one input, given as the last operation's output.
    private struct Maker {
        var graph = Graph(name: "function")

        init() {
            graph.tensors = [
                Tensor(name: "x", shape: shape, type: .int8, quantization: Quantization(scale: 0.05, zeroPoint: -11))
            ]
            graph.inputs = [0]
        }

        mutating func constant(_ value: Int8, count: Int = 1) -> TensorID {
            graph.tensors.append(
                Tensor(
                    name: "c", shape: [count], type: .int8, quantization: Quantization(scale: 0.031, zeroPoint: 3),
                    constant: Array(repeating: UInt8(bitPattern: value), count: count)))
            return graph.tensors.count - 1
        }

        mutating func add(_ operation: Operation, _ inputs: [TensorID], _ scale: Float, _ zeroPoint: Int32) -> TensorID
        {
            graph.tensors.append(
                Tensor(
                    name: "t\(graph.tensors.count)", shape: shape, type: .int8,
                    quantization: Quantization(scale: scale, zeroPoint: zeroPoint)))
            graph.nodes.append(
                Node(operation, inputs: inputs, outputs: [graph.tensors.count - 1], origin: "\(operation.name)"))
            graph.outputs = [graph.tensors.count - 1]
            return graph.outputs[0]
        }
    }

    private static func silu() -> Graph {
        var maker = Maker()
        let gate = maker.add(.unary(.logistic), [0], 1 / 256, -128)
        _ = maker.add(.mul(.none), [0, gate], 0.025, -117)
        return maker.graph
    }

    private static func hardSwish() -> Graph {
        var maker = Maker()
        let shifted = maker.add(.add(.relu6), [0, maker.constant(100)], 0.0235, -128)
        let sixth = maker.add(.mul(.none), [maker.constant(5), shifted], 0.004, -128)
        _ = maker.add(.mul(.none), [sixth, 0], 0.025, -100)
        return maker.graph
    }

    private static func others() -> Graph {
        var maker = Maker()
        let square = maker.add(.mul(.none), [0, 0], 0.2, -128)
        let limited = maker.add(.minimum, [square, maker.constant(20, count: 8)], 0.2, -128)
        maker.graph.tensors[limited].quantization = maker.graph[square].quantization
        let difference = maker.add(.sub(.relu), [limited, square], 0.1, 4)
        _ = maker.add(.unary(.leakyRelu(alpha: 0.1)), [difference], 0.1, 4)
        return maker.graph
    }

    @Test("SiLU, the hard swish and other chains are one step with the reference's bytes") func oneStep() throws {
        for graph in [Self.silu(), Self.hardSwish(), Self.others()] {
            try graph.validate()
            let input = (0..<256).map { UInt8($0) }
            let expected = ReferenceExecutor(graph).outputs([input])
            for set in availableSets {
                let result = try compile(graph, set)
                let engine = try Engine(bundle: result.bundle)
                #expect(engine.stepCount == 1, "\(set): \(graph.nodes.map(\.operation.name))")
                #expect(engine.infer([input]) == expected, "\(set)")
            }
        }
    }

    @Test("What others read, or what depends on two tensors, stays") func kept() throws {
        // The gate is an output too.
        var both = Self.silu()
        both.outputs.append(both.nodes[0].outputs[0])
        // A gate of its own tensor.
        var gated = Self.silu()
        gated.tensors.append(gated.tensors[0])
        gated.inputs.append(gated.tensors.count - 1)
        gated.nodes[0].inputs = [gated.tensors.count - 1]
        // A constant of several values.
        var uneven = Self.others()
        uneven.tensors[uneven.nodes[1].inputs[1]].constant?[3] = 9
        for (graph, steps) in [(both, 2), (gated, 2), (uneven, 3)] {
            try graph.validate()
            let inputs = graph.inputs.map { _ in (0..<256).map { UInt8(truncatingIfNeeded: $0 &* 7) } }
            let expected = ReferenceExecutor(graph).outputs(inputs)
            for set in availableSets {
                let engine = try Engine(bundle: try compile(graph, set).bundle)
                #expect(engine.stepCount == steps, "\(set)")
                #expect(engine.infer(inputs) == expected, "\(set)")
            }
        }
    }
}
