import CLinux
import System

/// The sensor's side.
extension Bridge {
    /// A sensor that does not answer for so long is connected to anew, in nanoseconds.
    static let answerLimit: Int64 = 10_000_000_000
    /// So long may a daemon take to start again before its sensor is called away.
    static let grace: Int64 = 3_000_000_000
    /// Now and then the whole picture is asked for: thresholds may have been changed by others.
    static let refreshDistance: Int64 = 60_000_000_000

    func stepSensor(now: Int64) {
        if !socket.isOpen, now >= sensorAt { connectSensor(now: now) }
        if socket.isOpen, !asked.isEmpty, now - askedAt >= Bridge.answerLimit {
            loseSensor(Bytes("the sensor does not answer"), now: now)
        }
        if now >= refreshAt, socket.isOpen {
            refreshAt = now + Bridge.refreshDistance
            tell(Bytes("{\"command\":\"state\"}"), now: now)
        }
        if let since = awaySince, now - since >= Bridge.grace {
            awaySince = nil
            setAvailability(saidStopped ? "stopped" : "offline")
        }
        for waiting in pending where now >= waiting.until {
            refuse(waiting, "the sensor does not answer")
        }
        pending.removeAll { now >= $0.until }
        do throws(Errno) { try socket.flush() } catch { loseSensor(error.description.bytes, now: now) }
    }

    private func connectSensor(now: Int64) {
        do throws(Errno) { try socket.connect() } catch {
            sensorTrouble.say(path.description.bytes + Bytes(": ") + error.description.bytes)
            sensorAt = now + sensorRetry.next()
            return
        }
        asked.removeAll()
        if let position = feed.connected() { ask(position, now: now) }
    }

    private func ask(_ position: SensorPosition, now: Int64) {
        asked.append(position.boot)
        askedAt = now
        var line = Bytes("{\"resume\":{\"boot\":\"")
        line.add(hex: position.boot)
        line.add("\",\"seq\":")
        line.add(position.sequence)
        line.add("}}")
        tell(line, now: now)
    }

    /// Sends a line to the sensor.
    func tell(_ line: Bytes, now: Int64) {
        guard socket.say(line) else { return loseSensor(Bytes("the sensor does not read"), now: now) }
    }

    func loseSensor(_ reason: Bytes, now: Int64) {
        guard socket.isOpen else { return }
        socket.close()
        state.cancel()
        asked.removeAll()
        refreshAt = Int64.max
        sensorTrouble.say(path.description.bytes + Bytes(": ") + reason)
        sensorAt = now + sensorRetry.next()
        if awaySince == nil { awaySince = now }
        for waiting in pending { refuse(waiting, "the sensor is away") }
        pending.removeAll()
        picture = nil
    }

    func readSensor(now: Int64) {
        guard socket.isOpen else { return }
        let lines: [Bytes]?
        do throws(Errno) { lines = try socket.read() } catch {
            return loseSensor(error.description.bytes, now: now)
        }
        guard let lines else { return loseSensor(Bytes("the sensor has closed the connection"), now: now) }
        for bytes in lines where socket.isOpen {
            let line: SensorLine? = bytes.withUnsafeBytes {
                do throws(JSONFailure) { return try SensorLine($0) } catch { return nil }
            }
            guard let line else {
                say(Bytes("a line that is no JSON object was left out"))
                continue
            }
            handle(line, bytes, now: now)
        }
        if state.whole != seenWhole {
            seenWhole = state.whole
            becomeTrue(now: now)
        }
    }

    private func handle(_ line: SensorLine, _ bytes: Bytes, now: Int64) {
        if line.isAnswer { return answered(line, now: now) }
        if line.event.isEqual(to: "hello") { return greeted(line, now: now) }
        if line.event.isEqual(to: "rule") { return state.add(rule: line, now: Clock.wall) }
        if line.event.isEqual(to: "present") { return state.add(present: line, now: Clock.wall) }
        guard let sequence = line.sequence, !line.event.isEmpty else { return }
        guard case .new(let missing) = feed.event(sequence), let position = feed.position else { return }
        if missing > 0 { lose(missing) }
        take(line, bytes, position, now: now)
    }

    private func lose(_ count: Int64) { backlog.addMissing(count) }

    private func take(_ line: SensorLine, _ bytes: Bytes, _ position: SensorPosition, now: Int64) {
        received += 1
        let isReplayed = position.sequence <= feed.replayedUpTo
        var isLate = phase != .connected
        if isReplayed, let then = line.monotonic.flatMap(JSONText.thousandths), let helloMonotonic {
            isLate = isLate || (helloMonotonic - then) * 1000 > Bridge.lateAfter
        }
        let record = Record(topic: line.topic(under: prefixOfEvents), payload: bytes, position: position)
        backlog.append(record, EventClass(event: line.event), isLate: isLate, now: now)
        if line.event.isEqual(to: "status") {
            saidStopped = line.state?.isEqual(to: "stopped") == true || line.state?.isEqual(to: "ended") == true
            // Its rules or its state may be others.
            if !isReplayed, !saidStopped { refreshAt = min(refreshAt, now + Bridge.second / 10) }
        }
        // What hello told is newer than what is told again.
        guard !isReplayed else { return }
        state.apply(line, now: Clock.wall)
        stateChanged()
        wantPicture(line, now: now)
    }

    /// Events before the first whole picture do not come: `hello` is the first line.
    private var prefixOfEvents: Bytes { state.prefix.isEmpty ? Bytes("ocellus/unknown") : state.prefix }

    private func greeted(_ line: SensorLine, now: Int64) {
        guard let boot = line.boot, let sequence = line.sequence, state.begin(line, now: Clock.wall) else {
            sensorTrouble.say(
                path.description.bytes + Bytes(": the sensor's hello has no usable boot, seq, sensor or topic"))
            socket.close()
            sensorAt = now + Bridge.second * 5
            return
        }
        switch feed.hello(boot: boot, sequence: sequence) {
        case .again: return
        case .first:
            if let position = feed.position { backlog.begin(position) }
        case .same: break
        case .another:
            say(Bytes("the sensor was started anew"))
            if let position = feed.position {
                backlog.begin(position)
                ask(position, now: now)
            }
            var event = Payload.linkEvent("restarted", wall: Clock.wall, sensor: line.sensor ?? Bytes())
            event.add(",\"boot\":\"")
            event.add(hex: boot)
            event.add("\"}")
            tellLink(event)
        }
        helloMonotonic = line.monotonic.flatMap(JSONText.thousandths)
        sensorRetry.succeeded()
        awaySince = nil
        saidStopped = false
        if sensorTrouble.end() { say(Bytes("the sensor is there again")) }
        refreshAt = now + Bridge.refreshDistance
    }

    private func answered(_ line: SensorLine, now: Int64) {
        if line.event.isEqual(to: "resume") {
            guard !asked.isEmpty else { return }
            let missing = feed.answered(boot: asked.removeFirst(), isOK: line.isOK ?? false, missing: line.missing)
            if missing > 0 { lose(missing) }
            return
        }
        guard !tookPicture(line) else { return }
        guard let transaction = line.transaction,
            let index = pending.firstIndex(where: { own($0.number) == transaction })
        else { return }
        let waiting = pending.remove(at: index)
        guard !waiting.isOwn else { return }
        answer(waiting, Command.answer(line, transaction: waiting.transaction))
        if line.isOK == true, !waiting.name.isEqual(to: "state") {
            refreshAt = min(refreshAt, now + Bridge.second / 10)
        }
    }

    func own(_ number: Int64) -> Bytes {
        var text = Bytes()
        text.add(number)
        return text
    }
}
