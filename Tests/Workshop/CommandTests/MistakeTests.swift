import Foundation
import Kernels
import TestSupport
import Testing

/// Every mistake ends with one line on stderr that says what to do, nothing on stdout, and the right exit code.
@Suite struct MistakeTests {
    /// A kernel set of another architecture.
    private static let lacking = "\(KernelSet.allCases.first { !$0.isAvailable }!.name)"
    private static let failures: [(arguments: [String], message: String)] = [
        (["build", "missing.tflite"], "missing.tflite: no such file"),
        (["build", "missing/model.tflite"], "missing/model.tflite: there is no folder missing"),
        (["build", "folder"], "folder: a folder; name a file"),
        (["build", "empty.tflite"], "empty.tflite: an empty file, expected"),
        (["build", "picture.png"], "picture.png: a PNG picture, expected"),
        (["build", "text.txt"], "text.txt: a file of another kind, expected"),
        (["build", "text.tflite"], "text.tflite: "),
        (["build", "cut.tflite"], "cut.tflite: byte 0x"),
        (["build", "good.ocellus"], "good.ocellus: already a bundle"),
        (["build", Sample.personDetect, "--board", "hosst"], "did you mean \"host\"?"),
        (["build", Sample.personDetect, "-o", "missing/x.ocellus"], "missing/x.ocellus: cannot be written"),
        (["build", Sample.personDetect, "-o", "folder"], "folder: cannot be written: a folder"),
        (["build", Sample.personDetect, "--labels", "empty.tflite"], "empty.tflite: no labels in it"),
        (["build", Sample.personDetect, "--labels", "picture.png"], "picture.png: not UTF-8 text"),
        (["build", Sample.personDetect, "--labels", "text.txt"], "1 labels"),
        (["build", "wrong.yaml"], "wrong.yaml:2:"),
        (["run", "good.ocellus", "missing.jpg"], "missing.jpg: no such file"),
        (["run", "good.ocellus", "folder"], "folder: no pictures in this folder"),
        (["run", "good.ocellus", "text.txt"], "text.txt: not a picture"),
        (["run", "good.ocellus", "cut.png"], "cut.png: "),
        (["run", "good.ocellus", "picture.png", "--top", "3"], "--top 3: the model has 2 scores"),
        (
            ["run", "good.ocellus", "picture.png", "--kernels", lacking],
            "this CPU lacks the kernel set \(lacking); it runs scalar"
        ),
        (["run", "good.ocellus", "picture.png", "--draw", "missing/x.png"], "missing/x.png: cannot be written"),
        (["run", "good.ocellus", "--input-raw", "text.txt"], "inputs take 9,216: 'input' [1x96x96x1] int8"),
        (["run", "cut.ocellus", "picture.png"], "cut.ocellus: byte 16: "),
        (["run", "picture.png", "picture.png"], "picture.png: a PNG picture, expected"),
        (["bench", "text.ocellus"], "text.ocellus: byte 6: "),
        (["bench", "good.ocellus", "--threads", "2"], "built for 1 thread, not 2"),
        (["inspect", "picture.png"], "picture.png: a PNG picture, expected"),
        (["inspect", "cut.ocellus"], "cut.ocellus: byte 16: "),
        (["inspect", Sample.sensor], "sensor.yaml: a sensor file; inspect its model"),
        (["inspect", "good.ocellus", "--svg", "folder"], "folder: cannot be written: a folder"),
        (["verify", "missing.tflite", "good.ocellus"], "missing.tflite: no such file"),
        (["verify", Sample.personDetect, "missing.ocellus"], "missing.ocellus: no such file"),
        (
            ["verify", Sample.personDetect, Sample.personDetect],
            "person_detect.tflite: a TensorFlow Lite model, expected an .ocellus bundle; make one with 'ocellus build'"
        ),
        (["boards", "raspberry"], "ocellus: raspberry: no such board"),
        (
            ["build", Sample.personDetect, "--board", "generic-x86-64", "--kernels", "neon", "-o", "good.ocellus"],
            "--kernels neon: these kernels are for aarch64, but generic-x86-64 is x86_64; leave it out for the profile's, avx2"
        ),
        (
            ["build", Sample.personDetect, "--board", "raspberry-pi-4", "--kernels", "dotprod"],
            "these kernels need asimddp, which raspberry-pi-4 lacks"
        ),
        (["build", Sample.personDetect, "--kernels", lacking], "are not for this machine's CPU, and --board is host"),
        (
            ["run", "good.ocellus", "picture.png", "--draw", "folder/../picture.png"],
            "folder/../picture.png: would replace picture.png, which is read"
        ),
        (
            ["run", "good.ocellus", "--input-raw", "text.txt", "--output-raw", "good.ocellus"],
            "good.ocellus: would replace good.ocellus, which is read"
        ),
        (["build", "sensor.yaml", "-o", "model"], "model: the bundle would replace model, which it is built from"),
        (["build", "model", "-o", "./model"], "./model: the bundle would replace model, which it is built from"),
        (
            ["build", "lfs.tflite"],
            "lfs.tflite: a Git LFS pointer, not the file that it stands for; run 'git lfs pull'"
        ),
        (["build", "lfs.yaml"], "lfs.tflite: a Git LFS pointer"),
        (["run", "lfs.tflite", "picture.png"], "lfs.tflite: a Git LFS pointer"),
        (["run", "good.ocellus", "lfs.tflite"], "lfs.tflite: a Git LFS pointer"),
        (["build", Sample.personDetect, "--labels", "lfs.tflite"], "lfs.tflite: a Git LFS pointer"),
        (
            ["inspect", "page.tflite"],
            "page.tflite: a web page (HTML), not a file that was downloaded; download the raw file"
        ),
        (["verify", "page.tflite", "good.ocellus"], "page.tflite: a web page (HTML)"),
        (["verify", "good.ocellus", "good.ocellus"], "good.ocellus: an ocellus bundle, expected the model"),
        (["build", Sample.personDetect, "--labels", "gap.txt"], "gap.txt:2:1: an empty line; every line is one label"),
        (["boards", "--match", "text.txt"], "text.txt: not what `ocellusd --probe` prints"),
    ]

    private static let misuses: [(arguments: [String], message: String)] = [
        (["biuld", "x"], "there is no command 'biuld'"),
        (["build"], "Missing expected argument"),
        (["build", "x", "--kernels", "mmx"], "one of the following: scalar, avx2"),
        (["build", "x", "--threads", "17"], "give 1 to 16"),
        (["build", "x", "--thread", "1"], "Unknown option '--thread'"),
        (["run", "x"], "nothing to run on"),
        (["run", "x", "y", "--input-raw", "z"], "not both"),
        (["run", "x", "y", "--top", "0"], "give 1 or more"),
        (["run", "x", "--input-raw", "z", "--draw", "d.png"], "--draw needs a picture"),
        (
            ["run", "x", "y", "--draw", "d.jpg"],
            "--draw d.jpg: the picture is written as PNG; give a name that ends in .png"
        ),
        (
            ["inspect", "x", "--svg", "d.png"],
            "--svg d.png: the picture is written as SVG; give a name that ends in .svg"
        ),
        (
            ["build", "x", "-o", "y.tflite"],
            "-o y.tflite: a bundle is no .tflite file; give a name that ends in .ocellus"
        ),
        (["bench", "x", "--runs", "0"], "give 1 to 1000000"),
        (["bench", "x", "--ns", "--json"], "exclude each other"),
        (["verify", "x", "y", "--runs", "0"], "nothing to try"),
    ]

    private static func prepared() throws -> Folder {
        let folder = try Folder()
        let model = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Sample.personDetect)))
        let photo = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Sample.photo)))
        try FileManager.default.createDirectory(atPath: folder.path("folder"), withIntermediateDirectories: false)
        try folder.write([], to: "empty.tflite")
        try folder.write(photo, to: "picture.png")
        try folder.write(Array(photo[..<(photo.count / 2)]), to: "cut.png")
        for name in ["text.txt", "text.tflite", "text.ocellus"] { try folder.write(Array("Hello\n".utf8), to: name) }
        try folder.write(Array(model[..<(model.count / 3)]), to: "cut.tflite")
        try folder.write(Array("name: x\nmodle: y\n".utf8), to: "wrong.yaml")
        try folder.write(model, to: "model")
        try folder.write(Array("name: x\nmodel: model\n".utf8), to: "sensor.yaml")
        try folder.write(Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8), to: "lfs.tflite")
        try folder.write(Array("name: x\nmodel: lfs.tflite\n".utf8), to: "lfs.yaml")
        try folder.write(Array("<!DOCTYPE html>\n<html lang=\"en\">\n".utf8), to: "page.tflite")
        try folder.write(Array("nobody\r\n\r\nperson\r\n".utf8), to: "gap.txt")
        #expect(
            try Command("build", Sample.personDetect, "-o", "good.ocellus", "--kernels", "scalar", "-q", in: folder)
                .code == 0)
        try folder.write(Array(try folder.read("good.ocellus")[..<5000]), to: "cut.ocellus")
        return folder
    }

    @Test("What fails says which file, where and what to do; exit code 1")
    func failing() throws {
        let folder = try Self.prepared()
        let before = try folder.names()
        let good = try folder.read("good.ocellus")
        for (arguments, message) in Self.failures { try check(arguments, message, code: 1, folder) }
        #expect(try folder.names() == before, "nothing is left behind")
        #expect(try folder.read("good.ocellus") == good, "a working bundle stays as it is")
    }

    @Test("What is called wrongly says so; exit code 2")
    func misused() throws {
        let folder = try Folder()
        for (arguments, message) in Self.misuses { try check(arguments, message, code: 2, folder) }
    }

    private func check(_ arguments: [String], _ message: String, code: Int32, _ folder: Folder) throws {
        let command = try Command(arguments, in: folder)
        #expect(command.code == code, "\(arguments)")
        #expect(command.output.isEmpty, "\(arguments)")
        #expect(command.errors.hasPrefix("ocellus: "), "\(arguments): \(command.errors)")
        #expect(command.errors.contains(message), "\(arguments): \(command.errors)")
        #expect(command.errors.split(separator: "\n").count == 1, "\(arguments): \(command.errors)")
    }

    @Test("Help and version end well")
    func help() throws {
        let folder = try Folder()
        for arguments in [[], ["--help"], ["build", "--help"], ["help", "run"]] {
            let help = try Command(arguments, in: folder)
            #expect(help.code == 0 && help.text.contains("USAGE: ocellus") && help.errors.isEmpty, "\(arguments)")
        }
        #expect(try Command("--version", in: folder).text.contains("."))
    }
}
