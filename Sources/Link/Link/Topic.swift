import JSON

/// Names of topics.
enum Topic {
    /// One level of a topic, as events have it: bytes other than letters, digits and `-._~` are %XX.
    static func level(_ text: Bytes) -> Bytes {
        var line = Line(room: 3 * text.count + 1)
        text.withUnsafeBytes { line.append(topicLevel: $0, limit: 3 * text.count) }
        return Bytes(line.bytes)
    }

    /// `prefix/kind/name`.
    static func under(_ prefix: Bytes, _ kind: StaticString, _ name: Bytes? = nil) -> Bytes {
        var topic = prefix
        topic.append(UInt8(ascii: "/"))
        topic.add(kind)
        if let name {
            topic.append(UInt8(ascii: "/"))
            topic.add(level(name))
        }
        return topic
    }

    /// Letters, digits, `_` and `-`, as Home Assistant's identifiers: other bytes become `_`.
    static func identifier(_ text: Bytes) -> Bytes {
        text.map { byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"): byte
            default: UInt8(ascii: "_")
            }
        }
    }

    /// Small letters, digits and `_`, as the names of Home Assistant's entities.
    static func slug(_ text: Bytes) -> Bytes {
        identifier(text).lowercased.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }
}
