import Foundation

/// The system's `ssh`, with the user's own configuration, keys and prompts.
public struct SecureShell: Sendable {
    /// `user@host`, `host`, or a name of the user's ssh configuration.
    public let destination: String
    private let port: Int?
    private let control: String?

    /// - Throws: for what ssh would take as an option.
    public init(destination: String, port: Int?) throws(DeploymentError) {
        guard !destination.isEmpty, !destination.hasPrefix("-") else {
            throw DeploymentError("'\(destination)' is no board: give user@host, host, or a name of ~/.ssh/config")
        }
        self.destination = destination
        self.port = port
        control = Self.controlPath()
    }

    /// All commands share a connection, so that a password is asked for once. Its socket's path must be short.
    private static func controlPath() -> String? {
        guard let home = ProcessInfo.processInfo.environment["HOME"], home.hasPrefix("/"), home.utf8.count <= 32,
            !home.contains("%"), !home.contains(" ")
        else { return nil }
        return "\(home)/.ssh/ocellus-%C"
    }

    /// `ssh` and its arguments for a command of the board's shell.
    private func words(_ command: String) -> [String] {
        var words = ["ssh", "-T", "-o", "ConnectTimeout=10"]
        if let control {
            words += ["-o", "ControlMaster=auto", "-o", "ControlPath=\(control)", "-o", "ControlPersist=10"]
        }
        if let port { words += ["-p", "\(port)"] }
        return words + ["--", destination, command]
    }

    /// What the user could type instead of `run`.
    public func line(_ step: Deployment.Step) -> String {
        let line = ShellText.quoted(words(step.command))
        switch step.input {
        case .file(let path): return "\(line) <\(ShellText.quoted(path))"
        case .text(let text): return "\(line) <<'END OF INPUT'\n\(text)END OF INPUT"
        }
    }

    /// Runs a step to its end.
    /// - Returns: the lines it wrote, standard output first.
    public func run(_ step: Deployment.Step) throws(DeploymentError) -> [String] {
        do {
            return try Self.inFolder { folder in try run(step, folder) }
        } catch let error as DeploymentError {
            throw error
        } catch {
            throw DeploymentError("no temporary files can be written: \(error.localizedDescription)")
        }
    }

    private func run(_ step: Deployment.Step, _ folder: URL) throws -> [String] {
        if let control {
            try? FileManager.default.createDirectory(
                atPath: (control as NSString).deletingLastPathComponent, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
        }
        let input: String
        switch step.input {
        case .file(let path): input = path
        case .text(let text):
            input = folder.appendingPathComponent("input").path
            try Data(text.utf8).write(to: URL(fileURLWithPath: input))
        }
        // Files and no pipes: the shared connection stays open in the background and would hold them open.
        let output = folder.appendingPathComponent("output")
        let errors = folder.appendingPathComponent("errors")
        let words = words(step.command)
        let status = spawn(words, input: input, output: output.path, errors: errors.path)
        let said = lines(of: output)
        let complaints = lines(of: errors)
        guard status == .code(0) else {
            // The reason first: nobody reads the command of a step, which a dry run shows.
            let reason = (complaints.last ?? said.last).map { "\($0) (ssh \(status.text))" } ?? "ssh \(status.text)"
            throw DeploymentError("\(destination): cannot \(step.purpose): \(reason)")
        }
        return said + complaints
    }

    private func lines(of file: URL) -> [String] {
        let text = String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).map(String.init)
    }

    private static func inFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ocellus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }
}

extension Deployment {
    /// A name for a release made now, in UTC: releases sort by their names.
    public static func releaseName() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        return String(
            format: "%04d%02d%02dT%02d%02d%02dZ", Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday),
            Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec))
    }
}

private enum ExitStatus: Equatable {
    case code(Int32)
    case signal(Int32)
    case notStarted(Int32)

    var text: String {
        switch self {
        case .code(let code): "ended with code \(code)"
        case .signal(let number): "was ended by signal \(number)"
        case .notStarted(ENOENT): "cannot be started: there is no ssh here; install openssh-client"
        case .notStarted(let error): "cannot be started: \(String(cString: strerror(error)))"
        }
    }
}

/// Runs a program of the search path. Foundation's Process would put it into a process group of its own, which may not
/// ask for a password on the terminal.
private func spawn(_ words: [String], input: String, output: String, errors: String) -> ExitStatus {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let error = posix_spawnp(&process, words[0], &actions, nil, &arguments, environ)
    guard error == 0 else { return .notStarted(error) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
        guard errno == EINTR else { return .notStarted(errno) }
    }
    // As in <sys/wait.h>, whose macros Swift does not see.
    let signal = status & 0x7f
    return signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal)
}
