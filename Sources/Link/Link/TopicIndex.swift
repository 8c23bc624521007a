import JSON
import LinkSettings
import System

/// The list of all that the link keeps at the broker, which itself lies there, under a topic that follows from the
/// client's identifier alone. So whatever happens between two starts (another name of the sensor, another bundle,
/// another prefix, a new disk), what was published before is found and cleared.
enum TopicIndex {
    static func topic(client: Bytes) -> Bytes { Bytes("ocellus/links/") + Topic.level(client) }

    static func payload(_ topics: [Bytes]) -> Bytes {
        var text = Bytes("{\"topics\":[")
        for (index, topic) in topics.enumerated() {
            if index > 0 { text.add(",") }
            text.add(json: topic)
        }
        text.add("]}")
        return text
    }

    /// - Returns: nil: this is no list. What could not be a topic is left out.
    static func topics(_ payload: Bytes) -> [Bytes]? {
        var topics: [Bytes] = []
        let isRead = payload.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            do throws(JSONReader.Failure) {
                try reader.object { (key, reader) throws(JSONReader.Failure) in
                    guard key.isEqual(to: "topics") else { return _ = try reader.value() }
                    try reader.array { (_, reader) throws(JSONReader.Failure) in
                        let topic = JSONText.plain(Bytes(try reader.string()))
                        if Settings.isName(topic) { topics.append(topic) }
                    }
                }
                try reader.end()
                return true
            } catch {
                return false
            }
        }
        return isRead ? topics : nil
    }
}
