import CLinux
import LinkSettings
import System

/// What the broker is to keep.
extension Bridge {
    /// A whole picture of the sensor has come.
    func becomeTrue(now: Int64) {
        let prefix = state.prefix
        if prefix != connectedPrefix, !connectedPrefix.isEmpty || phase == .connected { wantsReconnect = true }
        // What belongs to rules that are not there any more, or to a former name, goes.
        let index = TopicIndex.topic(client: client)
        var kept: [Bytes] = [index]
        for rule in state.rules { kept.append(rule.stateTopic(prefix)) }
        for name: StaticString in ["availability", "sensor", "bridge/info", "bridge/health"] {
            kept.append(Topic.under(prefix, name))
        }
        if tellsPictures { kept.append(pictureTopic) }
        if let discovery { kept.append(discovery.topic(device: Discovery.device(prefix))) }
        if let frigate = settings.frigate {
            for label in state.labels { kept.append(frigateTopic(frigate, label)) }
        }
        for topic in retained.topics where !kept.contains(topic) { retained.clear(topic) }
        setAvailability("online")
        stateChanged()
        retained.set(Topic.under(prefix, "sensor"), Payload.sensor(state))
        retained.set(Topic.under(prefix, "bridge/info"), info())
        if isSynced { discover() }
    }

    /// An event has changed it.
    func stateChanged() {
        guard !state.prefix.isEmpty else { return }
        for rule in state.rules {
            guard let payload = Payload.state(rule) else { continue }
            retained.set(rule.stateTopic(state.prefix), payload)
        }
        guard let frigate = settings.frigate else { return }
        for label in state.labels {
            var count = Bytes()
            count.add(state.count(label: label))
            retained.set(frigateTopic(frigate, label), count)
        }
    }

    private func frigateTopic(_ prefix: Bytes, _ label: Bytes) -> Bytes {
        prefix + Bytes("/") + Topic.level(JSONText.plain(state.sensor)) + Bytes("/")
            + Topic.level(JSONText.plain(label))
    }

    func setAvailability(_ word: StaticString) {
        guard !state.prefix.isEmpty else { return }
        retained.set(Topic.under(state.prefix, "availability"), Bytes(word))
    }

    /// Tells Home Assistant of all entities, and first of those that are gone.
    func discover() {
        guard let discovery, !state.prefix.isEmpty else { return }
        let components = discovery.components(state)
        let gone = Discovery.gone(brokerComponents, components)
        hasGone = !gone.isEmpty
        brokerComponents = components
        retained.set(
            discovery.topic(device: Discovery.device(state.prefix)),
            discovery.payload(state, components, gone: gone))
    }

    /// A retained message has arrived at the broker.
    func arrived(_ topic: Bytes) {
        guard hasGone, let discovery, topic == discovery.topic(device: Discovery.device(state.prefix)) else { return }
        hasGone = false
        retained.set(topic, discovery.payload(state, brokerComponents))
    }

    /// The list of all topics, itself one of them.
    func updateIndex() {
        let own = TopicIndex.topic(client: client)
        let topics = retained.topics.filter { $0 != own }
        guard topics != indexTopics || retained.payload(own) == nil else { return }
        indexTopics = topics
        retained.set(own, TopicIndex.payload(topics))
    }

    func info() -> Bytes {
        var text = Bytes("{\"program\":\"ocellus-link\",\"version\":")
        text.add(json: Bytes(productVersion))
        text.add(",\"client\":")
        text.add(json: client)
        text.add(",\"sensor\":")
        text.add(escaped: state.sensor)
        text.add(",\"sensor_version\":")
        text.add(escaped: state.version)
        text.add(",\"queue\":\"")
        text.add(backlog.isDurable ? "file" : "memory")
        text.add("\",\"queue_size\":")
        text.add(backlog.isDurable ? settings.queueBytes : settings.memoryBytes)
        text.add(",\"commands\":")
        text.add(settings.hasCommands)
        text.add(",\"snapshots\":")
        text.add(settings.hasSnapshots)
        text.add("}")
        return text
    }

    func health(now: Int64) -> Bytes {
        var text = Bytes("{\"uptime_s\":")
        text.add((now - started) / Bridge.second)
        text.add(",\"resident_bytes\":")
        text.add(oc_resident_bytes())
        text.add(",\"sensor\":")
        text.add(socket.isOpen)
        text.add(",\"waiting\":")
        text.add(Int64(backlog.count))
        text.add(",\"queue_used\":")
        text.add(Int64(backlog.usedBytes))
        text.add(",\"received\":")
        text.add(received)
        text.add(",\"published\":")
        text.add(published)
        text.add(",\"dropped\":")
        text.add(backlog.dropped)
        text.add(",\"connections\":")
        text.add(connections)
        text.add(",\"protocol\":\"")
        text.add(version == 5 ? "5" : "3.1.1")
        text.add("\"}")
        return text
    }
}
