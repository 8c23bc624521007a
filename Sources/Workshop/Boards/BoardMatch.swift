import Foundation

/// Which profile fits a machine, by what `ocellusd --probe` printed there.
public struct BoardMatch: Sendable {
    public let profile: BoardProfile
    /// Sentences: why it is none of the board's own, and what of it does not hold on the machine.
    public let remarks: [String]

    /// What is read of the probe's JSON.
    private struct Probe: Decodable {
        struct Board: Decodable { var compatible: [String]? }
        struct CPU: Decodable {
            var arch: String
            var isa: [String]
            var usable: Int
        }
        var board: Board
        var cpu: CPU
        var best: String
    }

    /// - Parameters:
    ///   - json: the probe's output.
    ///   - file: its name, for errors.
    public init(json: [UInt8], file: String) throws(ConfigurationError) {
        func failure(_ message: String) -> ConfigurationError {
            ConfigurationError(file: file, place: nil, key: "", message: message)
        }
        guard let probe = try? JSONDecoder().decode(Probe.self, from: Data(TextFile.withoutMark(json))) else {
            throw failure("not what `ocellusd --probe` prints; run it on the board and give its output")
        }
        guard let architecture = BoardProfile.Architecture(rawValue: probe.cpu.arch), architecture != .native else {
            throw failure("cpu.arch is \"\(probe.cpu.arch)\"; boards have x86_64, aarch64, armv7 or riscv64")
        }
        let profiles = try BoardProfile.builtInNames.map { (name) throws(ConfigurationError) in
            try BoardProfile.find(name)
        }.filter { $0.architecture == architecture }
        let compatible = probe.board.compatible ?? []
        var remarks: [String] = []
        // The first string is the most specific.
        if let own = compatible.lazy.compactMap({ text in profiles.first { $0.compatible.contains(text) } }).first {
            profile = own
        } else {
            guard let generic = profiles.first(where: { $0.name.hasPrefix("generic-") }) else {
                throw failure("no profile for \(architecture.rawValue)")
            }
            profile = generic
            let board = compatible.first.map { "\"\($0)\"" } ?? "a machine without a device tree"
            remarks.append("no profile for \(board); docs/board-profiles.md says how to write one")
        }
        if let needed = profile.kernels.requirement?.extension, !probe.cpu.isa.contains(needed) {
            remarks.append(
                "its kernels \(profile.kernels.rawValue) need \(needed), which this CPU lacks: build with --kernels \(probe.best)"
            )
        } else if profile.kernels.rawValue != probe.best {
            remarks.append(
                "its kernels are \(profile.kernels.rawValue); the fastest of this CPU are \(probe.best): build with --kernels "
                    + probe.best)
        }
        if profile.threads > probe.cpu.usable {
            remarks.append(
                "it has \(profile.threads) threads, this machine \(probe.cpu.usable) usable core(s): build with --threads "
                    + "\(probe.cpu.usable)")
        }
        self.remarks = remarks
    }
}
