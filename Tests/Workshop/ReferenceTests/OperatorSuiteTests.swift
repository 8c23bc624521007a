import Graph
import Importers
import Reference
import TestSupport
import Testing

@Suite struct OperatorSuiteTests {
    @Test("The suite is there and covers every operator")
    func coverage() {
        #expect(OperatorSuite.cases.count > 600)
        #expect(OperatorSuite.operators.count == 60)
    }

    @Test("Every case gives the reference's bytes", arguments: OperatorSuite.operators)
    func sameBytes(operation: String) throws {
        for name in OperatorSuite.cases(of: operation) {
            let graph: Graph
            do {
                graph = try TFLiteImporter.readFile(OperatorSuite.modelPath(name))
            } catch {
                Issue.record("\(name): \(error)")
                continue
            }
            let runs = try OperatorSuite.runs(
                name, inputs: graph.inputs.map { graph[$0].byteCount },
                outputs: graph.outputs.map { graph[$0].byteCount })
            let executor = ReferenceExecutor(graph)
            for (index, run) in runs.enumerated() {
                let outputs = executor.outputs(run.inputs)
                for (output, (found, expected)) in zip(outputs, run.outputs).enumerated() {
                    let isReal = graph[graph.outputs[output]].type == .float32
                    let differing = OperatorSuite.differing(name, found, expected, isReal: isReal)
                    #expect(
                        found.count == expected.count && differing == 0,
                        "\(name), run \(index), output \(output): \(differing) of \(expected.count) differ")
                }
            }
        }
    }
}
