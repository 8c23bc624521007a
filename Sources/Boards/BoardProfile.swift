/// What a bundle is built for: a board's processor and the choices made for it. `docs/board-profiles.md` lists every
/// key of the file.
public struct BoardProfile: Sendable, Equatable {
    /// The file's name without extension; bundles record it.
    public var name: String
    public var title: String
    public var architecture: Architecture
    public var kernels: KernelChoice
    /// Worker threads, 1 to 16.
    public var threads: Int
    /// Level 1 data cache of one core in bytes, where known.
    public var l1: Int?
    /// Level 2 cache that one core can fill, in bytes, where known.
    public var l2: Int?
    /// Main memory in bytes, where known.
    public var memory: Int?

    public enum Architecture: String, Sendable, CaseIterable {
        /// Whatever the compiler itself runs on.
        case native
        case x86 = "x86_64"
        case aarch64, armv7, riscv64
    }

    /// The kernel set that weights are packed for.
    public enum KernelChoice: String, Sendable, CaseIterable {
        /// The fastest that the CPU at hand has; only where the architecture is `native`.
        case best
        case scalar, avx2, avx512vnni, neon, dotprod, i8mm, neon32, rvv

        /// The architecture whose CPUs can run it; nil: any.
        var architecture: Architecture? {
            switch self {
            case .best: .native
            case .scalar: nil
            case .avx2, .avx512vnni: .x86
            case .neon, .dotprod, .i8mm: .aarch64
            case .neon32: .armv7
            case .rvv: .riscv64
            }
        }
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
                file: "--board \(name)", place: nil, key: "",
                message: "no such board\(suggestion(for: name, among: builtInNames)) (known: "
                    + "\(builtInNames.joined(separator: ", ")); or the path of a profile, ending in .yaml)")
        }
        return try BoardProfile(Document(yaml: profile.yaml, file: "Boards/\(name).yaml"), name: name)
    }

    /// - Parameter path: names the file in errors; its last component without extension names the board.
    public init(yaml: String, path: String) throws(ConfigurationError) {
        try self.init(Document(yaml: Array(yaml.utf8), file: path), name: Self.stem(of: path))
    }

    private init(_ document: Document, name: String) throws(ConfigurationError) {
        let top = try Section(document, keys: ["title", "cpu", "kernels", "threads", "memory"])
        self.name = name
        title = try top.required("title", top.text("title"), "Raspberry Pi 4")
        let cpu = try top.required("cpu", top.section("cpu", keys: ["arch", "l1", "l2"]), "{ arch: aarch64 }")
        architecture = try cpu.required(
            "arch",
            cpu.choice(
                "arch",
                [
                    "native": .native, "x86_64": .x86, "aarch64": .aarch64, "armv7": .armv7, "riscv64": .riscv64,
                ]), "aarch64")
        l1 = try cpu.bytes("l1")
        l2 = try cpu.bytes("l2")
        kernels = try top.required(
            "kernels",
            top.choice(
                "kernels",
                [
                    "best": .best, "scalar": .scalar, "avx2": .avx2, "avx512vnni": .avx512vnni, "neon": .neon,
                    "dotprod": .dotprod, "i8mm": .i8mm, "neon32": .neon32, "rvv": .rvv,
                ]), "scalar")
        if let needed = kernels.architecture, needed != architecture {
            throw top.failure(
                "kernels", "\"\(kernels.rawValue)\" needs `arch: \(needed.rawValue)`, not \(architecture.rawValue)")
        }
        threads = try top.required("threads", top.integer("threads", 1...16), "1")
        memory = try top.bytes("memory")
    }

    private static func stem(of path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        return String(file.hasSuffix(".yaml") ? file.dropLast(5) : file)
    }

    /// The files of `Boards/`, compiled in, so that the program needs no folder beside it.
    static let builtIn: [(name: String, yaml: [UInt8])] = [
        ("generic-aarch64", PackageResources.generic_aarch64_yaml),
        ("generic-armv7", PackageResources.generic_armv7_yaml),
        ("generic-riscv64", PackageResources.generic_riscv64_yaml),
        ("generic-x86-64", PackageResources.generic_x86_64_yaml),
        ("host", PackageResources.host_yaml),
    ]
}
