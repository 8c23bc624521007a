import Foundation
import Graph
import Importers
import Testing
import TestSupport

/// The files of the repository, and the names that graphs get.
@Suite struct ModelFilesTests {
    @Test func everyModelOfTheTestDataImports() throws {
        let paths = TestFiles.all(withExtension: "tflite")
        #expect(paths.count >= 600)
        for path in paths {
            let graph = try TFLiteImporter.readFile(path)
            #expect(graph.name == URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
            #expect(!graph.nodes.isEmpty)
        }
    }

    @Test func everyOperationOccursInTheTestData() throws {
        var names: Set<String> = []
        for file in try TestFiles.smallModels() {
            for node in try TFLiteImporter.read(file.bytes, name: file.name).nodes {
                // Before "(": the name in the file, which tells PAD from PADV2.
                names.insert(String(node.origin.split(separator: "(").last?.dropLast() ?? ""))
            }
        }
        #expect(
            names.isSuperset(of: [
                "ABS", "ADD", "ARG_MAX", "AVERAGE_POOL_2D", "BATCH_MATMUL", "CONCATENATION", "CONV_2D",
                "DEPTHWISE_CONV_2D",
                "DEPTH_TO_SPACE",
                "DEQUANTIZE", "EXP", "EXPAND_DIMS", "FULLY_CONNECTED", "GATHER", "GELU",
                "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "MAXIMUM",
                "MAX_POOL_2D", "MEAN", "MINIMUM", "MIRROR_PAD", "MUL", "PACK", "PAD", "PADV2", "PRELU", "QUANTIZE",
                "REDUCE_MAX", "REDUCE_MIN", "RELU", "RELU6",
                "RELU_N1_TO_1", "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "SOFTMAX",
                "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "SUB", "TANH", "TILE", "TRANSPOSE",
                "TRANSPOSE_CONV",
                "UNPACK",
            ]), "\(names.sorted())")
    }

    @Test(
        "What is computed from shapes is worked out when the model is read",
        arguments: [
            ("flatten", ["RESHAPE"]), ("shuffle", ["RESHAPE", "TRANSPOSE", "RESHAPE"]),
            ("resize", ["RESIZE_NEAREST_NEIGHBOR"]), ("gather", ["RESHAPE"]), ("pad", ["PAD"]),
        ])
    func shapesAreFolded(name: String, operators: [String]) throws {
        let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath("folded-\(name)"))
        #expect(graph.nodes.map(\.operation.name) == operators)
        // Nothing is left of the numbers on the way.
        #expect(graph.tensors.allSatisfy { $0.type == .int8 })
    }

    @Test func missingFileIsNamed() {
        let error = #expect(throws: ImportError.self) { try TFLiteImporter.readFile("/nowhere/x.tflite") }
        #expect(error?.description.hasPrefix("/nowhere/x.tflite: cannot be read") == true)
    }
}
