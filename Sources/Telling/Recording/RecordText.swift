import Events
import JSON
import System

/// Writes a record's text: one JSON object, docs/recording.md is its schema.
extension Line {
    /// Files of a record that lie beside its text.
    struct RecordedPixels {
        var picture = 0
        var inputs = 0
    }

    /// More than a record's text ever takes.
    static func recordRoom(_ facts: RecordFacts) -> Int {
        RecordSlot.toldBytes + 2048 + 64 * facts.zones + 512 * facts.rules.count + 256 * facts.events
            + 24 * facts.objects + 32 * facts.answers
    }

    private static var nameLimit: Int { 128 }

    /// - Parameter crc: of a zone's input.
    mutating func write(
        _ slot: RecordSlot, _ facts: RecordFacts, run: Int64, _ pixels: RecordedPixels, crc: (_ zone: Int) -> UInt32
    ) {
        clear()
        append("{\"ocellus\":1,\"run\":", run)
        append(",\"epoch\":", slot.epoch)
        append(",\"sensor\":")
        facts.sensor.withUnsafeBytes { append(jsonString: $0, limit: 512) }
        append(",\"model\":\"")
        append(hex: facts.modelCRC)
        append("\",\"bundle\":\"")
        append(hex: facts.bundleCRC)
        append(UInt8(ascii: "\""))
        if let frame = slot.frame {
            write(frame)
            write(slot, pixels, facts.inputBytes, crc)
            writeRules(slot, facts)
            writeEvents(slot, facts)
        }
        if slot.objectCount > 0 {
            for index in 0..<slot.objectCount {
                append(index == 0 ? ",\"objects\":[" : ",")
                append(slot.objects[index])
            }
            append(UInt8(ascii: "]"))
        }
        if slot.answerCount > 0 {
            for index in 0..<slot.answerCount {
                append(index == 0 ? ",\"answers\":[" : ",")
                append(slot.answer(index).track)
                append(",", slot.answer(index).subLabel.map { Int64($0) } ?? -1)
            }
            append(UInt8(ascii: "]"))
        }
        append(",\"told\":[")
        append(slot.told.bytes)
        append("]}\n")
    }

    private mutating func write(_ frame: RecordFrame) {
        append(",\"frame\":", frame.progress.frame)
        append(",\"time\":\"")
        append(utc: frame.moment.wall)
        append("\",\"wall_ns\":", frame.moment.wall)
        append(",\"monotonic_ns\":", frame.moment.monotonic)
        append(",\"seq\":", frame.sequence)
        append(",\"frames\":", frame.progress.frames)
        append(",\"dropped\":", frame.progress.dropped)
        append(",\"width\":", Int64(frame.width))
        append(",\"height\":", Int64(frame.height))
        if let faults = frame.progress.faults {
            append(",\"faults\":", faults)
            append(",\"damaged\":", frame.progress.damaged)
        }
        if let idle = frame.progress.idle {
            append(",\"idle\":", idle)
        }
    }

    private mutating func write(
        _ slot: RecordSlot, _ pixels: RecordedPixels, _ inputBytes: Int, _ crc: (_ zone: Int) -> UInt32
    ) {
        if pixels.picture > 0 {
            append(",\"picture\":{\"width\":", Int64(slot.width))
            append(",\"height\":", Int64(slot.height))
            append(",\"bytes\":", Int64(pixels.picture))
            append(UInt8(ascii: "}"))
        }
        guard pixels.inputs > 0 else { return }
        append(",\"inputs\":[")
        for zone in 0..<slot.zoneCount {
            append(zone == 0 ? "{\"zone\":" : ",{\"zone\":")
            append(Int64(slot.zones[zone]))
            append(",\"bytes\":", Int64(inputBytes))
            append(",\"crc32c\":\"")
            append(hex: crc(zone))
            append("\"}")
        }
        append(UInt8(ascii: "]"))
    }

    private mutating func writeRules(_ slot: RecordSlot, _ facts: RecordFacts) {
        append(",\"rules\":[")
        for (index, rule) in slot.rules.enumerated() {
            append(index == 0 ? "{\"object\":" : ",{\"object\":")
            facts.rules[index].name.withUnsafeBytes { append(jsonString: $0, limit: Line.nameLimit) }
            append(",\"zone\":", Int64(facts.rules[index].zone))
            append(",\"score\":")
            append(score: rule.score)
            append(",\"smoothed\":")
            append(score: rule.smoothed)
            append(rule.isPresent ? ",\"present\":true" : ",\"present\":false")
            append(rule.before.isPresent ? ",\"before\":[true," : ",\"before\":[false,")
            append(optional: rule.before.average)
            append(UInt8(ascii: ","))
            append(optional: rule.before.turning)
            append(UInt8(ascii: ","))
            append(rule.before.entered)
            append(UInt8(ascii: ","))
            append(rule.before.spoke)
            append(UInt8(ascii: ","))
            append(optional: rule.before.left)
            append("]}")
        }
        append(UInt8(ascii: "]"))
    }

    private mutating func writeEvents(_ slot: RecordSlot, _ facts: RecordFacts) {
        append(",\"events\":[")
        for index in 0..<slot.eventCount {
            let event = slot.event(index)
            append(index == 0 ? "{\"event\":\"" : ",{\"event\":\"")
            append(event.name)
            append("\",\"object\":")
            facts.name(ofSubject: event.rule).withUnsafeBytes { append(jsonString: $0, limit: Line.nameLimit) }
            append(",\"latency_ns\":", event.latency)
            append(",\"lost\":", event.lost)
            append(UInt8(ascii: "}"))
        }
        append(UInt8(ascii: "]"))
    }

    @inline(never)
    private mutating func append(_ before: StaticString, _ number: Int64) {
        append(before)
        append(number)
    }

    private mutating func append(optional number: Int64?) {
        if let number { append(number) } else { append("null") }
    }

    private mutating func append(hex number: UInt32) {
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
            append(digit < 10 ? 48 + digit : 87 + digit)
        }
    }
}
