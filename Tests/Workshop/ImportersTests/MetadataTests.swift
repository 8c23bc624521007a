import TestSupport
import Testing

@testable import Importers

/// What a model says of itself, and the files that are packed into it.
@Suite struct MetadataTests {
    private static let labelled: LabelledModel = {
        var model = LabelledModel(scores: 3, labels: ["cat", "dog", "bird"])
        (model.mean, model.std) = ([127.5], [127.5])
        return model
    }()

    private func problem(_ name: String, _ bytes: [UInt8], limit: Int = 1000) -> String {
        do throws(ImportError) {
            _ = try ModelArchive.read(name, from: bytes, file: "m.tflite", limit: limit)
            return "read"
        } catch { return error.problem }
    }

    @Test("Texts, normalization and label files are read, other files and units passed over")
    func everything() throws {
        var model = Self.labelled
        model.named = [("readme.txt", 1), ("labels.txt", 2), ("values.txt", 3)]
        let metadata = try #require(try ModelMetadata.read(model.bytes, name: "m.tflite"))
        #expect(metadata.name == "Tiny" && metadata.description == "Tells pictures apart." && metadata.version == "7")
        #expect(metadata.author == "Somebody" && metadata.license == "CC0-1.0")
        let normalization = ModelMetadata.Normalization(mean: [127.5], std: [127.5])
        #expect(metadata.inputs == [.init(name: "image", normalization: normalization, labelFiles: [])])
        let files: [ModelMetadata.LabelFile] = [
            .init(name: "labels.txt", isOfValues: false), .init(name: "values.txt", isOfValues: true),
        ]
        #expect(metadata.outputs == [.init(name: "probability", normalization: nil, labelFiles: files)])
    }

    @Test("A model may say nothing, and the metadata may be of another kind")
    func others() throws {
        var model = Self.labelled
        model.hasMetadata = false
        #expect(try ModelMetadata.read(model.bytes, name: "m.tflite") == nil)
        model.hasMetadata = true
        model.identifier = "M002"
        #expect(throws: ImportError.self) { try ModelMetadata.read(model.bytes, name: "m.tflite") }
        // The network itself is what it was.
        #expect(try TFLiteImporter.read(model.bytes, name: "m.tflite").nodes.count == 2)
    }

    @Test("Packed files are read, stored or deflated, up to a limit", arguments: [false, true])
    func archive(isDeflated: Bool) throws {
        var model = Self.labelled
        model.isDeflated = isDeflated
        model.files.append((name: "big", content: [UInt8](repeating: 7, count: 70_000)))
        let bytes = model.bytes
        func read(_ name: String, limit: Int) throws -> [UInt8] {
            try ModelArchive.read(name, from: bytes, file: "m.tflite", limit: limit)
        }
        #expect(try read("labels.txt", limit: 1000) == Array("cat\ndog\nbird\n".utf8))
        #expect(try read("labels.txt", limit: 13).count == 13)
        #expect(
            problem("labels.txt", bytes, limit: 12)
                == "labels.txt, packed into the model: it unpacks to more than 12 bytes")
        #expect(try read("big", limit: 70_000) == [UInt8](repeating: 7, count: 70_000))
        #expect(problem("other", bytes) == "other, packed into the model: there is no such file in the archive")
    }

    @Test("An archive's names are listed, up to a limit")
    func names() {
        let entries: [(name: String, content: [UInt8])] = [("a/b.txt", [1]), ("c", []), ("d", [2])]
        #expect(ModelArchive.names(in: ZipFile.bytes(entries), limit: 10) == ["a/b.txt", "c", "d"])
        #expect(ModelArchive.names(in: ZipFile.bytes(entries), limit: 2) == ["a/b.txt", "c"])
        #expect(ModelArchive.names(in: [0x50, 0x4b, 3, 4, 20], limit: 10) == [])
    }

    @Test("A model without an archive, and damaged ones, are told")
    func damagedArchives() throws {
        var bare = Self.labelled
        bare.files = []
        #expect(problem("labels.txt", bare.bytes).contains("no ZIP archive that can be read"))
        var bytes = Self.labelled.bytes
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("dog\n".utf8)) })
        bytes[place] ^= 1
        #expect(problem("labels.txt", bytes).contains("CRC"), "\(problem("labels.txt", bytes))")
        for count in [1, 5, 21, 40] {
            #expect(problem("labels.txt", Array(Self.labelled.bytes.dropLast(count))) != "read", "\(count)")
        }
    }
}
