import LinkSettings
import System

/// What is true of a sensor now: who it is, its rules, who is there. From `hello`, `rule` and `present`, and kept
/// true by events.
struct SensorState {
    /// Objects of a rule that are known by number; more are only counted.
    private static let trackLimit = 256
    static let ruleLimit = 256

    /// With escapes.
    private(set) var sensor = Bytes()
    private(set) var version = Bytes()
    /// It may be asked for what it sees.
    private(set) var givesPictures = false
    /// What topics begin with. Empty: nothing is known.
    private(set) var prefix = Bytes()
    private(set) var state = Bytes()
    private(set) var detail = Bytes()
    private(set) var rules: [Rule] = []
    /// Labels that anybody ever had: their counts stay, as 0.
    private(set) var labels: [Bytes] = []

    /// A `hello` and what follows it, until all has come.
    private struct Incoming {
        var hello: SensorLine
        var rules: [Rule] = []
        var rulesLeft: Int64
        var presentsLeft: Int64
    }
    private var incoming: Incoming?

    /// A `hello` begins a new picture, which counts once all of it is there.
    /// - Returns: false: its topic is none, and the sensor cannot be told of.
    mutating func begin(_ hello: SensorLine, now: Int64) -> Bool {
        guard let topic = hello.topic, let sensor = hello.sensor, !sensor.isEmpty,
            topic.count <= Settings.topicLimit, Settings.isName(JSONText.plain(topic))
        else { return false }
        incoming = Incoming(hello: hello, rulesLeft: hello.rules ?? 0, presentsLeft: hello.presents ?? 0)
        finish(now: now)
        return true
    }

    mutating func cancel() { incoming = nil }

    /// A line `rule`.
    mutating func add(rule line: SensorLine, now: Int64) {
        guard incoming != nil else { return }
        if let object = line.object, incoming!.rules.count < SensorState.ruleLimit {
            let kind: Rule.Kind =
                if line.kind?.isEqual(to: "crossing") == true {
                    .crossing
                } else if line.kind?.isEqual(to: "line") == true {
                    .line
                } else {
                    .object
                }
            var rule = Rule(object: object, kind: kind, counts: line.counts ?? false, on: line.on, off: line.off)
            // What hello says nothing of stays as events told it.
            if let old = rules.first(where: { $0.object == object && $0.kind == kind }) {
                (rule.inCount, rule.outCount, rule.active) = (old.inCount, old.outCount, old.active)
                (rule.score, rule.since) = (old.score, old.isPresent ? 0 : old.since)
            }
            incoming!.rules.append(rule)
        }
        incoming!.rulesLeft -= 1
        finish(now: now)
    }

    /// A line `present`.
    mutating func add(present line: SensorLine, now: Int64) {
        guard incoming != nil else { return }
        if let object = line.object,
            let index = incoming!.rules.firstIndex(where: { $0.object == object && $0.kind == .object })
        {
            incoming!.rules[index].enter(line)
            incoming!.rules[index].began(line, now: now)
        }
        incoming!.presentsLeft -= 1
        finish(now: now)
    }

    private mutating func finish(now: Int64) {
        guard let done = incoming, done.rulesLeft <= 0, done.presentsLeft <= 0 else { return }
        incoming = nil
        sensor = done.hello.sensor ?? Bytes()
        prefix = JSONText.plain(done.hello.topic ?? Bytes())
        version = done.hello.version ?? Bytes()
        givesPictures = done.hello.pictures ?? false
        state = done.hello.state ?? Bytes()
        detail = done.hello.detail ?? Bytes()
        let before = rules
        rules = done.rules
        for index in rules.indices {
            // Reckoned anew, an instant is never quite the same.
            guard let old = before.first(where: { $0.object == rules[index].object && $0.kind == rules[index].kind }),
                old.isPresent == rules[index].isPresent, abs(old.since - rules[index].since) < 1_000_000_000
            else { continue }
            rules[index].since = old.since
        }
        for rule in rules { for track in rule.tracks { note(track.label) } }
        whole += 1
    }

    /// How many whole pictures there were.
    private(set) var whole = 0

    private mutating func note(_ label: Bytes?) {
        guard let label, !labels.contains(label), labels.count < SensorState.ruleLimit else { return }
        labels.append(label)
    }

    /// An event changes it.
    mutating func apply(_ line: SensorLine, now: Int64) {
        if line.event.isEqual(to: "enter") || line.event.isEqual(to: "update") || line.event.isEqual(to: "leave") {
            guard let index = rules.firstIndex(where: { $0.object == line.object && $0.kind == .object }) else {
                return
            }
            let was = rules[index].isPresent
            if line.event.isEqual(to: "leave") { rules[index].leave(line) } else { rules[index].enter(line) }
            if line.event.isEqual(to: "update"), !was { rules[index].began(line, now: now) }
            if rules[index].isPresent != was, !line.event.isEqual(to: "update") { rules[index].since = now }
            note(line.label)
        } else if line.event.isEqual(to: "cross") {
            guard let index = rules.firstIndex(where: { $0.object == line.object && $0.kind == .crossing }) else {
                return
            }
            (rules[index].inCount, rules[index].outCount) = (line.inCount, line.outCount)
        } else if line.event.isEqual(to: "line") {
            guard let index = rules.firstIndex(where: { $0.object == line.line && $0.kind == .line }) else { return }
            rules[index].active = line.active
        } else if line.event.isEqual(to: "status"), line.state?.isEqual(to: "started") == true {
            // Whoever was there has left with the daemon that died.
            for index in rules.indices where rules[index].isPresent {
                rules[index].clear()
                rules[index].since = now
            }
        }
    }

    /// Objects with a label, over all rules, each counted once.
    func count(label: Bytes) -> Int64 {
        var numbers: [Int64] = []
        for rule in rules {
            for track in rule.tracks where track.label == label && !numbers.contains(track.number) {
                numbers.append(track.number)
            }
        }
        return Int64(numbers.count)
    }
}

extension Rule {
    mutating func enter(_ line: SensorLine) {
        let number = line.track ?? 0
        score = line.score ?? score
        if let index = tracks.firstIndex(where: { $0.number == number }) {
            tracks[index].label = line.label ?? tracks[index].label
            tracks[index].score = line.score ?? tracks[index].score
        } else if tracks.count < 256 {
            tracks.append(Track(number: number, label: line.label, score: line.score ?? Bytes()))
        }
        count = line.count ?? Int64(tracks.count)
        if count == 0 { count = Int64(tracks.count) }
    }

    mutating func leave(_ line: SensorLine) {
        let number = line.track ?? 0
        score = line.score ?? score
        tracks.removeAll { $0.number == number }
        count = line.count ?? Int64(tracks.count)
        if count == 0 { tracks.removeAll() }
    }

    mutating func clear() {
        tracks.removeAll()
        count = 0
    }

    /// Reckons when it began from how long it has been there: the longest counts.
    mutating func began(_ line: SensorLine, now: Int64) {
        guard let milliseconds = line.presentFor.flatMap(JSONText.thousandths) else { return }
        let start = now - milliseconds * 1000
        if since == 0 || start < since { since = start }
    }
}
