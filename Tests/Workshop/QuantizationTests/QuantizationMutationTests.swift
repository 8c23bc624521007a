import Graph
import Importers
import Quantization
import Reference
import TestSupport
import Testing

/// Damaged models that are still read are quantized or refused, whatever scales and numbers they hold.
@Suite struct QuantizationMutationTests {
    @Test("Damaged models with scales of their own become int8 ones that are sound, or are refused")
    func damaged() throws {
        let files = [
            ("pairs", try ONNXQuantizedSample.file(ONNXQuantizedSample.pairs())),
            ("operators", try ONNXQuantizedSample.file(ONNXQuantizedSample.operators())),
            ("dynamic", try ONNXQuantizedSample.file(ONNXQuantizedSample.dynamic())),
        ]
        var quantized = 0
        let run = try MutationRun("quantizer", files: files, cases: 3000) { bytes in
            guard let graph = try? ONNXImporter.read(bytes, name: "damaged.onnx"),
                graph.macs < 1 << 20, graph.tensors.allSatisfy({ $0.elementCount < 1 << 14 })
            else { return false }
            let sample = graph.inputs.map { id in
                RealBuffer((0..<graph[id].elementCount).map { Float($0 % 256) / 255 })
            }
            do {
                _ = try Quantizer.quantize(graph, samples: Samples(count: 1) { _ in sample }, inputRanges: [0: 0...1])
                quantized += 1
            } catch let error as QuantizationError {
                #expect(!error.description.contains("please report it"), "\(error)")
            }
            return true
        }
        #expect(run.accepted + run.refused == run.cases)
        #expect(quantized > run.cases / 50)
        #expect(run.isBounded, "\(run.slowest)")
    }
}
