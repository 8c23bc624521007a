import CPaho
import LinkSettings
import System

/// The connection to the broker: what `oc_mqtt.h` has, in Swift's words.
struct BrokerClient: ~Copyable {
    enum Event {
        case connected(version: Int32, hasSession: Bool)
        case refused(code: Int32, Bytes)
        case lost(code: Int32, Bytes)
        case delivered(token: Int32)
        case undelivered(token: Int32, code: Int32, Bytes)
        case subscribed(token: Int32)
        case unsubscribed(token: Int32)
        case message(Message)
        case disconnected
    }

    struct Message {
        var topic: Bytes
        var payload: Bytes
        var isRetained: Bool
        /// Where an answer goes, and what to send along.
        var response: Bytes?
        var correlation: Bytes?
    }

    private let client: OpaquePointer

    /// - Throws: `.noMemory`.
    init() throws(Errno) {
        guard let client = oc_mqtt_open() else { throw .noMemory }
        self.client = client
    }

    deinit { oc_mqtt_drop(client) }

    var raw: Int32 { oc_mqtt_descriptor(client) }

    /// Begins to connect. Below 0: the library's error.
    func connect(_ settings: Settings, client name: Bytes, willTopic: Bytes?, version: Int32) -> Int32 {
        var uri = settings.isSecure ? Bytes("ssl://") : Bytes("tcp://")
        uri.add(settings.brokerPlace)
        var options = oc_mqtt_options()
        options.version = version
        options.session_seconds = 3600
        options.keep_alive_seconds = 30
        options.timeout_seconds = 10
        options.is_secure = settings.isSecure ? 1 : 0
        options.checks_name = settings.checksName ? 1 : 0
        let texts: [Bytes?] = [
            uri, name, settings.user, willTopic, Bytes("offline"), settings.authorities.map { Bytes($0.bytes) },
            settings.certificate.map { Bytes($0.bytes) }, settings.key.map { Bytes($0.bytes) },
        ]
        let pointers = texts.map { text -> UnsafeMutablePointer<CChar>? in
            guard let text else { return nil }
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count + 1)
            for (index, byte) in text.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[text.count] = 0
            return copy
        }
        defer { for pointer in pointers { pointer?.deallocate() } }
        options.uri = UnsafePointer(pointers[0])
        options.client = UnsafePointer(pointers[1])
        options.user = UnsafePointer(pointers[2])
        options.will_topic = UnsafePointer(pointers[3])
        options.will = UnsafePointer(pointers[4])
        options.authorities = UnsafePointer(pointers[5])
        options.certificate = UnsafePointer(pointers[6])
        options.key = UnsafePointer(pointers[7])
        return (settings.password ?? Bytes()).withUnsafeBytes { bytes in
            if settings.password != nil {
                options.password = bytes.baseAddress
                options.password_count = bytes.count
            }
            return oc_mqtt_connect(client, &options)
        }
    }

    /// - Returns: the token, above 0, or 0 for quality 0; below: the library's error.
    func publish(
        _ topic: Bytes, _ payload: Bytes, quality: Int32, isRetained: Bool, expirySeconds: Int32 = 0,
        correlation: Bytes? = nil
    ) -> Int32 {
        topic.withText { name in
            payload.withUnsafeBytes { bytes in
                (correlation ?? Bytes()).withUnsafeBytes { along in
                    var message = oc_mqtt_message()
                    message.topic = name
                    message.payload = bytes.baseAddress
                    message.count = bytes.count
                    message.qos = quality
                    message.retained = isRetained ? 1 : 0
                    message.expiry_seconds = expirySeconds
                    if correlation != nil, along.count > 0 {
                        message.correlation = along.baseAddress
                        message.correlation_count = along.count
                    }
                    return oc_mqtt_publish(client, &message)
                }
            }
        }
    }

    /// - Returns: the token, above 0; below: the library's error.
    func subscribe(_ topic: Bytes) -> Int32 { topic.withText { oc_mqtt_subscribe(client, $0) } }

    func disconnect() -> Int32 { oc_mqtt_disconnect(client) }

    func drop() { oc_mqtt_drop(client) }

    /// The next of what happened; nil: nothing.
    func take() -> Event? {
        var event = oc_mqtt_event()
        guard oc_mqtt_take(client, &event) == 1 else { return nil }
        defer { oc_mqtt_release(&event) }
        let text = withUnsafeBytes(of: event.text) { Bytes($0.prefix { $0 != 0 }) }
        switch UInt32(bitPattern: event.kind) {
        case OC_MQTT_CONNECTED.rawValue: return .connected(version: event.version, hasSession: event.session != 0)
        case OC_MQTT_REFUSED.rawValue: return .refused(code: event.code, text)
        case OC_MQTT_LOST.rawValue: return .lost(code: event.code, text)
        case OC_MQTT_DELIVERED.rawValue: return .delivered(token: event.token)
        case OC_MQTT_UNDELIVERED.rawValue: return .undelivered(token: event.token, code: event.code, text)
        case OC_MQTT_SUBSCRIBED.rawValue: return .subscribed(token: event.token)
        case OC_MQTT_UNSUBSCRIBED.rawValue: return .unsubscribed(token: event.token)
        case OC_MQTT_MESSAGE.rawValue:
            func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Bytes {
                Bytes(UnsafeBufferPointer(start: start, count: count))
            }
            return .message(
                Message(
                    topic: BrokerClient.text(event.topic) ?? Bytes(), payload: bytes(event.payload, event.count),
                    isRetained: event.retained != 0, response: BrokerClient.text(event.response),
                    correlation: event.correlation == nil ? nil : bytes(event.correlation, event.correlation_count)))
        default: return .disconnected
        }
    }

    private static func text(_ start: UnsafePointer<CChar>?) -> Bytes? {
        guard let start else { return nil }
        var text = Bytes()
        var index = 0
        while start[index] != 0 {
            text.append(UInt8(bitPattern: start[index]))
            index += 1
        }
        return text
    }
}
