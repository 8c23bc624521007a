import Graph
import Importers
import Reference
import TestSupport
import Testing

@Suite struct ModelTests {
    @Test("Random inputs are numpy's")
    func randomInputs() {
        let first = MersenneTwister.int8Bytes(seed: 1000, count: 10).map { Int8(bitPattern: $0) }
        #expect(first == [51, -41, -57, 64, 123, -34, -36, -127, 61, 0])
        #expect(CRC32.of(Array("123456789".utf8)) == 0xcbf4_3926)
    }

    @Test(
        "Committed models give the reference's bytes, operator by operator",
        arguments: ["person_detect", "blazeface_short"])
    func sameBytes(model: String) throws {
        let golden = try #require(try ModelGolden.all()[model])
        let graph = try TFLiteImporter.readFile(try #require(ModelGolden.path(of: model)))
        let executor = ReferenceExecutor(graph)
        try #require(graph.inputs.count == 1 && graph.nodes.count == golden.operators.count)
        for k in 0..<2 {
            let activations = executor.run([ModelGolden.input(k, byteCount: graph[graph.inputs[0]].byteCount)])
            if k == 0 {
                for (node, expected) in zip(graph.nodes, golden.operators) {
                    #expect(node.outputs.map { CRC32.of(activations[$0] ?? []) } == expected, "\(node.origin)")
                }
            }
            #expect(graph.outputs.map { CRC32.of(activations[$0] ?? []) } == golden.outputs[k], "input \(k)")
        }
    }
}
