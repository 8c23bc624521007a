import Foundation
import TestSupport
import Testing

/// A detector of red and blue cells, and a second model that says whether what it found is warm, cold or dull
/// (Tests/Data/make-blobs.py), from their files to events.
@Suite struct CascadeTests {
    private static let second = """
        name: shades
        model: shades.onnx
        labels: [warm, cold, dull]
        input: {mean: 0, std: 255}
        """

    private static let sensor = """
        name: cells
        model: cells.onnx
        labels: [background, red, blue]
        input: {mean: 0, std: 255}
        then: {bundle: shades.ocellus, label: [red, blue], margin: 0}
        watch:
          - {label: red, on: 0.5, sub_label: warm}
          - {label: red, on: 0.5, sub_label: dull, name: a shape}
        """

    private func folder(_ sensor: String = sensor, build: String...) throws -> Folder {
        let folder = try Folder()
        for name in ["cells", "shades"] {
            try folder.write(
                [UInt8](Data(contentsOf: Checkout.file("Tests/Data/models/\(name).onnx"))), to: "\(name).onnx")
        }
        try folder.write(Array(Self.second.utf8), to: "shades.yaml")
        try folder.write(Array(sensor.utf8), to: "s.yaml")
        let made = try Command(["build", "shades.yaml", "-o", "shades.ocellus"] + build, in: folder)
        try #require(made.code == 0, "\(made.errors)")
        return folder
    }

    /// A red square, a blue one, and a red line, of which a square part of the frame is mostly grey.
    private func scene(_ column: Int, _ row: Int) -> [UInt8]? {
        if (1...3).contains(column), (1...3).contains(row) { return CellPicture.red }
        if (8...10).contains(column), (1...3).contains(row) { return CellPicture.blue }
        return row == 8 && (1...10).contains(column) ? CellPicture.red : nil
    }

    private func objects(_ run: Command) throws -> [String] {
        try #require(run.code == 0, "\(run.errors)")
        let results = try #require(try JSONSerialization.jsonObject(with: Data(run.output)) as? [[String: Any]])
        let found = try #require(results.first?["detections"] as? [[String: Any]])
        return found.map { "\($0["label"] ?? "") \($0["subLabel"] ?? "-")" }.sorted()
    }

    @Test("What the detector finds is cut out and named, whatever kernels either was built for")
    func run() throws {
        for kernels in [[], ["--kernels", "scalar"]] {
            let folder = try folder(build: kernels.first ?? "-q", kernels.last ?? "-q")
            try folder.write(CellPicture.bytes(scene), to: "p.ppm")
            for more in [[], ["--kernels", "scalar"], ["--board", "generic-armv7"]] {
                let build = try Command(["build", "s.yaml", "-o", "s.ocellus"] + more, in: folder)
                try #require(build.code == 0, "\(build.errors)")
                #expect(build.text.contains("objects a frame at most by shades.onnx"), "\(build.text)")
                guard more != ["--board", "generic-armv7"] else { continue }
                let run = try Command("run", "s.ocellus", "p.ppm", "--json", in: folder)
                #expect(try objects(run) == ["blue cold", "red dull", "red warm"])
            }
        }
    }

    private func build(in folder: Folder) throws {
        let build = try Command("build", "s.yaml", "-q", "-o", "s.ocellus", in: folder)
        try #require(build.code == 0, "\(build.errors)")
    }

    @Test("The text names objects by both models, and so does what is drawn")
    func draw() throws {
        let folder = try folder()
        try folder.write(CellPicture.bytes(scene), to: "p.ppm")
        try build(in: folder)
        let run = try Command("run", "s.ocellus", "p.ppm", "--draw", "p.png", in: folder)
        #expect(run.code == 0, "\(run.errors)")
        for words in ["red, warm ", "red, dull ", "blue, cold "] { #expect(run.text.contains(words), "\(run.text)") }
        #expect(try folder.read("p.png").count > 1000)
        // Of a label that it is not for nothing is said.
        let other = try self.folder(Self.sensor.replacingOccurrences(of: "label: [red, blue]", with: "label: red"))
        try other.write(CellPicture.bytes(scene), to: "p.ppm")
        try build(in: other)
        #expect(
            try objects(Command("run", "s.ocellus", "p.ppm", "--json", in: other)) == [
                "blue -", "red dull", "red warm",
            ])
        // An answer that is not sure enough is none.
        let sure = try self.folder(Self.sensor.replacingOccurrences(of: "margin: 0", with: "margin: 0, score: 1"))
        try sure.write(CellPicture.bytes(scene), to: "p.ppm")
        try build(in: sure)
        #expect(try objects(Command("run", "s.ocellus", "p.ppm", "--json", in: sure)) == ["blue -", "red -", "red -"])
    }

    @Test("Rules follow objects by what the second model says of them")
    func events() throws {
        // With so much around it a small object is mostly grey.
        let folder = try folder(Self.sensor.replacingOccurrences(of: "margin: 0", with: "margin: 1"))
        try FileManager.default.createDirectory(atPath: folder.path("clip"), withIntermediateDirectories: false)
        for number in 0..<60 {
            // The square becomes smaller: it is dull then, though the same object.
            let square = 3..<3 + min(max(6 - (number - 12) / 3, 3), 6)
            try folder.write(
                CellPicture.bytes { column, row in
                    number < 45 && square.contains(column) && square.contains(row) ? CellPicture.red : nil
                }, to: "clip/\(String(format: "%02d", number)).ppm")
        }
        let build = try Command("build", "s.yaml", "-o", "s.ocellus", in: folder)
        try #require(build.code == 0, "\(build.errors)")
        let watch = try Command("watch", "s.ocellus", "clip", "--fps", "10", in: folder)
        try #require(watch.code == 0, "\(watch.errors)")
        #expect(
            watch.text.contains("red-warm: entered 1 time;") && watch.text.contains("a shape: entered 1 time;"),
            "\(watch.text)")
        let inspect = try Command("inspect", "s.ocellus", "--json", in: folder).fields
        let cascade = try #require(inspect["cascade"] as? [String: Any])
        #expect(cascade["most"] as? Int == 4 && cascade["score"] as? Double == 0.5)
        let second = try #require(inspect["cascadeBundle"] as? [String: Any])
        #expect(second["labels"] as? [String] == ["warm", "cold", "dull"])
        #expect(second["origin"] as? String == "shades.onnx")
        let text = try Command("inspect", "s.ocellus", in: folder).text
        #expect(text.contains("second model") && text.contains("3 labels: warm, cold, dull"), "\(text)")
        let rules = try #require(inspect["objectRules"] as? [[String: Any]])
        #expect(rules.map { $0["subLabel"] as? Int } == [0, 2])
    }

    @Test(
        "What does not fit is told with its place and what to do",
        arguments: [
            ("bundle: shades.ocellus", "bundle: none.ocellus", "5:16: then.bundle: no such file"),
            ("bundle: shades.ocellus", "bundle: shades.onnx", "then.bundle: "),
            ("bundle: shades.ocellus, ", "", "then: the key \"bundle\" is missing"),
            ("label: [red, blue]", "label: green", "then.label: no label is called \"green\""),
            ("label: [red, blue]", "most: 0", "then.most: "),
            ("label: [red, blue]", "often: 3", "then: unknown key \"often\""),
            ("sub_label: warm", "sub_label: warmer", "watch[0].sub_label: no label is called \"warmer\""),
            ("sub_label: warm", "sub_label: 3", "watch[0].sub_label: expected an index from 0 to 2"),
            (
                "then: {bundle: shades.ocellus, label: [red, blue], margin: 0}\n", "",
                "watch[0].sub_label: there is no second model"
            ),
            (
                "model: cells.onnx\nlabels: [background, red, blue]", "model: shades.onnx\nlabels: [red, blue, green]",
                "then: the model is no detector"
            ),
        ])
    func mistakes(old: String, new: String, expected: String) throws {
        let folder = try folder(Self.sensor.replacingOccurrences(of: old, with: new))
        let build = try Command("build", "s.yaml", "-o", "s.ocellus", in: folder)
        #expect(build.code != 0 && build.errors.contains(expected), "\(build.errors)")
        #expect(build.errors.hasPrefix("error: s.yaml:") || build.errors.contains("s.yaml:"), "\(build.errors)")
        #expect(build.errors.split(separator: "\n").count == 1)
    }

    @Test("A detector is no second model, and a second model's file is not replaced")
    func kinds() throws {
        let folder = try folder()
        let detector = try Command("build", "s.yaml", "-q", "-o", "d.ocellus", in: folder)
        try #require(detector.code == 0, "\(detector.errors)")
        try folder.write(
            Array(Self.sensor.replacingOccurrences(of: "bundle: shades", with: "bundle: d").utf8), to: "t.yaml")
        let twice = try Command("build", "t.yaml", "-o", "t.ocellus", in: folder)
        #expect(
            twice.code != 0 && twice.errors.contains("then.bundle: d.ocellus is a detector's bundle"), "\(twice.errors)"
        )
        let over = try Command("build", "s.yaml", "-o", "shades.ocellus", in: folder)
        #expect(over.code != 0 && over.errors.contains("would replace shades.ocellus"), "\(over.errors)")
    }
}
