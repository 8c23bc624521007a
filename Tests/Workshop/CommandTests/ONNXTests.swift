import Foundation
import ONNXFormat
import SwiftProtobuf
import TestSupport
import Testing

/// ONNX files on the command line: sizes, metadata, other files, scales of their own.
@Suite struct ONNXTests {
    private func bytes(_ model: Onnx_ModelProto) throws -> [UInt8] { [UInt8](try model.serializedBytes() as Data) }

    @Test("A size that the file fixes is not another's to give")
    func fixedSize() throws {
        let folder = try Folder()
        try folder.write(try ONNXSample.bytes, to: "net.onnx")
        let other = try Command("build", "net.onnx", "--size", "16x8", in: folder)
        #expect(
            other.code != 0
                && other.errors
                    == "ocellus: net.onnx: its pictures are 8x8, as the file says, and not 16x8; leave out --size, or "
                    + "export the model again with that size\n",
            "\(other.errors)")
        #expect(try Command("build", "net.onnx", "--size", "8x8", in: folder).code == 0)
        let lite = try Command("build", Sample.personDetect, "--size", "16x8", in: folder)
        #expect(lite.code != 0 && lite.errors.contains("its pictures are 96x96, as the file says, and not 16x8"))
    }

    @Test("An open size comes from --size, and is asked for")
    func openSize() throws {
        let folder = try Folder()
        var model = ONNXSample.model(input: [0, 3, 0, 0], output: "y")
        model.graph.node = [ONNXSample.node("GlobalAveragePool", ["picture"], "y")]
        try folder.write(try bytes(model), to: "net.onnx")
        let asked = try Command("inspect", "net.onnx", in: folder)
        #expect(
            asked.code != 0 && asked.errors.contains("its dimension 2 is not fixed; give the picture's size, as --size")
        )
        let told = try Command("inspect", "net.onnx", "--size", "6x4", "--json", in: folder)
        let tensors = try #require(try told.fields["tensors"] as? [[String: Any]])
        #expect(tensors.first?["shape"] as? [Int] == [1, 4, 6, 3])
    }

    @Test("What the metadata says is shown, and its names are labels where they fit")
    func metadata() throws {
        let folder = try Folder()
        var model = ONNXSample.classifier()
        let entries = [
            ("names", "{0: 'a', 1: 'b', 2: 'c', 3: 'd', 4: 'e'}"), ("task", "classify"), ("stride", "1"),
            ("author", "Ultralytics"),
        ]
        model.metadataProps = entries.map { key, value in
            var entry = Onnx_StringStringEntryProto()
            (entry.key, entry.value) = (key, value)
            return entry
        }
        try folder.write(try bytes(model), to: "net.onnx")
        let text = try Command("inspect", "net.onnx", in: folder).text
        #expect(text.contains("task") && text.contains("classify") && text.contains("5: a, b, c, d, e"), "\(text)")
        let metadata = try #require(
            try Command("inspect", "net.onnx", "--json", in: folder).fields["metadata"] as? [String: Any])
        #expect(metadata["names"] as? [String] == ["a", "b", "c", "d", "e"])
        #expect((metadata["facts"] as? [String: String])?["task"] == "classify")
        let build = try Command("build", "net.onnx", "--json", in: folder)
        #expect(try build.fields["labelOrigin"] as? String == "names in the model's metadata", "\(build.errors)")
        // What its pixels mean is no guess then.
        let notes = (try build.fields["quantization"] as? [String: Any])?["notes"] as? [String] ?? []
        #expect(!notes.contains { $0.contains("is a guess") }, "\(notes)")
        model.metadataProps[0].value = "{0: 'a'}"
        try folder.write(try bytes(model), to: "net.onnx")
        #expect(
            try Command("build", "net.onnx", in: folder).text.contains(
                "names in the model's metadata are 1 labels, but output 0 has 5 scores"))
    }

    @Test("Weights beside the model are found from any folder")
    func external() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("m"), withIntermediateDirectories: false)
        var model = ONNXSample.classifier()
        let weights = model.graph.initializer[0].floatData
        model.graph.initializer[0].floatData = []
        model.graph.initializer[0].dataLocation = .external
        var entry = Onnx_StringStringEntryProto()
        (entry.key, entry.value) = ("location", "net.data")
        model.graph.initializer[0].externalData = [entry]
        try folder.write(try bytes(model), to: "m/net.onnx")
        try folder.write(weights.withUnsafeBytes { Array($0) }, to: "m/net.data")
        #expect(try Command("build", "m/net.onnx", in: folder).code == 0)
    }

    @Test("A model that its file quantizes needs no pictures, and the report says so")
    func quantized() throws {
        let folder = try Folder()
        try folder.write(try ONNXQuantizedSample.file(ONNXQuantizedSample.pairs()), to: "net.onnx")
        let build = try Command("build", "net.onnx", "--mean", "0", "--std", "255", in: folder)
        #expect(build.code == 0, "\(build.errors)")
        #expect(build.text.contains("quantized  by the file, which has every scale: nothing was calibrated"))
        #expect(!build.text.contains("made-up pictures, for want"))
        let report = try Command("build", "net.onnx", "--json", in: folder).fields["quantization"] as? [String: Any]
        #expect(report?["isGiven"] as? Bool == true)
    }
}
