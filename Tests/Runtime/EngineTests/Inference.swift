import Boards
import Bundle
import CBundle
import Compiler
import Engine
import Graph
import Importers
import Kernels
import TestSupport

/// Kernel sets that this machine can run.
let availableSets = KernelSet.allCases.filter(\.isAvailable)

/// Compiles a graph for one kernel set.
func compile(_ graph: Graph, _ set: KernelSet, threads: Int = 1) throws -> Compiler.Result {
    var options = Compiler.Options(board: try BoardProfile.find("host"))
    options.kernelSet = set
    options.threads = threads
    return try Compiler(options).compile(graph, origin: "test.tflite", originBytes: [])
}

/// Compiles `Tests/Data/every-section.yaml`, whose bundle has all kinds of sections.
func compileEverySection(_ set: KernelSet, threads: Int = 1) throws -> [UInt8] {
    let sensor = try SensorFile(contentsOf: OperatorSuite.dataFolder.appendingPathComponent("every-section.yaml").path)
    var options = Compiler.Options(board: try BoardProfile.find("host"))
    options.kernelSet = set
    options.threads = threads
    options.sensor = sensor
    let graph = try TFLiteImporter.readFile(sensor.model)
    return try Compiler(options).compile(graph, origin: "person_detect.tflite", originBytes: []).bundle
}

extension Engine {
    init(bundle bytes: [UInt8], threads: Int? = nil) throws {
        try self.init(Bundle(copying: bytes), threads: threads)
    }

    /// One inference on tensors as the model has them, whatever the arena's form of int8.
    func infer(_ inputs: [[UInt8]]) -> [[UInt8]] {
        for (index, bytes) in inputs.enumerated() {
            bytes.withUnsafeBytes { write($0, toInput: index) }
        }
        run()
        return (0..<outputCount).map { index in
            var bytes = [UInt8](repeating: 0, count: Int(outputTensor(index).bytes))
            bytes.withUnsafeMutableBytes { read(output: index, into: $0) }
            return bytes
        }
    }
}
