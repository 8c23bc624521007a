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
                "ADD", "ARG_MAX", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE",
                "DEQUANTIZE", "EXPAND_DIMS", "FULLY_CONNECTED", "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "MAXIMUM",
                "MAX_POOL_2D", "MEAN", "MINIMUM", "MUL", "PACK", "PAD", "PADV2", "PRELU", "QUANTIZE", "RELU", "RELU6",
                "RELU_N1_TO_1", "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "SOFTMAX",
                "SPACE_TO_DEPTH", "SPLIT", "SQUEEZE", "STRIDED_SLICE", "SUB", "TANH", "TRANSPOSE", "TRANSPOSE_CONV",
                "UNPACK",
            ]), "\(names.sorted())")
    }

    @Test func missingFileIsNamed() {
        let error = #expect(throws: ImportError.self) { try TFLiteImporter.readFile("/nowhere/x.tflite") }
        #expect(error?.description.hasPrefix("/nowhere/x.tflite: cannot be read") == true)
    }
}
