import Testing

@testable import Link

/// What a sensor says, and what follows from it.
@Suite struct SensorTests {
    @Test func dedupesByBootAndNumber() {
        var feed = SensorFeed(SensorPosition(boot: 7, sequence: 10))
        #expect(feed.connected() == SensorPosition(boot: 7, sequence: 10))
        #expect(feed.hello(boot: 7, sequence: 14) == .same)
        // Said before the answer: it comes again.
        #expect(feed.event(15) == .passed)
        #expect(feed.answered(boot: 7, isOK: true, missing: 2) == 2)
        #expect(feed.event(13) == .new(missing: 0))
        #expect(feed.event(13) == .passed)
        #expect(feed.event(16) == .new(missing: 2))
    }

    @Test func anotherStartIsAskedForFromItsFirst() {
        var feed = SensorFeed(SensorPosition(boot: 7, sequence: 10))
        _ = feed.connected()
        #expect(feed.hello(boot: 8, sequence: 3) == .another)
        #expect(feed.position == SensorPosition(boot: 8, sequence: 0))
        #expect(feed.answered(boot: 7, isOK: true, missing: nil) == 0)
        #expect(feed.event(1) == .passed)
        #expect(feed.answered(boot: 8, isOK: true, missing: 0) == 0)
        #expect(feed.event(1) == .new(missing: 0))
    }

    @Test func theFirstOfAllBeginsNow() {
        var feed = SensorFeed(nil)
        #expect(feed.connected() == nil)
        #expect(feed.hello(boot: 8, sequence: 30) == .first)
        #expect(feed.event(30) == .passed)
        #expect(feed.event(31) == .new(missing: 0))
    }

    @Test func hugeNumbersDoNoHarm() {
        var feed = SensorFeed(SensorPosition(boot: 7, sequence: Int64.max - 1))
        _ = feed.connected()
        _ = feed.hello(boot: 7, sequence: Int64.max)
        #expect(feed.answered(boot: 7, isOK: true, missing: Int64.max) == 0)
        #expect(feed.event(Int64.max) == .new(missing: 0))
    }

    @Test func aPictureCountsOnceItIsWhole() throws {
        var whole = try state([
            "{\"event\":\"rule\",\"object\":\"person\",\"kind\":\"object\",\"counts\":true,\"on\":0.8,\"off\":0.6}",
            "{\"event\":\"present\",\"object\":\"person\",\"score\":0.9,\"present_ms\":2000,\"track\":3,\"count\":1}",
        ])
        #expect(whole.whole == 1)
        let wanted =
            "{\"present\":true,\"count\":1,\"score\":0.9,\"since\":\"1970-01-01T00:00:08.000Z\""
            + ",\"on\":0.8,\"off\":0.6}"
        #expect(Payload.state(whole.rules[0]) == wanted.bytes)
        whole.apply(
            try line("{\"event\":\"leave\",\"object\":\"person\",\"score\":0.2,\"track\":3,\"count\":0}"),
            now: 9_000_000_000)
        #expect(!whole.rules[0].isPresent && whole.rules[0].since == 9_000_000_000)
    }

    @Test func refusesATopicThatIsNone() throws {
        for topic in ["a/#", "+", "", "a b", "/a", "a//b", "$SYS/x"] {
            var state = SensorState()
            let hello = "{\"event\":\"hello\",\"sensor\":\"door\",\"topic\":\"\(topic)\",\"rules\":0,\"present\":0}"
            #expect(!state.begin(try line(hello), now: 0), "\(topic)")
        }
    }

    @Test func eventsHaveTheirTopics() throws {
        let prefix = Bytes("a/b")
        let topics = [
            ("{\"event\":\"enter\",\"object\":\"caf\\u00e9 1\"}", "a/b/object/caf%C3%A9%201"),
            ("{\"event\":\"cross\",\"object\":\"door\"}", "a/b/crossing/door"),
            ("{\"event\":\"line\",\"line\":\"pir\"}", "a/b/line/pir"),
            ("{\"event\":\"heartbeat\"}", "a/b/heartbeat"),
            ("{\"event\":\"status\"}", "a/b/status"),
        ]
        for (text, topic) in topics { #expect(try line(text).topic(under: prefix) == topic.bytes) }
    }

    @Test func linesAreCutOut() {
        var splitter = LineSplitter()
        var lines: [String] = []
        func give(_ text: String) {
            for start in stride(from: 0, to: text.utf8.count, by: 1000) {
                let part = Array(text.utf8.dropFirst(start).prefix(1000))
                splitter.room.copyBytes(from: part)
                splitter.added(part.count)
                splitter.take { lines.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        give("one\ntw")
        give("o\n\n" + String(repeating: "x", count: 9000))
        give("x\nthree\n")
        #expect(lines == ["one", "two", "three"])
        #expect(splitter.tooLong == 1)
    }

    @Test func numbersAndTexts() {
        #expect(JSONText.thousandths(Bytes("12.3456")) == 12345)
        #expect(JSONText.thousandths(Bytes("-0.5")) == -500)
        #expect(JSONText.thousandths(Bytes("1e3")) == nil)
        #expect(JSONText.thousandths(Bytes("99999999999999999999999")) == nil)
        #expect(JSONText.plain(Bytes("a\\n\\u00e9\\ud83d\\ude00\\ud83d")).text == "a\né😀\u{fffd}")
    }
}
