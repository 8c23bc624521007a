import Foundation
import TestSupport
import Testing

/// A network that says what is in each cell of 8x8 pixels (Tests/Data/make-blobs.py), from its file to events.
@Suite struct CellsTests {
    private func folder(_ sensor: String) throws -> Folder {
        let folder = try Folder()
        try folder.write([UInt8](Data(contentsOf: Checkout.file("Tests/Data/models/cells.onnx"))), to: "cells.onnx")
        try folder.write(Array(sensor.utf8), to: "s.yaml")
        return folder
    }

    private static let sensor = """
        name: cells
        model: cells.onnx
        labels: [background, red, blue]
        input: {mean: 0, std: 255}
        watch:
          - {label: red, on: 0.5, min_width: 0.2}
          - {label: blue, on: 0.5}
        """

    private func objects(_ run: Command) throws -> [String] {
        try #require(run.code == 0, "\(run.errors)")
        let results = try #require(try JSONSerialization.jsonObject(with: Data(run.output)) as? [[String: Any]])
        let found = try #require(results.first?["detections"] as? [[String: Any]])
        return found.map { object in
            let corners = ["left", "top", "right", "bottom"].map { "\(Int(object[$0] as? Double ?? -1))" }
            return "\(object["label"] ?? "") " + corners.joined(separator: " ")
        }
    }

    @Test("Cells become objects: those that touch are one, by the file's words or by its shapes")
    func run() throws {
        let folder = try folder(Self.sensor)
        try folder.write(
            CellPicture.bytes { x, y in
                // A red shape with a step, a blue cell beside it, and another red one further away.
                if (2...4).contains(x) && y == 3 || x == 5 && y == 4 { return CellPicture.red }
                if x == 5 && y == 3 { return CellPicture.blue }
                return x == 9 && y == 9 ? CellPicture.red : nil
            }, to: "p.ppm")
        try folder.write(CellPicture.bytes { _, _ in nil }, to: "grey.ppm")
        let build = try Command("build", "s.yaml", "-o", "s.ocellus", in: folder)
        try #require(build.code == 0, "\(build.errors)")
        #expect(build.text.contains("cells (FOMO)") && build.text.contains("taken for a detector of the kind"))
        let expected = ["blue 40 24 48 32", "red 16 24 48 40", "red 72 72 80 80"]
        #expect(try objects(Command("run", "s.ocellus", "p.ppm", "--json", in: folder)).sorted() == expected)
        #expect(try objects(Command("run", "s.ocellus", "grey.ppm", "--json", in: folder)).isEmpty)
        // Who says it gets no note, and may have each cell for itself.
        let said = try self.folder(Self.sensor + "\ndetector: {kind: cells, suppression: none}\n")
        let named = try Command("build", "s.yaml", "-o", "s.ocellus", in: said)
        #expect(named.code == 0 && !named.text.contains("taken for"), "\(named.errors)")
        try said.write(try folder.read("p.ppm"), to: "p.ppm")
        #expect(try objects(Command("run", "s.ocellus", "p.ppm", "--json", in: said)).count == 6)
    }

    @Test("Objects of cells are followed: each enters and leaves once, by its size")
    func events() throws {
        let folder = try folder(Self.sensor)
        try FileManager.default.createDirectory(atPath: folder.path("clip"), withIntermediateDirectories: false)
        for number in 0..<24 {
            try folder.write(
                CellPicture.bytes { x, y in
                    let left = number / 2
                    if number < 18, (left..<left + 3).contains(x), (2...4).contains(y) { return CellPicture.red }
                    // Too small for the rule.
                    if number > 2, x == 1, y == 9 { return CellPicture.red }
                    return (4..<20).contains(number) && x == 8 && (8...10).contains(y) ? CellPicture.blue : nil
                }, to: "clip/\(String(format: "%02d", number)).ppm")
        }
        for number in 24..<60 {
            try folder.write(CellPicture.bytes { _, _ in nil }, to: "clip/\(number).ppm")
        }
        let build = try Command("build", "s.yaml", "-o", "s.ocellus", in: folder)
        try #require(build.code == 0, "\(build.errors)")
        let watch = try Command("watch", "s.ocellus", "clip", "--fps", "10", in: folder)
        try #require(watch.code == 0, "\(watch.errors)")
        #expect(watch.text.contains("red: entered 1 time;") && watch.text.contains("blue: entered 1 time;"))
        #expect(watch.text.components(separatedBy: "  leave ").count == 3, "\(watch.text)")
    }

    @Test("What does not fit is told with its place and what to do")
    func mistakes() throws {
        func errors(_ sensor: String) throws -> String {
            let build = try Command("build", "s.yaml", in: try folder(sensor))
            #expect(build.code != 0)
            return build.errors
        }
        let labels = try errors(Self.sensor.replacingOccurrences(of: "background, ", with: ""))
        #expect(labels.contains("s.yaml:3:") && labels.contains("put a label before the others"), "\(labels)")
        let kind = try errors(Self.sensor + "\ndetector: {kind: cell}\n")
        #expect(kind.contains("detector.kind") && kind.contains("cells"), "\(kind)")
        let output = try errors(Self.sensor + "\noutput: {index: 3}\ndetector: {kind: cells}\n")
        #expect(output.contains("output 3 of the model does not exist"), "\(output)")
        let sensor = Self.sensor.replacingOccurrences(of: "cells.onnx", with: Sample.personDetect)
        let classifier = try errors(sensor + "\ndetector: {kind: cells}\n")
        #expect(classifier.contains("detector.kind: cells are scores"), "\(classifier)")
    }
}
