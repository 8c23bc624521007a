import Foundation
import TestSupport
import Testing

/// `ocellus compare` of detectors.
@Suite struct CompareDetectorTests {
    private struct Boxes: Decodable {
        var first: Int
        var second: Int
        var both: Int
        var f1: Double
        var meanIoU: Double?
        var scoreError: Double?
    }

    private struct Report: Decodable {
        struct Drawn: Decodable {
            var input: String
            var boxes: Boxes
        }
        var pictures: Int
        var matched: String?
        var boxes: Boxes
        var drawn: [Drawn]
    }

    /// The detector of red and blue spots, and pictures of up to three of these.
    private func folder() throws -> Folder {
        let folder = try Folder()
        let model = OperatorSuite.dataFolder.appendingPathComponent("models/blobs.onnx")
        try folder.write([UInt8](Data(contentsOf: model)), to: "blobs.onnx")
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("photos"), withIntermediateDirectories: false)
        let spots: [[(x: Int, y: Int, isRed: Bool)]] = [
            [], [(50, 40, true)], [(120, 90, false)], [(40, 50, true), (130, 90, false)],
            [(30, 40, true), (90, 100, true), (150, 40, false)],
        ]
        for (number, spots) in spots.enumerated() {
            var pixels = [UInt8](repeating: 96, count: 192 * 144 * 3)
            for spot in spots {
                for y in spot.y - 18..<spot.y + 18 {
                    for x in spot.x - 18..<spot.x + 18 {
                        let colour: [UInt8] = spot.isRed ? [220, 30, 30] : [30, 30, 220]
                        for channel in 0..<3 { pixels[3 * (192 * y + x) + channel] = colour[channel] }
                    }
                }
            }
            try folder.write(Array("P6 192 144 255\n".utf8) + pixels, to: "photos/\(number).ppm")
        }
        return folder
    }

    private func sensor(_ detector: String, in folder: Folder) throws {
        let sensor = """
            name: s
            model: blobs.onnx
            input: {mean: 0, std: 255, fit: contain, fill: 96}
            detector: \(detector)
            watch: [{label: red, on: 0.5}]
            """
        try folder.write(Array(sensor.utf8), to: "s.yaml")
        #expect(try Command("build", "s.yaml", "-q", "-o", "s.ocellus", in: folder).code == 0)
    }

    @Test("A detector's bundle has the boxes of its model, though its outputs are others")
    func boxes() throws {
        let folder = try folder()
        try sensor("{score: 0.4}", in: folder)
        let compare = try Command("compare", "s.yaml", "s.ocellus", "photos", "--json", in: folder)
        #expect(compare.code == 0, "\(compare.errors)")
        let report = try JSONDecoder().decode(Report.self, from: Data(compare.output))
        #expect(report.pictures == 5 && report.matched == nil)
        #expect(report.boxes.both >= 7 && report.boxes.f1 > 0.98, "\(report.boxes)")
        #expect((report.boxes.meanIoU ?? 0) > 0.98 && (report.boxes.scoreError ?? 1) < 0.01, "\(report.boxes)")
        // A model alone makes its pictures as a bundle of it alone does.
        #expect(try Command("build", "blobs.onnx", "-q", "-o", "b.ocellus", in: folder).code == 0)
        let alone = try Command("compare", "blobs.onnx", "b.ocellus", "photos", in: folder)
        #expect(alone.code == 0 && alone.text.contains("of both: F1 1.000"), "\(alone.text)\(alone.errors)")
        #expect(!alone.text.contains("outputs matched by"))
    }

    @Test("Boxes that one lacks are told, with the pictures")
    func differences() throws {
        let folder = try folder()
        try sensor("{score: 0.4, detections: 1}", in: folder)
        #expect(try Command("build", "blobs.onnx", "-q", "-o", "b.ocellus", in: folder).code == 0)
        let compare = try Command("compare", "b.ocellus", "s.ocellus", "photos", "--json", in: folder)
        let report = try JSONDecoder().decode(Report.self, from: Data(compare.output))
        #expect(report.boxes.second == 4 && report.boxes.both == 4 && report.boxes.first > 4, "\(report.boxes)")
        #expect(report.matched == "name" || report.matched == "order")
        let worst = try #require(report.drawn.first)
        #expect(worst.input.hasSuffix("photos/4.ppm") && worst.boxes.f1 == report.drawn.map(\.boxes.f1).min())
        let table = try Command("compare", "b.ocellus", "s.ocellus", "photos", in: folder)
        #expect(table.text.contains("pictures whose boxes differ most"), "\(table.text)")
        let failed = try Command("compare", "b.ocellus", "s.ocellus", "photos", "--fail-below", "0.9", in: folder)
        #expect(
            failed.code == 1 && failed.errors.contains("s.ocellus: its boxes agree with those of b.ocellus by F1 0.")
                && failed.errors.contains("below --fail-below 0.9; they differ most on photos/4.ppm"),
            "\(failed.errors)")
        let passed = try Command("compare", "b.ocellus", "s.ocellus", "photos", "--fail-below", "0.3", in: folder)
        #expect(passed.code == 0, "\(passed.errors)")
    }
}
