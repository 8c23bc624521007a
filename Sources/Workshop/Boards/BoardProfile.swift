/// What a bundle is built for: a board's processor and devices, and the choices made for it. `docs/board-profiles.md`
/// lists every key of the file. What a profile does not know is nil, or an empty list.
public struct BoardProfile: Sendable, Equatable {
    /// The file's name without extension; bundles record it.
    public var name: String
    public var title: String
    /// The chip, as its maker calls it.
    public var soc: String?
    /// Strings of the device tree's root node that identify the board; they hold for boards of `architecture`.
    public var compatible: [String]
    public var architecture: Architecture
    /// Instruction set extensions that all cores have, named as Linux does.
    public var extensions: [String]
    /// Bits of a vector register, where its length is the CPU's choice (RISC-V).
    public var vectorBits: Int?
    /// Groups of equal cores, in the order of their CPU numbers.
    public var clusters: [Cluster]
    /// Level 3 cache in bytes, shared by all clusters.
    public var l3: Int?
    public var kernels: KernelChoice
    /// Worker threads, 1 to 16.
    public var threads: Int
    /// The CPUs that the worker threads belong on, one for each; empty: wherever Linux puts them. Where a bundle is built
    /// for fewer threads, they share these.
    public var pin: [Int]
    /// Main memory of the smallest model sold, in bytes.
    public var memory: Int?
    public var camera: Camera?
    public var gpio: [GPIOChip]

    public enum Architecture: String, Sendable, CaseIterable {
        /// Whatever the compiler itself runs on.
        case native
        case x86 = "x86_64"
        case aarch64, armv7, riscv64
    }

    public struct Cluster: Sendable, Equatable {
        /// The microarchitecture, for example `Cortex-A53`.
        public var core: String
        /// Linux's numbers of the cores.
        public var cpus: [Int]
        /// Level 1 caches of one core in bytes, for instructions and for data.
        public var l1i: Int?
        public var l1d: Int?
        /// Level 2 cache that one core can fill, in bytes.
        public var l2: Int?
    }

    /// How frames of the board's camera connector reach a program.
    public struct Camera: Sendable, Equatable {
        /// Where the camera is plugged in.
        public var connector: String?
        /// What V4L2 calls the driver of the capture device.
        public var driver: String?
        /// The capture device, for example `/dev/video0`.
        public var device: String?
        /// A command that writes frames to its standard output.
        public var pipe: String?
        /// How `ocellusd --source` reads what `pipe` writes.
        public var source: String?
    }

    public struct GPIOChip: Sendable, Equatable {
        /// What the kernel calls the chip.
        public var label: String
        /// Which of several chips with this label, in the order of their numbers, from 0.
        public var bank: Int?
        /// Lines that the board leads to a header, or to something on the board.
        public var lines: [GPIOLine]
    }

    public struct GPIOLine: Sendable, Equatable {
        public var name: String
        /// The line's number within its chip.
        public var offset: Int
    }

    /// The kernel set that weights are packed for.
    public enum KernelChoice: String, Sendable, CaseIterable {
        /// The fastest that the CPU at hand has; only where the architecture is `native`.
        case best
        case scalar, avx2, avx512vnni, neon, dotprod, i8mm, neon32, rvv

        /// The architecture whose CPUs can run it, and the extension that they need; nil: any CPU.
        var requirement: (architecture: Architecture, extension: String?)? {
            switch self {
            case .best: (.native, nil)
            case .scalar: nil
            case .avx2: (.x86, "avx2")
            case .avx512vnni: (.x86, "avx512_vnni")
            case .neon: (.aarch64, "asimd")
            case .dotprod: (.aarch64, "asimddp")
            case .i8mm: (.aarch64, "i8mm")
            case .neon32: (.armv7, "neon")
            case .rvv: (.riscv64, "v")
            }
        }
    }

    /// Why this board's CPU cannot run a kernel set; nil where it can, or where nobody knows. The machine at hand is not asked.
    /// - Parameter name: as `kernels` has it.
    public func obstacle(to name: String) -> String? {
        guard architecture != .native, let needed = KernelChoice(rawValue: name)?.requirement else { return nil }
        guard needed.architecture == architecture else {
            return "are for \(needed.architecture.rawValue), but \(self.name) is \(architecture.rawValue)"
        }
        guard let needed = needed.extension, !extensions.isEmpty, !extensions.contains(needed) else { return nil }
        return "need \(needed), which \(self.name) lacks"
    }

    /// The names of the built-in profiles, sorted.
    public static var builtInNames: [String] { builtIn.map(\.name) }

    /// Finds a profile by the name that `--board` was given: a built-in one, or a file where the name holds a `/` or
    /// ends in `.yaml`.
    public static func find(_ name: String) throws(ConfigurationError) -> BoardProfile {
        if name.contains("/") || name.hasSuffix(".yaml") {
            return try BoardProfile(Document(contentsOf: name), name: stem(of: name))
        }
        guard let profile = builtIn.first(where: { $0.name == name }) else {
            throw ConfigurationError(
                file: name, place: nil, key: "",
                message: "no such board\(suggestion(for: name, among: builtInNames)) (known: "
                    + "\(builtInNames.joined(separator: ", ")); or the path of a profile, ending in .yaml)")
        }
        return try BoardProfile(Document(yaml: profile.yaml, file: "Boards/\(name).yaml"), name: name)
    }

    /// - Parameter path: names the file in errors; its last component without extension names the board.
    public init(yaml: String, path: String) throws(ConfigurationError) {
        try self.init(Document(yaml: Array(yaml.utf8), file: path), name: Self.stem(of: path))
    }

    private static func stem(of path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        return String(file.hasSuffix(".yaml") ? file.dropLast(5) : file)
    }
}
