import Foundation
import Pictures
import TestSupport
import Testing

/// `ocellus watch` beside `ocellusd`.
@Suite struct WatchTests {
    fileprivate static let clip = Checkout.file("Examples/person-sensor/clip.y4m").path
    private static let events = Checkout.file("Tests/Data/person-sensor.jsonl")

    /// The example's sensor with more in it.
    private static func sensor(_ more: String, in folder: Folder, name: String = "s.yaml") throws {
        let text = try String(contentsOfFile: Sample.sensor, encoding: .utf8)
        try folder.write(
            Array((text.replacing("model: person_detect.tflite", with: "model: \(Sample.personDetect)") + more).utf8),
            to: name)
    }

    /// What `ocellusd` prints.
    private static func daemon(_ arguments: [String], in folder: Folder) throws -> [UInt8] {
        let process = Process()
        process.executableURL = Command.program.deletingLastPathComponent().appendingPathComponent("ocellusd")
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return [UInt8](bytes)
    }

    @Test("The events of a clip are those of ocellusd, and a person reads them") func clip() throws {
        let folder = try Folder()
        let json = try Command("watch", Sample.sensor, Self.clip, "--json", in: folder)
        let events = [UInt8](try Data(contentsOf: Self.events))
        #expect(json.code == 0 && json.output == events, "\(json.errors)")
        let text = try Command("watch", Sample.sensor, Self.clip, in: folder)
        #expect(text.code == 0 && text.errors.isEmpty)
        #expect(text.text.contains("0:04.375  enter     person  93 %\n"))
        #expect(text.text.contains("72 frames in 8.9 s\nperson: entered 1 time; scores"))
        #expect(try folder.names() == [])
    }

    @Test("A sensor that records does not record here; zones, motion and masks are watched as on the board")
    func zones() throws {
        let folder = try Folder()
        let more = """

              - {label: person, zone: left, on: 0.7, enter_after: 100ms}
            zones: [{name: left, width: 0.6}]
            mask: [{x: 0.8, height: 0.3}]
            motion: {}

            """
        try Self.sensor(more, in: folder)
        try Self.sensor(more + "\nrecord: {folder: kept}\n", in: folder, name: "keeps.yaml")
        #expect(try Command("build", "s.yaml", "-q", "-o", "s.ocellus", in: folder).code == 0)
        let watched = try Command(
            "watch", "keeps.yaml", Self.clip, "--json", "--plot", "p.svg", "--sheet", "s.png", in: folder)
        #expect(watched.code == 0, "\(watched.errors)")
        #expect(try folder.names() == ["keeps.yaml", "p.svg", "s.ocellus", "s.png", "s.yaml"])
        let daemon = try Self.daemon(["s.ocellus", "--source", Self.clip], in: folder)
        #expect(watched.output == daemon)
        let plot = String(decoding: try folder.read("p.svg"), as: UTF8.self)
        #expect(plot.contains(">left-person<"))
    }

    @Test("A recording is watched as it was, with its pictures") func recording() throws {
        let folder = try Folder()
        #expect(try Command("build", Sample.sensor, "-q", "-o", "s.ocellus", in: folder).code == 0)
        try FileManager.default.createDirectory(atPath: folder.path("kept"), withIntermediateDirectories: false)
        let live = try Self.daemon(
            ["s.ocellus", "--source", Self.clip, "--record", "kept", "--record-frames", "80+80"], in: folder)
        let again = try Command(
            "watch", "s.ocellus", "kept", "--json", "--sheet", "s.png", "--plot", "p.png", in: folder)
        #expect(again.code == 0 && again.output == live, "\(again.errors)")
        var sheet = Picture()
        try folder.read("s.png").withUnsafeBytes { try sheet.decode($0) }
        #expect(sheet.width == 4 * 296 + 8)
        // Frames, not the grey of pictures that are not there.
        let rows = (8 + 60) * sheet.width * 3..<(8 + 200) * sheet.width * 3
        #expect(Set(sheet.pixels[rows]).count > 60)
    }

    @Test("Where nobody enters, the summary says what is missing") func absent() throws {
        let folder = try Folder()
        try Self.sensor("", in: folder)
        var text = String(decoding: try folder.read("s.yaml"), as: UTF8.self)
        text = text.replacing("on: 0.8 ", with: "on: 0.999 ")
        try folder.write(Array(text.utf8), to: "s.yaml")
        let command = try Command("watch", "s.yaml", Self.clip, in: folder)
        #expect(command.text.contains("person: never entered: not up to `on`, 99.9 %; scores"), "\(command.text)")
    }

    @Test("A sensor for metadata only is watched, but no frame of it is drawn") func privacy() throws {
        let folder = try Folder()
        try Self.sensor("\nprivacy: metadata-only\n", in: folder)
        let refused = try Command("watch", "s.yaml", Self.clip, "--sheet", "s.png", in: folder)
        #expect(refused.code == 1 && refused.errors.contains("leave out --sheet"))
        #expect(try Command("watch", "s.yaml", Self.clip, "--plot", "p.svg", in: folder).code == 0)
        #expect(try folder.names() == ["p.svg", "s.yaml"])
    }

    private struct Mistake: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let code: Int32
        let message: String

        init(_ arguments: [String], code: Int32 = 1, _ message: String) {
            self.arguments = arguments
            self.code = code
            self.message = message
        }

        var testDescription: String { arguments.joined(separator: " ") }

        static let all: [Mistake] = [
            Mistake(["camera"], "camera: has no end"),
            Mistake(["/dev/null"], "/dev/null: has no end"),
            Mistake(["-"], "-: has no end"),
            Mistake(["http://127.0.0.1/x"], "has no end"),
            Mistake(["none.y4m"], "none.y4m: no such file"),
            Mistake([Sample.personDetect], "person_detect.tflite"),
            Mistake([WatchTests.clip, "--plot", "p.jpg"], code: 2, "give a name that ends in .svg"),
            Mistake([WatchTests.clip, "--sheet", "p.svg"], code: 2, "give a name that ends in .png"),
            Mistake([WatchTests.clip, "--fps", "0"], code: 2, "--fps 0.0"),
            Mistake([WatchTests.clip, "--plot", "a.png", "--sheet", "a.png"], "named twice"),
            Mistake([], code: 2, "Missing expected argument"),
            Mistake([WatchTests.clip, "--plot", "none/p.svg"], "there is no folder none"),
            Mistake(["x:1x1:f"], "there is no such pixel format"),
        ]
    }

    @Test("What cannot be watched is one error", arguments: Mistake.all)
    private func mistakes(_ mistake: Mistake) throws {
        let folder = try Folder()
        let command = try Command(["watch", Sample.sensor] + mistake.arguments, in: folder)
        #expect(command.code == mistake.code && command.errors.contains(mistake.message), "\(command.errors)")
        #expect(command.errors.hasPrefix("ocellus: ") && command.errors.split(separator: "\n").count == 1)
        #expect(try folder.names() == [])
    }

    @Test("A model without rules or scores says what it lacks") func bare() throws {
        let folder = try Folder()
        let command = try Command("watch", OperatorSuite.modelPath("chain-picture-and-settings"), Self.clip, in: folder)
        #expect(command.code == 1 && command.errors.contains("give a sensor file"), "\(command.errors)")
    }
}
