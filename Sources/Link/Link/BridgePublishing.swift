import CLinux
import LinkSettings
import System

/// What goes out, and what is asked.
extension Bridge {
    /// Sends as much as may be under way: first what is true, then answers and reports, then events in their order.
    func publish(now: Int64) {
        updateIndex()
        let index = TopicIndex.topic(client: client)
        while phase == .connected, underWay.count < Bridge.window {
            // The index lies there before what it lists does, so that nothing can be forgotten; but what there is was
            // read first.
            let isIndexed = retained.items.first { $0.topic == index }.map { $0.version == $0.acknowledged } ?? false
            let (isRead, config) = (isSynced, discovery?.prefix)
            let next = retained.send { topic in
                if topic == index { return isRead }
                if let config, topic.begins(with: config) { return isRead && isIndexed }
                return true
            }
            if let (_, item) = next {
                let token = broker.publish(item.topic, item.payload, quality: 1, isRetained: true)
                guard note(token, .retained(item.topic, item.version), now: now) else { return }
            } else if let answer = answers.first {
                answers.removeFirst()
                let token = broker.publish(
                    answer.topic, answer.payload, quality: 1, isRetained: false, expirySeconds: 60,
                    correlation: answer.correlation)
                guard note(token, .other, now: now) else { return }
            } else if let event = linkEvents.first, !state.prefix.isEmpty {
                linkEvents.removeFirst()
                let token = broker.publish(
                    Topic.under(state.prefix, "link"), event, quality: 1, isRetained: false, expirySeconds: 604_800)
                guard note(token, .other, now: now) else { return }
            } else if !isReporting, now >= reportAt, let index = backlog.drops.first, !state.prefix.isEmpty {
                guard report(index, now: now) else { return }
            } else if let (waiting, record) = backlog.send() {
                guard send(waiting, record, now: now) else { return }
            } else {
                return
            }
        }
    }

    private func report(_ index: Int, now: Int64) -> Bool {
        let count = backlog.drops.values[index]
        let payload = Payload.dropped(
            index, count, total: backlog.dropped, wall: Clock.wall, sensor: state.sensor)
        let token = broker.publish(
            Topic.under(state.prefix, "link"), payload, quality: 1, isRetained: false, expirySeconds: 604_800)
        isReporting = true
        // Of what is dropped on and on, one word a second.
        reportAt = now + (index == backlog.drops.values.lastIndex { $0 > 0 } ? Bridge.second : 0)
        return note(token, .report(index, count), now: now)
    }

    private func send(_ waiting: Backlog.Waiting, _ record: Record, now: Int64) -> Bool {
        let isLate = waiting.isLate || now - waiting.since > Bridge.lateAfter
        let payload = isLate ? Payload.late(record.payload) : record.payload
        if let frigate = settings.frigate, let line = parsed(record),
            let message = frigateSent.message(line, boot: record.position.boot)
        {
            let token = broker.publish(
                frigate + Bytes("/events"), message, quality: 1, isRetained: false,
                expirySeconds: waiting.kind.expirySeconds)
            guard note(token, .event(waiting.sequence), now: now) else { return false }
        }
        let token = broker.publish(
            record.topic, payload, quality: waiting.kind.quality, isRetained: false,
            expirySeconds: waiting.kind.expirySeconds)
        return note(token, .event(waiting.sequence), now: now)
    }

    /// What is under way is remembered. False: it is not, and the connection is made anew.
    private func note(_ token: Int32, _ sent: Sent, now: Int64) -> Bool {
        guard token >= 0 else {
            failed(Bridge.unsent(token, Bytes()), now: now)
            return false
        }
        underWay.append(UnderWay(token: token, sent: sent))
        return true
    }

    private func parsed(_ record: Record) -> SensorLine? {
        record.payload.withUnsafeBytes {
            do throws(JSONFailure) { return try SensorLine($0) } catch { return nil }
        }
    }

    /// What Frigate's readers have for certain, should the connection be lost.
    func follow(_ sequence: UInt64) {
        guard let record = backlog.record(sequence), let line = parsed(record) else { return }
        _ = frigateDone.message(line, boot: record.position.boot)
    }

    /// An event of the link itself.
    func tellLink(_ event: Bytes) {
        if linkEvents.count >= 32 { linkEvents.removeFirst() }
        linkEvents.append(event)
    }

    // MARK: Commands

    func command(_ message: BrokerClient.Message, now: Int64) {
        // What lies there from before was for another time.
        guard !message.isRetained else {
            return refusedTrouble.say(Bytes("a retained command was left alone"))
        }
        let response = message.response.flatMap { Settings.isName($0) ? $0 : nil }
        transactions += 1
        var waiting = Pending(
            number: transactions, name: Bytes("command"), transaction: nil, response: response,
            correlation: message.correlation, until: now + Bridge.answerLimit)
        let command: Command
        do throws(Command.Refusal) {
            command = try Command(message.payload, own: transactions, rules: state.rules)
        } catch {
            (waiting.name, waiting.transaction) = (error.name, error.transaction)
            return refuse(waiting, error.reason)
        }
        (waiting.name, waiting.transaction) = (command.name, command.transaction)
        guard settings.hasSnapshots || !command.name.isEqual(to: "snapshot") else {
            return refuse(waiting, "no picture leaves this machine: ocellus-link was started without --snapshots")
        }
        guard socket.isOpen else { return refuse(waiting, "the sensor is away") }
        guard pending.count < 16 else { return refuse(waiting, "too many commands wait for the sensor") }
        pending.append(waiting)
        tell(command.line, now: now)
    }

    func refuse(_ waiting: Pending, _ reason: StaticString) {
        guard !waiting.isOwn else { return }
        answer(waiting, Command.refusal(waiting.name, Bytes(reason), transaction: waiting.transaction))
    }

    func answer(_ waiting: Pending, _ payload: Bytes) {
        if answers.count >= 32 { answers.removeFirst() }
        answers.append(
            Answer(
                topic: waiting.response ?? Topic.under(state.prefix, "answer"), payload: payload,
                correlation: waiting.correlation))
    }
}
