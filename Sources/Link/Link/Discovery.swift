import JSON
import System

/// What Home Assistant is told, so that a sensor is a device there: one retained message for all of its entities.
struct Discovery {
    /// `homeassistant`, or what it is called there.
    let prefix: Bytes
    let hasCommands: Bool
    var hasSnapshots = false

    /// A device's identifier, of the topic of its sensor: other topics are other devices.
    static func device(_ topic: Bytes) -> Bytes { Bytes("ocellus_") + Topic.identifier(topic) }

    func topic(device: Bytes) -> Bytes {
        prefix + Bytes("/device/") + device + Bytes("/config")
    }

    /// Where Home Assistant says that it has come.
    var statusTopic: Bytes { prefix + Bytes("/status") }

    // MARK: The message

    /// - Parameter gone: entities that the broker's message had and that are not any more: told once with their
    /// platform
    ///   alone, they are removed; then the message is sent without them.
    func payload(_ state: SensorState, _ components: [Component], gone: [Component] = []) -> Bytes {
        let device = Discovery.device(state.prefix)
        var text = Bytes("{\"device\":{\"identifiers\":[")
        text.add(json: device)
        text.add("],\"name\":")
        text.add(escaped: state.sensor)
        text.add(",\"manufacturer\":\"Ocellus\",\"model\":\"ocellusd\"")
        if !state.version.isEmpty {
            text.add(",\"sw_version\":")
            text.add(escaped: state.version)
        }
        text.add("},\"origin\":{\"name\":\"ocellus-link\",\"sw_version\":")
        text.add(json: Bytes(productVersion))
        text.add("},\"availability\":[{\"topic\":")
        text.add(json: Topic.under(state.prefix, "availability"))
        // `stopped` is no word that Home Assistant knows.
        text.add(",\"value_template\":\"{{ 'online' if value == 'online' else 'offline' }}\"}]")
        text.add(",\"components\":{")
        var isFirst = true
        func separate() {
            if !isFirst { text.add(",") }
            isFirst = false
        }
        for component in components {
            separate()
            text.add(json: component.key)
            text.add(":{\"platform\":")
            text.add(json: component.platform)
            text.add(component.members)
            text.add("}")
        }
        for component in gone {
            separate()
            text.add(json: component.key)
            text.add(":{\"platform\":")
            text.add(json: component.platform)
            text.add("}")
        }
        text.add("}}")
        return text
    }

    /// Keys and platforms of a message that lies at the broker. Nil: it is none of this kind.
    static func components(of payload: Bytes) -> [Component]? {
        var found: [Component] = []
        var isFound = false
        let isRead = payload.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            do throws(JSONReader.Failure) {
                try reader.object { (key, reader) throws(JSONReader.Failure) in
                    guard key.isEqual(to: "components") else { return _ = try reader.value() }
                    isFound = true
                    try reader.object { (key, reader) throws(JSONReader.Failure) in
                        let name = JSONText.plain(Bytes(key))
                        var platform: Bytes?
                        try reader.object { (key, reader) throws(JSONReader.Failure) in
                            if key.isEqual(to: "platform") {
                                platform = JSONText.plain(Bytes(try reader.string()))
                            } else {
                                _ = try reader.value()
                            }
                        }
                        if let platform { found.append(Component(key: name, platform: platform, members: Bytes())) }
                    }
                }
                try reader.end()
                return true
            } catch {
                return false
            }
        }
        return isRead && isFound ? found : nil
    }

    /// Those of `old` that are not among `new`, or are of another platform there.
    static func gone(_ old: [Component], _ new: [Component]) -> [Component] {
        old.filter { before in !new.contains { $0.key == before.key && $0.platform == before.platform } }
    }
}
