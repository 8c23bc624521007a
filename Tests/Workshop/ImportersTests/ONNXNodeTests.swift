import Foundation
import Graph
import ONNXFormat
import Reference
import SwiftProtobuf
import TestSupport
import Testing

@testable import Importers

/// ONNX's own tests of single nodes and of PyTorch's layers, through importer and real executor: as Debian packages them
/// (libonnx-testdata, to opset 17), and of opset 18 to 24 as Tests/Data/make-onnx-cases.py makes them.
@Suite struct ONNXNodeTests {
    @Test(
        "Of the tests about networks on pictures 95 % pass, and of the rest is known why not",
        .enabled(if: ONNXData.packaged.isThere, "libonnx-testdata is not installed"))
    func packaged() throws { try check(.packaged, ["node", "pytorch-converted", "pytorch-operator"], least: 450) }

    @Test(
        "So they do of opset 18 to 24",
        .enabled(if: ONNXData.made.isThere, "OCELLUS_ONNX_CASES names no folder of Tests/Data/make-onnx-cases.py"))
    func made() throws { try check(.made, ["node"], least: 250) }

    private func check(_ data: ONNXData, _ folders: [String], least: Int) throws {
        var (passed, counted): (Int, Int) = (0, 0)
        var (refused, failed): ([String], [String]) = ([], [])
        for folder in folders {
            for name in try data.cases(folder) {
                guard let operators = try data.operators(folder, name) else { continue }
                let isCounted =
                    ONNXSubset.operators.isSuperset(of: operators)
                    && !ONNXSubset.excluded.contains { name.contains($0) }
                if isCounted { counted += 1 }
                do {
                    let isSame = try agrees(data, folder, name)
                    if isSame == true, isCounted { passed += 1 }
                    let isKnown = ONNXSubset.exceptions.contains { name.contains($0.part) }
                    if isSame == false { if isKnown { refused.append(name) } else { failed.append(name) } }
                    if isSame == nil, isCounted { refused.append("\(name): not read") }
                } catch let error as ImportError {
                    if isCounted { refused.append("\(name): \(error.problem)") }
                }
            }
        }
        print("ONNX: of \(counted) tests \(passed) passed, \(refused.count) are refused, \(failed.count) failed")
        if ProcessInfo.processInfo.environment["OCELLUS_ONNX_LIST"] != nil {
            print((refused + failed).joined(separator: "\n"))
        }
        #expect(failed.isEmpty, "\(failed)")
        #expect(counted > least && Double(passed) >= 0.95 * Double(counted), "\(passed) of \(counted)")
        let unknown = refused.filter { test in
            !ONNXSubset.exceptions.contains { test.prefix { $0 != ":" }.contains($0.part) }
        }
        #expect(unknown.isEmpty, "\(unknown.joined(separator: "\n"))")
    }

    /// What is whole numbers is a shape or the like to networks, a constant; or else it moves as float32 does.
    private func agrees(_ data: ONNXData, _ folder: String, _ name: String) throws -> Bool? {
        do throws(ImportError) {
            if let isSame = try data.agrees(folder, name, wholesAsReals: false) { return isSame }
        } catch {
            guard let isSame = try? data.agrees(folder, name, wholesAsReals: true) else { throw error }
            return isSame
        }
        return nil
    }
}

/// A folder of tests.
struct ONNXData: Sendable {
    private let root: URL

    static let packaged = ONNXData(root: URL(fileURLWithPath: "/usr/share/libonnx-testdata/data"))
    static let made = ONNXData(
        root: URL(fileURLWithPath: ProcessInfo.processInfo.environment["OCELLUS_ONNX_CASES"] ?? "/nonexistent"))

    var isThere: Bool { FileManager.default.fileExists(atPath: root.path) }

    func cases(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path).sorted()
    }

    /// The operators of a test's model; nil: it is no test.
    func operators(_ folder: String, _ name: String) throws -> Set<String>? {
        let file = root.appendingPathComponent("\(folder)/\(name)/model.onnx")
        guard let bytes = try? Data(contentsOf: file) else { return nil }
        let model = try Onnx_ModelProto(serializedBytes: [UInt8](bytes))
        return Set(model.graph.node.map(ONNXOperator.name))
    }

    func agrees(_ folder: String, _ name: String, wholesAsReals: Bool) throws(ImportError) -> Bool? {
        do {
            return try Case(root, folder, name, wholesAsReals: wholesAsReals)?.agrees()
        } catch let error as ImportError { throw error } catch {
            throw ImportError(file: name, problem: "\(error)", remedy: "install libonnx-testdata again")
        }
    }

    /// A test's model with its constants, as a file; nil: it is none of ours.
    func model(_ folder: String, _ name: String) -> [UInt8]? {
        try? Case(root, folder, name, wholesAsReals: false)?.bytes
    }

    /// One model with inputs and outputs.
    struct Case {
        private var model: Onnx_ModelProto
        /// The model with its constants as a file.
        var bytes: [UInt8] { get throws { [UInt8](try model.serializedBytes() as Data) } }
        private var inputs: [ONNXValue] = []
        private var expected: [ONNXValue] = []

        /// Nil: it has nodes that are none of ours, or other inputs than float32.
        init?(_ root: URL, _ folder: String, _ name: String, wholesAsReals: Bool) throws {
            let root = root.appendingPathComponent("\(folder)/\(name)")
            func read(_ file: String) -> [UInt8]? {
                (try? Data(contentsOf: root.appendingPathComponent(file))).map { [UInt8]($0) }
            }
            guard let bytes = read("model.onnx") else { return nil }
            model = try Onnx_ModelProto(serializedBytes: bytes)
            guard model.graph.node.allSatisfy({ ONNXOperator($0) != nil }) else { return nil }
            let symmetric: Set<String> = ["Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Concat", "MatMul"]
            let isSymmetric = model.graph.node.count == 1 && symmetric.contains(model.graph.node[0].opType)
            // A scale a channel is of constants alone.
            let readsBytes =
                model.graph.node.allSatisfy { node in
                    node.opType.hasPrefix("QLinear") || node.opType.hasSuffix("Integer")
                        || (node.opType == "DequantizeLinear" && !name.contains("axis"))
                }
            // Shapes, and weights that are quantized by channel.
            let isComputed = name.contains("range_") || name.contains("quantizelinear_axis")
            let known = Set(model.graph.initializer.map(\.name))
            var kept: [Onnx_ValueInfoProto] = []
            for (index, input) in model.graph.input.filter({ !known.contains($0.name) }).enumerated() {
                guard let bytes = read("test_data_set_0/input_\(index).pb") else { return nil }
                var tensor = try Onnx_TensorProto(serializedBytes: bytes)
                tensor.dataType = Self.type(tensor, input)
                // Or bytes, 2 and 3, which stand for real numbers in operators that say which.
                let isReal =
                    [1, 10, 11, 16].contains(tensor.dataType) || ([2, 3].contains(tensor.dataType) && readsBytes)
                // What a network has as a constant is an input in these tests; so are whole numbers, which are shapes'.
                let isMoved = wholesAsReals && !isReal && index == 0
                if !isMoved, !isReal || (index > 0 && !isSymmetric) || isComputed || tensor.dims.contains(0) {
                    tensor.name = input.name
                    model.graph.initializer.append(tensor)
                    continue
                }
                var input = input
                if isMoved { input.type.tensorType.elemType = 1 }
                kept.append(input)
                inputs.append(try ONNXValue(tensor, file: name))
            }
            model.graph.input = kept
            for index in model.graph.output.indices {
                guard let bytes = read("test_data_set_0/output_\(index).pb") else { return nil }
                var tensor = try Onnx_TensorProto(serializedBytes: bytes)
                tensor.dataType = Self.type(tensor, model.graph.output[index])
                expected.append(try ONNXValue(tensor, file: name))
            }
        }

        /// The tests keep bfloat16 as the uint16 of the same bits.
        private static func type(_ tensor: Onnx_TensorProto, _ port: Onnx_ValueInfoProto) -> Int32 {
            tensor.dataType == 4 && port.type.tensorType.elemType == 16 ? 16 : tensor.dataType
        }

        func agrees() throws -> Bool {
            let folded = try ONNXImporter.translate(model, name: "case.onnx").outputs.map(\.value)
            for (value, found) in zip(expected, folded) where found.isConstant {
                guard Self.isSame(value, found.elements(found.quantization), nil), value.shape == found.shape else {
                    return false
                }
            }
            if folded.allSatisfy(\.isConstant) { return true }
            var model = model
            model.graph.output = zip(model.graph.output, folded).filter { !$1.isConstant }.map(\.0)
            let expected = zip(expected, folded).filter { !$1.isConstant }.map(\.0)
            let graph = try ONNXImporter.read(try model.serializedBytes(), name: "case.onnx")
            let buffers = zip(inputs, graph.inputs).map { value, id in
                let reals = value.reals(graph[id].quantization)
                return RealBuffer(
                    ONNXImporter.isPicture(value.shape) ? permuted(reals, value.shape, ChannelsLast.order(4)) : reals)
            }
            let outputs = RealExecutor(graph).run(buffers)
            for (value, (id, output)) in zip(expected, zip(graph.outputs, outputs)) {
                guard graph[id].shape == value.shape, Self.isSame(value, output.array, graph[id].quantization) else {
                    return false
                }
            }
            return true
        }

        private static func isSame(_ value: ONNXValue, _ found: [Float], _ quantization: Quantization?) -> Bool {
            let reals = value.reals(quantization)
            guard reals.count == found.count else { return false }
            // What is not a number is neither way.
            return zip(reals, found).allSatisfy {
                $0 == $1 || ($0.isNaN && $1.isNaN) || ($0 - $1).magnitude / (0.001 + $0.magnitude) < 0.01
            }
        }
    }
}

extension ONNXValue {
    /// What the file has for the numbers of a constant, of quantized ones their elements.
    fileprivate func elements(_ given: GivenQuantization?) -> [Float] {
        guard let given, isQuantized else { return reals ?? [] }
        let inner = given.axis.map { shape[($0 + 1)...].reduce(1, *) } ?? count
        return (reals ?? []).enumerated().map { index, real in
            let place = index / max(inner, 1) % given.scales.count
            return (real / given.scales[place]).rounded() + Float(given.zeroPoints[place])
        }
    }

    /// What the numbers of a file stand for: bytes of a tensor with a scale are steps of it.
    fileprivate func reals(_ quantization: Quantization?) -> [Float] {
        guard let quantization, elements != .others else { return reals ?? [] }
        let shift: Float = elements == .uint8 ? 128 : 0
        return (reals ?? []).map { ($0 - shift - Float(quantization.zeroPoint)) * quantization.scale }
    }
}
