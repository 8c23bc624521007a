import CBundle
import Foundation
import Testing

@testable import Boards

@Suite struct BoardProfileTests {
    @Test("Every file of Boards/ is compiled in, and every one is valid")
    func builtIn() throws {
        let boards = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Boards").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(atPath: boards.path).filter { $0.hasSuffix(".yaml") }
        #expect(files.map { String($0.dropLast(5)) }.sorted() == BoardProfile.builtInNames)
        for file in files {
            let path = boards.appendingPathComponent(file).path
            #expect(try BoardProfile.find(path) == BoardProfile.find(String(file.dropLast(5))))
        }
    }

    @Test("The host profile takes the best kernels of this machine")
    func host() throws {
        let host = try BoardProfile.find("host")
        #expect(host.name == "host" && host.architecture == .native && host.kernels == .best)
    }

    @Test("An unknown board is refused with its neighbour")
    func unknown() {
        #expect {
            try BoardProfile.find("generic-arch64")
        } throws: {
            "\($0)".hasPrefix(
                "--board generic-arch64: no such board; did you mean \"generic-aarch64\"? (known: generic-")
        }
    }

    @Test("All keys of a profile")
    func everything() throws {
        let board = try BoardProfile(
            yaml: """
                title: A board
                cpu: {arch: aarch64, l1: 32KiB, l2: 1MiB}
                kernels: dotprod
                threads: 4
                memory: 2GiB
                """, path: "boards/a-board.yaml")
        #expect(board.name == "a-board" && board.title == "A board" && board.architecture == .aarch64)
        #expect(board.kernels == .dotprod && board.threads == 4)
        #expect(board.l1 == 32768 && board.l2 == 1 << 20 && board.memory == 2 << 30)
    }

    @Test(
        "Contradictions and wrong values are refused",
        arguments: [
            (
                "cpu: {arch: armv7}\nkernels: neon\nthreads: 1\n",
                "b.yaml:3:10: kernels: \"neon\" needs `arch: aarch64`, not armv7"
            ),
            (
                "cpu: {arch: armv7}\nkernels: best\nthreads: 1\n",
                "b.yaml:3:10: kernels: \"best\" needs `arch: native`, not armv7"
            ),
            (
                "cpu: {arch: armv7}\nkernels: scalar\nthreads: 0\n",
                "b.yaml:4:10: threads: expected a whole number from 1 to 16, found \"0\""
            ),
            (
                "cpu: {arch: armv7, l1: 32}\n",
                "b.yaml:2:24: cpu.l1: expected a size with its unit, such as 32KiB, 512KiB or 1GiB, found \"32\""
            ),
            (
                "cpu: {arch: arm}\n",
                "b.yaml:2:13: cpu.arch: expected native, x86_64, aarch64, armv7 or riscv64, found \"arm\""
            ),
            ("cpu: aarch64\n", "b.yaml:2:6: cpu: expected a mapping (arch: …), found \"aarch64\""),
        ])
    func mistakes(yaml: String, message: String) {
        #expect {
            try BoardProfile(yaml: "title: b\n" + yaml, path: "b.yaml")
        } throws: {
            "\($0)" == message
        }
    }
}

@Suite struct RecordTests {
    @Test("Durations and scores in the units of the bundle")
    func watch() {
        let rule = SensorFile.WatchRule(
            name: "n", label: 4, on: 1, off: 0.25, smoothing: 1e-9, enterAfter: .milliseconds(1500),
            leaveAfter: .seconds(3), cooldown: .zero, updateEvery: nil)
        let record = rule.record(name: oc_text(offset: 7, length: 1))
        #expect(record.name.offset == 7 && record.label == 4)
        #expect(record.on == 65536 && record.off == 16384 && record.smoothing == 1)
        #expect(record.enter_after == 1500 && record.leave_after == 3000)
        #expect(record.cooldown == 0 && record.update_every == 0)
    }

    @Test(
        "A crop keeps inside the frame and is never empty",
        arguments: [
            (SensorFile.Crop.all, (0, 0, 65535, 65535)),
            (SensorFile.Crop(x: 0.5, y: 0, width: 0.5, height: 1e-9), (32768, 0, 32767, 1)),
            (SensorFile.Crop(x: 1 - 1e-9, y: 1 / 3.0, width: 1e-9, height: 1 / 3.0), (65534, 21845, 1, 21845)),
        ])
    func crop(_ crop: SensorFile.Crop, _ expected: (Int, Int, Int, Int)) {
        let record = crop.record
        #expect((Int(record.0), Int(record.1), Int(record.2), Int(record.3)) == expected)
    }

    @Test("Quantities")
    func quantities() {
        #expect(Duration(quantity: "1.5s") == .milliseconds(1500))
        #expect(Duration(quantity: "24h") == .seconds(86400))
        for text in ["", "s", "1", "-1s", "1e3s", "1sec", "1  s", "nans", "infs", "99999999999h", "1.2.3s"] {
            #expect(Duration(quantity: text) == nil, "\(text)")
        }
        #expect(parseBytes("0.5KiB") == 512)
        for text in ["", "0B", "1", "1KB", "0.3B", "9999999GiB"] { #expect(parseBytes(text) == nil, "\(text)") }
    }
}
