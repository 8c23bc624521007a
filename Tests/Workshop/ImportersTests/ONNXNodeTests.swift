import Foundation
import Graph
import ONNXFormat
import Reference
import SwiftProtobuf
import TestSupport
import Testing

@testable import Importers

/// ONNX's own tests of single nodes and of PyTorch's layers, as Debian packages them (libonnx-testdata), through importer and real
/// executor.
@Suite(.enabled(if: ONNXData.isThere, "libonnx-testdata is not installed"))
struct ONNXNodeTests {
    @Test(
        "Nodes that networks are made of give what ONNX says",
        arguments: ["node", "pytorch-converted", "pytorch-operator"])
    func nodes(_ folder: String) throws {
        var (passed, refused, failed): (Int, [String], [String]) = (0, [], [])
        for name in try ONNXData.cases(folder) {
            do {
                guard let test = try ONNXData.Case(folder, name) else { continue }
                if try test.agrees() { passed += 1 } else { failed.append(name) }
            } catch let error as ImportError {
                refused.append("\(name): \(error.problem)")
            }
        }
        print("ONNX \(folder): \(passed) passed, \(refused.count) refused, \(failed.count) failed")
        if ProcessInfo.processInfo.environment["OCELLUS_ONNX_LIST"] != nil {
            print((refused + failed).joined(separator: "\n"))
        }
        #expect(failed.isEmpty, "\(failed)")
        #expect(passed >= (["node": 150, "pytorch-converted": 40, "pytorch-operator": 10][folder] ?? 1), "\(refused)")
    }
}

/// The package's files.
enum ONNXData {
    private static let root = URL(fileURLWithPath: "/usr/share/libonnx-testdata/data")

    static var isThere: Bool { FileManager.default.fileExists(atPath: root.path) }

    static func cases(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path).sorted()
    }

    /// One model with inputs and outputs.
    struct Case {
        private var model: Onnx_ModelProto
        private var inputs: [ONNXValue] = []
        private var expected: [ONNXValue] = []

        /// Nil: it has nodes that are none of ours, or other inputs than float32.
        init?(_ folder: String, _ name: String) throws {
            let root = ONNXData.root.appendingPathComponent("\(folder)/\(name)")
            func read(_ file: String) -> [UInt8]? {
                (try? Data(contentsOf: root.appendingPathComponent(file))).map { [UInt8]($0) }
            }
            guard let bytes = read("model.onnx") else { return nil }
            model = try Onnx_ModelProto(serializedBytes: bytes)
            guard model.graph.node.allSatisfy({ ONNXOperator($0) != nil }) else { return nil }
            let symmetric: Set<String> = ["Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Concat", "MatMul"]
            let isSymmetric = model.graph.node.count == 1 && symmetric.contains(model.graph.node[0].opType)
            let known = Set(model.graph.initializer.map(\.name))
            var kept: [Onnx_ValueInfoProto] = []
            for (index, input) in model.graph.input.filter({ !known.contains($0.name) }).enumerated() {
                guard let bytes = read("test_data_set_0/input_\(index).pb") else { return nil }
                var tensor = try Onnx_TensorProto(serializedBytes: bytes)
                // Or bytes, 2 and 3, which stand for real numbers.
                let isReal = [1, 2, 3].contains(tensor.dataType)
                // What a network has as a constant is an input in these tests.
                if index > 0, !(isSymmetric && isReal) {
                    tensor.name = input.name
                    model.graph.initializer.append(tensor)
                    continue
                }
                guard isReal else { return nil }
                kept.append(input)
                inputs.append(try ONNXValue(tensor, file: name))
            }
            guard !kept.isEmpty, !inputs.contains(where: { $0.count == 0 }) else { return nil }
            model.graph.input = kept
            for index in model.graph.output.indices {
                guard let bytes = read("test_data_set_0/output_\(index).pb") else { return nil }
                expected.append(try ONNXValue(try Onnx_TensorProto(serializedBytes: bytes), file: name))
            }
        }

        func agrees() throws -> Bool {
            let graph = try ONNXImporter.read(try model.serializedBytes(), name: "case.onnx")
            let buffers = zip(inputs, graph.inputs).map { value, id in
                let reals = value.reals(graph[id].quantization)
                return RealBuffer(
                    ONNXImporter.isPicture(value.shape) ? permuted(reals, value.shape, ChannelsLast.order(4)) : reals)
            }
            let outputs = RealExecutor(graph).run(buffers)
            for (value, (id, output)) in zip(expected, zip(graph.outputs, outputs)) {
                let reals = value.reals(graph[id].quantization)
                guard graph[id].shape == value.shape, output.count == reals.count else {
                    return false
                }
                let worst = zip(reals, output.array).map { ($0 - $1).magnitude / (0.001 + $0.magnitude) }.max() ?? 0
                guard worst < 0.01 else { return false }
            }
            return true
        }
    }
}

extension ONNXValue {
    /// What the numbers of a file stand for: bytes of a tensor with a scale are steps of it.
    fileprivate func reals(_ quantization: Quantization?) -> [Float] {
        guard let quantization, elements != .others else { return reals ?? [] }
        let shift: Float = elements == .uint8 ? 128 : 0
        return (reals ?? []).map { ($0 - shift - Float(quantization.zeroPoint)) * quantization.scale }
    }
}
