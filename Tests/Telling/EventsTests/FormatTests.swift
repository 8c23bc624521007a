import Bundle
import Foundation
import JSON
import System
import Testing

@testable import Events

private func withText<Result>(_ bytes: [UInt8], _ body: (Text) -> Result) -> Result {
    bytes.withUnsafeBytes { body($0) }
}

private func text(_ line: borrowing Line) -> String { String(decoding: line.bytes, as: UTF8.self) }

private func written(
    _ event: Event, format: EventFormat = .json, sensor: String = "door", topic: String = "",
    at moment: Moment = Moment(wall: 1_772_355_907_250_999_999, monotonic: 12_345_678_901),
    progress: SourceProgress = SourceProgress(frame: 41, frames: 40, dropped: 2), lost: Int64 = 0
) -> String {
    withText(Array(sensor.utf8)) { sensor in
        withText(Array(topic.utf8)) { topic in
            var formatter = EventFormatter(format: format, sensor: sensor, topic: topic)
            var line = Line()
            formatter.write(event, at: moment, progress, lost: lost, into: &line)
            return text(line)
        }
    }
}

private let head = #""time":"2026-03-01T09:05:07.250Z","monotonic_ms":12345.678,"seq":1,"sensor":"door""#
private let tail = #""frame":41,"frames":40,"dropped":2,"lost":0}"# + "\n"

@Suite struct FormatTests {
    @Test func linesAndTroublesAreWrittenAsDocumented() {
        withText(Array("door button".utf8)) { name in
            #expect(
                written(.line(name: name, isActive: true))
                    == #"{"event":"line",\#(head),"line":"door button","active":true,\#(tail)"#)
            #expect(
                written(.line(name: name, isActive: false), format: .topic, topic: "home")
                    .hasPrefix(#"home/line/door%20button {"event":"line""#))
        }
        var progress = SourceProgress(frame: 41, frames: 40, dropped: 2)
        (progress.faults, progress.damaged) = (3, 4)
        let states: [(Event.State, String)] = [
            (.sourceLost, "source-lost"), (.sourceFault, "source-fault"), (.sourceRecovered, "source-recovered"),
            (.framesDamaged, "frames-damaged"), (.controlFailed, "control-failed"), (.lineLost, "line-lost"),
            (.lineRecovered, "line-recovered"), (.pictureBlack, "picture-black"), (.pictureFrozen, "picture-frozen"),
            (.pictureNormal, "picture-normal"),
        ]
        withText(Array("why".utf8)) { detail in
            for (state, name) in states {
                let line = written(.status(state, detail: detail), progress: progress)
                #expect(line.contains(#""state":"\#(name)","detail":"why","#))
                #expect(line.hasSuffix(#""dropped":2,"faults":3,"damaged":4,"lost":0}"# + "\n"))
            }
        }
    }

    @Test func everyKindIsWrittenAsDocumented() {
        withText(Array("person".utf8)) { person in
            #expect(
                written(.enter(object: person, score: 65536, latency: 1_234_567))
                    == #"{"event":"enter",\#(head),"object":"person","score":1.0000,"latency_ms":1.234,\#(tail)"#)
            #expect(
                written(.update(object: person, score: 32768, present: 2_000_000_000, latency: 0))
                    == #"{"event":"update",\#(head),"object":"person","score":0.5000,"present_ms":2000.000,"latency_ms":0.000,\#(tail)"#
            )
            #expect(
                written(.leave(object: person, score: 0, present: 999, latency: 999_999))
                    == #"{"event":"leave",\#(head),"object":"person","score":0.0000,"present_ms":0.000,"latency_ms":0.999,\#(tail)"#
            )
            #expect(
                written(.heartbeat(present: 1, millihertz: 9_990, worst: 5_000_000))
                    == #"{"event":"heartbeat",\#(head),"present":1,"fps":9.990,"latency_max_ms":5.000,\#(tail)"#)
            #expect(
                written(.status(.reloadFailed, detail: person))
                    == #"{"event":"status",\#(head),"state":"reload-failed","detail":"person",\#(tail)"#)
        }
    }

    @Test func noFrameNoNumber() {
        let line = written(.status(.started, detail: Text(start: nil, count: 0)), progress: SourceProgress(), lost: 7)
        #expect(
            line
                == #"{"event":"status",\#(head),"state":"started","detail":"","version":"\#(productVersion)","schema":1,"frames":0,"dropped":0,"lost":7}"#
                + "\n"
        )
    }

    @Test func topicsHaveNoBlankAndNoWildcard() {
        withText(Array("a/b +#é".utf8)) { object in
            let line = written(.enter(object: object, score: 0, latency: 0), format: .topic, sensor: "back door")
            #expect(line.hasPrefix(#"ocellus/back%20door/object/a%2Fb%20%2B%23%C3%A9 {"event":"enter""#))
            #expect(
                written(.heartbeat(present: 0, millihertz: 0, worst: 0), format: .topic, topic: "home/hall")
                    .hasPrefix(#"home/hall/heartbeat {"event""#))
        }
    }

    @Test func anyBytesGiveValidJSON() throws {
        var generator = Repeatable()
        for round in 0..<2000 {
            let length = Int.random(in: 0...40, using: &generator)
            let bytes = (0..<length).map { _ in
                round % 2 == 0
                    ? UInt8.random(in: 0...255, using: &generator)
                    : [0x22, 0x5c, 0x0a, 0xc3, 0xa9, 0xed, 0xa0, 0xf4, 0x90, 0x80].randomElement(using: &generator)!
            }
            let line = withText(bytes) { written(.enter(object: $0, score: 0, latency: 0)) }
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(
                object["object"] as? String == String(decoding: bytes, as: UTF8.self).replacingInvalid(bytes))
        }
    }

    @Test func longestTextsFitALine() throws {
        let long = [UInt8](repeating: 1, count: 10_000)
        let name = String(decoding: long, as: UTF8.self)
        let furthest = SourceProgress(frame: .max, frames: .max, dropped: .max)
        for isStatus in [false, true] {
            let line = withText(long) { text in
                written(
                    isStatus
                        ? .status(.failed, detail: text)
                        : .leave(object: text, score: 65536, present: .max, latency: .max),
                    format: .topic, sensor: name, topic: name, at: Moment(wall: .max, monotonic: .max),
                    progress: furthest, lost: .max)
            }
            #expect(line.utf8.count < Line.capacity)
            #expect(line.hasSuffix("}\n"))
            let json = line[try #require(line.firstIndex(of: "{"))...]
            _ = try JSONSerialization.jsonObject(with: Data(json.utf8))
        }
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (1_767_225_599_000, "2025-12-31T23:59:59.000Z"),
        ] as [(Int64, String)])
    func timesAreUTC(_ milliseconds: Int64, _ expected: String) {
        var line = Line()
        line.append(utc: milliseconds * 1_000_000)
        #expect(text(line) == expected)
    }

    @Test func datesAgreeWithFoundation() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        for day in stride(from: Int64(0), to: 80_000, by: 97) {
            var line = Line()
            line.append(utc: day * 86_400_000_000_000 + 3_723_004_000_000)
            #expect(text(line) == formatter.string(from: Date(timeIntervalSince1970: Double(day) * 86_400 + 3723.004)))
        }
    }
}

extension String {
    /// Swift repairs invalid UTF-8 by maximal parts, we byte by byte: compare what both must keep.
    fileprivate func replacingInvalid(_ bytes: [UInt8]) -> String {
        var scalars = String.UnicodeScalarView()
        bytes.withUnsafeBytes { buffer in
            var index = 0
            while index < buffer.count {
                let length = UTF8Text.length(buffer, at: index)
                if length == 0 {
                    scalars.append("\u{fffd}")
                } else {
                    scalars.append(
                        contentsOf: String(decoding: buffer[index..<index + length], as: UTF8.self)
                            .unicodeScalars)
                }
                index += Swift.max(length, 1)
            }
        }
        // Our own walk over the bytes is checked against Swift's repair: the same characters besides U+FFFD.
        precondition(
            String(scalars).unicodeScalars.filter { $0 != "\u{fffd}" }.elementsEqual(
                unicodeScalars.filter { $0 != "\u{fffd}" }))
        return String(scalars)
    }
}

/// The same numbers in every run (Marsaglia's xorshift).
private struct Repeatable: RandomNumberGenerator {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
