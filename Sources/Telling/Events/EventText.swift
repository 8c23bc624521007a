import JSON
import System

/// Events as a person reads them: a line each, `0:04.375  enter     person  93 %`.
///
/// Made of an event's JSON object, so that what is told again of a recording reads as it did. Before a clock is set, and on the
/// frames' clock, which begins in 1970, times count from the start.
///
/// Public for the reason that `EventRing` is.
public struct EventText: ~Copyable {
    /// Members of the object, as it has them; numbers without what follows their point.
    private struct Members {
        var event = Text(start: nil, count: 0)
        var time = Text(start: nil, count: 0)
        var subject = Text(start: nil, count: 0)  // object, line or detail
        var state = Text(start: nil, count: 0)
        var reason = Text(start: nil, count: 0)
        var present = Text(start: nil, count: 0)  // how many, or for how many milliseconds
        var rate = Text(start: nil, count: 0)
        var score: Int64?  // in percent
        var isActive: Bool?
        var track = Text(start: nil, count: 0)
        var direction = Text(start: nil, count: 0)
    }

    private var line = Line()

    /// - Parameter object: an event's JSON object.
    /// - Returns: the event's line with a line feed; valid until the next call. An object that is none of ours: as it is.
    mutating func lineText(_ object: Text) -> UnsafeRawBufferPointer {
        line.clear()
        var members = Members()
        var reader = JSONReader(object)
        do throws(JSONReader.Failure) {
            try reader.object { (key, reader) throws(JSONReader.Failure) in
                try EventText.read(key, &reader, into: &members)
            }
            write(members)
        } catch {
            line.append(object)
        }
        line.append("\n")
        return line.bytes
    }

    private static func read(
        _ key: UnsafeRawBufferPointer, _ reader: inout JSONReader, into members: inout Members
    ) throws(JSONReader.Failure) {
        if key.isEqual(to: "event") {
            members.event = try reader.string()
        } else if key.isEqual(to: "time") {
            members.time = try reader.string()
        } else if key.isEqual(to: "object") || key.isEqual(to: "line") || key.isEqual(to: "detail") {
            members.subject = try reader.string()
        } else if key.isEqual(to: "state") {
            members.state = try reader.string()
        } else if key.isEqual(to: "reason") {
            members.reason = try reader.string()
        } else if key.isEqual(to: "present") || key.isEqual(to: "present_ms") {
            members.present = try reader.value()
        } else if key.isEqual(to: "fps") {
            members.rate = try reader.value()
        } else if key.isEqual(to: "score") {
            members.score = percent(try reader.value())
        } else if key.isEqual(to: "track") {
            members.track = try reader.value()
        } else if key.isEqual(to: "direction") {
            members.direction = try reader.string()
        } else if key.isEqual(to: "active") {
            members.isActive = try reader.boolean()
        } else {
            _ = try reader.value()
        }
    }

    /// Of a score with four decimals, rounded.
    private static func percent(_ score: Text) -> Int64 {
        var digits: Int64 = 0
        for byte in score where 48...57 ~= byte { digits = min(digits, 1 << 40) * 10 + Int64(byte - 48) }
        return (digits + 50) / 100
    }

    // MARK: Writing

    private mutating func write(_ members: Members) {
        write(time: members.time)
        line.append("  ")
        let start = line.count
        write(text: members.state.isEmpty ? members.event : members.state)
        repeat { line.append(UInt8(ascii: " ")) } while line.count < start + 10
        if members.event.isEqual(to: "heartbeat") {
            line.append(members.present)
            line.append(" present, ")
            write(tenths: members.rate)
            line.append(" frames a second")
        } else {
            write(text: members.subject)
        }
        if !members.track.isEmpty {
            line.append(" #")
            line.append(members.track)
        }
        if !members.direction.isEmpty {
            line.append(UInt8(ascii: " "))
            write(text: members.direction)
        }
        if let score = members.score {
            line.append("  ")
            line.append(score)
            line.append(" %")
            if !members.present.isEmpty {
                line.append(", there for ")
                write(seconds: members.present)
                line.append(" s")
            }
        }
        if let isActive = members.isActive { line.append(isActive ? "  active" : "  inactive") }
        if !members.reason.isEmpty {
            line.append(" (")
            write(text: members.reason)
            line.append(")")
        }
    }

    /// `2026-03-01T09:05:07.250Z`: with a blank in the middle, or of January 1970, the hours since its start.
    private mutating func write(time: Text) {
        guard time.count == 24, time.begins(with: "1970-01-") else {
            for byte in time { line.append(byte == UInt8(ascii: "T") ? UInt8(ascii: " ") : byte) }
            return
        }
        func number(_ place: Int) -> Int64 {
            Int64(time[place]) * 10 + Int64(time[place + 1]) - 11 * Int64(UInt8(ascii: "0"))
        }
        let hours = (number(8) - 1) * 24 + number(11)
        if hours > 0 {
            line.append(hours)
            line.append(":")
            line.append(Text(rebasing: time[14..<23]))
        } else {
            if time[14] != UInt8(ascii: "0") { line.append(time[14]) }
            line.append(Text(rebasing: time[15..<23]))
        }
    }

    /// Milliseconds as seconds with one decimal.
    private mutating func write(seconds milliseconds: Text) {
        var whole: Int64 = 0
        for byte in milliseconds {
            guard 48...57 ~= byte else { break }
            whole = min(whole, 1 << 40) * 10 + Int64(byte - 48)
        }
        line.append(scaled: (whole + 50) / 100, places: 1)
    }

    /// A number with decimals, all but the first left out.
    private mutating func write(tenths number: Text) {
        var decimals = -1
        for byte in number where decimals < 1 {
            line.append(byte)
            if decimals >= 0 || byte == UInt8(ascii: ".") { decimals += 1 }
        }
    }

    /// A JSON string's text; control characters, which a terminal would obey, as question marks.
    private mutating func write(text: Text) {
        var place = 0
        while place < text.count {
            var byte = text[place]
            place += 1
            if byte == UInt8(ascii: "\\"), place < text.count {
                byte = text[place]
                place += 1
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): break
                case UInt8(ascii: "u"):
                    byte = UInt8(ascii: "?")
                    place = min(place + 4, text.count)
                default: byte = UInt8(ascii: "?")
                }
            }
            line.append(byte == 0x7f ? UInt8(ascii: "?") : byte)
        }
    }
}
