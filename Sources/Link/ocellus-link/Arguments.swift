import ArgumentParser
import Bundle
import CLinux
import Link
import System

/// What is wrong with the command line.
struct Wrong: Error {
    let text: String
}

struct Arguments: ParsableArguments, ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ocellus-link",
        abstract: "Tells an MQTT broker, and Home Assistant behind it, what sensors of this machine see.",
        discussion: """
            Events wait while the broker is away, in memory or in a file that survives a power cut. Each sensor is a \
            connection of its own. SIGTERM and SIGINT end the program.
            """,
        version: String(decoding: programVersion("ocellus-link"), as: UTF8.self))

    @Option(help: ArgumentHelp("mqtt://HOST[:PORT], or mqtts:// for TLS; ports 1883 and 8883.", valueName: "url"))
    var broker: String

    @Option(help: ArgumentHelp("A socket of ocellusd (its --socket); may be given several times.", valueName: "path"))
    var sensor: [String] = []

    @Option(
        help: ArgumentHelp("The client identifier; by default of the machine's name and the socket.", valueName: "id"))
    var clientID: String?

    @Option(help: ArgumentHelp("The user's name at the broker.", valueName: "name"))
    var user: String?

    @Option(
        help: ArgumentHelp(
            "A file with the password. Without it the file password of $CREDENTIALS_DIRECTORY, if there is one.",
            valueName: "file"))
    var passwordFile: String?

    @Option(help: ArgumentHelp("Certificates to trust, in PEM; the system's without it.", valueName: "file"))
    var ca: String?

    @Option(help: ArgumentHelp("A certificate of the client's own, in PEM; with --key.", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("The key of --cert, in PEM.", valueName: "file"))
    var key: String?

    @Flag(help: "Takes a certificate of the broker that is for another name.")
    var noNameCheck = false

    @Option(help: ArgumentHelp("A file where events wait; without it they wait in memory.", valueName: "file"))
    var queue: String?

    @Option(help: ArgumentHelp("The size of --queue, in bytes or with K, M or G: 64K to 1G.", valueName: "size"))
    var queueSize: String?

    @Option(help: ArgumentHelp("The size of the queue in memory, without --queue: 64K to 1G.", valueName: "size"))
    var memoryQueue: String?

    @Option(help: ArgumentHelp("What Home Assistant's discovery topics begin with, or none.", valueName: "prefix"))
    var discovery: String = "homeassistant"

    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp("The version of MQTT: 5, 3.1.1 or auto.", valueName: "version"))
    var version: String = "auto"

    @Flag(help: "Lets whoever may publish to the sensor's command topic command it.")
    var commands = false

    @Option(
        help: ArgumentHelp("Tells detectors' objects in Frigate's form too, under this topic.", valueName: "prefix"))
    var frigate: String?

    /// Checks all of it.
    func settings() throws(Wrong) -> Settings {
        var settings = Settings()
        try BrokerAddress.parse(broker, into: &settings)
        guard !sensor.isEmpty else { throw Wrong(text: "--sensor is missing") }
        for path in sensor {
            guard !path.isEmpty, path.utf8.count < 108 else {
                throw Wrong(text: "--sensor '\(path)': 1 to 107 bytes are a socket's path")
            }
            guard sensor.filter({ $0 == path }).count == 1 else { throw Wrong(text: "--sensor \(path) is given twice") }
            settings.sensors.append(Path(path.utf8))
        }
        if let clientID {
            // A third sensor's has three characters more.
            guard (1...64).contains(clientID.utf8.count), Settings.isTopic(Array(clientID.utf8)),
                !clientID.contains("/")
            else {
                throw Wrong(text: "--client-id '\(clientID)': 1 to 64 bytes without blanks, /, + and #")
            }
            settings.client = Array(clientID.utf8)
        }
        if let user {
            guard !user.isEmpty, user.utf8.count <= 1024 else { throw Wrong(text: "--user: 1 to 1024 bytes") }
            settings.user = Array(user.utf8)
        }
        settings.password = try Password.read(passwordFile)
        guard settings.password == nil || settings.user != nil else { throw Wrong(text: "a password needs --user") }
        try secure(&settings)
        try queues(&settings)
        settings.discovery = discovery == "none" ? nil : try topic(discovery, "--discovery")
        settings.frigate = if let frigate { try topic(frigate, "--frigate") } else { nil }
        settings.hasCommands = commands
        switch version {
        case "5": settings.version = .five
        case "3.1.1": settings.version = .threeOneOne
        case "auto": settings.version = .automatic
        default: throw Wrong(text: "--protocol '\(version)': 5, 3.1.1 or auto")
        }
        return settings
    }

    private func topic(_ text: String, _ option: String) throws(Wrong) -> [UInt8] {
        guard Settings.isTopic(Array(text.utf8)) else {
            throw Wrong(
                text: "\(option) '\(text)' is no topic: no blanks, wildcards or empty levels, at most 512 bytes")
        }
        return Array(text.utf8)
    }

    private func secure(_ settings: inout Settings) throws(Wrong) {
        guard settings.isSecure || (ca == nil && cert == nil && key == nil && !noNameCheck) else {
            throw Wrong(text: "--ca, --cert, --key and --no-name-check are for mqtts://")
        }
        guard (cert == nil) == (key == nil) else { throw Wrong(text: "--cert and --key belong together") }
        settings.authorities = try file(ca, "--ca")
        settings.certificate = try file(cert, "--cert")
        settings.key = try file(key, "--key")
        settings.checksName = !noNameCheck
    }

    private func file(_ name: String?, _ option: String) throws(Wrong) -> Path? {
        guard let name else { return nil }
        let path = Path(name.utf8)
        do throws(Errno) { _ = try FileDescriptor(reading: path, waits: false) } catch {
            throw Wrong(text: "\(option) \(name): \(error.description)")
        }
        return path
    }

    private func queues(_ settings: inout Settings) throws(Wrong) {
        guard queue == nil || memoryQueue == nil else {
            throw Wrong(text: "--memory-queue is for links without --queue")
        }
        guard queue != nil || queueSize == nil else { throw Wrong(text: "--queue-size is the size of --queue") }
        if let queue {
            guard !queue.isEmpty else { throw Wrong(text: "--queue: a file's name") }
            settings.queue = Path(queue.utf8)
        }
        if let queueSize { settings.queueBytes = try size(queueSize, "--queue-size") }
        if let memoryQueue { settings.memoryBytes = try size(memoryQueue, "--memory-queue") }
    }

    private func size(_ text: String, _ option: String) throws(Wrong) -> Int64 {
        var digits = text[...]
        var unit: Int64 = 1
        for (letter, bytes) in [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)] as [(String, Int64)]
        where text.hasSuffix(letter) {
            digits = digits.dropLast()
            unit = bytes
        }
        guard let number = Int64(digits), digits.allSatisfy(\.isNumber), number <= Settings.most,
            case let bytes = number * unit, (Settings.least...Settings.most).contains(bytes)
        else { throw Wrong(text: "\(option) '\(text)': 64K to 1G") }
        return bytes
    }
}
