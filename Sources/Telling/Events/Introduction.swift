import Bundle
import JSON
import System

/// What may be told of: a watch rule, a crossing or a GPIO line.
public struct Theme {
    public enum Kind {
        /// With thresholds, in 1/65536. `counts`: a detector's objects, of which several may be there.
        case object(counts: Bool, on: UInt32, off: UInt32)
        case crossing
        case line
    }

    public let name: Text
    public let kind: Kind

    public init(name: Text, kind: Kind) { (self.name, self.kind) = (name, kind) }
}

/// What a reader of the socket is told before any event, as docs/socket.md has it: a `hello`, a `rule` for each theme, and a
/// `present` for everybody who is there.
extension EventFormatter {
    /// - Parameters:
    ///   - state: `starting`, `ready`, `faulty` or `standby`, and why.
    ///   - pictures: whether a `snapshot` may be asked for.
    ///   - themes: lines `rule` that follow.
    ///   - present: lines `present` that follow those.
    @inline(never)
    public func writeHello(
        _ readers: EventReaders, at moment: Moment, state: StaticString, detail: Text, pictures: Bool, themes: Int,
        present: Int, into line: inout Line
    ) {
        line.append("{\"event\":\"hello\",\"schema\":")
        line.append(Self.schema)
        line.append(",\"version\":\"")
        line.append(productVersion)
        line.append("\"")
        readers.writeIdentity(into: &line)
        line.append(",\"sensor\":")
        line.append(jsonString: sensor.bytes, limit: Self.nameLimit)
        line.append(",\"topic\":\"")
        writeTopic(into: &line)
        line.append("\"")
        line.append(moment)
        line.append(",\"state\":\"")
        line.append(state)
        line.append("\",\"detail\":")
        line.append(jsonString: detail, limit: Self.detailLimit)
        line.append(pictures ? ",\"pictures\":true" : ",\"pictures\":false")
        line.append(",\"rules\":")
        line.append(Int64(themes))
        line.append(",\"present\":")
        line.append(Int64(present))
        line.append("}\n")
    }

    public func write(_ theme: Theme, into line: inout Line) {
        line.append("{\"event\":\"rule\",\"object\":")
        line.append(jsonString: theme.name, limit: Self.nameLimit)
        switch theme.kind {
        case .crossing: line.append(",\"kind\":\"crossing\"")
        case .line: line.append(",\"kind\":\"line\"")
        case .object(let counts, let on, let off):
            line.append(",\"kind\":\"object\",\"counts\":")
            line.append(counts ? "true" : "false")
            line.append(",\"on\":")
            line.append(score: on)
            line.append(",\"off\":")
            line.append(score: off)
        }
        line.append("}\n")
    }

    /// - Parameter news: an update of who is there.
    public func writePresence(_ news: WatchNews, into line: inout Line) {
        guard case .update(let present) = news.change else { return }
        line.append("{\"event\":\"present\"")
        write(news.object, news.score, present, into: &line)
        if let sighting = news.sighting { write(sighting, into: &line) }
        line.append("}\n")
    }
}
