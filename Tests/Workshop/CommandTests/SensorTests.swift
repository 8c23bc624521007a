import Foundation
import TestSupport
import Testing

/// Sensor files whose mistakes only the model brings to light, and inputs that no picture fills.
@Suite struct SensorTests {
    /// A picture `t0`, and beside it `t1` (int8, four elements) and `t2` (float32, one).
    private static let settings = OperatorSuite.modelPath("chain-picture-and-settings")

    private func build(_ yaml: String, model: String, in folder: Folder) throws -> Command {
        try folder.write(Array("name: s\nmodel: \(model)\n\(yaml)".utf8), to: "s.yaml")
        return try Command("build", "s.yaml", "-o", "s.ocellus", "-q", in: folder)
    }

    @Test(
        "A setting that does not suit the model is one error at its line",
        arguments: [
            (
                "watch: [{label: 1000, on: 1}]",
                "s.yaml:3:17: watch[0].label: the model's output 0 has 2 scores; give an index from 0 to 1"
            ),
            (
                "watch:\n  - label: 1\n    on: 1\n  - label: 2\n    on: 1\n",
                "s.yaml:6:12: watch[1].label: the model's output 0 has"
            ),
            ("output: {index: 3}", "s.yaml:3:17: output.index: the model has no output 3; give 0 to 0"),
            ("labels: [a]", "s.yaml:3:9: labels: there are 1 labels, but output 0 of the model has 2 scores"),
            ("labels: none.txt", "s.yaml:3:9: labels: none.txt: no such file (paths are relative to the sensor file)"),
            ("input: {colour: rgb}", "s.yaml:3:17: input.colour: it does not suit the model's 1 input channel(s)"),
            (
                "input: {mean: [1, 2, 3], std: [1, 2, 3]}",
                "s.yaml:3:15: input.mean: 3 numbers, but the model's input has 1"
            ),
            ("inputs: {x: 1}", "s.yaml:3:13: inputs.x: the model has no such input; it has 'input'"),
            (
                "inputs: {input: 0}",
                "s.yaml:3:9: inputs: every input has a value; leave out the one that takes the picture"
            ),
            ("detector: {score: 0.3}", "s.yaml:3:11: detector: the model is no detector of a known kind"),
            ("tracks: {limit: 3}", "s.yaml:3:9: tracks: the model is no detector of a known kind"),
            (
                "crossings: [{name: a, from: [0, 0], to: [1, 1]}]",
                "s.yaml:3:12: crossings: the model is no detector of a known kind"
            ),
            (
                "zones: [{name: a, points: [[0, 0], [1, 0], [1, 1]]}]\nwatch: [{label: 0, on: 1, zone: a}]",
                "s.yaml:3:27: zones[0].points: the model is no detector of a known kind"
            ),
            (
                "watch: [{label: 0, on: 1, min_width: 0.1}]",
                "s.yaml:3:9: watch[0]: sizes, aspects and anchors are of objects: the model is no detector"
            ),
            (
                "watch: [{label: 0, on: 1, name: a}]\nlines: [{name: l, line: b, use: follow, object: a, at_least: 2}]",
                "s.yaml:4:62: lines[0].at_least: only objects are counted: the model is no detector of a known kind"
            ),
        ])
    func unsuited(yaml: String, message: String) throws {
        let folder = try Folder()
        let command = try build(yaml, model: Sample.personDetect, in: folder)
        #expect(command.code == 1 && command.errors.hasPrefix("ocellus: \(message)"), "\(command.errors)")
        #expect(command.errors.split(separator: "\n").count == 1 && command.output.isEmpty)
        #expect(try folder.names() == ["s.yaml"])
    }

    @Test("An input beside the picture is refused by its name for pictures, and taken raw")
    func unfilled() throws {
        let folder = try Folder()
        let sensor = try build("inputs: {t2: 0.5}", model: Self.settings, in: folder)
        #expect(sensor.code == 1)
        #expect(
            sensor.errors.hasPrefix(
                "ocellus: s.yaml:2:8: model: the model takes more than a picture: its input 't1' has no value"),
            "\(sensor.errors)")
        #expect(try Command("build", Self.settings, "-o", "bare.ocellus", "-q", in: folder).code == 0)
        let run = try Command("run", "bare.ocellus", Sample.photo, in: folder)
        #expect(run.code == 1 && run.errors.contains("takes more than a picture: 't1' [1x4] int8"), "\(run.errors)")
    }

    @Test("An input that the sensor file gives a value is that value, as if it had been fed")
    func held() throws {
        let folder = try Folder()
        let built = try build("inputs: {t1: [0.1, -0.5, 0, 0.3], t2: 0.75}", model: Self.settings, in: folder)
        #expect(built.code == 0, "\(built.errors)")
        #expect(try Command("build", Self.settings, "-o", "bare.ocellus", "-q", in: folder).code == 0)
        let picture = (0..<48).map { UInt8(truncatingIfNeeded: 37 * $0) }
        // Scale 0.02 and zero point 3.
        let offsets: [Int8] = [8, -22, 3, 18]
        let gain = withUnsafeBytes(of: Float(0.75).bitPattern.littleEndian) { Array($0) }
        let fed = picture + offsets.map { UInt8(bitPattern: $0) } + gain
        let raw = ["--input-raw", "-", "--output-raw", "-"]
        let expected = try Command(["run", "bare.ocellus"] + raw, input: fed, in: folder)
        let found = try Command(["run", "s.ocellus"] + raw, input: picture, in: folder)
        #expect(found.code == 0 && found.output.count == 4 && found.output == expected.output, "\(found.errors)")
        #expect(try Command("run", "s.ocellus", Sample.photo, in: folder).code == 0)
        let verify = try Command("verify", "s.yaml", "s.ocellus", in: folder)
        #expect(verify.code == 0 && verify.text.contains("0 differ"), "\(verify.errors)")
        let bare = try Command("verify", Self.settings, "s.ocellus", in: folder)
        #expect(bare.code == 1 && bare.errors.contains("name that file in place of"), "\(bare.errors)")
    }

    @Test(
        "A value that the input cannot hold is refused",
        arguments: [
            ("{t1: 3, t2: 0}", "s.yaml:3:14: inputs.t1: 3.0 is outside what the input can hold, -2.6"),
            (
                "{t1: [1, 2], t2: 0}",
                "s.yaml:3:14: inputs.t1: 2 numbers, but the input has the shape [1, 4]; give one for all or 4"
            ),
            ("{t1: 0, t2: 1e300}", "s.yaml:3:21: inputs.t2: 1e+300 is outside what the input can hold, a float32"),
            ("{t1: high, t2: 0}", "s.yaml:3:14: inputs.t1: expected a number or a list of numbers, found \"high\""),
        ])
    func outside(values: String, message: String) throws {
        let folder = try Folder()
        let command = try build("inputs: \(values)\n", model: Self.settings, in: folder)
        #expect(command.code == 1 && command.errors.hasPrefix("ocellus: \(message)"), "\(command.errors)")
    }

    @Test("`scale: raw` of a float32 input is the element that the model quantizes it to")
    func rawFloat() throws {
        let folder = try Folder()
        let model = OperatorSuite.modelPath("chain-float-edges")
        #expect(try build("input: {scale: raw}\n", model: model, in: folder).code == 0)
        let fields = try Command("inspect", "s.ocellus", "--json", in: folder).fields
        let sections = try #require(fields["preprocess"] as? [String: Any])
        #expect(sections["skippedSteps"] as? Int == 1)
        let raw = try Command("run", "s.ocellus", Sample.photo, "--output-raw", "-", in: folder)
        // 0 to 255 becomes scale * (-128 - zero point) to scale * (127 - zero point): -0.996 to 1.004, by 1/127.5.
        #expect(try build("input: {mean: 127, std: 127.5}\n", model: model, in: folder).code == 0)
        #expect(try Command("run", "s.ocellus", Sample.photo, "--output-raw", "-", in: folder).output == raw.output)
        #expect(raw.code == 0 && !raw.output.isEmpty)
    }

    @Test("Labels of Windows and with a byte order mark, from the command line and from a sensor file")
    func labels() throws {
        let folder = try Folder()
        try folder.write([0xef, 0xbb, 0xbf] + Array("nobody\r\nsomebody\r\n".utf8), to: "l.txt")
        #expect(
            try Command("build", Sample.personDetect, "--labels", "l.txt", "-o", "bare.ocellus", "-q", in: folder).code
                == 0)
        #expect(try build("labels: l.txt\n", model: Sample.personDetect, in: folder).code == 0)
        for bundle in ["bare.ocellus", "s.ocellus"] {
            let run = try Command("run", bundle, Sample.photo, "--json", in: folder)
            let results = try #require(try JSONSerialization.jsonObject(with: Data(run.output)) as? [[String: Any]])
            let scores = try #require(results[0]["scores"] as? [[String: Any]])
            #expect(scores.compactMap { $0["label"] as? String } == ["somebody", "nobody"], "\(bundle)")
        }
    }

    @Test("An argument of `command` may be empty, its program not")
    func emptyArgument() throws {
        let folder = try Folder()
        let source = "source: yuv420:64x64@5\n"
        let built = try build("\(source)command: [cat, \"\", x]\n", model: Sample.personDetect, in: folder)
        #expect(built.code == 0, "\(built.errors)")
        #expect(try Command("inspect", "s.ocellus", in: folder).text.contains("command cat  x"))
        let refused = try build("\(source)command: [\"\", x]\n", model: Sample.personDetect, in: folder)
        #expect(refused.errors.contains("s.yaml:4:10: command: expected a program and its arguments"))
    }

    @Test("A file's name need not be UTF-8")
    func rawNames() throws {
        let folder = try Folder()
        // A shell writes the names: a String cannot hold them.
        func shell(_ script: String) throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", script]
            process.currentDirectoryURL = folder.url
            process.environment = [
                "OCELLUS": Command.program.path, "PHOTO": Sample.photo, "MODEL": Sample.personDetect,
            ]
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        let code = try shell(
            #"""
            set -e
            name=$(printf 'caf\351')
            mkdir "$name" && cp "$PHOTO" "$name/$name.png" && cp "$MODEL" "$name/m.tflite"
            printf 'name: s\nmodel: m.tflite\n' >"$name/s.yaml"
            "$OCELLUS" build "$name/s.yaml" -o "$name/x.ocellus" -q
            "$OCELLUS" run "$name/x.ocellus" "$name/$name.png" --draw "$name/$name.out.png" --json >out.json
            "$OCELLUS" inspect "$name/x.ocellus" >text
            test -s "$name/$name.out.png"
            ! "$OCELLUS" run "$name/x.ocellus" "$name/none.png" 2>error
            """#)
        #expect(code == 0)
        #expect(
            String(validating: try folder.read("out.json"), as: UTF8.self)?.contains("caf\u{fffd}/caf\u{fffd}.png")
                == true)
        #expect(
            String(validating: try folder.read("error"), as: UTF8.self)
                == "ocellus: caf\u{fffd}/none.png: no such file\n")
    }
}
