import Bundle
import CLinux
import Kernels
import System
import Watching

/// `ocellusd --probe`: what a board profile wants to know, found out on the board.
struct Probe {
    private let files: MachineFiles

    /// - Parameter root: `/`, or a folder with another machine's `proc`, `sys` and `dev`. What programs are told and do
    ///   not read from files (kernel, extensions) is always this machine's.
    init(root: Path) { files = MachineFiles(root: root) }

    /// One JSON object on standard output; docs/deploy.md explains it. A fact that Linux does not tell is left out.
    func print() -> ExitCode {
        var out = JSONStream()
        out.object()
        out.text("program", programVersion(Arguments.program))
        system(&out)
        board(&out)
        processor(&out)
        kernels(&out)
        cameras(&out)
        chips(&out)
        out.endObject()
        guard let error = out.error else { return .success }
        Log.line("cannot write to standard output: \(error.description)")
        return .output
    }

    private func system(_ out: inout JSONStream) {
        var names = oc_system_names()
        oc_system(&names)
        out.object("system")
        withUnsafeBytes(of: names.system) { out.text("name", terminated($0)) }
        withUnsafeBytes(of: names.release) { out.text("release", terminated($0)) }
        withUnsafeBytes(of: names.machine) { out.text("machine", terminated($0)) }
        out.endObject()
    }

    private func board(_ out: inout JSONStream) {
        out.object("board")
        if let model = files.read("proc/device-tree/model") { out.text("model", model) }
        let compatible = (files.read("proc/device-tree/compatible") ?? []).split(separator: 0)
        if !compatible.isEmpty {
            out.list("compatible")
            for text in compatible { out.text(nil, text) }
            out.endList()
        }
        if let profile = KnownBoard.name(compatible: compatible) { out.text("profile", profile) }
        if let memory = memory() { out.number("memory", memory) }
        out.endObject()
    }

    /// Bytes of memory that the kernel manages.
    private func memory() -> Int64? {
        for line in (files.read("proc/meminfo") ?? []).split(separator: UInt8(ascii: "\n"))
        where line.begins(with: "MemTotal:") {
            return decimal(line.dropFirst("MemTotal:".utf8.count)).map { $0 << 10 }
        }
        return nil
    }

    private func processor(_ out: inout JSONStream) {
        let cpu = CPU()
        out.object("cpu")
        out.text("arch", CPU.architecture)
        out.list("isa", inline: true)
        for name in cpu.extensions { out.text(nil, name) }
        out.endList()
        if cpu.vectorBits > 0 { out.number("vlen", Int64(cpu.vectorBits)) }
        out.number("usable", Int64(Thread.processors))
        out.list("clusters")
        var rest = Core.all(cpuinfo: files.read("proc/cpuinfo") ?? [])
        while let first = rest.first {
            cluster(rest.filter { $0.name == first.name && $0.isa == first.isa }, &out)
            rest.removeAll { $0.name == first.name && $0.isa == first.isa }
        }
        out.endList()
        out.endObject()
    }

    /// Equal cores, with the caches of the first.
    private func cluster(_ cores: [Core], _ out: inout JSONStream) {
        guard let first = cores.first else { return }
        out.object()
        if !first.name.isEmpty { out.text("core", first.name) }
        if !first.isa.isEmpty { out.text("isa", first.isa) }
        out.list("cpus", inline: true)
        for core in cores { out.number(nil, Int64(core.number)) }
        out.endList()
        let folder = files.path("sys/devices/system/cpu/cpu").extended(bytes(of: first.number))
        if let rate = files.number(folder.appending("cpufreq/cpuinfo_max_freq".utf8)) { out.number("max_khz", rate) }
        for index in 0..<8 { cache(folder.appending("cache/index".utf8).extended(bytes(of: index)), &out) }
        out.endObject()
    }

    private func cache(_ folder: Path, _ out: inout JSONStream) {
        guard let size = files.number(folder.appending("size".utf8)),
            let level = files.number(folder.appending("level".utf8)),
            let kind = files.read(folder.appending("type".utf8))
        else { return }
        switch (level, kind.first) {
        case (1, UInt8(ascii: "I")): out.number("l1i", size)
        case (1, _): out.number("l1d", size)
        case (2, _): out.number("l2", size)
        case (3, _): out.number("l3", size)
        default: break
        }
    }

    private func kernels(_ out: inout JSONStream) {
        out.list("kernels", inline: true)
        for set in KernelSet.allCases where set.isAvailable { out.text(nil, set.name) }
        out.endList()
        out.text("best", KernelSet.best.name)
    }

    private func cameras(_ out: inout JSONStream) {
        out.list("cameras")
        for number in files.numbers(in: "dev", prefix: "video") {
            out.object()
            out.text("device", bytes(of: "/dev/video") + bytes(of: number))
            let folder = files.path("sys/class/video4linux/video").extended(bytes(of: number))
            if let name = files.read(folder.appending("name".utf8)) { out.text("name", name) }
            out.endObject()
        }
        out.endList()
    }

    private func chips(_ out: inout JSONStream) {
        // Chips of the older interface lie in the same device as those of the newer one, but bear other numbers.
        out.list("gpio")
        for number in files.numbers(in: "dev", prefix: "gpiochip") {
            out.object()
            out.text("device", bytes(of: "/dev/gpiochip") + bytes(of: number))
            let device = files.path("sys/bus/gpio/devices/gpiochip").extended(bytes(of: number))
            if let folder = onlyChip(beside: device) {
                if let label = files.read(folder.appending("label".utf8)) { out.text("chip", label) }
                if let lines = files.number(folder.appending("ngpio".utf8)) { out.number("lines", lines) }
            }
            out.endObject()
        }
        out.endList()
    }

    /// The description of a GPIO chip, where its device has only this one.
    private func onlyChip(beside device: Path) -> Path? {
        let folder = device.appending("../gpio".utf8)
        var names: [[UInt8]] = []
        do throws(Errno) { names = try Folder.names(in: folder) } catch { return nil }
        names.removeAll { !$0.begins(with: "gpiochip") }
        return names.count == 1 ? folder.appending(names[0]) : nil
    }

    /// The bytes up to the first NUL.
    private func terminated(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes.prefix { $0 != 0 })
    }
}
