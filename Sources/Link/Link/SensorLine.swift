import JSON
import System

typealias JSONFailure = JSONReader.Failure

/// A line of a sensor's socket: the fields that the link knows, as they are written there.
struct SensorLine {
    /// `event`, or `answer` where it is one.
    var event = Bytes()
    var isAnswer = false

    var boot: UInt64?
    var sequence: Int64?
    var oldest: Int64?
    var lost: Int64?
    var missing: Int64?
    var rules: Int64?
    var presents: Int64?
    var track: Int64?
    var count: Int64?
    var inCount: Int64?
    var outCount: Int64?
    var bytes: Int64?
    var parts: Int64?
    var part: Int64?
    var isOK: Bool?
    var counts: Bool?
    var active: Bool?
    var pictures: Bool?
    /// Texts with their escapes.
    var sensor: Bytes?
    var topic: Bytes?
    var state: Bytes?
    var detail: Bytes?
    var object: Bytes?
    var line: Bytes?
    var kind: Bytes?
    var label: Bytes?
    var subLabel: Bytes?
    var version: Bytes?
    var time: Bytes?
    var error: Bytes?
    var transaction: Bytes?
    var jpeg: Bytes?
    /// Numbers and lists as they are written.
    var score: Bytes?
    var box: Bytes?
    var on: Bytes?
    var off: Bytes?
    var monotonic: Bytes?
    var presentFor: Bytes?
    var stillFor: Bytes?

    /// - Parameter bytes: the line without its line feed. Fields that are not known are passed over.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONReader.Failure) {
        var reader = JSONReader(bytes)
        try reader.object { (key, reader) throws(JSONReader.Failure) in
            if try readNumber(key, &reader) { return }
            if try readText(key, &reader) { return }
            let value = Bytes(try reader.value())
            // Where another kind of value stands, the field is as good as absent.
            guard let first = value.first else { return }
            let isNumber = 48...57 ~= first || first == UInt8(ascii: "-")
            if key.isEqual(to: "score") { score = isNumber ? value : nil }
            if key.isEqual(to: "on") { on = isNumber ? value : nil }
            if key.isEqual(to: "off") { off = isNumber ? value : nil }
            if key.isEqual(to: "monotonic_ms") { monotonic = isNumber ? value : nil }
            if key.isEqual(to: "present_ms") { presentFor = isNumber ? value : nil }
            if key.isEqual(to: "still_ms") { stillFor = isNumber ? value : nil }
            if key.isEqual(to: "box") { box = first == UInt8(ascii: "[") ? value : nil }
        }
        try reader.end()
    }

    private mutating func readNumber(
        _ key: UnsafeRawBufferPointer, _ reader: inout JSONReader
    ) throws(JSONReader.Failure) -> Bool {
        let any: ClosedRange<Int64> = 0...Int64.max
        if key.isEqual(to: "seq") {
            sequence = try reader.integer(any)
        } else if key.isEqual(to: "oldest") {
            oldest = try reader.integer(any)
        } else if key.isEqual(to: "lost") {
            lost = try reader.integer(any)
        } else if key.isEqual(to: "missing") {
            missing = try reader.optionalInteger(any)
        } else if key.isEqual(to: "rules") {
            rules = try reader.integer(any)
        } else if key.isEqual(to: "track") {
            track = try reader.integer(any)
        } else if key.isEqual(to: "count") {
            count = try reader.integer(any)
        } else if key.isEqual(to: "present") {
            presents = try reader.integer(any)
        } else if key.isEqual(to: "in") {
            inCount = try reader.integer(any)
        } else if key.isEqual(to: "out") {
            outCount = try reader.integer(any)
        } else if key.isEqual(to: "bytes") {
            bytes = try reader.integer(any)
        } else if key.isEqual(to: "parts") {
            parts = try reader.integer(any)
        } else if key.isEqual(to: "part") {
            part = try reader.integer(any)
        } else if key.isEqual(to: "ok") {
            isOK = try reader.boolean()
        } else if key.isEqual(to: "counts") {
            counts = try reader.boolean()
        } else if key.isEqual(to: "active") {
            active = try reader.boolean()
        } else if key.isEqual(to: "pictures") {
            pictures = try reader.boolean()
        } else {
            return false
        }
        return true
    }

    private mutating func readText(
        _ key: UnsafeRawBufferPointer, _ reader: inout JSONReader
    ) throws(JSONReader.Failure) -> Bool {
        if key.isEqual(to: "event") {
            event = Bytes(try reader.string())
        } else if key.isEqual(to: "answer") {
            event = Bytes(try reader.string())
            isAnswer = true
        } else if key.isEqual(to: "boot") {
            boot = JSONText.boot(Bytes(try reader.string()))
        } else if key.isEqual(to: "sensor") {
            sensor = Bytes(try reader.string())
        } else if key.isEqual(to: "topic") {
            topic = Bytes(try reader.string())
        } else if key.isEqual(to: "state") {
            state = Bytes(try reader.string())
        } else if key.isEqual(to: "detail") {
            detail = Bytes(try reader.string())
        } else if key.isEqual(to: "object") {
            object = Bytes(try reader.string())
        } else if key.isEqual(to: "line") {
            line = Bytes(try reader.string())
        } else if key.isEqual(to: "kind") {
            kind = Bytes(try reader.string())
        } else if key.isEqual(to: "label") {
            label = Bytes(try reader.string())
        } else if key.isEqual(to: "sub_label") {
            subLabel = Bytes(try reader.string())
        } else if key.isEqual(to: "version") {
            version = Bytes(try reader.string())
        } else if key.isEqual(to: "time") {
            time = Bytes(try reader.string())
        } else if key.isEqual(to: "error") {
            error = Bytes(try reader.string())
        } else if key.isEqual(to: "transaction") {
            transaction = Bytes(try reader.string())
        } else if key.isEqual(to: "jpeg") {
            jpeg = Bytes(try reader.string())
        } else {
            return false
        }
        return true
    }

    /// Where an event belongs, behind the sensor's prefix.
    func topic(under prefix: Bytes) -> Bytes {
        if event.isEqual(to: "heartbeat") { return Topic.under(prefix, "heartbeat") }
        if event.isEqual(to: "line"), let line { return Topic.under(prefix, "line", JSONText.plain(line)) }
        if event.isEqual(to: "cross"), let object { return Topic.under(prefix, "crossing", JSONText.plain(object)) }
        if !event.isEqual(to: "status"), let object { return Topic.under(prefix, "object", JSONText.plain(object)) }
        return Topic.under(prefix, "status")
    }
}
