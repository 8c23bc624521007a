import Graph
import Importers
import Testing
import TestSupport

/// No bytes make the importer crash, hang or swallow memory.
@Suite struct MutationTests {
    @Test func damagedModelsAreReadOrRefused() throws {
        let files = try TestFiles.smallModels()
        #expect(files.count >= 35, "one small model an operator")
        let run = MutationRun("tflite", files: files, cases: 24_000) { bytes in
            do throws(ImportError) {
                let graph = try TFLiteImporter.read(bytes, name: "damaged.tflite")
                // Sums over every node's shapes, as later stages do.
                _ = graph.macs
                return true
            } catch {
                #expect(error.description.hasPrefix("damaged.tflite: "))
                return false
            }
        }
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 3, "the damage is found")
        #expect(run.accepted > run.cases / 50, "the damage is not always fatal, so deep checks are reached")
        #expect(run.slowest < .seconds(2), "\(run.slowestCase)")
        #expect(run.memoryGrowth < 512 << 20, "peak memory grew by \(run.memoryGrowth) bytes")
    }
}
