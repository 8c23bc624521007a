import System

/// What an event is worth: when there is no room, those of the lowest class go first, and of them the oldest.
enum EventClass: UInt8, CaseIterable {
    case heartbeat = 0
    case update = 1
    /// `enter`, `leave`, `cross`, `line`, and kinds that are not known here.
    case change = 2
    case status = 3

    init(event: Bytes) {
        if event.isEqual(to: "heartbeat") {
            self = .heartbeat
        } else if event.isEqual(to: "update") {
            self = .update
        } else if event.isEqual(to: "status") {
            self = .status
        } else {
            self = .change
        }
    }

    /// As reports of dropped events call it.
    var name: StaticString {
        switch self {
        case .heartbeat: "heartbeat"
        case .update: "update"
        case .change: "change"
        case .status: "status"
        }
    }

    /// Heartbeats come again; all others are to arrive.
    var quality: Int32 { self == .heartbeat ? 0 : 1 }

    /// How long a broker keeps it for subscribers that are away, in seconds (MQTT 5).
    var expirySeconds: Int32 {
        switch self {
        case .heartbeat: 60
        case .update: 3600
        case .change, .status: 7 * 24 * 3600
        }
    }
}
