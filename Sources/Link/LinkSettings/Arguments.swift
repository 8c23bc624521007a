import CLinux
import System

/// The command line of `ocellus-link`.
public struct Arguments {
    public static let program: StaticString = "ocellus-link"

    public static let help: StaticString = """
        Usage: ocellus-link --broker URL --sensor PATH... [options]

        Tells an MQTT broker, and Home Assistant behind it, what sensors of this machine see.

          --broker URL         mqtt://HOST[:PORT], or mqtts:// for TLS; ports 1883 and 8883
          --sensor PATH        a socket of ocellusd (its --socket); may be given several times
          --client-id ID       the client identifier; by default of the machine's name and the socket
          --user NAME          the user's name at the broker
          --password-file FILE a file with the password
          --ca FILE            certificates to trust, in PEM; the system's without it
          --cert FILE          a certificate of the client's own, in PEM; with --key
          --key FILE           the key of --cert, in PEM
          --no-name-check      take a certificate of the broker that is for another name
          --queue FILE         a file where events wait; without it they wait in memory
          --queue-size N       its size in bytes, or with K, M or G: 64K to 1G, 8M by default
          --memory-queue N     the size of the queue in memory, without --queue: 64K to 1G, 1M by default
          --discovery PREFIX   what Home Assistant's discovery topics begin with, homeassistant by default, or none
          --protocol VERSION   the version of MQTT: 5, 3.1.1 or auto (default)
          --commands           let whoever may publish to the sensor's command topic command it
          --snapshots          tell what the sensor sees when somebody comes, as a picture
          --frigate PREFIX     tell detectors' objects in Frigate's form too, under this topic
          --check              look whether all of this can be, and end
          --help, --version

        $CREDENTIALS_DIRECTORY may hold password, ca, cert and key: those files are taken where nothing else is said.

        Events wait while the broker is away, in memory or in a file that survives a power cut. Each sensor is a
        connection of its own. SIGTERM and SIGINT end the program. Exit codes: 0 a signal came, 1 the system refused,
        2 wrong arguments.

        """

    private var settings = Settings()
    private var passwordFile: ProgramArgument?
    private var secured: ProgramArgument?  // an option that TLS alone has
    private var queueSize: ProgramArgument?
    private var memorySize: ProgramArgument?
    private var onlyChecks = false
}

/// What the command line asks for.
public enum Command {
    case run(Settings)
    case check
    case help
    case version
}

extension Arguments {
    /// Reads this process's arguments.
    public static func parse() throws(UsageError) -> Command {
        var reader = ArgumentReader()
        var arguments = Arguments()
        while let argument = reader.next() {
            guard argument.isOption else {
                throw UsageError(message: "unexpected \(argument.text): all arguments are options")
            }
            if argument.names("--help") || argument.names("-h") { return .help }
            if argument.names("--version") { return .version }
            try arguments.take(argument, &reader)
        }
        try arguments.settle()
        return arguments.onlyChecks ? .check : .run(arguments.settings)
    }

    /// Looks whether this option can have this value.
    public static func check(_ option: String, _ value: String) throws(UsageError) {
        var reader = ArgumentReader([ProgramArgument(value.utf8)])
        var arguments = Arguments()
        try arguments.take(ProgramArgument(option.utf8), &reader)
    }

    private mutating func take(_ option: ProgramArgument, _ reader: inout ArgumentReader) throws(UsageError) {
        if option.names("--broker") {
            try BrokerAddress.parse(try reader.value(of: option), into: &settings)
        } else if option.names("--sensor") {
            try takeSensor(try reader.value(of: option))
        } else if option.names("--client-id") {
            let value = try reader.value(of: option)
            // A third sensor's has three characters more.
            guard value.bytes.count <= 64, Settings.isTopic(value.bytes), !value.bytes.contains(UInt8(ascii: "/"))
            else { throw UsageError(message: "--client-id '\(value.text)': 1 to 64 bytes without blanks, /, + and #") }
            settings.client = value.bytes
        } else if option.names("--user") {
            let value = try reader.value(of: option)
            guard value.bytes.count <= 1024 else { throw UsageError(message: "--user: 1 to 1024 bytes") }
            settings.user = value.bytes
        } else if option.names("--password-file") {
            passwordFile = try reader.value(of: option)
        } else if option.names("--ca") {
            settings.authorities = try file(option, &reader)
        } else if option.names("--cert") {
            settings.certificate = try file(option, &reader)
        } else if option.names("--key") {
            settings.key = try file(option, &reader)
        } else if option.names("--no-name-check") {
            secured = option
            settings.checksName = false
        } else if option.names("--queue") {
            settings.queue = Path(try reader.value(of: option).bytes)
        } else if option.names("--queue-size") {
            queueSize = option
            settings.queueBytes = try size(option, &reader)
        } else if option.names("--memory-queue") {
            memorySize = option
            settings.memoryBytes = try size(option, &reader)
        } else if option.names("--discovery") {
            let value = try reader.value(of: option)
            settings.discovery = value.names("none") ? nil : try topic(value, of: option)
        } else if option.names("--protocol") {
            let value = try reader.value(of: option)
            settings.version = try value.choice(
                ("5", .five), ("3.1.1", .threeOneOne), ("auto", .automatic), of: option)
        } else if option.names("--commands") {
            settings.hasCommands = true
        } else if option.names("--snapshots") {
            settings.hasSnapshots = true
        } else if option.names("--frigate") {
            settings.frigate = try topic(try reader.value(of: option), of: option)
        } else if option.names("--check") {
            onlyChecks = true
        } else {
            throw UsageError(message: "unknown option \(option.text); ocellus-link --help lists all")
        }
    }

    /// Options come in any order: what they mean together is known at the end.
    private mutating func settle() throws(UsageError) {
        guard !settings.brokerText.isEmpty else { throw UsageError(message: "--broker is missing") }
        guard !settings.sensors.isEmpty else { throw UsageError(message: "--sensor is missing") }
        guard settings.isSecure || secured == nil else {
            throw UsageError(message: "--ca, --cert, --key and --no-name-check are for mqtts://")
        }
        guard (settings.certificate == nil) == (settings.key == nil) else {
            throw UsageError(message: "--cert and --key belong together")
        }
        guard settings.queue != nil || queueSize == nil else {
            throw UsageError(message: "--queue-size is the size of --queue")
        }
        guard settings.queue == nil || memorySize == nil else {
            throw UsageError(message: "--memory-queue is for links without --queue")
        }
        if settings.isSecure { takeCredentials() }
        settings.password = try Password.read(passwordFile)
        guard settings.password == nil || settings.user != nil else {
            throw UsageError(message: "a password needs --user")
        }
    }

    /// What the service manager gives, where nothing else is said.
    private mutating func takeCredentials() {
        if settings.authorities == nil { settings.authorities = Credential.path("ca") }
        guard settings.certificate == nil, let certificate = Credential.path("cert"),
            let key = Credential.path("key")
        else { return }
        settings.certificate = certificate
        settings.key = key
    }

    private mutating func takeSensor(_ value: ProgramArgument) throws(UsageError) {
        // As much as an address of a Unix socket holds.
        guard value.bytes.count < 108 else {
            throw UsageError(message: "--sensor '\(value.text)': 1 to 107 bytes are a socket's path")
        }
        let path = Path(value.bytes)
        for sensor in settings.sensors where sensor == path {
            throw UsageError(message: "--sensor \(value.text) is given twice")
        }
        settings.sensors.append(path)
    }

    private func topic(_ value: ProgramArgument, of option: ProgramArgument) throws(UsageError) -> [UInt8] {
        guard Settings.isTopic(value.bytes) else {
            throw UsageError(
                message: "\(option.text) '\(value.text)' is no topic: no blanks, wildcards or empty levels, at most "
                    + "512 bytes")
        }
        return value.bytes
    }

    /// A file of TLS that can be read.
    private mutating func file(_ option: ProgramArgument, _ reader: inout ArgumentReader) throws(UsageError) -> Path {
        let path = Path(try reader.value(of: option).bytes)
        secured = option
        do throws(Errno) { _ = try FileDescriptor(reading: path, waits: false) } catch {
            throw UsageError(message: "\(option.text) \(path.description): \(error.description)")
        }
        return path
    }

    private func size(_ option: ProgramArgument, _ reader: inout ArgumentReader) throws(UsageError) -> Int64 {
        let value = try reader.value(of: option)
        let bytes = try value.size(of: option)
        guard Settings.least <= bytes, bytes <= Settings.most else {
            throw UsageError(message: "\(option.text) '\(value.text)': 64K to 1G")
        }
        return bytes
    }
}
