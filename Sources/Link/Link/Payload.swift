import JSON
import System

/// What is said at topics other than the events' own.
enum Payload {
    /// Of a rule; nil: nothing is known of it yet.
    static func state(_ rule: Rule) -> Bytes? {
        var text = Bytes("{")
        switch rule.kind {
        case .object:
            text.add("\"present\":")
            text.add(rule.isPresent)
            text.add(",\"count\":")
            text.add(rule.count)
            text.add(",\"score\":")
            text.add(rule.score ?? Bytes("null"))
            text.add(",\"since\":")
            if rule.since > 0 { text.add(json: time(rule.since)) } else { text.add("null") }
            if let on = rule.on {
                text.add(",\"on\":")
                text.add(on)
            }
            if let off = rule.off {
                text.add(",\"off\":")
                text.add(off)
            }
        case .crossing:
            guard let inCount = rule.inCount, let outCount = rule.outCount else { return nil }
            text.add("\"in\":")
            text.add(inCount)
            text.add(",\"out\":")
            text.add(outCount)
        case .line:
            guard let active = rule.active else { return nil }
            text.add("\"active\":")
            text.add(active)
        }
        text.add("}")
        return text
    }

    /// Of the sensor.
    static func sensor(_ state: SensorState) -> Bytes {
        var text = Bytes("{\"state\":")
        text.add(escaped: state.state)
        text.add(",\"problem\":")
        text.add(state.state.isEqual(to: "faulty"))
        text.add(",\"standby\":")
        text.add(state.state.isEqual(to: "standby"))
        text.add(",\"detail\":")
        text.add(escaped: state.detail)
        text.add(",\"version\":")
        text.add(escaped: state.version)
        text.add("}")
        return text
    }

    /// `late` added to an event.
    static func late(_ event: Bytes) -> Bytes {
        guard event.last == UInt8(ascii: "}") else { return event }
        var text = Bytes(event.dropLast())
        text.add(",\"late\":true}")
        return text
    }

    /// What starts each event of the link itself.
    static func linkEvent(_ name: StaticString, wall: Int64, sensor: Bytes) -> Bytes {
        var text = Bytes("{\"event\":\"")
        text.add(name)
        text.add("\",\"time\":")
        text.add(json: time(wall))
        text.add(",\"sensor\":")
        text.add(escaped: sensor)
        return text
    }

    static func dropped(_ index: Int, _ count: Int64, total: Int64, wall: Int64, sensor: Bytes) -> Bytes {
        var text = linkEvent("dropped", wall: wall, sensor: sensor)
        let names = DropCounts.names(index)
        text.add(",\"class\":\"")
        text.add(names.kind)
        text.add("\",\"where\":\"")
        text.add(names.place)
        text.add("\",\"count\":")
        text.add(count)
        text.add(",\"total\":")
        text.add(total)
        text.add("}")
        return text
    }

    /// UTC, as events have it.
    static func time(_ wall: Int64) -> Bytes {
        var line = Line(room: 64)
        line.append(utc: wall)
        return Bytes(line.bytes)
    }
}
