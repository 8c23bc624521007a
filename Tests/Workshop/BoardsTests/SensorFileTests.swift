import CBundle
import Foundation
import TestSupport
import Testing

@testable import Boards

/// A folder with a model and labels in it, for sensor files to name.
private let folder: String = {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("ocellus-boards-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try? Data([1]).write(to: url.appendingPathComponent("model.tflite"))
    try? Data("nobody\nperson\r\n\n".utf8).write(to: url.appendingPathComponent("labels.txt"))
    try? Data("a\n\nb\n".utf8).write(to: url.appendingPathComponent("gaps.txt"))
    return url.path
}()

private func read(_ yaml: String) throws(ConfigurationError) -> SensorFile {
    try SensorFile(yaml: yaml, path: folder + "/sensor.yaml")
}

/// The error's text without the folder, or nil when the file is fine.
private func refusal(_ yaml: String) -> String? {
    do throws(ConfigurationError) {
        _ = try read(yaml)
        return nil
    } catch {
        return error.description.replacingOccurrences(of: folder + "/", with: "")
    }
}

private let head = "name: door\nmodel: model.tflite\n"

@Suite struct SensorFileTests {
    @Test("Zones, masks and the motion gate become their records")
    func regions() throws {
        let sensor = try read(
            head
                + """
                labels: [nobody, person]
                zones:
                  - {name: path, x: 0.5, height: 0.5}
                  - {name: door, width: 0.25}
                mask: [{y: 0.9}]
                motion: {level: 12, area: 0.01, hold: 3s, every: 1m}
                watch:
                  - {label: person, on: 0.5}
                  - {label: person, zone: door, on: 0.5}
                  - {label: person, zone: path, name: walker, on: 0.5}
                """)
        #expect(sensor.zones.map(\.name) == ["path", "door"])
        let path = sensor.zones[0].record(name: .init()).part
        #expect((path.x, path.y, path.width, path.height) == (32768, 0, 32767, 32768))
        #expect(sensor.watch.map(\.name) == ["person", "door-person", "walker"])
        var watchLabels: [UInt32] = []
        #expect(sensor.watch.map { $0.record(name: .init(), watchLabels: &watchLabels).zone } == [0, 2, 1])
        #expect(sensor.masks.map(\.part.y) == [58982])
        let motion = try #require(sensor.motion).record
        #expect((motion.level, motion.area, motion.hold, motion.every) == (12, 655, 3000, 60000))
        #expect(try read(head).motion == nil)
        #expect(try read(head + "motion: {}\n").motion == .init())
    }

    @Test("What is recorded becomes its record, and privacy the sensor's")
    func recording() throws {
        let sensor = try read(
            head
                + "record: {folder: /var/lib/door, budget: 64MiB, before: 4, after: 0, size: 640, quality: 90}\n"
                + "privacy: metadata-only\n")
        let record = sensor.record.record(folder: oc_text(offset: 3, length: 13))
        #expect((record.budget, record.before, record.after, record.side, record.quality) == (1 << 26, 4, 0, 640, 90))
        #expect(sensor.record.folder == "/var/lib/door" && record.folder.length == 13)
        let privacy = { (sensor: SensorFile) in
            sensor.record(name: .init(), source: .init(), topic: .init(), link: oc_text()).privacy
        }
        #expect(privacy(sensor) == OC_PRIVACY_METADATA.rawValue)
        let plain = try read(head)
        #expect(plain.record == .init() && plain.record.folder == nil && privacy(plain) == OC_PRIVACY_NONE.rawValue)
        let defaults = plain.record.record(folder: .init())
        #expect((defaults.budget, defaults.before, defaults.after) == (1 << 28, 8, 8))
        #expect((defaults.side, defaults.quality) == (320, 75))
        for (yaml, reason) in [
            ("record: {budget: 5}", "record.budget: expected a size with its unit"),
            ("record: {before: 1001}", "record.before: expected a whole number from 0 to 1000"),
            ("record: {size: 8}", "record.size: expected a whole number from 16 to 4096"),
            ("record: {quality: 0}", "record.quality: expected a whole number from 1 to 100"),
            ("record: {dir: x}", "unknown key \"dir\""), ("privacy: none", "expected metadata-only"),
        ] { #expect(refusal(head + yaml + "\n")?.contains(reason) == true, "\(refusal(head + yaml) ?? "accepted")") }
    }

    @Test("Every key becomes its typed value")
    func everything() throws {
        let sensor = try read(
            """
            name: front-door_2
            model: model.tflite
            labels: [nobody, person]
            input:
              mean: [127.5, 127, 126]
              std: [127.5, 128, 129.5]
              colour: bgr
              crop: {x: 0.1, y: 0.2, width: 0.5, height: 0.75}
              fit: contain
              fill: 114
            output: {index: 1, scores: sigmoid}
            source: yuv420:640x480@15
            topic: home/front-door
            heartbeat: 1.5m
            max_fps: 7.5
            watch:
              - label: person
                name: visitor
                on: 0.8
                off: 0.5
                smoothing: 0.25
                enter_after: 500ms
                leave_after: 2 s
                cooldown: 1h
                update_every: 10s
            """)
        let expected = SensorFile(
            name: "front-door_2", model: folder + "/model.tflite", labels: ["nobody", "person"],
            input: .init(
                pixels: .normalized(mean: [127.5, 127, 126], std: [127.5, 128, 129.5]), colour: .bgr,
                crop: .init(x: 0.1, y: 0.2, width: 0.5, height: 0.75), fit: .contain, fill: 114),
            output: .init(index: 1, scores: .sigmoid), source: "yuv420:640x480@15",
            watch: [
                SensorFile.WatchRule(
                    name: "visitor", labels: [1], on: 0.8, off: 0.5, smoothing: 0.25, enterAfter: .milliseconds(500),
                    leaveAfter: .seconds(2), cooldown: .seconds(3600), updateEvery: .seconds(10))
            ], topic: "home/front-door", heartbeat: .seconds(90), maxFPS: 7.5)
        #expect(sensor == expected)
    }

    @Test("The example's sensor file is valid")
    func example() throws {
        let sensor = try SensorFile(contentsOf: Checkout.file("Examples/person-sensor/sensor.yaml").path)
        #expect(sensor.labels == ["not a person", "person"])
        #expect(sensor.watch.map(\.name) == ["person"] && sensor.watch.map(\.labels) == [[1]])
    }

    @Test("What a file leaves out has the documented default")
    func defaults() throws {
        let sensor = try read(head + "watch:\n  - {label: 3, on: 0.6}\n")
        #expect(sensor.labels.isEmpty && sensor.input == .init() && sensor.output == .init())
        #expect(sensor.input.pixels == .raw && sensor.input.crop == .all && sensor.input.fit == .stretch)
        #expect(sensor.source == nil && sensor.topic == nil && sensor.heartbeat == nil && sensor.maxFPS == nil)
        let rule = try #require(sensor.watch.first)
        #expect(rule.labels == [3] && rule.name == "label-3" && rule.off == 0.6 && rule.smoothing == 1)
        #expect(rule.enterAfter == .zero && rule.updateEvery == nil)
    }

    @Test("Labels come from a file, one a line")
    func labelsFile() throws {
        #expect(try read(head + "labels: labels.txt\n").labels == ["nobody", "person"])
        #expect(refusal(head + "labels: gaps.txt\n") == "gaps.txt:2:1: an empty line; every line is one label")
        #expect(
            refusal(head + "labels: none.txt\n")
                == "sensor.yaml:3:9: labels: none.txt: no such file (paths are relative to the sensor file)")
    }

    @Test("A label is a name first and an index second")
    func labelIndex() throws {
        let labels = head + "labels: [\"7\", cat, no]\n"
        #expect(try read(labels + "watch: [{label: 7, on: 1}]").watch[0].labels == [0])
        #expect(try read(labels + "watch: [{label: 1, on: 1}]").watch[0].labels == [1])
        #expect(try read(labels + "watch: [{label: no, on: 1}]").watch[0].name == "no")
        #expect(refusal(labels + "watch: [{label: 9, on: 1}]")?.contains("an index from 0 to 2, found 9") == true)
        #expect(refusal(labels + "watch: [{label: \"1\", on: 1}]")?.contains("no label is called \"1\"") == true)
    }

    @Test(
        "One mistake, one error with its place",
        arguments: [
            ("", "sensor.yaml: the file is empty"),
            ("- a\n", "sensor.yaml:1:1: expected a mapping (name: …), found a list"),
            ("name: a\n", "sensor.yaml:1:1: the key \"model\" is missing; write for example `model: model.tflite`"),
            (
                "name: a b\nmodel: model.tflite\n",
                "sensor.yaml:1:7: name: expected at most 64 letters, digits, \".\", \"_\" or \"-\", found \"a b\""
            ),
            (
                "name: a\nmodel: gone.tflite\n",
                "sensor.yaml:2:8: model: no such file: gone.tflite (paths are relative to the sensor file)"
            ),
            (head + "name: b\n", "sensor.yaml:3:1: the key \"name\" is given twice"),
            (
                head + "watch: [{label: 0, on: high}]",
                "sensor.yaml:3:24: watch[0].on: expected a number above 0 to 1, found \"high\""
            ),
            (
                head + "watch: [{label: 0, on: 1.5}]",
                "sensor.yaml:3:24: watch[0].on: expected a number above 0 to 1, found \"1.5\""
            ),
            (
                head + "watch: [{label: 0, on: \"1\"}]",
                "sensor.yaml:3:24: watch[0].on: expected a number above 0 to 1, found \"1\""
            ),
            (
                head + "watch: [{label: 0, on: nan}]",
                "sensor.yaml:3:24: watch[0].on: expected a number above 0 to 1, found \"nan\""
            ),
            (
                head + "watch: [{label: 0, on: }]",
                "sensor.yaml:3:24: watch[0].on: expected a number above 0 to 1, found nothing"
            ),
            (
                head + "watch: [{label: 0, on: 0.4, off: 0.5}]",
                "sensor.yaml:3:34: watch[0].off: `off` (0.5) must not be above `on` (0.4)"
            ),
            (
                head + "watch: [{label: 0}]",
                "sensor.yaml:3:9: watch[0]: the key \"on\" is missing; write for example `on: 0.6`"
            ),
            (
                head + "watch: [{label: 0, on: 1}, {label: 0, on: 1}]",
                "sensor.yaml:3:36: watch[1].label: a second rule with the name \"label-0\"; give each rule a `name` of its own"
            ),
            (
                head + "watch: [{label: person, on: 1}]",
                "sensor.yaml:3:17: watch[0].label: \"person\" cannot be found without `labels`; add them or give the index"
            ),
            (
                head + "labels: [cat, person]\nwatch: [{label: persom, on: 1}]",
                "sensor.yaml:4:17: watch[0].label: no label is called \"persom\"; did you mean \"person\"?"
            ),
            (
                head + "heartbeat: 10\n",
                "sensor.yaml:3:12: heartbeat: expected a duration with its unit, such as 500ms, 2s, 5m or 1h (at most 24 days), found \"10\""
            ),
            (
                head + "heartbeat: 0s\n",
                "sensor.yaml:3:12: heartbeat: expected a duration above 0; leave the key out for no heartbeats"
            ),
            (
                head + "input: {fit: streched}\n",
                "sensor.yaml:3:14: input.fit: expected stretch, cover or contain, found \"streched\"; did you mean \"stretch\"?"
            ),
            (head + "input: {fill: 3}\n", "sensor.yaml:3:15: input.fill: only `fit: contain` has bars to fill"),
            (
                head + "input: {fill: 256, fit: contain}\n",
                "sensor.yaml:3:15: input.fill: expected a whole number from 0 to 255, found \"256\""
            ),
            (head + "input: {mean: 1}\n", "sensor.yaml:3:15: input.mean: `mean` needs `std` beside it"),
            (
                head + "input: {mean: 1, std: 0}\n",
                "sensor.yaml:3:23: input.std: expected 1 or 3 number(s) above 0 to 1000000, found \"0\""
            ),
            (
                head + "input: {mean: 1, std: [1, 2, 3]}\n",
                "sensor.yaml:3:23: input.std: expected as many numbers as in `mean` (1)"
            ),
            (
                head + "input: {mean: 1, std: 2, scale: raw}\n",
                "sensor.yaml:3:33: input.scale: `scale: raw` excludes `mean` and `std`"
            ),
            (
                head + "input: {crop: {x: 0.5, width: 0.6}}\n",
                "sensor.yaml:3:15: input.crop: it reaches outside the frame: x + width and y + height are at most 1"
            ),
            (
                head + "mask: [{y: 0.5, height: 0.6}]\n",
                "sensor.yaml:3:8: mask[0]: it reaches outside the frame: x + width and y + height are at most 1"
            ),
            (
                head + "zones: [{x: 0.5}]\n",
                "sensor.yaml:3:9: zones[0]: the key \"name\" is missing; write for example `name: door`"
            ),
            (
                head + "zones: [{name: a}, {name: a}]\n",
                "sensor.yaml:3:27: zones[1].name: a second zone with the name \"a\""
            ),
            (
                head + "watch: [{label: 0, zone: a, on: 1}]\n",
                "sensor.yaml:3:26: watch[0].zone: \"a\" cannot be found without `zones`"
            ),
            (
                head + "zones: [{name: path}]\nwatch: [{label: 0, zone: pathh, on: 1}]\n",
                "sensor.yaml:4:26: watch[0].zone: no zone is called \"pathh\"; did you mean \"path\"?"
            ),
            (
                head + "motion: {level: 0}\n",
                "sensor.yaml:3:17: motion.level: expected a whole number from 1 to 255, found \"0\""
            ),
            (
                head + "motion: {every: 0s}\n",
                "sensor.yaml:3:17: motion.every: expected a duration above 0; leave the key out for never"
            ),
            (head + "labels: []\n", "sensor.yaml:3:9: labels: expected 1 to 65536 labels, found 0"),
            (head + "labels: [a, [b]]\n", "sensor.yaml:3:13: labels[1]: expected a text, found a list"),
            (
                head + "topic: a b\n",
                "sensor.yaml:3:8: topic: expected words separated by \"/\", without spaces, \"+\", \"#\" or \"$\", at most 200 bytes; found \"a b\""
            ),
            (
                head + "a: &x [1]\nb: *x\n",
                "sensor.yaml:4:4: YAML anchors and aliases are not supported: write the value out"
            ),
            (
                head + "x: [1\n",
                "sensor.yaml:3:4: a list in [ ] lacks a comma between two items, or its ]"
            ),
            (
                head + "---\nname: b\n",
                "sensor.yaml:3:1: a second document begins here; a file has one"
            ),
            ("name: \u{1}\n", "sensor.yaml:1:7: a control character; a text has none"),
        ])
    func mistakes(yaml: String, message: String) {
        #expect(refusal(yaml) == message)
    }

    @Test("A misspelt key names its neighbour and all known keys")
    func unknownKeys() throws {
        let text = try #require(refusal(head + "watch:\n  - label: 0\n    on: 0.5\n    enter_afer: 2s\n"))
        #expect(text.hasPrefix("sensor.yaml:6:5: watch[0]: unknown key \"enter_afer\"; did you mean \"enter_after\"?"))
        #expect(text.contains("(known: label, name, zone, on, off, smoothing,"))
        let other = try #require(refusal(head + "zzz: 1\n"))
        #expect(other.hasPrefix("sensor.yaml:3:1: unknown key \"zzz\" (known: name, model,"))
    }

    @Test("Bytes that are not text, and nesting without end, are errors")
    func hostile() {
        func failure(_ bytes: [UInt8]) -> String? {
            do throws(ConfigurationError) {
                _ = try Document(yaml: bytes, file: "x.yaml")
                return nil
            } catch {
                return error.description
            }
        }
        #expect(failure([0x6e, 0xff, 0xfe]) == "x.yaml: not UTF-8 text; save it as UTF-8")
        #expect(failure(.init(repeating: 0x5b, count: 100_000))?.contains("nesting level") == true)
        #expect(failure(.init(repeating: 0x20, count: 2 << 20))?.contains("at most 1048576") == true)
    }

    @Test("Damaged files are read or refused, never worse")
    func mutations() {
        let seed = Array((head + "labels: [a, b]\nwatch:\n  - {label: a, on: 0.5, enter_after: 2s}\n").utf8)
        var state: UInt64 = 88172645463325252
        func random(_ below: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(below))
        }
        let marks = Array("[]{}:-&*!|>'\"#%@,?\n\t ".utf8)
        var refused = 0
        for _ in 0..<2000 {
            var bytes = seed
            for _ in 0...random(3) {
                switch random(3) {
                case 0: bytes[random(bytes.count)] = UInt8(random(128))
                case 1: bytes.remove(at: random(bytes.count))
                default: bytes.insert(marks[random(marks.count)], at: random(bytes.count))
                }
            }
            if let text = refusal(String(decoding: bytes, as: UTF8.self)) {
                refused += 1
                #expect(!text.isEmpty && text.utf8.count < 1000)
            }
        }
        #expect(refused > 500)
    }
}
