import Boards
import Bundle
import CBundle
import Compiler
import Engine
import Graph
import Kernels

/// Kernel sets that this machine can run.
let availableSets = KernelSet.allCases.filter(\.isAvailable)

/// Compiles a graph for one kernel set.
func compile(_ graph: Graph, _ set: KernelSet, threads: Int = 1) throws -> Compiler.Result {
    var options = Compiler.Options(board: try BoardProfile.find("host"))
    options.kernelSet = set
    options.threads = threads
    return try Compiler(options).compile(graph, origin: "test.tflite", originBytes: [])
}

extension Engine {
    init(bundle bytes: [UInt8], threads: Int? = nil) throws {
        try self.init(Bundle(copying: bytes), threads: threads)
    }

    /// One inference on tensors as the model has them, whatever the arena's form of int8.
    func infer(_ inputs: [[UInt8]]) -> [[UInt8]] {
        for (index, bytes) in inputs.enumerated() {
            let flip = flip(of: inputTensor(index))
            input(index).copyBytes(from: bytes.map { $0 ^ flip })
        }
        run()
        return (0..<outputCount).map { index in
            let flip = flip(of: outputTensor(index))
            return output(index).map { $0 ^ flip }
        }
    }

    func flip(of tensor: oc_tensor) -> UInt8 {
        UInt32(tensor.type) == OC_TYPE_INT8.rawValue ? UInt8(bundle.view.model.pointee.flip) : 0
    }
}
