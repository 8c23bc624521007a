import ArgumentParser
import Bundle
import Deployment

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

    @Argument(help: "An .ocellus bundle.")
    var bundle: String

    @Option(help: "An ocellusd built for the board; needed the first time, later the one that is there goes on.")
    var program: String?

    @Option(help: "A selfcheck built for the board, which must pass there first (default: the one beside ocellusd).")
    var selfcheck: String?

    @Flag(name: .customLong("no-selfcheck"), help: "Replace what runs without a selfcheck.")
    var omitsSelfcheck = false

    @Option(help: "Name of the sensor on the board (default: the bundle's).")
    var name: String?

    @Option(parsing: .unconditional, help: "What the service gives to ocellusd behind the bundle, as one word.")
    var arguments = ""

    @Option(help: "Port of the board's ssh server.")
    var port: Int?

    @Option(help: "Folder on the board that sensors are installed in.")
    var prefix = "/opt/ocellus"

    @Flag(inversion: .prefixedNo, help: "Start the sensor, or install it only.")
    var start = true

    @Flag(help: "Print every command and do nothing.")
    var dryRun = false

    func validate() throws {
        if let port, !(1...65535).contains(port) { throw ValidationError("--port \(port) is out of range") }
        if selfcheck != nil, omitsSelfcheck {
            throw ValidationError("--selfcheck and --no-selfcheck exclude each other")
        }
        if ShellText.words(of: arguments) == nil {
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
            let deployment = try Deployment(
                name: sensor, prefix: prefix, bundle: self.bundle, program: program, selfcheck: selfcheck,
                checks: !omitsSelfcheck, arguments: ShellText.words(of: arguments) ?? [], starts: start,
                release: Deployment.releaseName())
            if let selfcheck = deployment.selfcheck { try requireProgram(selfcheck) }
            try carryOut(deployment, shell)
        } catch let error as DeploymentError {
            throw Failure(error.message)
        }
    }

    private func requireProgram(_ path: String) throws(Failure) {
        guard FileKind(of: Array(try WholeFile.read(path).prefix(16))) == .program else {
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
