import Foundation
import TestSupport
import Testing

@testable import Boards

@Suite struct BoardProfileTests {
    @Test("Every file of Boards/ is compiled in, and every one is valid")
    func builtIn() throws {
        let boards = Checkout.file("Boards")
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
                "generic-arch64: no such board; did you mean \"generic-aarch64\"? (known: banana-")
        }
    }

    @Test("All keys of a profile")
    func everything() throws {
        let board = try BoardProfile(
            yaml: """
                title: A board
                soc: K2
                compatible: ["a,board-v1", "a,board-v2"]
                cpu:
                  arch: riscv64
                  isa: [i, m, v]
                  vlen: 256
                  l3: 2MiB
                  clusters:
                    - {core: Small, cpus: [0, 1]}
                    - {core: Big, cpus: [2, 3, 5], l1i: 64KiB, l1d: 32KiB, l2: 1MiB}
                kernels: rvv
                threads: 2
                pin: [2, 5]
                memory: 1.5GiB
                camera: {connector: J1, driver: isp, device: /dev/video0, pipe: cam -o -, source: "yuv420:640x480@30"}
                gpio:
                  - {chip: d4019000.gpio, bank: 1, lines: {B: 0, A: 7}}
                  - {chip: d4019000.gpio, bank: 2}
                """, path: "boards/a-board.yaml")
        #expect(board.name == "a-board" && board.title == "A board" && board.architecture == .riscv64)
        #expect(board.soc == "K2" && board.compatible == ["a,board-v1", "a,board-v2"])
        #expect(board.extensions == ["i", "m", "v"] && board.vectorBits == 256 && board.l3 == 2 << 20)
        #expect(
            board.clusters == [
                .init(core: "Small", cpus: [0, 1]),
                .init(core: "Big", cpus: [2, 3, 5], l1i: 65536, l1d: 32768, l2: 1 << 20),
            ])
        #expect(board.kernels == .rvv && board.threads == 2 && board.pin == [2, 5] && board.memory == 3 << 29)
        #expect(
            board.camera
                == .init(
                    connector: "J1", driver: "isp", device: "/dev/video0", pipe: "cam -o -",
                    source: "yuv420:640x480@30"))
        #expect(
            board.gpio == [
                .init(
                    label: "d4019000.gpio", bank: 1, lines: [.init(name: "B", offset: 0), .init(name: "A", offset: 7)]),
                .init(label: "d4019000.gpio", bank: 2, lines: []),
            ])
        #expect(
            board.facts.map { "\($0.key): \($0.value)" } == [
                "soc: K2", "compatible: a,board-v1, a,board-v2", "arch: riscv64", "isa: i m v", "vlen: 256 bits",
                "cpu: 2 x Small, CPU 0-1",
                "cpu: 3 x Big, CPU 2-3, 5, L1 64 KiB instructions and 32 KiB data, L2 1 MiB",
                "l3: 2 MiB", "kernels: rvv", "threads: 2, on CPU 2, 5", "memory: 1536 MiB", "camera connector: J1",
                "camera driver: isp", "camera device: /dev/video0", "camera pipe: cam -o -",
                "camera source: yuv420:640x480@30", "gpio: d4019000.gpio bank 1: 0 B, 7 A",
                "gpio: d4019000.gpio bank 2",
            ])
    }

    @Test("What a profile does not say stays unknown")
    func unknownFacts() throws {
        let board = try BoardProfile(
            yaml: "title: b\ncpu: {arch: armv7}\nkernels: neon32\nthreads: 3\n", path: "b.yaml")
        #expect(board.soc == nil && board.compatible.isEmpty && board.extensions.isEmpty && board.clusters.isEmpty)
        #expect(board.vectorBits == nil && board.l3 == nil && board.memory == nil && board.pin.isEmpty)
        #expect(board.camera == nil && board.gpio.isEmpty)
        #expect(board.facts.map(\.key) == ["arch", "kernels", "threads"])
    }

    @Test(
        "Contradictions and wrong values are refused",
        arguments: [
            ("cpu: {arch: armv7}\nkernels: neon", "2:10: kernels: \"neon\" needs `arch: aarch64`, not armv7"),
            ("cpu: {arch: armv7}\nkernels: best", "2:10: kernels: \"best\" needs `arch: native`, not armv7"),
            (
                "cpu: {arch: aarch64, isa: [asimd]}\nkernels: dotprod",
                "2:10: kernels: \"dotprod\" needs the extension asimddp, which `cpu.isa` does not list"
            ),
            (
                "cpu: {arch: armv7, l3: 32}",
                "1:24: cpu.l3: expected a size with its unit, such as 32KiB, 500M or 1GiB, found \"32\""
            ),
            (
                "cpu: {arch: arm}",
                "1:13: cpu.arch: expected native, x86_64, aarch64, armv7 or riscv64, found \"arm\""
            ),
            ("cpu: aarch64", "1:6: cpu: expected a mapping (arch: …), found \"aarch64\""),
            ("cpu: {arch: armv7, isa: [neon, neon]}", "1:32: cpu.isa[1]: \"neon\" is listed twice"),
            ("cpu: {arch: armv7, isa: []}", "1:25: cpu.isa: the list is empty; leave out what is not known"),
            (
                "cpu: {arch: armv7, vlen: 128}",
                "1:26: cpu.vlen: expected a power of two, with `arch: riscv64`, found 128"
            ),
            (
                "cpu: {arch: riscv64, vlen: 200}",
                "1:28: cpu.vlen: expected a power of two, with `arch: riscv64`, found 200"
            ),
            (
                "cpu: {arch: armv7, clusters: [{core: A, cpus: [0]}, {core: B, cpus: [1, 0]}]}",
                "1:73: cpu.clusters[1].cpus[1]: CPU 0 is listed twice"
            ),
            (
                "cpu: {arch: armv7, clusters: [{core: A, cpus: [0, x]}]}",
                "1:51: cpu.clusters[0].cpus[1]: expected a whole number from 0 to 1023, found \"x\""
            ),
            (
                "cpu: {arch: armv7, clusters: [{core: A}]}",
                "1:31: cpu.clusters[0]: the key \"cpus\" is missing; write for example `cpus: [0, 1, 2, 3]`"
            ),
        ])
    func mistakes(yaml: String, message: String) {
        let kernels = yaml.contains("kernels") ? "" : "kernels: scalar\n"
        refuse(yaml + "\ntitle: b\nthreads: 1\n" + kernels, message)
    }

    @Test(
        "Contradictions beside the CPU are refused",
        arguments: [
            ("threads: 0", "1:10: threads: expected a whole number from 1 to 16, found \"0\""),
            ("threads: 3", "1:10: threads: 3 threads on 2 core(s); give 1 to 2"),
            ("threads: 2\npin: [0]", "2:6: pin: expected 2 CPU number(s), one for each thread, found 1"),
            ("threads: 2\npin: [1, 1]", "2:10: pin[1]: CPU 1 is listed twice"),
            ("threads: 2\npin: [0, 2]", "2:10: pin[1]: CPU 2 is in none of `cpu.clusters`"),
            (
                "threads: 1\ncamera: {pipe: cam}",
                "2:9: camera: `pipe` and `source` belong together: what writes the frames, and how to read them"
            ),
            (
                "threads: 1\ngpio: [{chip: a}, {chip: a, bank: 1}]",
                "2:26: gpio[1].chip: \"a\" is listed twice; tell chips of one label apart with `bank`"
            ),
            (
                "threads: 1\ngpio: [{chip: a, lines: {X: 1, Y: 1}}]",
                "2:25: gpio[0].lines: X and Y are both line 1"
            ),
            (
                "threads: 1\ngpio: [{chip: a, lines: {X: 1}}, {chip: b, lines: {X: 2}}]",
                "2:51: gpio[1].lines: X is a line of another chip as well"
            ),
            (
                "threads: 1\ngpio: [{chip: a, lines: {X: -1}}]",
                "2:29: gpio[0].lines.X: expected a whole number from 0 to 1023, found \"-1\""
            ),
            (
                "threads: 1\ngpio: [{chip: a, lines: [X]}]",
                "2:25: gpio[0].lines: expected a mapping (NAME: number), found a list"
            ),
        ])
    func moreMistakes(yaml: String, message: String) {
        refuse(
            yaml + "\ntitle: b\nkernels: scalar\ncpu: {arch: armv7, clusters: [{core: A, cpus: [0, 1]}]}\n", message)
    }

    private func refuse(_ yaml: String, _ message: String) {
        #expect {
            try BoardProfile(yaml: yaml, path: "b.yaml")
        } throws: {
            "\($0)" == "b.yaml:" + message
        }
    }
}
