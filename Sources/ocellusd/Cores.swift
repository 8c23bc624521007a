/// One CPU of /proc/cpuinfo.
struct Core {
    /// Linux's number of it.
    var number: Int
    /// Its microarchitecture, as well as the kernel or the part number tells.
    var name: [UInt8] = []
    /// RISC-V only: the extensions that the kernel lists.
    var isa: [UInt8] = []

    private var implementer: [UInt8] = []
    private var part: [UInt8] = []
    private var model: [UInt8] = []
    private var microarchitecture: [UInt8] = []
    private var architectureID: [UInt8] = []

    private init(number: Int) { self.number = number }

    /// The CPUs in the order of the file.
    static func all(cpuinfo: [UInt8]) -> [Core] {
        var cores: [Core] = []
        for line in cpuinfo.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let key = trimmed(line[..<colon])
            let value = trimmed(line[(colon + 1)...])
            if key.elementsEqual("processor".utf8) {
                if let number = decimal(value) { cores.append(Core(number: Int(clamping: number))) }
            } else if !cores.isEmpty {
                cores[cores.count - 1].take(key, value)
            }
        }
        for index in cores.indices { cores[index].settleName() }
        return cores
    }

    private mutating func take(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        if key.elementsEqual("CPU implementer".utf8) { implementer = Array(value) }
        if key.elementsEqual("CPU part".utf8) { part = Array(value) }
        if key.elementsEqual("model name".utf8) { model = Array(value) }
        if key.elementsEqual("uarch".utf8) { microarchitecture = Array(value) }
        if key.elementsEqual("marchid".utf8) { architectureID = Array(value) }
        if key.elementsEqual("isa".utf8) { isa = Array(value) }
    }

    /// 32-bit Arm kernels give a model name too, "ARMv7 Processor rev 5 (v7l)", but the part says more.
    private mutating func settleName() {
        if !part.isEmpty {
            name = Core.arm(implementer, part) ?? bytes(of: "implementer ") + implementer + bytes(of: " part ") + part
        } else if !model.isEmpty {
            name = model
        } else if !microarchitecture.isEmpty {
            name = microarchitecture
        } else if !architectureID.isEmpty {
            name = bytes(of: "marchid ") + architectureID
        }
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }

    /// Arm's own cores. Numbers from Linux's arch/arm64/include/asm/cputype.h and arch/arm/include/asm/cputype.h.
    private static func arm(_ implementer: [UInt8], _ part: [UInt8]) -> [UInt8]? {
        guard implementer.elementsEqual("0x41".utf8) else { return nil }
        let names: [(part: StaticString, name: StaticString)] = [
            ("0xc05", "Cortex-A5"), ("0xc07", "Cortex-A7"), ("0xc08", "Cortex-A8"), ("0xc09", "Cortex-A9"),
            ("0xc0d", "Cortex-A12"), ("0xc0e", "Cortex-A17"), ("0xc0f", "Cortex-A15"), ("0xd03", "Cortex-A53"),
            ("0xd04", "Cortex-A35"), ("0xd05", "Cortex-A55"), ("0xd07", "Cortex-A57"), ("0xd08", "Cortex-A72"),
            ("0xd09", "Cortex-A73"), ("0xd0a", "Cortex-A75"), ("0xd0b", "Cortex-A76"), ("0xd0c", "Neoverse-N1"),
            ("0xd0d", "Cortex-A77"), ("0xd41", "Cortex-A78"), ("0xd46", "Cortex-A510"), ("0xd47", "Cortex-A710"),
            ("0xd4d", "Cortex-A715"), ("0xd80", "Cortex-A520"), ("0xd81", "Cortex-A720"),
        ]
        for entry in names where part.elementsEqual(bytes(of: entry.part)) { return bytes(of: entry.name) }
        return nil
    }
}
