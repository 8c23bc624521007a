import Foundation
import Graph
import Importers
import TestSupport
import Testing

@testable import Reference

/// Jetpac networks against the engine that they were made for.
@Suite struct JetpacTests {
    /// The greatest difference of a network's vectors to its layers' values, in parts of each vector's largest value and of its
    /// tolerance.
    private func worst(_ name: String, _ bytes: [UInt8]) throws -> (ratio: Float, compared: Int) {
        let golden = try JetpacGolden.read()
        let values = try JetpacGolden.values()
        let network = try JetpacImporter.read(bytes, name: "\(name).ntwk")
        let executor = RealExecutor(network.graph)
        let mean = network.graph[network.graph.nodes[0].inputs[1]].reals ?? []
        var worst: Float = 0
        let vectors = golden.vectors.filter { $0.net == name }
        // Vectors of one picture and mode are layers of one run.
        let runs = Dictionary(grouping: vectors) { "\($0.image) \($0.mode) \($0.reverse) \($0.rotate)" }
        for run in runs.values {
            var results = [[Float]](repeating: [], count: run.count)
            for window in try golden.windows(run[0], side: network.pictureSide) {
                // The engine forgets the mean where it takes ten windows.
                let input = run[0].mode == "multi" ? zip(window, mean).map { $0 + $1 } : window
                let tensors = run.map { network.layers[network.layers.count - 1 + $0.layerOffset].result }
                _ = executor.run([RealBuffer(input)]) { id, found in
                    for (index, tensor) in tensors.enumerated() where tensor == id { results[index] += found }
                }
            }
            for (vector, result) in zip(run, results) {
                try #require(result.count == vector.length, "\(name) \(vector)")
                let expected = values[vector.start..<vector.start + vector.count]
                let largest = expected.map(\.magnitude).max() ?? 0
                for (index, value) in expected.enumerated() {
                    worst = max(worst, (result[index * vector.stride] - value).magnitude / largest / vector.tolerance)
                }
            }
        }
        return (worst, vectors.count)
    }

    @Test("Every layer gives what the engine gave, within its tolerance", arguments: JetpacSample.names)
    func vectors(name: String) throws {
        let (ratio, compared) = try worst(name, JetpacSample.bytes(name))
        print("\(name): \(compared) vectors, at most \(ratio) of the tolerance")
        #expect(compared >= 6 && ratio <= 1, "\(name): \(ratio)")
    }

    @Test(
        "AlexNet itself, too",
        .enabled(if: JetpacGolden.alexNet != nil, "no alexnet.ntwk in OCELLUS_MODELS or .build-models"))
    func alexNet() throws {
        let file = try #require(JetpacGolden.alexNet)
        let (ratio, compared) = try worst("alexnet", [UInt8](try Data(contentsOf: file)))
        print("alexnet: \(compared) vectors, at most \(ratio) of the tolerance")
        #expect(compared >= 24 && ratio <= 1, "\(ratio)")
    }
}
