import Foundation
import Graph
import ONNXFormat
import Reference
import SwiftProtobuf
import TestSupport
import Testing

@testable import Importers

/// Whole ONNX models: layouts, shape arithmetic, and what is refused.
@Suite struct ONNXImporterTests {
    private func graph(_ model: Onnx_ModelProto, size: (height: Int, width: Int)? = nil) throws -> Graph {
        try ONNXImporter.read(try model.serializedBytes(), name: "m.onnx", size: size)
    }

    private func message(_ model: Onnx_ModelProto) throws -> String {
        do { return "imported: \(try graph(model).nodes.map(\.origin))" } catch let error as ImportError {
            return error.description
        }
    }

    @Test("A classifier has no transposition, one batch normalization less, and its output's name")
    func classifier() throws {
        let graph = try graph(ONNXSample.classifier())
        #expect(graph.level == .real)
        #expect(graph[graph.inputs[0]].shape == [1, 8, 8, 3] && graph[graph.inputs[0]].name == "picture")
        #expect(graph[graph.outputs[0]].shape == [1, 5] && graph[graph.outputs[0]].name == "scores")
        let names = graph.nodes.map(\.operation.name)
        #expect(
            names == [
                "CONV_2D", "MUL", "ADD", "RELU", "MAX_POOL_2D", "MEAN", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX",
            ], "\(names)")
    }

    @Test("What follows from shapes is folded")
    func shapeArithmetic() throws {
        var model = ONNXSample.model(input: [1, 6, 4, 4], output: "y")
        model.graph.initializer = [ONNXSample.wholes("zero", [0]), ONNXSample.wholes("rest", [-1])]
        model.graph.node = [
            ONNXSample.node("Shape", ["picture"], "shape"),
            ONNXSample.node("Gather", ["shape", "zero"], "batch"),
            ONNXSample.node("Concat", ["batch", "rest"], "target", ["axis": 0]),
            ONNXSample.node("Reshape", ["picture", "target"], "y"),
        ]
        let graph = try graph(model)
        #expect(graph.nodes.allSatisfy { ["RESHAPE", "TRANSPOSE"].contains($0.operation.name) })
        #expect(graph[graph.outputs[0]].shape == [1, 96])
        // In ONNX's order, whatever the tensor's is.
        let values = (0..<96).map { Float($0) }
        let picture = RealBuffer(permuted(values, [1, 6, 4, 4], ChannelsLast.order(4)))
        #expect(RealExecutor(graph).run([picture])[0].array == values)
    }

    @Test("Channels are shuffled as ShuffleNet does")
    func shuffle() throws {
        var model = ONNXSample.model(input: [1, 6, 2, 2], output: "y")
        model.graph.initializer = [
            ONNXSample.wholes("apart", [1, 2, 3, 2, 2]), ONNXSample.wholes("together", [1, 6, 2, 2]),
        ]
        model.graph.node = [
            ONNXSample.node("Reshape", ["picture", "apart"], "a"),
            ONNXSample.node("Transpose", ["a"], "b", lists: ["perm": [0, 2, 1, 3, 4]]),
            ONNXSample.node("Reshape", ["b", "together"], "y"),
        ]
        let graph = try graph(model)
        let values = (0..<24).map { Float($0) }
        let found = RealExecutor(graph).run([RealBuffer(permuted(values, [1, 6, 2, 2], ChannelsLast.order(4)))])[0]
            .array
        #expect(found == [0, 3, 1, 4, 2, 5].flatMap { channel in (0..<4).map { Float(4 * channel + $0) } })
    }

    @Test("Sizes that are open come from the command line or the file's metadata; a batch is 1")
    func openSizes() throws {
        var model = ONNXSample.model(input: [0, 3, 0, 0], output: "y")
        model.graph.node = [ONNXSample.node("Relu", ["picture"], "y")]
        #expect(
            try message(model).contains(
                "input 'picture': its dimension 2 is not fixed; give the picture's size, as --size"))
        #expect(try graph(model, size: (4, 6)).tensors[0].shape == [1, 4, 6, 3])
        var entry = Onnx_StringStringEntryProto()
        (entry.key, entry.value) = ("imgsz", "[32, 64]")
        model.metadataProps = [entry]
        #expect(try graph(model).tensors[0].shape == [1, 32, 64, 3])
    }

    @Test("All unsupported nodes are named at once")
    func unsupported() throws {
        var model = ONNXSample.model(input: [1, 3, 4, 4], output: "y")
        var custom = ONNXSample.node("Magic", ["a"], "b")
        custom.domain = "com.example"
        model.graph.node = [
            ONNXSample.node("LSTM", ["picture"], "a"), custom, ONNXSample.node("LSTM", ["b"], "c"),
            ONNXSample.node("Relu", ["c"], "y"),
        ]
        #expect(
            try message(model)
                == "m.onnx: 3 of the model's 4 nodes are not supported; export the model again without these:\n"
                + "  LSTM: 2 times\n  com.example.Magic: once\n"
                + "  LSTM: recurrent: export the part that looks at one picture")
    }

    @Test("A small file does not make great constants, whatever it computes them of")
    func greatConstants() throws {
        var model = ONNXSample.model(input: [1, 3, 4, 4], output: "y")
        model.graph.initializer = [
            ONNXSample.wholes("row", [1, 1 << 20]), ONNXSample.wholes("column", [1 << 20, 1]),
        ]
        model.graph.node = [
            ONNXSample.node("ConstantOfShape", ["row"], "a"), ONNXSample.node("ConstantOfShape", ["column"], "b"),
            ONNXSample.node("Add", ["a", "b"], "c"), ONNXSample.node("Add", ["picture", "c"], "y"),
        ]
        #expect(
            try message(model)
                == "m.onnx: node 2 (Add 'n'): makes more constants than belong to a file of this size; export the "
                + "model again")
        model.graph.node =
            (0..<200).map { ONNXSample.node("ConstantOfShape", ["row"], "a\($0)") } + [
                ONNXSample.node("Relu", ["picture"], "y")
            ]
        #expect(try message(model).contains("makes larger constants than any network on pictures has"))
    }

    @Test("What is no such model is told in a line")
    func refusals() throws {
        var model = ONNXSample.classifier()
        model.opsetImport[0].version = 3
        #expect(try message(model).contains("it is written in opset 3; 6 to 24 are supported"))
        model = ONNXSample.classifier()
        model.graph.initializer[0].dataLocation = .external
        #expect(try message(model).contains("tensor 'w': says of no file where its data lie"))
        model = ONNXSample.classifier()
        model.graph.input[0].type.tensorType.elemType = 2
        #expect(try message(model).contains("input 'picture': has element type 2; float32 is supported"))
        model = ONNXSample.classifier()
        model.graph.node[0].input[1] = "elsewhere"
        #expect(try message(model).contains("node 0 (Conv 'n'): reads 'elsewhere', which nothing gives"))
        let error = #expect(throws: ImportError.self) { try ONNXImporter.read([1, 2, 3], name: "m.onnx") }
        #expect(error?.problem == "its protocol buffer cannot be read")
    }
}
