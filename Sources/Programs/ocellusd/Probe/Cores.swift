import System

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
            if key.isEqual(to: "processor") {
                if let number = decimal(value) { cores.append(Core(number: Int(clamping: number))) }
            } else if !cores.isEmpty {
                cores[cores.count - 1].take(key, value)
            }
        }
        for index in cores.indices { cores[index].settleName() }
        return cores
    }

    private mutating func take(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        if key.isEqual(to: "CPU implementer") { implementer = Array(value) }
        if key.isEqual(to: "CPU part") { part = Array(value) }
        if key.isEqual(to: "model name") { model = Array(value) }
        if key.isEqual(to: "uarch") { microarchitecture = Array(value) }
        if key.isEqual(to: "marchid") { architectureID = Array(value) }
        if key.isEqual(to: "isa") { isa = Array(value) }
    }

    /// 32-bit Arm kernels give a model name too, "ARMv7 Processor rev 5 (v7l)", but the part says more.
    private mutating func settleName() {
        if !part.isEmpty {
            name =
                Core.arm(implementer, part).map { bytes(of: $0) }
                ?? bytes(of: "implementer ") + implementer + bytes(of: " part ") + part
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
    private static func arm(_ implementer: [UInt8], _ part: [UInt8]) -> StaticString? {
        guard implementer.isEqual(to: "0x41") else { return nil }
        switch hexadecimal(part) {
        case 0xc05: return "Cortex-A5"
        case 0xc07: return "Cortex-A7"
        case 0xc08: return "Cortex-A8"
        case 0xc09: return "Cortex-A9"
        case 0xc0d: return "Cortex-A12"
        case 0xc0e: return "Cortex-A17"
        case 0xc0f: return "Cortex-A15"
        case 0xd03: return "Cortex-A53"
        case 0xd04: return "Cortex-A35"
        case 0xd05: return "Cortex-A55"
        case 0xd07: return "Cortex-A57"
        case 0xd08: return "Cortex-A72"
        case 0xd09: return "Cortex-A73"
        case 0xd0a: return "Cortex-A75"
        case 0xd0b: return "Cortex-A76"
        case 0xd0c: return "Neoverse-N1"
        case 0xd0d: return "Cortex-A77"
        case 0xd41: return "Cortex-A78"
        case 0xd46: return "Cortex-A510"
        case 0xd47: return "Cortex-A710"
        case 0xd4d: return "Cortex-A715"
        case 0xd80: return "Cortex-A520"
        case 0xd81: return "Cortex-A720"
        default: return nil
        }
    }

    /// A number written as 0xd03; 0 for anything else.
    private static func hexadecimal(_ text: [UInt8]) -> UInt32 {
        guard text.begins(with: "0x"), text.count <= 10 else { return 0 }
        var value: UInt32 = 0
        for byte in text.dropFirst(2) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            default: return 0
            }
        }
        return value
    }
}
