import JSON
import System

/// A detector's objects as messages of the form that Frigate has, for what is made for it.
///
/// Follows what is published, not what is true now, so that whoever reads gets each object's `new`, `update` and
/// `end` in order.
struct Frigate: Equatable {
    private static let limit = 256

    private struct Object: Equatable {
        let track: Int64
        let id: Bytes
        let start: Bytes
        var zones: [Bytes]
        /// The last `after`.
        var last: Bytes
        var top: Int64
    }

    private var objects: [Object] = []

    /// What an event means.
    /// - Parameters:
    ///   - camera: the sensor's name, with escapes.
    ///   - boot: of the sensor's daemon.
    /// - Returns: nil: it is no event of a detector's object.
    mutating func message(_ line: SensorLine, boot: UInt64) -> Bytes? {
        guard let track = line.track, let object = line.object, let score = line.score,
            let time = line.time.flatMap(Frigate.seconds)
        else { return nil }
        let isEnter = line.event.isEqual(to: "enter")
        let isLeave = line.event.isEqual(to: "leave")
        guard isEnter || isLeave || line.event.isEqual(to: "update") else { return nil }
        var type: StaticString = "update"
        let index: Int
        if let known = objects.firstIndex(where: { $0.track == track }) {
            index = known
        } else {
            // The oldest gives way: its end will look like an object of one moment.
            if objects.count >= Frigate.limit { objects.removeFirst() }
            var id = time
            id.add("-")
            id.add(hex: boot)
            id.removeLast(10)
            id.add("-")
            id.add(track)
            objects.append(Object(track: track, id: id, start: time, zones: [], last: Bytes(), top: 0))
            index = objects.count - 1
            type = "new"
        }
        objects[index].top = max(objects[index].top, JSONText.thousandths(score) ?? 0)
        if isLeave {
            objects[index].zones.removeAll { $0 == object }
            if objects[index].zones.isEmpty { type = "end" }
        } else if !objects[index].zones.contains(object) {
            objects[index].zones.append(object)
        }
        let isEnd = isLeave && objects[index].zones.isEmpty
        let after = Frigate.describe(objects[index], line, time: time, isEnd: isEnd)
        var text = Bytes("{\"type\":\"")
        text.add(type)
        text.add("\",\"before\":")
        text.add(objects[index].last.isEmpty ? after : objects[index].last)
        text.add(",\"after\":")
        text.add(after)
        text.add("}")
        objects[index].last = after
        if isEnd { objects.remove(at: index) }
        return text
    }

    private static func describe(_ object: Object, _ line: SensorLine, time: Bytes, isEnd: Bool) -> Bytes {
        var text = Bytes("{\"id\":")
        text.add(json: object.id)
        text.add(",\"camera\":")
        text.add(escaped: line.sensor ?? Bytes())
        text.add(",\"frame_time\":")
        text.add(time)
        text.add(",\"label\":")
        text.add(escaped: line.label ?? line.object ?? Bytes())
        text.add(",\"sub_label\":")
        if let sub = line.subLabel { text.add(escaped: sub) } else { text.add("null") }
        text.add(",\"score\":")
        text.add(line.score ?? Bytes("0"))
        text.add(",\"top_score\":")
        text.add(decimal(object.top))
        text.add(",\"false_positive\":false,\"start_time\":")
        text.add(object.start)
        text.add(",\"end_time\":")
        if isEnd { text.add(time) } else { text.add("null") }
        text.add(",\"box\":")
        text.add(line.box.flatMap(corners) ?? Bytes("[0,0,0,0]"))
        text.add(",\"stationary\":")
        text.add((line.stillFor.flatMap(JSONText.thousandths) ?? 0) >= 10_000_000)
        text.add(",\"current_zones\":[")
        for (index, zone) in object.zones.enumerated() {
            if index > 0 { text.add(",") }
            text.add(escaped: zone)
        }
        text.add("],\"has_snapshot\":false,\"has_clip\":false}")
        return text
    }

    /// Thousandths as a number of JSON.
    private static func decimal(_ thousandths: Int64) -> Bytes {
        var text = Bytes()
        text.add(thousandths / 1000)
        text.add(".")
        let rest = thousandths % 1000
        if rest < 100 { text.add("0") }
        if rest < 10 { text.add("0") }
        text.add(rest)
        return text
    }

    /// Left, top, width and height become left, top, right and bottom, in parts of the frame.
    static func corners(_ box: Bytes) -> Bytes? {
        var sides: [Int64] = []
        let isRead = box.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            do throws(JSONReader.Failure) {
                try reader.array { (_, reader) throws(JSONReader.Failure) in
                    sides.append(JSONText.thousandths(Bytes(try reader.value())) ?? 0)
                }
                return true
            } catch {
                return false
            }
        }
        guard isRead, sides.count == 4 else { return nil }
        var text = Bytes("[")
        for (index, side) in [sides[0], sides[1], sides[0] + sides[2], sides[1] + sides[3]].enumerated() {
            if index > 0 { text.add(",") }
            text.add(decimal(max(0, side)))
        }
        text.add("]")
        return text
    }

    /// `2026-03-01T09:05:07.250Z` as seconds since 1970, with three decimals.
    static func seconds(_ time: Bytes) -> Bytes? {
        guard time.count == 24, time[23] == UInt8(ascii: "Z"), time[19] == UInt8(ascii: ".") else { return nil }
        func number(_ range: Range<Int>) -> Int64 {
            var value: Int64 = 0
            for index in range where 48...57 ~= time[index] { value = value * 10 + Int64(time[index] - 48) }
            return value
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        // Days since 1970 of a year that begins in March.
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        let second = days * 86400 + number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
        var text = Bytes()
        text.add(second)
        text.add(".")
        text.append(contentsOf: time[20..<23])
        return text
    }
}
