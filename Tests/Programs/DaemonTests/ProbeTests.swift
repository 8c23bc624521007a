import Boards
import Foundation
import Kernels
import Testing

@testable import ocellusd

/// `ocellusd --probe`, on this machine and on descriptions of others.
@Suite struct ProbeTests {
    private func probe(_ root: Workplace? = nil) throws -> [String: Any] {
        let end = try Daemon(["--probe"] + (root.map { [$0.path] } ?? []))
        let data = end.outputData()
        end.process.waitUntilExit()
        #expect(end.process.terminationStatus == 0)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Writes files of /proc, /sys and /dev below a folder of the test's own.
    private func machine(_ files: [String: String]) throws -> Workplace {
        let place = try Workplace()
        for (name, text) in files {
            let url = URL(fileURLWithPath: place.path + "/" + name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return place
    }

    @Test("This machine")
    func here() throws {
        let found = try probe()
        let cpu = try #require(found["cpu"] as? [String: Any])
        #expect(cpu.string("arch") == "\(CPU.architecture)")
        #expect(cpu["isa"] as? [String] == CPU().extensions.map { String(cString: $0) })
        let clusters = try #require(cpu["clusters"] as? [[String: Any]])
        #expect(clusters.flatMap { $0["cpus"] as? [Int] ?? [] }.count >= cpu.int("usable"))
        #expect(found["kernels"] as? [String] == KernelSet.allCases.filter(\.isAvailable).map { "\($0.name)" })
        #expect(found.string("best") == "\(KernelSet.best.name)")
        #expect((found["board"] as? [String: Any])?.int("memory") ?? 0 > 1 << 20)
        #expect((found["system"] as? [String: Any])?.string("name") == "Linux")
    }

    @Test("A board with cores of two kinds, a camera and GPIO chips")
    func board() throws {
        var files = [
            "proc/device-tree/model": "Some \"board\"\0",
            "proc/device-tree/compatible": "maker,board-2\0maker,chip\0",
            "proc/meminfo": "MemTotal:        1887532 kB\nMemFree:  1 kB\n",
            "dev/video10": "", "dev/video2": "", "dev/videos": "", "dev/gpiochip0": "", "dev/gpiochip1": "",
            "sys/class/video4linux/video2/name": "rp1-cfe-csi2_ch0\n",
            "sys/bus/gpio/devices/gpiochip0/dev": "254:0\n",
            "sys/bus/gpio/devices/gpio/gpiochip512/label": "pinctrl-one\n",
            "sys/bus/gpio/devices/gpio/gpiochip512/ngpio": "58\n",
        ]
        var cpuinfo = ""
        for (number, part) in ["0xd05", "0xd05", "0xd0b", "0xfff"].enumerated() {
            cpuinfo += "processor\t: \(number)\nBogoMIPS\t: 48.00\nCPU implementer\t: 0x41\nCPU part\t: \(part)\n\n"
        }
        files["proc/cpuinfo"] = cpuinfo
        let cache = "sys/devices/system/cpu/cpu2/cache/index"
        for (index, (level, kind, size)) in [("1", "Data", "64K"), ("1", "Instruction", "64K"), ("2", "Unified", "1M")]
            .enumerated()
        {
            files["\(cache)\(index)/level"] = level + "\n"
            files["\(cache)\(index)/type"] = kind + "\n"
            files["\(cache)\(index)/size"] = size + "\n"
        }
        files["sys/devices/system/cpu/cpu2/cpufreq/cpuinfo_max_freq"] = "2400000\n"
        let found = try probe(try machine(files))

        let board = try #require(found["board"] as? [String: Any])
        #expect(board.string("model") == "Some \"board\"" && board["profile"] == nil)
        #expect(board["compatible"] as? [String] == ["maker,board-2", "maker,chip"])
        #expect(board.int("memory") == 1_887_532 * 1024)
        let clusters = try #require((found["cpu"] as? [String: Any])?["clusters"] as? [[String: Any]])
        #expect(clusters.map { $0.string("core") } == ["Cortex-A55", "Cortex-A76", "implementer 0x41 part 0xfff"])
        #expect(clusters.map { $0["cpus"] as? [Int] } == [[0, 1], [2], [3]])
        #expect(["l1i", "l1d", "l2", "max_khz"].map { clusters[1].int($0) } == [65536, 65536, 1 << 20, 2_400_000])
        #expect(clusters[0]["l2"] == nil)
        let cameras = try #require(found["cameras"] as? [[String: String]])
        #expect(cameras == [["device": "/dev/video2", "name": "rp1-cfe-csi2_ch0"], ["device": "/dev/video10"]])
        let chips = try #require(found["gpio"] as? [[String: Any]])
        #expect(chips.map { $0.string("device") } == ["/dev/gpiochip0", "/dev/gpiochip1"])
        #expect(chips[0].string("chip") == "pinctrl-one" && chips[0].int("lines") == 58)
    }

    @Test("RISC-V and 32-bit Arm describe their cores in their own ways")
    func otherCores() throws {
        let riscv = "processor\t: 0\nhart\t\t: 1\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\nuarch\t\t: sifive,u74-mc\n"
        let arm =
            "processor\t: 0\nmodel name\t: ARMv7 Processor rev 5 (v7l)\nCPU implementer\t: 0x41\nCPU part\t: 0xc07\n"
        for (text, core, isa) in [(riscv, "sifive,u74-mc", "rv64imafdc"), (arm, "Cortex-A7", nil)] {
            let found = try probe(try machine(["proc/cpuinfo": text]))
            let clusters = try #require((found["cpu"] as? [String: Any])?["clusters"] as? [[String: Any]])
            #expect(clusters.map { $0.string("core") } == [core] && clusters[0]["isa"] as? String == isa)
        }
    }

    @Test("Odd files give no odd JSON")
    func oddFiles() throws {
        let long = String(repeating: "x", count: 5000)
        let found = try probe(
            try machine([
                "proc/cpuinfo": "processor : 99999999999999999999\nprocessor\nprocessor : 3\nmodel name:\n:\n" + long,
                "proc/device-tree/compatible": long + "\0\0\0a\n\u{1}b",
                "proc/device-tree/model": "\0\0", "proc/meminfo": "MemTotal: many kB", "dev/video99999999999": "",
                "dev/video0": "", "sys/class/video4linux/video0/name": long,
            ]))
        let board = try #require(found["board"] as? [String: Any])
        #expect(board["model"] == nil && board["memory"] == nil)
        let compatible = try #require(board["compatible"] as? [String])
        #expect(compatible.count == 2 && compatible[0].hasPrefix("xxx") && compatible[1] == "a\n\u{1}b")
        #expect((found["cameras"] as? [[String: Any]])?.count == 1)
        #expect(try probe(try Workplace())["gpio"] as? [String] == [])
    }

    @Test("The table of known boards is what the profiles say")
    func known() throws {
        var profiles: Set<String> = []
        for name in BoardProfile.builtInNames {
            let board = try BoardProfile.find(name)
            for text in board.compatible { profiles.insert("\(text) \(board.architecture.rawValue) \(name)") }
        }
        #expect(Set(KnownBoard.all.map { "\($0.compatible) \($0.architecture) \($0.profile)" }) == profiles)
        #expect(!profiles.isEmpty)
    }
}
