import Foundation
import Pictures
import TestSupport
import Testing

/// What people see of a detector's boxes: lists, pictures, sheets.
@Suite struct ObjectsTests {
    /// Quantized once for all tests.
    private static let bundle: Result<[UInt8], any Error> = Result {
        let folder = try pictures()
        try folder.write(try DetectorSample.bytes(), to: "net.onnx")
        let sensor = """
            name: objects
            model: net.onnx
            labels: [cell]
            zones: [{name: right, points: [[0.6, 0.1], [0.95, 0.1], [0.95, 0.95], [0.6, 0.95]]}]
            crossings: [{name: door, from: [0.5, 0.9], to: [0.5, 0.1], anchor: middle}]
            watch:
              - {label: cell, on: 0.6}
              - {label: cell, zone: right, on: 0.6}
            """
        try folder.write(Array(sensor.utf8), to: "s.yaml")
        let built = try Command(
            "build", "s.yaml", "--calibrate", "white.ppm", "black.ppm", "walk", "-q", "-o", "s.ocellus", in: folder)
        try #require(built.code == 0, "\(built.errors)")
        return try folder.read("s.ocellus")
    }

    /// `s.ocellus`, which follows white cells, and pictures.
    private static func folder() throws -> Folder {
        let folder = try pictures()
        try folder.write(try bundle.get(), to: "s.ocellus")
        return folder
    }

    /// `white.ppm`, `black.ppm`, and a folder in which a cell goes to the right.
    private static func pictures() throws -> Folder {
        let folder = try Folder()
        try folder.write(DetectorSample.picture { _, _ in true }, to: "white.ppm")
        try folder.write(DetectorSample.picture { _, _ in false }, to: "black.ppm")
        try FileManager.default.createDirectory(atPath: folder.path("walk"), withIntermediateDirectories: false)
        for number in 2..<14 {
            try folder.write(
                DetectorSample.picture { $0 == number && $1 == 8 }, to: "walk/\(String(format: "%02d", number)).ppm")
        }
        return folder
    }

    private static func count(_ command: Command) throws -> Int {
        let results = try #require(try JSONSerialization.jsonObject(with: Data(command.output)) as? [[String: Any]])
        return try #require(results.first?["detections"] as? [Any]).count
    }

    /// Whether a PNG has a pixel of a colour.
    private static func has(_ colour: [UInt8], _ file: String, _ folder: Folder) throws -> Bool {
        var picture = Picture()
        try folder.read(file).withUnsafeBytes { try picture.decode($0) }
        let pixels = picture.pixels
        return stride(from: 0, to: pixels.count, by: 3).contains {
            pixels[$0] == colour[0] && pixels[$0 + 1] == colour[1] && pixels[$0 + 2] == colour[2]
        }
    }

    @Test("Twenty objects are listed and the others counted; JSON has all; --top limits both; all are drawn")
    func listed() throws {
        let folder = try Self.folder()
        func run(_ more: String...) throws -> Command {
            let command = try Command(["run", "s.ocellus"] + more, in: folder)
            try #require(command.code == 0, "\(command.errors)")
            return command
        }
        func listed(_ command: Command) -> Int { command.text.components(separatedBy: " %  cell  ").count - 1 }
        let all = try Self.count(try run("white.ppm", "--json"))
        #expect(all > 21)
        let usual = try run("white.ppm", "--draw", "white.png")
        #expect(
            listed(usual) == 20 && usual.text.contains("  … \(all - 20) more; --top \(all) prints them\n"),
            "\(usual.text)")
        let more = try run("white.ppm", "--top", "21")
        #expect(listed(more) == 21 && !more.text.contains("more"))
        #expect(try Self.count(try run("white.ppm", "--json", "--top", "3")) == 3)
        #expect(try run("black.ppm", "--draw", "black.png").text.contains("no objects"))
        let hue: [UInt8] = [0xd8, 0x1b, 0x60]
        #expect(try Self.has(hue, "white.png", folder) && !Self.has(hue, "black.png", folder))
        // The zone and the line are there without objects, too.
        #expect(try Self.has([255, 255, 255], "black.png", folder))
    }

    @Test("bench makes boxes and tracks of each inference, the boxes that run tells")
    func measured() throws {
        let folder = try Self.folder()
        let boxes = try Self.count(try Command("run", "s.ocellus", "white.ppm", "--json", in: folder))
        // The input as white pixels make it: real numbers, as the model's file has it.
        let white = [Float](repeating: 1, count: 3 * DetectorSample.side * DetectorSample.side)
        try folder.write(white.withUnsafeBytes { [UInt8]($0) }, to: "white.raw")
        func bench(_ more: String...) throws -> Command {
            let command = try Command(["bench", "s.ocellus", "--runs", "5", "--input-raw"] + more, in: folder)
            try #require(command.code == 0, "\(command.errors)")
            return command
        }
        let fields = try bench("white.raw", "--json").fields
        let objects = try #require(fields["objects"] as? [String: Any])
        #expect(objects["boxes"] as? Int == boxes && (objects["tracks"] as? Int ?? 0) > 0)
        #expect(objects["median"] as? Int ?? 0 > fields["min"] as? Int ?? .max)
        let lines = try bench("white.raw", "--ns").text.split(separator: "\n")
        #expect(lines.count == 5)
        for line in lines {
            let times = line.split(separator: " ").compactMap { Int($0) }
            #expect(times.count == 2 && times[0] > 0 && times[1] > times[0])
        }
        #expect(try bench("white.raw").text.contains("  objects  "))
        let short = try Command("bench", "s.ocellus", "--input-raw", "white.ppm", in: folder)
        #expect(short.code == 1 && short.errors.contains("the model's inputs take"))
    }

    @Test("A detector's sensor is watched: crossings are counted, and the sheet has its objects")
    func watched() throws {
        let folder = try Self.folder()
        let text = try Command("watch", "s.ocellus", "walk", "--fps", "5", "--sheet", "s.png", in: folder)
        try #require(text.code == 0, "\(text.errors)")
        #expect(text.text.contains("cell: entered 1 time;") && text.text.contains("right-cell: entered 1 time;"))
        #expect(text.text.contains("\ndoor: 1 in, 0 out\n"), "\(text.text)")
        #expect(try Self.has([0xd8, 0x1b, 0x60], "s.png", folder))
    }
}
