import JSON
import System
import Testing

@testable import Events

private func withText<Result>(_ string: String, _ body: (Text) -> Result) -> Result {
    var string = string
    return string.withUTF8 { body(Text($0)) }
}

private func read(_ json: String) -> String {
    var text = EventText()
    return withText(json) { String(decoding: text.lineText($0), as: UTF8.self) }
}

private func told(_ event: Event, wall: Int64 = 1_772_355_907_250_999_999) -> String {
    withText("door") { sensor in
        withText("") { topic in
            var formatter = EventFormatter(format: .text, sensor: sensor, topic: topic)
            var line = Line()
            var text = EventText()
            formatter.write(event, at: Moment(wall: wall, monotonic: 0), SourceProgress(), lost: 0, into: &line)
            return String(decoding: text.lineText(Text(rebasing: line.bytes.dropLast())), as: UTF8.self)
        }
    }
}

@Suite struct TextTests {
    @Test func everyKindReadsAsASentence() {
        withText("person") { person in
            #expect(
                told(.enter(object: person, score: 61_000, latency: 5))
                    == "2026-03-01 09:05:07.250Z  enter     person  93 %\n")
            #expect(
                told(.update(object: person, score: 65536, present: 2_049_000_000, latency: 0))
                    == "2026-03-01 09:05:07.250Z  update    person  100 %, there for 2.0 s\n")
            #expect(
                told(.leave(object: person, score: 0, present: 3_125_000_000, latency: 0, cause: .sourceLost))
                    == "2026-03-01 09:05:07.250Z  leave     person  0 %, there for 3.1 s (source-lost)\n")
            #expect(
                told(.heartbeat(present: 1, millihertz: 9_990, worst: 5))
                    == "2026-03-01 09:05:07.250Z  heartbeat 1 present, 9.9 frames a second\n")
            #expect(
                told(.status(.recordingResumed, detail: person))
                    == "2026-03-01 09:05:07.250Z  recording-resumed person\n")
            #expect(
                told(.line(name: person, isActive: false)) == "2026-03-01 09:05:07.250Z  line      person  inactive\n")
        }
    }

    @Test func timesWithoutADateCountFromTheStart() {
        withText("x") { x in
            func time(_ wall: Int64) -> Substring {
                told(.line(name: x, isActive: true), wall: wall).prefix { $0 != " " }
            }
            #expect(time(4_375_000_000) == "0:04.375")
            #expect(time(754_375_000_000) == "12:34.375")
            #expect(time(3_600_000_000_000) == "1:00:00.000")
            #expect(time(30 * 86_400_000_000_000) == "720:00:00.000")
            #expect(time(31 * 86_400_000_000_000) == "1970-02-01")
            #expect(time(-1_000_000) == "1969-12-31")
        }
    }

    /// What a terminal would obey stays out of it, and what is none of ours stays as it is.
    @Test func namesCannotWriteToATerminal() {
        #expect(
            read(#"{"event":"line","time":"","line":"a\u001b[2Jb\"\\c\n","active":true}"#).hasSuffix(
                "a?[2Jb\"\\c?  active\n"))
        #expect(read("{\"event\":\"line\",\"line\":\"\u{7f}\"}").contains("?"))
        for other in ["", "{", "[1]", #"{"event":"enter""#, #"{"event":1}"#] { #expect(read(other) == other + "\n") }
        // Whatever the members hold, a line comes of it.
        #expect(read(#"{"time":"1970-01-","present_ms":"x","score":99999999999999999999,"fps":{}}"#).last == "\n")
    }
}
