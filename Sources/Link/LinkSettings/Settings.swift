import System

/// What the command line says.
public struct Settings: Sendable {
    public enum Version: Sendable, Equatable { case five, threeOneOne, automatic }

    /// As it was given, for messages.
    public var brokerText: [UInt8] = []
    /// `host:port`.
    public var brokerPlace: [UInt8] = []
    public var isSecure = false
    /// Sockets of sensors, one or more. Each has a connection of its own to the broker.
    public var sensors: [Path] = []
    /// Empty: of the machine's name and the socket's path.
    public var client: [UInt8] = []
    public var user: [UInt8]?
    public var password: [UInt8]?
    public var authorities: Path?
    public var certificate: Path?
    public var key: Path?
    public var checksName = true
    /// Nil: events wait in memory. Of a second sensor and so on, `.2` is behind the name.
    public var queue: Path?
    /// Of each sensor's file; `queueBytes` and `memoryBytes` are `least` at least.
    public var queueBytes: Int64 = 8 << 20
    public var memoryBytes: Int64 = 1 << 20
    /// What Home Assistant's discovery topics begin with; nil: none.
    public var discovery: [UInt8]? = Array("homeassistant".utf8)
    public var version: Version = .automatic
    public var hasCommands = false
    /// Pictures may leave the machine.
    public var hasSnapshots = false
    /// What Frigate's topics begin with; nil: none.
    public var frigate: [UInt8]?

    public static var least: Int64 { 65536 }
    public static var most: Int64 { 1 << 30 }

    public init() {}

    /// Bytes that a topic's prefix may have.
    public static var topicLimit: Int { 512 }

    /// Whether messages can be published at a topic of this name, or below.
    public static func isTopic(_ text: [UInt8]) -> Bool { text.count <= topicLimit && isName(text) }
}
