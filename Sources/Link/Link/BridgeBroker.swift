import CLinux
import CPaho
import LinkSettings
import System

/// The broker's side.
extension Bridge {
    static let healthDistance: Int64 = 30_000_000_000
    /// How long the sensor may take to say who it is.
    static let greetingLimit: Int64 = 3_000_000_000

    /// From when on a connection is of use: there is something to say. What waits from before waits a moment longer, until the
    /// sensor has given the name that the will needs: whoever is killed without one stays online.
    var wantsBrokerAt: Int64 {
        if isEnded { return Int64.max }
        if !state.prefix.isEmpty { return 0 }
        return backlog.count > 0 ? started + Bridge.greetingLimit : Int64.max
    }

    func stepBroker(now: Int64) {
        switch phase {
        case .away(let until):
            if now >= max(until, wantsBrokerAt) { connectBroker(now: now) }
        case .connected:
            // The will names the sensor's topic: another name is another connection, once all is said under the old
            // one.
            if wantsReconnect, underWay.isEmpty, retained.isSettled || connectedPrefix.isEmpty {
                wantsReconnect = false
                phase = .leaving
                if broker.disconnect() != 0 { brokerGone(until: now) }
                return
            }
            if !isSynced, let syncedAt, now >= syncedAt {
                isSynced = true
                discover()
            }
            if now >= discoveryAt {
                discoveryAt = Int64.max
                if isSynced, let discovery {
                    let topic = discovery.topic(device: Discovery.device(state.prefix))
                    if let payload = retained.payload(topic) { retained.set(topic, payload, isForced: true) }
                }
            }
            if now >= healthAt, !state.prefix.isEmpty {
                healthAt = now + Bridge.healthDistance
                retained.set(Topic.under(state.prefix, "bridge/health"), health(now: now))
            }
        case .connecting, .leaving: break
        }
    }

    private func connectBroker(now: Int64) {
        connectedPrefix = state.prefix
        let will = connectedPrefix.isEmpty ? nil : Topic.under(connectedPrefix, "availability")
        let result = broker.connect(settings, client: client, willTopic: will, version: version)
        guard result == 0 else {
            var text = Bytes("the connection cannot be begun: error ")
            text.add(Int64(result))
            return failed(text, now: now)
        }
        phase = .connecting
    }

    /// The connection is not there; the next try is later each time.
    func failed(_ reason: Bytes, now: Int64) {
        brokerTrouble.say(settings.brokerText + Bytes(": ") + reason)
        brokerGone(until: now + brokerRetry.next())
    }

    private func brokerGone(until: Int64) {
        broker.drop()
        phase = .away(until: until)
        underWay.removeAll()
        subscriptions.removeAll()
        (isSynced, syncedAt, isReporting) = (false, nil, false)
        backlog.connectionLost()
        retained.connectionLost()
        frigateSent = frigateDone
    }

    func handle(_ event: BrokerClient.Event, now: Int64) {
        switch event {
        case .connected(let version, _): connected(version, now: now)
        case .refused(let code, let text): refused(code, text, now: now)
        case .lost(let code, let text):
            guard phase == .connected || phase == .connecting else { return brokerGone(until: now) }
            var words = Bytes("the connection is lost")
            if !text.isEmpty, code != 0 { words.add(Bytes(": ") + text) }
            failed(words, now: now)
        case .delivered(let token): delivered(token)
        case .undelivered(let token, let code, let text): undelivered(token, code, text, now: now)
        case .subscribed(let token): subscribed(token, now: now)
        case .unsubscribed(let token):
            if subscriptions.contains(token) {
                refusedTrouble.say(settings.brokerText + Bytes(": the broker does not let this client subscribe"))
            }
            subscribed(token, now: now)
        case .message(let message): came(message, now: now)
        case .disconnected: brokerGone(until: now)
        }
    }

    private func connected(_ version: Int32, now: Int64) {
        guard phase == .connecting else { return }
        phase = .connected
        connections += 1
        if brokerTrouble.end() || connections == 1 {
            var text = settings.brokerText + Bytes(": connected as ") + client
            text.add(version == 5 ? ", MQTT 5" : ", MQTT 3.1.1")
            Log.told(text)
        }
        retained.connected()
        healthAt = now
        guard !state.prefix.isEmpty else { return }
        retained.set(Topic.under(state.prefix, "bridge/info"), info())
        var topics = [TopicIndex.topic(client: client)]
        if let discovery {
            topics.append(discovery.topic(device: Discovery.device(state.prefix)))
            topics.append(discovery.statusTopic)
        }
        if settings.hasCommands { topics.append(Topic.under(state.prefix, "command")) }
        for topic in topics {
            let token = broker.subscribe(topic)
            guard token > 0 else { return failed(Bytes("cannot subscribe"), now: now) }
            subscriptions.append(token)
        }
    }

    /// A second after the last subscription the broker has told what it keeps for them.
    private func subscribed(_ token: Int32, now: Int64) {
        guard subscriptions.contains(token) else { return }
        subscriptions.removeAll { $0 == token }
        if subscriptions.isEmpty { syncedAt = now + Bridge.second }
    }

    private func refused(_ code: Int32, _ text: Bytes, now: Int64) {
        guard phase == .connecting else { return }
        if settings.version == .automatic, version == 5, code == 1 || code == 0x84 {
            // A broker of before 2019: the next try is for it.
            version = 4
            return brokerGone(until: now)
        }
        failed(Bridge.words(code, text, isVersion5: version == 5), now: now)
        // Some of those close the connection without a word.
        if settings.version == .automatic, code <= 0, text == Bytes(OC_MQTT_NO_MQTT.utf8) {
            version = version == 5 ? 4 : 5
        }
    }

    /// Why there is no connection.
    static func words(_ code: Int32, _ text: Bytes, isVersion5: Bool) -> Bytes {
        if !isVersion5 {
            switch code {
            case 1: return Bytes("refused: the broker does not speak this version of MQTT")
            case 2: return Bytes("refused: the broker does not take this client identifier")
            case 3: return Bytes("refused: the broker is not available")
            case 4: return Bytes("refused: bad user name or password")
            case 5: return Bytes("refused: not authorized")
            default: break
            }
        }
        if code > 0, !text.isEmpty { return Bytes("refused: ") + text }
        if !text.isEmpty { return text }
        var words = Bytes("no connection, error ")
        words.add(Int64(code))
        return words
    }

    private func delivered(_ token: Int32) {
        guard let index = underWay.firstIndex(where: { $0.token == token }) else { return }
        let done = underWay.remove(at: index)
        brokerRetry.succeeded()
        finish(done.sent)
    }

    /// It has arrived, or never will.
    private func finish(_ sent: Sent) {
        switch sent {
        case .event(let sequence):
            // Of an event there may be two messages.
            guard !underWay.contains(where: { $0.sent == sent }) else { return }
            published += 1
            if settings.frigate != nil { follow(sequence) }
            backlog.acknowledge(sequence)
        case .retained(let topic, let version):
            retained.acknowledge(topic, version)
            arrived(topic)
        case .report(let index, let count):
            isReporting = false
            backlog.reported(index, count)
        case .other: break
        }
    }

    private func undelivered(_ token: Int32, _ code: Int32, _ text: Bytes, now: Int64) {
        guard let index = underWay.firstIndex(where: { $0.token == token }) else { return }
        guard code >= 0x80 else { return failed(Bridge.unsent(code, text), now: now) }
        let done = underWay.remove(at: index)
        refusedTrouble.say(settings.brokerText + Bytes(": the broker refuses a message: ") + text)
        if case .event(let sequence) = done.sent {
            backlog.drop(sequence, at: .broker)
        } else {
            finish(done.sent)
        }
    }

    /// The library has not sent something.
    static func unsent(_ code: Int32, _ text: Bytes) -> Bytes {
        var words = Bytes("a message could not be sent, error ")
        words.add(Int64(code))
        if !text.isEmpty { words.add(Bytes(": ") + text) }
        return words
    }

    private func came(_ message: BrokerClient.Message, now: Int64) {
        if message.topic == TopicIndex.topic(client: client) {
            guard message.isRetained, !isSynced, let topics = TopicIndex.topics(message.payload) else { return }
            let known = retained.topics
            for topic in topics where !known.contains(topic) && !isOwnConfig(topic) { retained.clear(topic) }
        } else if isOwnConfig(message.topic) {
            guard message.isRetained, !isSynced else { return }
            brokerComponents = Discovery.components(of: message.payload) ?? []
        } else if let discovery, message.topic == discovery.statusTopic {
            guard !message.isRetained, message.payload.isEqual(to: "online") else { return }
            // Not all sensors at once.
            discoveryAt = now + brokerRetry.below(3 * Bridge.second)
        } else if settings.hasCommands, message.topic == Topic.under(state.prefix, "command") {
            command(message, now: now)
        }
    }

    private func isOwnConfig(_ topic: Bytes) -> Bool {
        guard let discovery, !state.prefix.isEmpty else { return false }
        return topic == discovery.topic(device: Discovery.device(state.prefix))
    }
}
