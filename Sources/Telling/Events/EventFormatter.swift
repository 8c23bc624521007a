import Bundle
import JSON
import System

/// How an event is written.
public enum EventFormat: Sendable {
    /// A JSON object a line.
    case json
    /// A topic, a blank, the same JSON object.
    case topic
    /// For people: see `EventText`.
    case text
}

/// Turns events into lines, numbers them, and carries the count of lost ones.
public struct EventFormatter: ~Copyable {
    // Bounds of the variable parts, in bytes as written. With the fixed parts (below 700 bytes) they fit a Line.
    static var nameLimit: Int { 512 }
    static var detailLimit: Int { 1024 }
    /// Of `docs/events.schema.json`: another where a reader of the former would be wrong.
    static var schema: Int64 { 1 }

    let format: EventFormat
    private(set) var sensor: OwnedText
    private var prefix: OwnedText
    /// Of the last event.
    public var sequence: Int64 = 0
    /// Where the last event's `lost` begins, which is another for each who reads.
    private(set) var bodyEnd = 0

    /// - Parameters:
    ///   - sensor: the sensor's name, in every event.
    ///   - topic: what topics begin with; empty: `ocellus/` and the sensor's name.
    public init(format: EventFormat, sensor: Text, topic: Text) {
        self.format = format
        self.sensor = OwnedText(sensor)
        prefix = OwnedText(topic)
    }

    /// Events to come carry another name and topic; numbering goes on.
    public mutating func rename(sensor: Text, topic: Text) {
        self.sensor = OwnedText(sensor)
        prefix = OwnedText(topic)
    }

    /// Writes `event` and a line feed into `line`, in place of what it held.
    /// - Parameter lost: events lost so far because nobody read them.
    /// - Returns: where the object begins, behind the topic.
    @discardableResult
    public mutating func write(
        _ event: borrowing Event, at moment: Moment, _ progress: SourceProgress, lost: Int64, into line: inout Line
    ) -> Int {
        sequence += 1
        line.clear()
        if format == .topic {
            writePrefix(into: &line)
            event.writeTopic(into: &line)
            line.append(UInt8(ascii: " "))
        }
        let start = line.count
        line.append("{\"event\":\"")
        line.append(event.name)
        line.append("\"")
        line.append(moment)
        line.append(",\"seq\":")
        line.append(sequence)
        line.append(",\"sensor\":")
        line.append(jsonString: sensor.bytes, limit: EventFormatter.nameLimit)
        writeBody(of: event, into: &line)
        if progress.frame >= 0 {
            line.append(",\"frame\":")
            line.append(progress.frame)
        }
        line.append(",\"frames\":")
        line.append(progress.frames)
        line.append(",\"dropped\":")
        line.append(progress.dropped)
        if let faults = progress.faults {
            line.append(",\"faults\":")
            line.append(faults)
            line.append(",\"damaged\":")
            line.append(progress.damaged)
        }
        if let idle = progress.idle {
            line.append(",\"idle\":")
            line.append(idle)
        }
        if let recorded = progress.recorded, event.isReport {
            line.append(",\"recorded\":")
            line.append(recorded.kept)
            line.append(",\"unrecorded\":")
            line.append(recorded.missed)
        }
        bodyEnd = line.count
        line.append(",\"lost\":")
        line.append(lost)
        line.append("}\n")
        return start
    }

    /// Writes an event that was told before, with the topic's end and the object that it had.
    /// - Returns: where the object begins, behind the topic.
    @discardableResult
    public mutating func write(topic: Text, object: Text, into line: inout Line) -> Int {
        line.clear()
        if format == .topic {
            writePrefix(into: &line)
            line.append(topic)
            line.append(UInt8(ascii: " "))
        }
        let start = line.count
        line.append(object)
        line.append("\n")
        return start
    }

    private func writeBody(of event: borrowing Event, into line: inout Line) {
        switch event {
        case .enter(let object, let score, let latency, let sighting):
            write(object, score, into: &line)
            if let sighting { write(sighting, into: &line) }
            write(latency: latency, into: &line)
        case .update(let object, let score, let present, let latency, let sighting):
            write(object, score, present, into: &line)
            if let sighting { write(sighting, into: &line) }
            write(latency: latency, into: &line)
        case .cross(let object, let score, let isIn, let into, let outOf, let latency, let sighting):
            write(object, score, into: &line)
            line.append(isIn ? ",\"direction\":\"in\",\"in\":" : ",\"direction\":\"out\",\"in\":")
            line.append(into)
            line.append(",\"out\":")
            line.append(outOf)
            write(sighting, into: &line)
            write(latency: latency, into: &line)
        case .leave(let object, let score, let present, let latency, let cause, let sighting):
            write(object, score, present, into: &line)
            if let sighting { write(sighting, into: &line) }
            write(latency: latency, into: &line)
            if let cause {
                line.append(",\"reason\":\"")
                line.append(cause.name)
                line.append("\"")
            }
        case .heartbeat(let present, let millihertz, let worst):
            line.append(",\"present\":")
            line.append(Int64(present))
            line.append(",\"fps\":")
            line.append(scaled: millihertz, places: 3)
            line.append(",\"latency_max_ms\":")
            line.append(milliseconds: worst)
        case .status(let state, let detail):
            line.append(",\"state\":\"")
            line.append(state.name)
            line.append("\",\"detail\":")
            line.append(jsonString: detail, limit: EventFormatter.detailLimit)
            if state == .started {
                line.append(",\"version\":\"")
                line.append(productVersion)
                line.append("\",\"schema\":")
                line.append(Self.schema)
            }
        case .line(let name, let isActive):
            line.append(",\"line\":")
            line.append(jsonString: name, limit: EventFormatter.nameLimit)
            line.append(isActive ? ",\"active\":true" : ",\"active\":false")
        }
    }

    private func write(_ object: Text, _ score: UInt32, into line: inout Line) {
        line.append(",\"object\":")
        line.append(jsonString: object, limit: EventFormatter.nameLimit)
        line.append(",\"score\":")
        line.append(score: score)
    }

    @inline(never)
    func write(_ object: Text, _ score: UInt32, _ present: Int64, into line: inout Line) {
        write(object, score, into: &line)
        line.append(",\"present_ms\":")
        line.append(milliseconds: present)
    }

    @inline(never)
    func write(_ sighting: Sighting, into line: inout Line) {
        line.append(",\"track\":")
        line.append(sighting.track)
        if !sighting.label.isEmpty {
            line.append(",\"label\":")
            line.append(jsonString: sighting.label, limit: EventFormatter.nameLimit)
        }
        if !sighting.subLabel.isEmpty {
            line.append(",\"sub_label\":")
            line.append(jsonString: sighting.subLabel, limit: EventFormatter.nameLimit)
        }
        line.append(",\"box\":")
        write(sighting.box, into: &line)
        if let before = sighting.before {
            line.append(",\"before\":")
            write(before, into: &line)
        }
        line.append(",\"still_ms\":")
        line.append(milliseconds: sighting.still)
        if let count = sighting.count {
            line.append(",\"count\":")
            line.append(Int64(count))
        }
    }

    /// Left, top, width and height in parts of the frame.
    private func write(_ box: FrameBox, into line: inout Line) {
        line.append("[")
        line.append(score: box.left)
        line.append(",")
        line.append(score: box.top)
        line.append(",")
        line.append(score: box.width)
        line.append(",")
        line.append(score: box.height)
        line.append("]")
    }

    private func write(latency: Int64, into line: inout Line) {
        line.append(",\"latency_ms\":")
        line.append(milliseconds: latency)
    }

    /// With its slash; what follows is the event's.
    private func writePrefix(into line: inout Line) {
        writeTopic(into: &line)
        line.append(UInt8(ascii: "/"))
    }

    /// What all topics begin with.
    @inline(never)
    func writeTopic(into line: inout Line) {
        if prefix.bytes.isEmpty {
            line.append("ocellus/")
            line.append(topicLevel: sensor.bytes, limit: EventFormatter.nameLimit)
        } else {
            line.append(topicLevel: prefix.bytes, limit: EventFormatter.nameLimit, keepsLevels: true)
        }
    }
}

extension Event {
    /// What its topic ends with: `object/<object>`, `line/<name>`, `heartbeat` or `status`.
    public func writeTopic(into line: inout Line) {
        switch self {
        case .enter(let object, _, _, _), .update(let object, _, _, _, _), .leave(let object, _, _, _, _, _):
            line.append("object/")
            line.append(topicLevel: object, limit: EventFormatter.nameLimit)
        case .cross(let object, _, _, _, _, _, _):
            line.append("crossing/")
            line.append(topicLevel: object, limit: EventFormatter.nameLimit)
        case .line(let name, _):
            line.append("line/")
            line.append(topicLevel: name, limit: EventFormatter.nameLimit)
        case .heartbeat, .status:
            line.append(name)
        }
    }
}

/// A copy of a text that lives as long as its owner.
public struct OwnedText: ~Copyable {
    private let storage: UnsafeMutableRawBufferPointer

    public init(_ text: Text) {
        storage = .allocate(byteCount: text.count, alignment: 1)
        storage.copyMemory(from: text)
    }

    deinit { storage.deallocate() }

    public var bytes: Text { Text(storage) }
}

extension Line {
    /// The members of an event that say when it was.
    mutating func append(_ moment: Moment) {
        append(",\"time\":\"")
        append(utc: moment.wall)
        append("\",\"monotonic_ms\":")
        append(milliseconds: moment.monotonic)
    }
}
