import Boards
import Foundation
import TestSupport
import Testing

/// No bytes make the readers of sensor files and board profiles crash or hang.
@Suite struct ConfigurationMutationTests {
    private static let everything = """
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
        inputs: {time_of_day: 0.5, mode: [1, 0, 0.25]}
        output: {index: 1, scores: sigmoid}
        source: yuv420:640x480@15
        topic: home/front-door
        heartbeat: 1.5m
        max_fps: 7.5
        zones: [{name: path, x: 0.5, height: 0.5}]
        mask: [{y: 0.9}]
        motion: {level: 12, area: 0.01, hold: 3s, every: 1m}
        record: {folder: /var/lib/door, budget: 64MiB, before: 4, after: 2, size: 640, quality: 90}
        privacy: metadata-only
        watch:
          - label: person
            name: visitor
            zone: path
            on: 0.8
            off: 0.5
            smoothing: 0.25
            enter_after: 500ms
            leave_after: 2 s
            cooldown: 1h
            update_every: 10s
          - {label: [person, 0], name: anybody, on: 0.9}
        """

    private static func check(_ run: MutationRun) {
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 4, "the damage is found")
        #expect(run.accepted > run.cases / 50, "the damage is not always fatal, so values are reached")
        #expect(run.isBounded, "\(run.slowest)")
    }

    @Test("Damaged sensor files and their labels are read or refused")
    func sensorFiles() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ocellus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func place(_ name: String, _ bytes: [UInt8]) throws -> String {
            let url = folder.appendingPathComponent(name)
            try Data(bytes).write(to: url)
            return url.path
        }
        _ = try place("model.tflite", [1])
        let sound = Array(Self.everything.utf8)
        let run = try MutationRun("sensor-file", files: [(name: "everything", bytes: sound)], cases: 3_000) { bytes in
            let path = try place("sensor.yaml", bytes)
            do throws(ConfigurationError) {
                _ = try SensorFile(contentsOf: path)
                return true
            } catch {
                #expect(error.description.contains(folder.path))
                return false
            }
        }
        Self.check(run)
    }

    @Test("Damaged board profiles are read or refused")
    func boards() throws {
        let files = try ["host", "raspberry-pi-5", "visionfive-2"].map { name in
            let path = Checkout.file("Boards/\(name).yaml").path
            return (name: name, bytes: try TestFiles.bytes(path))
        }
        let run = MutationRun("board", files: files, cases: 3_000) { bytes in
            do throws(ConfigurationError) {
                _ = try BoardProfile(yaml: String(decoding: bytes, as: UTF8.self), path: "board.yaml")
                return true
            } catch {
                #expect(error.description.contains("board.yaml"))
                return false
            }
        }
        Self.check(run)
    }
}
