import CLinux
import LinkSettings
import System

/// One sensor and its connection to the broker. All happens on the thread of `LinkLoop`, in `step`.
final class Bridge {
    /// Messages under way at a time.
    static let window = 16
    /// What comes later than this after it was said is `late`, in nanoseconds.
    static let lateAfter: Int64 = 2_000_000_000
    static let second: Int64 = 1_000_000_000

    /// What a message under way is.
    enum Sent: Equatable {
        case event(UInt64)
        case retained(Bytes, UInt32)
        case report(Int, Int64)
        case other
    }

    struct UnderWay {
        var token: Int32
        var sent: Sent
    }

    enum Broker: Equatable {
        case away(until: Int64)
        case connecting
        case connected
        /// An orderly end was asked for.
        case leaving
    }

    /// Somebody waits for an answer of the sensor.
    struct Pending {
        var number: Int64
        var name: Bytes
        /// The link's own wish: nobody gets an answer.
        var isOwn = false
        var transaction: Bytes?
        var response: Bytes?
        var correlation: Bytes?
        var until: Int64
    }

    struct Answer {
        var topic: Bytes
        var payload: Bytes
        var correlation: Bytes?
    }

    let settings: Settings
    let client: Bytes
    let discovery: Discovery?
    let started = Clock.monotonic

    // The sensor.
    var socket: SensorSocket
    let path: Path
    var feed: SensorFeed
    var state = SensorState()
    var seenWhole = 0
    /// Starts that the sensor was asked about and has not answered for, oldest first.
    var asked: [UInt64] = []
    var askedAt: Int64 = 0
    var helloMonotonic: Int64?
    var sensorRetry: Backoff
    var sensorAt: Int64 = 0
    var refreshAt = Int64.max
    var awaySince: Int64?
    var saidStopped = false
    var sensorTrouble = Trouble()

    // What waits.
    var backlog: Backlog
    var retained = Retained()
    var answers: [Answer] = []
    var pending: [Pending] = []
    var picture: Picture?
    var linkEvents: [Bytes] = []
    var transactions: Int64 = 0
    var frigateSent = Frigate()
    var frigateDone = Frigate()

    // The broker.
    let broker: BrokerClient
    var phase = Broker.away(until: 0)
    var version: Int32
    var connectedPrefix = Bytes()
    var brokerRetry: Backoff
    var brokerTrouble = Trouble()
    var refusedTrouble = Trouble()
    var diskTrouble = Trouble()
    var underWay: [UnderWay] = []
    var subscriptions: [Int32] = []
    /// When what lies at the broker has surely been told; nil: not yet asked.
    var syncedAt: Int64?
    var isSynced = false
    var brokerComponents: [Component] = []
    var hasGone = false
    var discoveryAt = Int64.max
    var healthAt: Int64 = 0
    var reportAt: Int64 = 0
    var isReporting = false
    var wantsReconnect = false
    /// Good bye was said: whoever connected once more would die without a word, and be called offline.
    var isEnded = false
    var indexTopics: [Bytes] = []

    // Counters since the start.
    var received: Int64 = 0
    var published: Int64 = 0
    var connections: Int64 = 0

    init(_ settings: Settings, sensor: Path, client: Bytes, backlog: consuming Backlog) throws(Errno) {
        self.settings = settings
        self.client = client
        path = sensor
        socket = SensorSocket(sensor)
        feed = SensorFeed(backlog.position)
        self.backlog = backlog
        discovery = settings.discovery.map {
            Discovery(prefix: $0, hasCommands: settings.hasCommands, hasSnapshots: settings.hasSnapshots)
        }
        sensorRetry = Backoff(first: Bridge.second / 2, limit: Bridge.second)
        brokerRetry = Backoff(first: Bridge.second / 2, limit: 60 * Bridge.second)
        version = settings.version == .threeOneOne ? 4 : 5
        broker = try BrokerClient()
    }

    /// Does what can be done now.
    /// - Returns: when it wants to be called again at the latest, on the monotonic clock.
    func step(now: Int64) -> Int64 {
        readSensor(now: now)
        while let event = broker.take() { handle(event, now: now) }
        var due = Int64.max
        stepSensor(now: now)
        stepBroker(now: now)
        if phase == .connected { publish(now: now) }
        if let flushAt = backlog.flush(now: now) { due = min(due, flushAt) }
        if let failure = backlog.failure {
            diskTrouble.say(Bytes("the queue's file: ") + failure.description.bytes)
        } else if diskTrouble.end() {
            Log.told(Bytes("the queue's file can be written again"))
        }
        return min(due, nextTimer())
    }

    private func nextTimer() -> Int64 {
        var due = min(refreshAt, discoveryAt)
        if !socket.isOpen { due = min(due, sensorAt) }
        if !asked.isEmpty { due = min(due, askedAt + Bridge.answerLimit) }
        if let awaySince { due = min(due, awaySince + Bridge.grace) }
        for waiting in pending { due = min(due, waiting.until) }
        switch phase {
        case .away(let until): due = min(due, max(until, wantsBrokerAt))
        case .connected:
            due = min(due, healthAt)
            if !isSynced, let syncedAt { due = min(due, syncedAt) }
            if !backlog.drops.isEmpty, !isReporting { due = min(due, reportAt) }
        case .connecting, .leaving: break
        }
        return due
    }

    func say(_ text: Bytes) { Log.told(path.description.bytes + Bytes(": ") + text) }

    // MARK: The end

    /// Says that it goes. Afterwards `step` goes on until `isFinished`.
    func stop() {
        socket.close()
        sensorAt = Int64.max
        refreshAt = Int64.max
        awaySince = nil
        if !connectedPrefix.isEmpty {
            retained.set(Topic.under(connectedPrefix, "availability"), Bytes("stopped"), isForced: true)
        }
    }

    /// Nothing is left to be said, or nobody is there to hear it.
    var isFinished: Bool {
        switch phase {
        case .connected: underWay.isEmpty && retained.isSettled && backlog.count == 0
        // It may just have come by the sensor's name, and connect again with it.
        case .connecting, .leaving: connectedPrefix.isEmpty
        case .away: true
        }
    }

    func end(now: Int64) {
        isEnded = true
        if phase == .connected {
            phase = .leaving
            _ = broker.disconnect()
        }
        _ = backlog.flush(now: now, isEnd: true)
    }

    /// Whether the broker has been told good bye, too.
    var isGone: Bool { phase != .leaving }
}
