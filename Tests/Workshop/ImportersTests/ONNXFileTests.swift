import Foundation
import Graph
import ONNXFormat
import SwiftProtobuf
import TestSupport
import Testing

@testable import Importers

/// What ONNX files hold beside the network, and what lies beside them.
@Suite struct ONNXFileTests {
    private static let weights = (0..<108).map { Float($0) / 64 }

    /// The classifier with the first weights in another file.
    private func model(_ entries: [(String, String)]) -> Onnx_ModelProto {
        var model = ONNXSample.classifier()
        model.graph.initializer[0].floatData = []
        model.graph.initializer[0].dataLocation = .external
        model.graph.initializer[0].externalData = entries.map { key, value in
            var entry = Onnx_StringStringEntryProto()
            (entry.key, entry.value) = (key, value)
            return entry
        }
        return model
    }

    private func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("model/weights"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bytes = Self.weights.withUnsafeBytes { Data($0) }
        try (Data([1, 2, 3, 4]) + bytes).write(to: folder.appendingPathComponent("model/weights/w.bin"))
        try bytes.write(to: folder.appendingPathComponent("outside.bin"))
        return try body(folder.appendingPathComponent("model"))
    }

    private func message(_ entries: [(String, String)], _ folder: URL?) throws -> String {
        do throws(ImportError) {
            let bytes = try! model(entries).serializedBytes() as [UInt8]
            let graph = try ONNXImporter.read(bytes, name: "m.onnx", folder: folder?.path)
            let weights = graph.nodes.first.flatMap { graph[$0.inputs[1]].reals } ?? []
            return weights.sorted() == Self.weights ? "read" : "wrong"
        } catch { return error.description }
    }

    @Test("Weights in another file are read by offset and length")
    func external() throws {
        try withFolder { (folder: URL) throws in
            let place = [("location", "weights/w.bin"), ("offset", "4")]
            #expect(try message(place + [("length", "432")], folder) == "read")
            #expect(try message(place, folder) == "read")
            #expect(
                try message(place + [("length", "433")], folder).contains(
                    "tensor 'w': its data at 4, 433 bytes, are not within the 436 of 'weights/w.bin'; copy both"))
            #expect(try message([("location", "weights/w.bin"), ("offset", "-1")], folder).contains("are not within"))
            #expect(
                try message(
                    [("location", "weights/w.bin"), ("offset", "9223372036854775807"), ("length", "2")], folder
                )
                .contains("are not within"))
            #expect(
                try message([("location", "weights/w.bin")], folder).contains(
                    "tensor 'w': holds 109 elements where its shape"))
            #expect(
                try message([("location", "gone.bin")], folder).contains(
                    "its data lie in 'gone.bin', which cannot be read beside the model; copy that file"))
            #expect(try message(place, nil).contains("its data lie in another file, 'weights/w.bin'; save the model"))
        }
    }

    @Test("No path leaves the model's folder, by name or by a link")
    func outside() throws {
        try withFolder { (folder: URL) throws in
            let outside = folder.deletingLastPathComponent().appendingPathComponent("outside.bin").path
            try FileManager.default.createSymbolicLink(
                atPath: folder.appendingPathComponent("link.bin").path, withDestinationPath: outside)
            for location in ["../outside.bin", "weights/../../outside.bin", outside, "link.bin"] {
                #expect(
                    try message([("location", location)], folder).contains("which leaves the model's folder"),
                    "\(location)")
            }
            #expect(try message([("location", "weights")], folder).contains("cannot be read"))
        }
    }

    @Test("The same bytes are not read again and again")
    func repeated() throws {
        try withFolder { (folder: URL) throws in
            var model = model([("location", "weights/w.bin"), ("offset", "4")])
            for index in 0..<3 {
                model.graph.initializer.append(model.graph.initializer[0])
                model.graph.initializer[model.graph.initializer.count - 1].name = "copy \(index)"
            }
            let bytes = try model.serializedBytes() as [UInt8]
            let error = #expect(throws: ImportError.self) {
                try ONNXImporter.read(bytes, name: "m.onnx", folder: folder.path)
            }
            #expect(error?.problem.contains("is read more often than it has bytes") == true)
        }
    }

    @Test("Names, task, stride and size are read from the metadata")
    func metadata() throws {
        var model = ONNXSample.classifier()
        #expect(ModelMetadata(model) == nil)
        let entries = [
            "names": #"{0: 'person', 1: "driver's cab", 2: 'caf\u00e9', 3: 'a, b: {c}'}"#, "task": "detect",
            "stride": "32",
            "imgsz": "[320, 320]", "author": "Ultralytics",
        ]
        model.metadataProps = entries.map { key, value in
            var entry = Onnx_StringStringEntryProto()
            (entry.key, entry.value) = (key, value)
            return entry
        }
        let metadata = try #require(ModelMetadata(model))
        #expect(metadata.names == ["person", "driver's cab", "café", "a, b: {c}"])
        #expect(metadata.facts == ["task": "detect", "stride": "32", "imgsz": "[320, 320]"])
        #expect(metadata.inputs.first?.normalization == .init(mean: [0], std: [255]))
    }

    @Test(
        "Names as Python and JSON print them",
        arguments: [
            ("['a', 'b']", ["a", "b"]), ("('a', \"b\",)", ["a", "b"]), (#"{"0": "a", "1": "b"}"#, ["a", "b"]),
            ("{1: 'b', 0: 'a'}", ["a", "b"]), (#"{0: 'it\'s', 1: 'b\\c'}"#, ["it's", "b\\c"]), ("{1: 'a'}", nil),
            ("{0: 'a'", nil), ("{0 'a'}", nil), ("{0: a}", nil), ("['a' 'b']", nil), ("", nil), ("{}", nil),
            ("{0: 'a'} x", nil), (#"['\u12']"#, nil), (#"['\ud800']"#, nil), ("['a\\", nil),
            ("{99999999999: 'a'}", nil),
        ] as [(String, [String]?)])
    func names(_ text: String, _ expected: [String]?) {
        #expect(PythonLiteral(text)?.names == expected)
    }
}
