import Importers
import JetpacWriter
import TestSupport
import Testing

/// No bytes make the reader of Jetpac networks crash, hang or swallow memory.
@Suite struct JetpacMutationTests {
    /// Layers of every class that are small beside what describes them.
    private static let layers: [[UInt8]] = {
        var net = Network("net")
        (net.convolutionBits, net.matrixBits) = (8, 16)
        net.appendNormalization("n")
        net.appendGroups("g", 2, side: 1, from: 4, to: 4)
        net.append("relu", "r")
        net.appendPool("p", 3, stride: 2)
        net.append("flat", "f")
        net.appendNeurons("d", from: 36, to: 2, dropout: 0.5)
        net.append("dropout", "o")
        net.append("max", "m")
        return net.layers
    }()

    @Test("Damaged Jetpac networks are read or refused")
    func damaged() throws {
        let sound = JetpacImporterTests.file(Self.layers)
        _ = try JetpacImporter.read(sound, name: "sound.ntwk")
        // Most of a file is its mean image, where damage only changes values: it is left out of most damage.
        let image = 300..<150_800
        let run = MutationRun(
            "jetpac", files: [("network", sound)], cases: 3_000,
            damage: { seed, bytes in
                var mutator = Mutator(seed: seed)
                if seed % 8 == 0 { return mutator.mutate(bytes) }
                return bytes[..<image.upperBound] + mutator.mutate(Array(bytes[image.upperBound...]))
            }
        ) { bytes in
            do throws(ImportError) {
                let network = try JetpacImporter.read(bytes, name: "damaged.ntwk")
                _ = network.graph.macs
                return true
            } catch {
                #expect(error.description.hasPrefix("damaged.ntwk: "))
                #expect(error.description.split(separator: "\n").count == 1)
                return false
            }
        }
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 5 && run.accepted > run.cases / 50, "\(run.accepted) of \(run.cases)")
        #expect(run.isBounded, "\(run.slowest)")
    }
}
