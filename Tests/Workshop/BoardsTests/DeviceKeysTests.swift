import CBundle
import Foundation
import Testing

@testable import Boards

/// The keys of cameras and lines.
@Suite struct DeviceKeysTests {
    private static let folder: String = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("ocellus-devices-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try? Data([1]).write(to: url.appendingPathComponent("model.tflite"))
        return url.path
    }()

    private func read(_ yaml: String) throws(ConfigurationError) -> SensorFile {
        let head = "name: door\nmodel: model.tflite\nwatch: [{label: 0, on: 1, name: dog}]\n"
        return try SensorFile(yaml: head + yaml, path: Self.folder + "/sensor.yaml")
    }

    private func refusal(_ yaml: String) -> String? {
        do throws(ConfigurationError) {
            _ = try read(yaml)
            return nil
        } catch {
            return error.description.replacingOccurrences(of: Self.folder + "/", with: "")
        }
    }

    @Test func camerasHaveTheirKeys() throws {
        let sensor = try read(
            """
            source: camera:usb-1.2
            input: {rotate: 270, mirror: true}
            camera:
              size: 640x480
              format: nv12
              fps: 12.5
              stall: 3s
              blind: 0s
              controls: {exposure_time_absolute: 250, power_line_frequency: 50 Hz, autofocus: off}
            """)
        let camera = sensor.camera
        #expect(camera.size == .init(width: 640, height: 480) && camera.format == "nv12" && camera.fps == 12.5)
        #expect(camera.controls.map(\.name) == ["exposure_time_absolute", "power_line_frequency", "autofocus"])
        #expect(camera.controls.map(\.value) == ["250", "50 Hz", "off"])
        #expect(sensor.input.orientation == 3 | UInt8(OC_MIRRORED))
        let record = sensor.sourceRecord(command: oc_text(), format: oc_text(offset: 1, length: 4))
        #expect(record.width == 640 && record.height == 480 && record.fps == 12_500)
        #expect(record.stall == 3000 && record.blind == 0 && record.format.length == 4)
        let plain = try read("")
        #expect(plain.camera == .init() && plain.command.isEmpty && plain.lines.isEmpty && plain.input.orientation == 0)
        let defaults = plain.sourceRecord(command: oc_text(), format: oc_text())
        #expect(defaults.width == 0 && defaults.fps == 0 && defaults.stall == 2000 && defaults.blind == 10_000)
    }

    @Test func commandsAreLists() throws {
        let sensor = try read("source: yuv420:640x480@10\ncommand: [rpicam-vid, -t, 0, -o, \"-\"]\n")
        #expect(sensor.command == ["rpicam-vid", "-t", "0", "-o", "-"])
    }

    @Test func linesHaveTheirUses() throws {
        let sensor = try read(
            """
            lines:
              - {name: pir, line: GPIO17, use: trigger, hold: 5s, debounce: 50ms, bias: pull-down}
              - {name: button, chip: pinctrl, offset: 4, use: trigger, capture: burst, frames: 8, active: low}
              - {name: single, line: A, use: trigger, capture: one}
              - {name: private, line: B, chip: pinctrl, use: inhibit}
              - {name: tamper, line: C, use: report}
              - {name: lamp, line: D, use: follow, object: dog, min_on: 2s, at_least: 3}
              - {name: lock, line: E, use: pulse, object: dog, at: leave, length: 200ms}
              - {name: alarm, line: F, use: fault}
            """)
        let uses = sensor.lines.map(\.use)
        #expect(
            uses == [
                .triggerWhileActive(hold: .seconds(5)), .triggerBurst(frames: 8), .triggerBurst(frames: 1), .inhibit,
                .report, .follow(object: "dog"), .pulse(object: "dog", .leave, length: .milliseconds(200)),
                .fault(length: .milliseconds(500)),
            ])
        var strings: [String] = []
        let records = sensor.lines.map { line in
            line.record { text in
                strings.append(text)
                return oc_text(offset: UInt32(strings.count), length: UInt32(text.utf8.count))
            }
        }
        #expect(records.map(\.use) == [1, 2, 2, 3, 0, 4, 6, 8])
        #expect(records.map(\.frames) == [0, 8, 1, 0, 0, 0, 0, 0])
        #expect(records.map(\.time) == [5000, 0, 0, 0, 0, 0, 200, 500])
        #expect(
            records[0].debounce == 50 && records[0].bias == 3 && records[5].least_on == 2000
                && records[5].least_count == 3)
        #expect(records[1].offset == 4 && records[1].active_low == 1 && records[1].line.length == 0)
        #expect(strings.contains("GPIO17") && strings.contains("pinctrl") && strings.contains("dog"))
    }

    @Test(
        arguments: [
            ("camera: {size: 640}", "camera.size: expected width x height"),
            ("camera: {size: 0x480}", "camera.size: expected width x height"),
            ("camera: {format: yuy2}", "camera.format: expected yuyv, uyvy"),
            ("camera: {fps: 0}", "camera.fps: expected a number"),
            ("camera: {stall: 50ms}", "camera.stall: expected a duration of 100ms or more"),
            ("camera: {controls: [a]}", "camera.controls: expected a mapping"),
            ("camera: {controls: {gain: [1]}}", "camera.controls.gain: expected a text or number, found a list"),
            ("camera: {exposure: 1}", "unknown key \"exposure\""),
            ("input: {rotate: 45}", "input.rotate: expected 0, 90, 180 or 270"),
            ("command: [a]", "command: `command` needs `source`"),
            ("source: camera\ncommand: [a]", "command: `command` needs `source`"),
            ("source: rtsp://cam/1\ncommand: [a]", "command: `command` needs `source`"),
            ("source: rtsp://me:secret@cam/1", "source: an address has no user and password: put user:password"),
            ("source: rtsp://cam:x/1", "source: rtsp://cam:x/1: the port behind the host is a number from 1 to 65535"),
            ("source: yuv421:6x4", "source: yuv421:6x4: there is no such pixel format"),
            ("source: yuv420:6x4\ncommand: []", "command: expected a program"),
            ("lines: [{name: a, use: report}]", "give either `line`"),
            ("lines: [{name: a, line: b, offset: 1, chip: c, use: report}]", "give either `line`"),
            ("lines: [{name: a, offset: 1, use: report}]", "lines[0].offset: `offset` needs `chip`"),
            ("lines: [{name: a, line: b, use: blink}]", "lines[0].use: expected report, trigger"),
            (
                "lines: [{name: a, line: b, use: follow, object: cat}]",
                "lines[0].object: no watch rule is called \"cat\""
            ),
            ("lines: [{name: a, line: b, use: follow}]", "the key \"object\" is missing"),
            ("lines: [{name: a, line: b, use: report, length: 1s}]", "lines[0].length: `length` has no meaning"),
            ("lines: [{name: a, line: b, use: trigger, frames: 3}]", "lines[0].frames: `frames` has no meaning"),
            ("lines: [{name: a, line: b, use: fault, length: 0s}]", "lines[0].length: expected a duration of 1ms"),
            ("lines: [{name: a, line: b, use: fault, debounce: 1s}]", "lines[0].debounce: `debounce` is for inputs"),
            ("lines: [{name: a, line: b, use: report, min_on: 1s}]", "lines[0].min_on: `min_on` is for outputs"),
            (
                "lines: [{name: a, line: b, use: fault, at_least: 2}]",
                "lines[0].at_least: `at_least` is for outputs that show"
            ),
            (
                "lines: [{name: a, line: b, use: follow, object: dog, at_least: 0}]",
                "lines[0].at_least: expected a whole number"
            ),
            (
                "lines: [{name: a, line: b, use: report}, {name: a, line: c, use: report}]",
                "lines[1].name: a second line with the name \"a\""
            ),
            (
                "lines: [{name: a, line: 0123456789012345678901234567890123, use: report}]",
                "lines[0].line: such names have at most 31 bytes"
            ),
        ])
    func mistakesAreExplained(_ yaml: String, _ message: String) {
        let text = refusal(yaml)
        #expect(text?.contains(message) == true, "\(text ?? "taken")")
        #expect(text?.hasPrefix("sensor.yaml:") == true)
    }
}
