import Compiler
import Engine
import Graph
import Importers
import Kernels
import Reference
import TestSupport
import Testing

/// Damaged models that the importer takes: they compile or are refused, and what runs gives the reference's bytes.
@Suite struct ModelMutationTests {
    @Test("Damaged models compile or are refused, and run as the reference does")
    func damagedModels() throws {
        let files = try OperatorSuite.cases.map { name in
            (name: name, bytes: try TestFiles.bytes(OperatorSuite.modelPath(name)))
        }.filter { $0.bytes.count < 4096 }
        let sets = [KernelSet.scalar, .best]
        let redzones = Redzones()
        var ran = 0
        var random = SplitMix64(state: 1)
        let run = try MutationRun("model", files: files, cases: 24_000) { bytes in
            // Damage may make a float model of one, which is another test's.
            guard let graph = try? TFLiteImporter.read(bytes, name: "damaged.tflite"), graph.level == .quantized else {
                return false
            }
            let isSmall = graph.work < 400_000
            let inputs = isSmall ? graph.inputs.map { randomInput(graph[$0], &random) } : []
            let expected = isSmall ? ReferenceExecutor(graph).outputs(inputs) : []
            for set in sets {
                let bundle: [UInt8]
                do {
                    bundle = try compile(graph, set).bundle
                } catch let error as CompileError {
                    #expect(!error.description.contains("report"), "\(error)")
                    return false
                }
                guard isSmall else { continue }
                let engine = try Engine(bundle: bundle)
                let isSame = engine.infer(inputs) == expected
                #expect(isSame, "\(set): \(graph.nodes.map(\.operation))")
                redzones?.run(engine)
                ran += 1
            }
            return true
        }
        #expect(run.accepted > run.cases / 50)
        #expect(ran > run.accepted)
        #expect(run.isBounded, "\(run.slowest)")
    }
}

extension Graph {
    /// About how many elements one inference touches, never too few.
    var work: Double {
        nodes.reduce(0) { sum, node in
            let output = Double(self[node.outputs[0]].elementCount)
            let touched = node.inputs.reduce(output) { $0 + Double(self[$1].elementCount) }
            var window = 1.0
            switch node.operation {
            case .averagePool2D(let pool, _), .maxPool2D(let pool):
                let shape = self[node.inputs[0]].shape
                window = Double(min(pool.filterHeight, shape[1])) * Double(min(pool.filterWidth, shape[2]))
            case .transposeConv: window = Double(self[node.inputs[1]].elementCount)
            default: break
            }
            return sum + output * window + touched + Double(macs(of: node))
        }
    }
}
