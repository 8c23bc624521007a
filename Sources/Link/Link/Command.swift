import JSON
import System

/// What somebody asks of the sensor by MQTT.
struct Command {
    /// The line for the sensor, without its line feed.
    var line: Bytes
    /// What it is called in answers, with escapes.
    var name: Bytes
    /// Of who asked, with escapes; nil: none.
    var transaction: Bytes?

    struct Refusal: Error {
        /// In words.
        var reason: StaticString
        var name = Bytes("command")
        var transaction: Bytes?
    }

    /// - Parameters:
    ///   - payload: an object as the sensor's socket takes it.
    ///   - own: the transaction that the sensor gets in the place of the asker's.
    ///   - rules: for thresholds: where `off` is not given it stays as it is, but not above `on`.
    init(_ payload: Bytes, own: Int64, rules: [Rule]) throws(Refusal) {
        guard payload.count <= 2048 else { throw Refusal(reason: "the command is too long") }
        var command: Bytes?
        var transaction: Bytes?
        var object: Bytes?
        var on: Bytes?
        var hasOff = false
        var members = Bytes()
        let isRead = payload.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            do throws(JSONReader.Failure) {
                try reader.object { (key, reader) throws(JSONReader.Failure) in
                    if key.isEqual(to: "transaction") {
                        transaction = Bytes(try reader.string())
                        return
                    }
                    let value = Bytes(try reader.value())
                    let isText = value.count >= 2 && value[0] == UInt8(ascii: "\"")
                    if key.isEqual(to: "command") { command = isText ? Bytes(value.dropFirst().dropLast()) : nil }
                    if key.isEqual(to: "object") { object = isText ? Bytes(value.dropFirst().dropLast()) : nil }
                    if key.isEqual(to: "on") { on = value }
                    if key.isEqual(to: "off") { hasOff = true }
                    if !members.isEmpty { members.add(",") }
                    members.add(escaped: Bytes(key))
                    members.add(":")
                    // A line feed between values is a blank in JSON, but the end of a line for the sensor.
                    members.add(value.map { $0 == 10 || $0 == 13 ? 32 : $0 })
                }
                try reader.end()
                return true
            } catch {
                return false
            }
        }
        guard isRead else { throw Refusal(reason: "the command is no JSON object") }
        if transaction?.count ?? 0 > 64 { throw Refusal(reason: "the transaction is longer than 64 bytes") }
        guard let command else { throw Refusal(reason: "there is no command", transaction: transaction) }
        guard
            command.isEqual(to: "state") || command.isEqual(to: "standby") || command.isEqual(to: "threshold")
                || command.isEqual(to: "reload") || command.isEqual(to: "snapshot")
        else {
            throw Refusal(
                reason: "unknown command", name: command.count <= 64 ? command : Bytes("command"),
                transaction: transaction)
        }
        if command.isEqual(to: "threshold"), !hasOff, let on, let wanted = JSONText.thousandths(on),
            let off = rules.first(where: { $0.kind == .object && $0.object == object })?.off,
            let now = JSONText.thousandths(off)
        {
            members.add(",\"off\":")
            members.add(now <= wanted ? off : on)
        }
        line = Bytes("{")
        line.add(members)
        line.add(",\"transaction\":\"")
        line.add(own)
        line.add("\"}")
        (name, self.transaction) = (command, transaction)
    }

    /// An answer as the sensor gives it, of the link's own.
    static func refusal(_ name: Bytes, _ reason: Bytes, transaction: Bytes?) -> Bytes {
        var text = Bytes("{\"answer\":")
        text.add(escaped: name)
        text.add(",\"ok\":false,\"error\":")
        text.add(json: reason)
        add(transaction, to: &text)
        text.add("}")
        return text
    }

    /// It is done.
    static func success(_ name: Bytes, transaction: Bytes?) -> Bytes {
        var text = Bytes("{\"answer\":")
        text.add(escaped: name)
        text.add(",\"ok\":true")
        add(transaction, to: &text)
        text.add("}")
        return text
    }

    /// The sensor's answer, for who asked.
    static func answer(_ line: SensorLine, transaction: Bytes?) -> Bytes {
        var text = Bytes("{\"answer\":")
        text.add(escaped: line.event)
        text.add(",\"ok\":")
        text.add(line.isOK ?? false)
        if let error = line.error {
            text.add(",\"error\":")
            text.add(escaped: error)
        }
        add(transaction, to: &text)
        text.add("}")
        return text
    }

    private static func add(_ transaction: Bytes?, to text: inout Bytes) {
        guard let transaction else { return }
        text.add(",\"transaction\":")
        text.add(escaped: transaction)
    }
}
