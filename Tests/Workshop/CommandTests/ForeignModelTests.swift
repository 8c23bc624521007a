import Foundation
import TestSupport
import Testing

@testable import ocellus

/// Models of other kinds are called by their name in one line, with what becomes a `.tflite` of them, whatever the command.
@Suite struct ForeignModelTests {
    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// Begins as a frozen graph does: a node with its name and operation.
    private static let node: [UInt8] = [0x0a, 0x14, 0x0a, 5] + text("input") + [0x12, 11] + text("Placeholder")

    private static let files: [(name: String, bytes: [UInt8], kind: String, remedy: String)] = [
        ("saved_model.pb", [0x08, 0x01, 0x12, 0x80, 0x01], "a TensorFlow SavedModel", "TFLiteConverter"),
        ("graph.pb", node, "a frozen TensorFlow graph (.pb)", "TFLiteConverter"),
        ("m.h5", [0x89, 0x48, 0x44, 0x46, 0x0d], "a Keras model or weights", "TFLiteConverter"),
        (
            "m.keras", ZipFile.bytes([("config.json", text("{}")), ("model.weights.h5", [0])]),
            "a Keras model or weights",
            "TFLiteConverter"
        ),
        (
            "m.pt", ZipFile.bytes([("m/data.pkl", [0x80, 2]), ("m/version", text("3"))]), "a PyTorch model or weights",
            "litert-torch"
        ),
        ("old.pth", [0x80, 2, 0x8a, 0x0a, 0x6c], "a PyTorch model or weights", "litert-torch"),
        ("m.pt2", ZipFile.bytes([("m/archive_format", text("pt2"))]), "a PyTorch model or weights", "litert-torch"),
        (
            "m.safetensors", [16, 0, 0, 0, 0, 0, 0, 0] + text("{\"a\": {}}      "),
            "weights without a network (safetensors)",
            "litert-torch"
        ),
        ("m.param", text("7767517\n75 83\nInput data 0 1 data\n"), "an ncnn network", "that it was made from"),
        ("m.param.bin", [0xdd, 0x85, 0x76, 0x00, 1], "an ncnn network", "that it was made from"),
        (
            "m.bin", [1, 2, 3, 4, 5, 6, 7, 8, 9], "a .bin file, as weights of ncnn and OpenVINO are",
            "that it was made from"
        ),
        ("m.mlmodel", [0x08, 0x01, 0x12, 0x20, 0x0a], "a Core ML model", "that it was made from"),
        ("core", [0x08, 0x05, 0x12, 0x20, 0x0a], "a Core ML model", "that it was made from"),
        (
            "m.xml", text("<?xml version=\"1.0\"?>\n<net name=\"m\" version=\"11\">\n<layers>\n"), "an OpenVINO model",
            "made from"
        ),
        ("m.engine", [1, 2, 3, 4, 5], "a TensorRT engine, compiled for one GPU", "no CPU can run it"),
        ("m.plan", text("ptrt..."), "a TensorRT engine, compiled for one GPU", "no CPU can run it"),
        ("m.rknn", text("RKNN...."), "an RKNN model, compiled for Rockchip's NPU", "no CPU can run it"),
        ("m.cvimodel", text("CviModel"), "a cvimodel, compiled for Sophgo's TPU", "no CPU can run it"),
        ("m.hef", [1, 2, 3], "a HEF, compiled for Hailo's accelerator", "no CPU can run it"),
        ("m.pte", [0x1c, 0, 0, 0] + text("ET12 "), "an ExecuTorch program", "litert-torch"),
        ("m.eim", [0x7f, 0x45, 0x4c, 0x46, 2], "an Edge Impulse library or program", "int8 quantized"),
        (
            "library.zip",
            ZipFile.bytes([("edge-impulse-sdk/README.md", [1]), ("tflite-model/trained_model.cpp", [1])]),
            "an Edge Impulse library or program", "TensorFlow Lite (int8 quantized)"
        ),
        (
            "face.task", ZipFile.bytes([("face_detector.tflite", [1])]),
            "an archive with a .tflite in it, as MediaPipe's tasks are", "unpack it"
        ),
        (
            "model.cc", text("const unsigned char m[] = {\n  0x1c, 0x00, 0x00, 0x00, 0x54, 0x46, 0x4c, 0x33,\n"),
            "C source with a TensorFlow Lite model in it", "take the .tflite"
        ),
    ]

    private func folder() throws -> Folder {
        let folder = try Folder()
        for file in Self.files { try folder.write(file.bytes, to: file.name) }
        return folder
    }

    private func check(_ command: Command, _ name: String, _ kind: String, _ remedy: String) {
        #expect(command.code == 1 && command.output.isEmpty, "\(name)")
        #expect(command.errors.hasPrefix("ocellus: \(name): \(kind), expected "), "\(command.errors)")
        #expect(command.errors.contains(remedy) && command.errors.hasSuffix(" (docs/models.md)\n"), "\(command.errors)")
        #expect(command.errors.split(separator: "\n").count == 1, "\(command.errors)")
    }

    @Test("A model of another kind is told for what it is")
    func kinds() throws {
        let folder = try folder()
        for file in Self.files {
            check(try Command("build", file.name, in: folder), file.name, file.kind, file.remedy)
        }
    }

    @Test("Files that are cut short or damaged are of some kind or none")
    func damaged() {
        for file in Self.files {
            for count in 0...file.bytes.count { _ = FileKind(of: Array(file.bytes.prefix(count)), named: file.name) }
        }
        let files = Self.files.map { (name: $0.name, bytes: $0.bytes) }
        let run = MutationRun("file-kind", files: files, cases: 20_000) { bytes in
            FileKind(of: bytes, named: "m") != nil
        }
        #expect(run.accepted > 0 && run.refused > 0 && run.isBounded, "\(run.slowest)")
    }

    @Test("Every command says so, of a bundle's place and of a sensor file's model too")
    func commands() throws {
        let folder = try folder()
        try folder.write(Array("name: s\nmodel: m.h5\n".utf8), to: "s.yaml")
        #expect(try Command("build", Sample.personDetect, "-o", "good.ocellus", "-q", in: folder).code == 0)
        for arguments in [
            ["run", "m.h5", Sample.photo], ["bench", "m.h5"], ["inspect", "m.h5"], ["labels", "m.h5"],
            ["verify", "m.h5", "good.ocellus"], ["verify", Sample.personDetect, "m.h5"],
            ["deploy", "user@board", "m.h5", "--dry-run"], ["build", "s.yaml"], ["run", "s.yaml", Sample.photo],
        ] {
            check(try Command(arguments, in: folder), "m.h5", "a Keras model or weights", "TFLiteConverter")
        }
    }

    @Test("A SavedModel's folder is one, other folders and files that are not there are what they were")
    func folders() throws {
        let folder = try Folder()
        for name in ["saved", "plain", "m.mlpackage"] {
            try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: false)
        }
        try folder.write([0x08, 0x01, 0x12], to: "saved/saved_model.pb")
        for name in ["saved", "saved/"] {
            check(try Command("build", name, in: folder), name, "a TensorFlow SavedModel", "TFLiteConverter")
        }
        check(
            try Command("run", "m.mlpackage", Sample.photo, in: folder), "m.mlpackage", "a Core ML model", "made from")
        #expect(try Command("build", "plain", in: folder).errors == "ocellus: plain: a folder; name a file\n")
        #expect(try Command("build", "no.mlpackage", in: folder).errors == "ocellus: no.mlpackage: no such file\n")
        try folder.write(Array("name: s\nmodel: saved\n".utf8), to: "s.yaml")
        let sensor = try Command("build", "s.yaml", in: folder)
        #expect(sensor.errors.contains("saved is a folder; name the model's file, a .tflite (docs/models.md)"))
    }

    @Test("Archives and programs of no model are what they are")
    func others() throws {
        let folder = try Folder()
        try folder.write([0x50, 0x4b, 0x03, 0x04, 0x14], to: "cut.zip")
        try folder.write(ZipFile.bytes([("readme.txt", [1])]), to: "other.keras")
        try folder.write([0x1f, 0x8b, 0x08, 0x00], to: "model.tgz")
        try folder.write([0x7f, 0x45, 0x4c, 0x46, 2], to: "program")
        for (name, message) in [
            ("cut.zip", "a ZIP archive, expected"), ("model.tgz", "a gzip archive, expected"),
            ("program", "a program, expected"),
        ] {
            let command = try Command("build", name, in: folder)
            #expect(command.code == 1 && command.errors.hasPrefix("ocellus: \(name): \(message)"), "\(command.errors)")
        }
        // By its name.
        check(try Command("build", "other.keras", in: folder), "other.keras", "a Keras model or weights", "TFLite")
    }

    @Test("Models that are in float are built, and run in float alone")
    func quantization() throws {
        let folder = try Folder()
        var file = ModelFile(19, from: [1, 4], to: [1, 4])
        for index in [0, 1] { file.tensors[index].type = 0 }
        try folder.write(file.bytes, to: "float.tflite")
        #expect(try Command("build", "float.tflite", in: folder).errors.contains("its inputs are not one picture"))
        let run = try Command("run", "float.tflite", Sample.photo, in: folder)
        #expect(
            run.code != 0 && run.errors.contains("1 or 3]); give all inputs with --input-raw"), "\(run.errors)")
        try folder.write([0, 0, 0, 0x40, 0, 0, 0, 0xc0, 0, 0, 0x80, 0x3f], to: "short")
        let short = try Command("run", "float.tflite", "--input-raw", "short", in: folder)
        #expect(short.errors.contains("has 12 bytes, but the model's inputs take 16: float32"), "\(short.errors)")
        try folder.write([0, 0, 0, 0x40, 0, 0, 0, 0xc0, 0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xbf], to: "raw")
        let raw = try Command("run", "float.tflite", "--input-raw", "raw", "--output-raw", "-", in: folder)
        #expect(raw.output == [0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0], "\(raw.errors)")
        let bench = try Command("bench", "float.tflite", in: folder)
        #expect(
            bench.code != 0
                && bench.errors.contains("make an int8 bundle of it first: ocellus build float.tflite --calibrate"),
            "\(bench.errors)")
    }
}
