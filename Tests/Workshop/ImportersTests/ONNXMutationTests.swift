import Foundation
import Importers
import ONNXFormat
import SwiftProtobuf
import TestSupport
import Testing

/// Damaged ONNX files beyond the samples of `MutationTests`: every operator, and files beside the model.
@Suite struct ONNXMutationTests {
    private func isRead(_ bytes: [UInt8], folder: String? = nil) -> Bool {
        do throws(ImportError) {
            _ = try ONNXImporter.read(bytes, name: "damaged.onnx", folder: folder).macs
            return true
        } catch {
            #expect(error.description.hasPrefix("damaged.onnx: "))
            return false
        }
    }

    @Test("Damaged models of one operator are read or refused", .enabled(if: ONNXData.packaged.isThere))
    func operators() throws {
        var files: [(name: String, bytes: [UInt8])] = []
        for folder in ["node", "pytorch-converted", "pytorch-operator"] {
            for name in try ONNXData.packaged.cases(folder) {
                // Weights of megabytes take long to damage and tell nothing.
                guard let bytes = ONNXData.packaged.model(folder, name), bytes.count < 1 << 14
                else { continue }
                files.append((name, bytes))
            }
        }
        #expect(files.count > 400)
        let run = MutationRun("onnx operators", files: files, cases: 12_000) { isRead($0) }
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 5 && run.accepted > run.cases / 50)
        #expect(run.isBounded, "\(run.slowest)")
    }

    @Test("Damaged places of weights beside a model are read or refused")
    func external() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var model = ONNXSample.classifier()
        var all = Data()
        for index in model.graph.initializer.indices {
            let data = model.graph.initializer[index].floatData.withUnsafeBytes { Data($0) }
            let place = [("location", "w.bin"), ("offset", "\(all.count)"), ("length", "\(data.count)")]
            model.graph.initializer[index].externalData = place.map { key, value in
                var entry = Onnx_StringStringEntryProto()
                (entry.key, entry.value) = (key, value)
                return entry
            }
            model.graph.initializer[index].dataLocation = .external
            model.graph.initializer[index].floatData = []
            all += data
        }
        try all.write(to: folder.appendingPathComponent("w.bin"))
        let bytes = [UInt8](try model.serializedBytes() as Data)
        #expect(isRead(bytes, folder: folder.path))
        let run = MutationRun("onnx external", files: [("external", bytes)], cases: 6_000) {
            isRead($0, folder: folder.path)
        }
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 5 && run.accepted > run.cases / 50)
        #expect(run.isBounded, "\(run.slowest)")
    }
}
