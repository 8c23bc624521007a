import ArgumentParser
import Bundle
import Deployment
import Sensors

/// `ocellus deploy`: a bundle, and where needed the daemon, to a board over ssh.
struct Deploy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Install a sensor on a board over ssh and start it.",
        discussion: """
            Copies the bundle, the daemon and selfcheck, tries them out there, and only then replaces what runs: a \
            systemd service with hardly any rights, or an init script. If the new release does not run, the old one \
            does again.

              ocellus deploy pi@kitchen person-sensor.ocellus --program .build/aarch64-none-none-elf/release/ocellusd
              ocellus deploy pi@kitchen person-sensor.ocellus

            docs/deploy.md describes what lies where on the board.
            """)

    @Argument(help: "The board: user@host, host, or a name of ~/.ssh/config.")
    var board: String

    @Argument(help: "An .ocellus bundle.", completion: .bundle)
    var bundle: String

    @Option(
        help: "An ocellusd built for the board; needed the first time, later the one that is there goes on.",
        completion: .file())
    var program: String?

    @Option(
        help: "A selfcheck built for the board, which must pass there first (default: the one beside ocellusd).",
        completion: .file())
    var selfcheck: String?

    @Option(
        help: """
            An ocellus-link built for the board, where the sensor file has `mqtt` (default: that of the board's package, or \
            the one that is there).
            """, completion: .file())
    var link: String?

    @Flag(name: .customLong("no-selfcheck"), help: "Replace what runs without a selfcheck.")
    var omitsSelfcheck = false

    @Option(help: "Name of the sensor on the board (default: the bundle's).")
    var name: String?

    @Option(
        parsing: .unconditional,
        help: "What the service gives to ocellusd behind the bundle, as one word (default: as it was deployed last).")
    var arguments: String?

    @Option(help: "Port of the board's ssh server.")
    var port: Int?

    @Option(help: "Folder on the board that sensors are installed in.")
    var prefix = "/opt/ocellus"

    @Flag(inversion: .prefixedNo, help: "Start the sensor, or install it only.")
    var start = true

    @Flag(name: .customLong("no-wait"), help: "Do not wait until the started sensor has taken its first frame.")
    var omitsWaiting = false

    @Flag(help: "Print every command and do nothing.")
    var dryRun = false

    func validate() throws {
        if let port, !(1...65535).contains(port) { throw ValidationError("--port \(port) is out of range") }
        if selfcheck != nil, omitsSelfcheck {
            throw ValidationError("--selfcheck and --no-selfcheck exclude each other")
        }
        if let arguments, ShellText.words(of: arguments) == nil {
            throw ValidationError("--arguments \(arguments): a quotation is not closed")
        }
    }

    func run() throws {
        // Opening the bundle proves it, before anything is copied.
        let bundle = try Bundle.opened(self.bundle)
        let sensor = try self.name ?? boardName(in: bundle)
        if let program { try requireProgram(program) }
        do {
            let shell = try SecureShell(destination: board, port: port)
            let arguments = try self.arguments ?? earlierArguments(sensor, shell)
            let deployment = try Deployment(
                name: sensor, prefix: prefix, bundle: self.bundle, program: program, selfcheck: selfcheck,
                checks: !omitsSelfcheck, arguments: arguments, start: !start ? .no : omitsWaiting ? .start : .wait,
                source: source(of: bundle, arguments), link: wayToBroker(of: bundle), release: Deployment.releaseName())
            if let selfcheck = deployment.selfcheck { try requireProgram(selfcheck) }
            try carryOut(deployment, shell)
        } catch let error as DeploymentError {
            throw Failure(error.message)
        }
    }

    /// - Throws: where a program is given and nothing asks for it.
    private func wayToBroker(of bundle: borrowing Bundle) throws(Failure) -> Deployment.Link? {
        let view = bundle.view
        let words = view.sensor.map { view.string($0.pointee.link).split(separator: "\0").map(String.init) } ?? []
        guard !words.isEmpty else {
            guard link == nil else {
                throw Failure("\(self.bundle): --link: the sensor file has no `mqtt`, which says where its broker is")
            }
            return nil
        }
        if let link { try requireProgram(link) }
        return Deployment.Link(arguments: words, program: link)
    }

    /// Those of the release on the board; a dry run asks nobody.
    private func earlierArguments(_ sensor: String, _ shell: SecureShell) throws(DeploymentError) -> String {
        guard !dryRun else { return "" }
        let lines = try shell.run(Deployment.earlierArguments(name: sensor, prefix: prefix))
        let arguments = lines.joined(separator: "\n")
        if !arguments.isEmpty { print("\(board): keeps --arguments \(arguments)") }
        return arguments
    }

    /// What the service will read, by the arguments or else by the bundle.
    /// - Throws: where there is no source, or one that cannot be.
    private func source(of bundle: borrowing Bundle, _ arguments: String) throws(Failure) -> Deployment.Source {
        let view = bundle.view
        let given = Self.sources(ShellText.words(of: arguments) ?? [])
        let own = view.sensor.map { view.string($0.pointee.source) } ?? ""
        guard !given.isEmpty || !own.isEmpty else {
            throw Failure(
                "\(self.bundle): the bundle names no source; add `source:` to the sensor file, or give "
                    + "--arguments '--source …'")
        }
        var isLive = false
        var network: NetworkAddress?
        for text in given.isEmpty ? [own] : given {
            do throws(SourceError) {
                let item = try SourceItem(parsing: text.utf8)
                network = network ?? item.network
                isLive = isLive || item.isCamera || item.network != nil
            } catch {
                throw Failure("\(given.isEmpty ? self.bundle : "--arguments"): \(error.message)")
            }
        }
        let isCommand = given.isEmpty && view.source.map { $0.pointee.command.length > 0 } ?? false
        return Deployment.Source(
            isCommand: isCommand, isLive: isLive || isCommand,
            network: network.map { address in
                Deployment.Network(
                    address: String(decoding: address.text, as: UTF8.self),
                    host: String(decoding: address.host, as: UTF8.self), options: Self.fetchOptions(view))
            })
    }

    /// What the bundle asks of frames that must be decoded.
    private static func fetchOptions(_ view: borrowing BundleView) -> [String] {
        var options: [String] = []
        let camera = view.source?.pointee
        let rate = camera.map { $0.fps > 0 ? $0.fps : 0 } ?? 0
        let millihertz = rate > 0 ? rate : view.sensor?.pointee.max_fps ?? 0
        if millihertz > 0 { options += ["--fps", "\(Double(millihertz) / 1000)"] }
        if let camera, camera.width > 0 { options += ["--size", "\(camera.width)x\(camera.height)"] }
        return options
    }

    /// The values of `--source` among a daemon's arguments.
    private static func sources(_ words: [String]) -> [String] {
        var sources: [String] = []
        var isValue = false
        for word in words {
            if word.hasPrefix("--source=") {
                sources.append(String(word.dropFirst(9)))
                isValue = true
            } else if word == "--source" {
                isValue = true
            } else if word.hasPrefix("-"), word != "-" {
                isValue = false
            } else if isValue {
                sources.append(word)
            }
        }
        return sources
    }

    private func requireProgram(_ path: String) throws(Failure) {
        guard FileKind(of: Array(try WholeFile.read(path).prefix(16)), named: path) == .program else {
            throw Failure("\(path): not a program for Linux; build one for the board")
        }
    }

    private func carryOut(_ deployment: Deployment, _ shell: SecureShell) throws(DeploymentError) {
        if dryRun {
            for step in deployment.steps { print(shell.line(step)) }
            return
        }
        let progress = Progress()
        for step in deployment.steps {
            progress.show("\(board): \(step.purpose)")
            let lines = try shell.run(step)
            progress.clear()
            for line in lines { print("\(board): \(line)") }
        }
    }

    /// The sensor's name in the bundle, or else the model's.
    private func boardName(in bundle: borrowing Bundle) throws(Failure) -> String {
        let view = bundle.view
        let sensor = view.sensor.map { view.string($0.pointee.name) } ?? ""
        let text = sensor.isEmpty ? view.string(view.model.pointee.name) : sensor
        guard let name = Deployment.boardName(text) else {
            throw Failure("\(self.bundle): '\(text)' cannot name a sensor on a board; give a name with --name")
        }
        return name
    }
}
