import Foundation
import Pictures
import TestSupport
import Testing

/// Folders, clips and zones for `ocellus run`.
@Suite struct RunFramesTests {
    private static let clip = Checkout.file("Examples/person-sensor/clip.y4m").path

    private static func results(_ command: Command) throws -> [[String: Any]] {
        try #require(command.code == 0, "\(command.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(command.output)) as? [[String: Any]])
    }

    private static func probability(_ result: [String: Any], of label: String) throws -> Double {
        let scores = try #require(result["scores"] as? [[String: Any]])
        return try #require(scores.first { $0["label"] as? String == label }?["probability"] as? Double)
    }

    @Test("Every frame of a clip has a result with its number and time; a folder stands for its pictures")
    func clipAndFolder() throws {
        let folder = try Folder()
        for name in ["b.png", "a.PNG"] {
            try FileManager.default.copyItem(atPath: Sample.photo, toPath: folder.path(name))
        }
        try folder.write(Array("no picture".utf8), to: "notes.txt")
        let results = try Self.results(
            try Command("run", Sample.sensor, Self.clip, ".", "--json", "--draw", "sheet.png", in: folder))
        #expect(results.count == 74)
        #expect(results[72]["input"] as? String == "./a.PNG" && results[73]["input"] as? String == "./b.png")
        let place = try #require(results[35]["place"] as? [String: Any])
        #expect(place["frame"] as? Int == 35 && place["seconds"] as? Double == 4.375)
        #expect(try Self.probability(results[0], of: "person") < 0.5)
        #expect(try Self.probability(results[35], of: "person") > 0.9)
        // At most 24 of them lie side by side.
        var sheet = Picture()
        try folder.read("sheet.png").withUnsafeBytes { try sheet.decode($0) }
        #expect(sheet.width == 4 * 296 + 8 && sheet.height < 6 * 400)
    }

    @Test("Zones are run one by one, as the sensor runs them, and drawn with their scores") func zones() throws {
        let folder = try Folder()
        try folder.write(
            Array(
                """
                name: z
                model: \(Sample.personDetect)
                labels: [not a person, person]
                input: {scale: raw, colour: grey, fit: cover}
                zones: [{name: gate, width: 0.5}, {name: unused, x: 0.5}, {name: sky, height: 0.2}]
                mask: [{x: 0.8, height: 0.3}]
                watch:
                  - {label: person, zone: gate, on: 0.7}
                  - {label: person, zone: sky, on: 0.7}

                """.utf8), to: "z.yaml")
        let results = try Self.results(
            try Command("run", "z.yaml", Sample.photo, "--json", "--draw", "z.png", in: folder))
        #expect(results.map { $0["zone"] as? String } == ["gate", "sky"])
        #expect(try Self.probability(results[0], of: "person") > 0.8)
        #expect(try Self.probability(results[1], of: "person") < 0.5)
        let text = try Command("run", "z.yaml", Sample.photo, "--top", "1", in: folder)
        #expect(text.text.contains("camera.png, zone gate  (") && text.text.contains("camera.png, zone sky  ("))
        var drawn = Picture()
        try folder.read("z.png").withUnsafeBytes { try drawn.decode($0) }
        #expect(drawn.width == 512 && drawn.height > 512)
        // The mask covers what it hides.
        let at = (10 * 512 + 500) * 3
        #expect(Array(drawn.pixels[at..<at + 3]) == [0x80, 0x80, 0x80])
        let raw = try Command("run", "z.yaml", Sample.photo, "--output-raw", "o", in: folder)
        #expect(raw.code == 1 && raw.errors.contains("has 2 zones"), "\(raw.errors)")
    }

    @Test("A mask hides from `run` what it hides from the sensor") func masks() throws {
        let folder = try Folder()
        let sensor = try String(contentsOfFile: Sample.sensor, encoding: .utf8)
            .replacing("model: person_detect.tflite", with: "model: \(Sample.personDetect)")
        try folder.write(Array((sensor + "\nmask: [{}]\n").utf8), to: "blind.yaml")
        let seen = try Self.results(try Command("run", Sample.sensor, Sample.photo, "--json", in: folder))
        let hidden = try Self.results(try Command("run", "blind.yaml", Sample.photo, "--json", in: folder))
        #expect(try Self.probability(seen[0], of: "person") > 0.9)
        #expect(try Self.probability(hidden[0], of: "person") < 0.5)
    }

    @Test(
        "What has no frames is one error",
        arguments: [
            ("none.y4m", "none.y4m: cannot open"), ("camera", "camera: has no end"),
            (".", "no pictures in this folder"),
            ("x:1x1:f", "there is no such pixel format"), ("rtsp://127.0.0.1/x", "has no end"),
            ("mjpeg:\(clip)", "no frame in it"), ("grey:96x96:\(clip)", "frame 144 is cut short"),
        ])
    func mistakes(input: String, message: String) throws {
        let folder = try Folder()
        let command = try Command("run", Sample.sensor, input, "--top", "1", in: folder)
        #expect(command.code == 1 && command.errors.contains(message), "\(command.errors)")
        #expect(command.errors.split(separator: "\n").count == 1)
        let raw = try Command("run", Sample.sensor, Self.clip, "--output-raw", "o", in: folder)
        #expect(raw.code == 1 && raw.errors.contains("one picture at a time"), "\(raw.errors)")
        #expect(try folder.names() == [])
    }
}
