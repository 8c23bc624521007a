import Foundation
import Graph
import Importers
import ONNXFormat
import SwiftProtobuf
import Testing
import TestSupport

/// No bytes make the importer crash, hang or swallow memory.
@Suite struct MutationTests {
    @Test("Damaged metadata and archives are read or refused")
    func damagedMetadata() {
        var files: [(name: String, bytes: [UInt8])] = []
        for isDeflated in [false, true] {
            var model = LabelledModel(scores: 3, labels: ["cat", "dog", "bird"])
            (model.mean, model.std, model.isDeflated) = ([127.5, 1, 2], [127.5, 3, 4], isDeflated)
            // What is damaged is mostly what this is about.
            model.scores = 1
            files.append((name: isDeflated ? "deflated" : "stored", bytes: model.bytes))
        }
        let run = MutationRun("metadata", files: files, cases: 12_000) { bytes in
            _ = ModelArchive.names(in: bytes, limit: 100)
            do throws(ImportError) {
                let metadata = try ModelMetadata.read(bytes, name: "damaged.tflite")
                for file in metadata?.outputs.flatMap(\.labelFiles) ?? [] {
                    _ = try ModelArchive.read(file.name, from: bytes, file: "damaged.tflite", limit: 1000)
                }
                return true
            } catch {
                #expect(error.description.hasPrefix("damaged.tflite: "))
                return false
            }
        }
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 5, "the damage is found")
        #expect(run.accepted > run.cases / 20, "the damage is not always fatal, so deep checks are reached")
        #expect(run.isBounded, "\(run.slowest)")
    }

    @Test func damagedModelsAreReadOrRefused() throws {
        let files = try TestFiles.smallModels() + RealModelTests.models
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
        #expect(run.isBounded, "\(run.slowest)")
    }

    @Test("Damaged ONNX models are read or refused")
    func damagedONNX() throws {
        var shuffled = ONNXSample.model(input: [1, 4, 4, 4], output: "y")
        shuffled.graph.initializer = [
            ONNXSample.wholes("s", [0, 0, -1]), ONNXSample.wholes("e", [4]),
            ONNXSample.wholes("p", [0, 0, 1, 1, 0, 0, 1, 1]),
            ONNXSample.reals("f", [4], [1, 1, 2, 2]),
        ]
        shuffled.graph.node = [
            ONNXSample.node("Pad", ["picture", "p"], "a"),
            ONNXSample.node("Slice", ["a", "e", "e", "e"], "b"),
            ONNXSample.node("Resize", ["a", "", "f"], "c"),
            ONNXSample.node("Split", ["c"], "d", ["axis": 1]),
            ONNXSample.node("Softmax", ["d"], "g", ["axis": 1]),
            ONNXSample.node("Reshape", ["g", "s"], "h"),
            ONNXSample.node("ReduceMean", ["h"], "y", lists: ["axes": [2]]),
        ]
        shuffled.graph.node.remove(at: 1)
        _ = try ONNXImporter.read(try shuffled.serializedBytes(), name: "sound.onnx")
        let files = [
            ("classifier", ONNXSample.classifier()), ("movements", shuffled), ("pairs", ONNXQuantizedSample.pairs()),
            ("operators", ONNXQuantizedSample.operators()), ("dynamic", ONNXQuantizedSample.dynamic()),
        ]
        let run = MutationRun(
            "onnx", files: try files.map { ($0, [UInt8](try $1.serializedBytes() as Data)) }, cases: 12_000
        ) { bytes in
            do throws(ImportError) {
                _ = try ONNXImporter.read(bytes, name: "damaged.onnx").macs
                return true
            } catch {
                #expect(error.description.hasPrefix("damaged.onnx: "))
                return false
            }
        }
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 5 && run.accepted > run.cases / 50)
        #expect(run.isBounded, "\(run.slowest)")
    }
}
