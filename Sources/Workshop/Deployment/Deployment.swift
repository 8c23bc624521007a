import Foundation

/// What `ocellus deploy` does on a board, as commands for the board's shell. docs/deploy.md describes the result.
///
/// Everything that acts on the board is one of the scripts in `Assets`; nothing but these and `cat` is run there.
public struct Deployment: Sendable {
    /// Of the sensor: lower-case letters, digits, `.`, `_` and `-`, at most 48, beginning with a letter or digit.
    public let name: String
    /// Folder on the board that holds a folder for each sensor.
    public let prefix: String
    /// Local path of the bundle.
    public let bundle: String
    /// Local path of an `ocellusd` for the board; nil: the one that is there.
    public let program: String?
    /// Local path of a `selfcheck` for the board; nil: the one that is there with its `ocellusd`.
    public let selfcheck: String?
    /// Whether `selfcheck` must pass on the board.
    public let checks: Bool
    /// What the service gives to `ocellusd` behind the bundle, as a shell takes it.
    public let arguments: String
    /// What becomes of the sensor when it is installed.
    public let start: Start
    public let source: Source
    /// The way to a broker; nil: there is none.
    public let link: Link?
    /// Name of the release's folder.
    public let release: String
    private let words: [String]

    public enum Start: String, Sendable {
        case no
        /// Started, whatever becomes of it.
        case start
        /// Started, and waited for until it works.
        case wait
    }

    /// What the sensor's source asks of its service.
    public struct Source: Sendable {
        /// A program on the board gives the frames: the service allows what cameras behind libcamera need.
        public var isCommand: Bool
        /// It has no end, so the service never leaves it dead.
        public var isLive: Bool
        /// A network camera, which a service of its own reads.
        public var network: Network?

        public init(isCommand: Bool, isLive: Bool, network: Network? = nil) {
            self.isCommand = isCommand
            self.isLive = isLive
            self.network = network
        }
    }

    public struct Network: Sendable {
        public var address: String
        public var host: String
        /// Before the address.
        public var options: [String]

        public init(address: String, host: String, options: [String]) {
            self.address = address
            self.host = host
            self.options = options
        }
    }

    /// `ocellus-link` beside the sensor.
    public struct Link: Sendable {
        /// Without files and sockets.
        public var arguments: [String]
        /// Local path of one for the board; nil: the one that is there.
        public var program: String?

        public init(arguments: [String], program: String?) {
            self.arguments = arguments
            self.program = program
        }

        fileprivate var waitsInMemory: Bool { arguments.contains("--memory-queue") }
    }

    /// - Parameter selfcheck: where checks are wanted and there is none, the one beside `program` is taken.
    /// - Throws: where a name or the prefix has characters that services and scripts might not take, or where no
    ///   `selfcheck` or `ocellus-selfcheck` lies beside `program`.
    public init(
        name: String, prefix: String, bundle: String, program: String?, selfcheck: String?, checks: Bool,
        arguments: String, start: Start, source: Source, link: Link? = nil, release: String
    ) throws(DeploymentError) {
        try Self.check(name: name, prefix: prefix)
        self.name = name
        self.prefix = prefix
        self.bundle = bundle
        self.program = program
        if checks, selfcheck == nil, let program {
            self.selfcheck = try Self.selfcheck(beside: program)
        } else {
            self.selfcheck = selfcheck
        }
        self.checks = checks
        self.arguments = arguments
        guard let words = ShellText.words(of: arguments) else {
            throw DeploymentError("--arguments \(arguments): a quotation is not closed")
        }
        guard link == nil || !words.contains(where: { $0 == "--socket" || $0.hasPrefix("--socket=") }) else {
            throw DeploymentError("--arguments \(arguments): leave out --socket, which is the way to the broker here")
        }
        self.words = words
        self.link = link
        self.start = start
        self.source = source
        self.release = release
    }

    /// - Throws: where a name or the prefix has characters that services and scripts might not take.
    private static func check(name: String, prefix: String) throws(DeploymentError) {
        guard isName(name) else {
            throw DeploymentError(
                "'\(name)' cannot name a sensor on a board: take at most 48 lower-case letters, digits, '.', '_' and '-', "
                    + "beginning with a letter or digit")
        }
        guard prefix.hasPrefix("/"), prefix.utf8.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: "/") }) else {
            throw DeploymentError("--prefix \(prefix): take an absolute path of letters, digits, '/', '.', '_' and '-'")
        }
    }

    /// One command of the board's shell.
    public struct Step: Sendable {
        public enum Input: Sendable {
            case file(String)
            case text(String)
        }

        /// For messages: "cannot `purpose`".
        public let purpose: String
        /// As the board's shell takes it.
        public let command: String
        /// Standard input.
        public let input: Input
    }

    /// All commands in their order. Until the last one the sensor that runs is not touched.
    public var steps: [Step] {
        var steps = [
            script(
                PackageResources.prepare_sh, "prepare a folder on the board",
                [
                    stage, home, word(program != nil), word(checks && selfcheck == nil),
                    word(link.map { $0.program == nil } ?? false),
                ])
        ]
        if let program { steps.append(copy(.file(program), "ocellusd", "copy \(program)")) }
        if let selfcheck { steps.append(copy(.file(selfcheck), "selfcheck", "copy \(selfcheck)")) }
        steps.append(copy(.file(bundle), "bundle.ocellus", "copy \(bundle)"))
        steps.append(copy(.text(unit), "service.systemd", "write the systemd unit"))
        steps.append(copy(.text(initScript), "service.init", "write the init script"))
        steps.append(copy(.text(arguments + "\n"), "arguments", "write the arguments"))
        let host = source.network?.host ?? ""
        if source.network != nil {
            let program = String(decoding: PackageResources.ocellus_fetch, as: UTF8.self)
            steps.append(copy(.text(program), "ocellus-fetch", "copy ocellus-fetch"))
            steps.append(copy(.text(fetchUnit), "fetch.systemd", "write the camera's systemd unit"))
        }
        steps += linkSteps
        steps.append(script(PackageResources.check_sh, "use what was copied", [stage, word(checks), host] + words))
        steps.append(
            script(
                PackageResources.install_sh, "install the release",
                [name, home, stage, release, start.rawValue, host],
                asRoot: true))
        return steps
    }

    private var linkSteps: [Step] {
        guard let link else { return [] }
        var steps: [Step] = []
        if let program = link.program { steps.append(copy(.file(program), "ocellus-link", "copy \(program)")) }
        let unit = filled(PackageResources.link_systemd, "", linked: Self.unitWords(linkCommand))
        steps.append(copy(.text(unit), "link.systemd", "write the link's systemd unit"))
        steps.append(
            script(
                PackageResources.check_link_sh, "use ocellus-link there",
                [stage] + link.arguments + (link.waitsInMemory ? [] : ["--queue", "queue"])))
        return steps
    }

    /// Asks the board for the arguments that its current release was deployed with.
    /// - Returns: a step whose output they are; nothing where there is no release yet.
    public static func earlierArguments(name: String, prefix: String) throws(DeploymentError) -> Step {
        try check(name: name, prefix: prefix)
        let file = ShellText.quoted("\(home(name, prefix))/current/arguments")
        return Step(
            purpose: "look for the release that runs", command: "[ ! -r \(file) ] || cat \(file)", input: .text(""))
    }

    private static func home(_ name: String, _ prefix: String) -> String {
        (prefix.hasSuffix("/") ? prefix : prefix + "/") + name
    }

    /// The sensor's folder on the board.
    public var home: String { Self.home(name, prefix) }

    /// Where files wait until they are checked, from the home of the user who logs in.
    private var stage: String { ".cache/ocellus/\(name)" }

    private func word(_ condition: Bool) -> String { condition ? "yes" : "no" }

    private var command: [String] { ["\(home)/current/ocellusd", "\(home)/current/bundle.ocellus"] + words }

    private var fetchCommand: [String] {
        guard let network = source.network else { return [] }
        return ["\(home)/current/ocellus-fetch"] + network.options + [network.address]
    }

    private var linkCommand: [String] {
        link.map { ["\(home)/current/ocellus-link"] + $0.arguments } ?? []
    }

    private var unit: String {
        // In an environment a dollar is a dollar.
        let address = source.network?.address.replacing("%", with: "%%") ?? ""
        return filled(PackageResources.service_systemd, Self.unitWords(command), address: address)
    }

    private var fetchUnit: String { filled(PackageResources.fetch_systemd, "", fetch: Self.unitWords(fetchCommand)) }

    private static func unitWords(_ words: [String]) -> String {
        ([words[0]] + words.dropFirst().map(ShellText.unitQuoted)).joined(separator: " ")
    }

    private var initScript: String {
        filled(
            PackageResources.service_init, ShellText.quoted(command), fetch: ShellText.quoted(fetchCommand),
            address: ShellText.quoted(source.network?.address ?? ""), linked: ShellText.quoted(linkCommand))
    }

    private func filled(
        _ template: [UInt8], _ command: String, fetch: String = "", address: String = "", linked: String = ""
    ) -> String {
        let text = String(decoding: template, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            // Lines for one kind of source begin with its mark.
            .compactMap { line in
                guard let end = line.firstRange(of: "@ ")?.upperBound, line.hasPrefix("@") else { return line }
                return lines(of: line[..<end]) ? line[end...] : nil
            }
            .joined(separator: "\n")
        return text.replacing("@NAME@", with: name).replacing("@COMMAND@", with: command)
            .replacing("@FETCH@", with: fetch).replacing("@ADDRESS@", with: address)
            .replacing("@LINKED@", with: linked)
    }

    private func lines(of mark: Substring) -> Bool {
        switch mark {
        case "@WITH-COMMAND@ ": source.isCommand
        case "@WITHOUT-COMMAND@ ": !source.isCommand
        case "@NETWORK@ ": source.network != nil
        case "@LINK@ ": link != nil
        case "@WITHOUT-LINK@ ": link == nil
        case "@QUEUE-IN-FILE@ ": link.map { !$0.waitsInMemory } ?? false
        case "@QUEUE-IN-MEMORY@ ": link?.waitsInMemory ?? false
        case "@LIVE@ ": source.isLive
        default: !source.isLive
        }
    }

    private func copy(_ input: Step.Input, _ file: String, _ purpose: String) -> Step {
        Step(purpose: purpose, command: "cat >\(stage)/\(file)", input: input)
    }

    /// Scripts come on standard input. Whoever is not root becomes it with sudo, without a password; a system below a
    /// folder of the user's own needs no root.
    private func script(_ text: [UInt8], _ purpose: String, _ arguments: [String], asRoot: Bool = false) -> Step {
        let change =
            #"if [ "$(id -u)" = 0 ] || [ -n "$OCELLUS_ROOT" ]; then exec sh -s -- "$@"; fi; exec sudo -n sh -s -- "$@""#
        let shell = asRoot ? ["sh", "-c", change, "sh"] : ["sh", "-s", "--"]
        return Step(
            purpose: purpose, command: ShellText.quoted(shell + arguments),
            input: .text(String(decoding: text, as: UTF8.self)))
    }

    private static func selfcheck(beside program: String) throws(DeploymentError) -> String {
        let folder = program.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(program[...$0]) } ?? ""
        // As it is built, and as it is installed.
        let paths = [folder + "selfcheck", folder + "ocellus-selfcheck"]
        guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw DeploymentError(
                "\(paths[0]): no selfcheck lies beside the program; build it in the same way "
                    + "(swift build … --product selfcheck), give another with --selfcheck, or pass --no-selfcheck")
        }
        return path
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard (1...48).contains(name.utf8.count), let first = name.utf8.first else { return false }
        let isUpper: (UInt8) -> Bool = { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        let isMark: (UInt8) -> Bool = { ".-_".utf8.contains($0) }
        return name.utf8.allSatisfy { isPlain($0) && !isUpper($0) } && !isMark(first)
    }

    /// A sensor's name in the form that boards take, as near as possible; nil where nothing is left of it.
    public static func boardName(_ name: String) -> String? {
        let lower = name.lowercased().utf8.map { isPlain($0) ? $0 : UInt8(ascii: "-") }
        let text = String(decoding: lower.drop { ".-_".utf8.contains($0) }.prefix(48), as: UTF8.self)
        return isName(text) ? text : nil
    }
}

/// Why nothing was deployed: one line.
public struct DeploymentError: Error {
    public let message: String

    init(_ message: String) { self.message = message }
}
