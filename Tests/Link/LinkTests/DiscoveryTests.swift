import Testing

@testable import Link

/// What Home Assistant, commanders and Frigate's readers get.
@Suite struct DiscoveryTests {
    private let rules = [
        "{\"event\":\"rule\",\"object\":\"person\",\"kind\":\"object\",\"counts\":true,\"on\":0.8,\"off\":0.6}",
        "{\"event\":\"rule\",\"object\":\"Door cat\",\"kind\":\"object\",\"counts\":false,\"on\":0.5,\"off\":0.4}",
        "{\"event\":\"rule\",\"object\":\"gate\",\"kind\":\"crossing\",\"counts\":false}",
        "{\"event\":\"rule\",\"object\":\"pir\",\"kind\":\"line\",\"counts\":false}",
    ]
    private let discovery = Discovery(prefix: Bytes("homeassistant"), hasCommands: false)

    private func keys(_ discovery: Discovery, _ rules: [String]) throws -> [String] {
        discovery.components(try state(rules)).map { $0.key.text }
    }

    @Test func entitiesOfRules() throws {
        let keys = try keys(discovery, rules)
        #expect(
            keys == [
                "person-occupancy", "person-event", "person-count", "person-score", "Door_cat-occupancy",
                "Door_cat-event", "Door_cat-score", "gate-event", "gate-in", "gate-out", "pir-line",
                "sensor--problem", "sensor--latency", "sensor--fps",
            ])
        #expect(Set(keys).count == keys.count)
    }

    @Test func controlsComeWithCommandsAlone() throws {
        let more = Discovery(prefix: Bytes("homeassistant"), hasCommands: true)
        #expect(
            Set(try keys(more, rules)).subtracting(try keys(discovery, rules)) == [
                "person-threshold", "Door_cat-threshold", "sensor--standby", "sensor--reload",
            ])
    }

    @Test func namesDoNotRepeatTheDevice() {
        #expect(ComponentBuilder.shortened(Bytes("Door cat occupancy"), Bytes("door")).text == "Cat occupancy")
        #expect(ComponentBuilder.shortened(Bytes("doorbell occupancy"), Bytes("door")).text == "doorbell occupancy")
        #expect(ComponentBuilder.shortened(Bytes("door"), Bytes("door")).text == "door")
    }

    @Test func rulesOfOneIdentifierAreKeptApart() throws {
        let same = ["a b", "a.b", "a+b"].map {
            "{\"event\":\"rule\",\"object\":\"\($0)\",\"kind\":\"object\",\"counts\":false}"
        }
        let keys = try keys(discovery, same)
        #expect(Set(keys).count == keys.count)
    }

    @Test func whatIsGoneIsFoundInTheOldMessage() throws {
        let before = try state(rules)
        let after = try state([rules[0]])
        let old = discovery.payload(before, discovery.components(before))
        let known = try #require(Discovery.components(of: old))
        #expect(known.count == 14)
        let gone = Discovery.gone(known, discovery.components(after))
        #expect(gone.count == 7)
        let message = discovery.payload(after, discovery.components(after), gone: gone)
        #expect(message.text.contains("\"gate-in\":{\"platform\":\"sensor\"}"))
        let last = discovery.payload(after, discovery.components(after))
        #expect(Discovery.components(of: last)?.count == 7)
        #expect(Discovery.components(of: Bytes("{\"components\":3}")) == nil)
        #expect(Discovery.components(of: Bytes("nonsense")) == nil)
    }

    @Test func theListOfTopicsIsReadAgain() {
        let topics = [Bytes("a/b"), Bytes("c/\"d\"")]
        #expect(TopicIndex.topics(TopicIndex.payload(topics)) == topics)
        #expect(TopicIndex.topics(Bytes("{\"topics\":[\"a/#\",\"b\"]}")) == [Bytes("b")])
        #expect(TopicIndex.topics(Bytes("[]")) == nil)
    }

    @Test func retainedIsSentUntilItIsThere() {
        var retained = Retained()
        retained.set(Bytes("a"), Bytes("1"))
        let first = retained.send { _ in true }!
        #expect(retained.send { _ in true } == nil)
        retained.set(Bytes("a"), Bytes("2"))
        #expect(retained.send { _ in true } == nil)
        retained.acknowledge(Bytes("a"), first.item.version)
        let second = retained.send { _ in true }!
        #expect(second.item.payload == Bytes("2"))
        retained.connectionLost()
        #expect(retained.send { _ in true }?.item.payload == Bytes("2"))
        retained.acknowledge(Bytes("a"), second.item.version)
        #expect(retained.isSettled)
        retained.clear(Bytes("a"))
        let last = retained.send { _ in true }!
        retained.acknowledge(Bytes("a"), last.item.version)
        #expect(retained.topics.isEmpty)
    }

    @Test func commands() throws {
        let rule = Rule(object: Bytes("person"), kind: .object, counts: false, on: Bytes("0.8"), off: Bytes("0.6"))
        func command(_ text: String) throws -> Command { try Command(text.bytes, own: 3, rules: [rule]) }
        #expect(
            try command("{\"command\":\"threshold\",\"object\":\"person\",\"on\":0.5,\n\"transaction\":\"x\"}").line
                .text
                == "{\"command\":\"threshold\",\"object\":\"person\",\"on\":0.5,\"off\":0.5,\"transaction\":\"3\"}")
        #expect(
            try command("{\"command\":\"threshold\",\"object\":\"person\",\"on\":0.7}").line.text
                == "{\"command\":\"threshold\",\"object\":\"person\",\"on\":0.7,\"off\":0.6,\"transaction\":\"3\"}")
        #expect(try command("{\"command\":\"reload\",\"a\":[1,\n2]}").line.contains(10) == false)
        let long = String(repeating: "x", count: 65)
        for wrong in [
            "", "[]", "{}", "{\"command\":3}", "{\"command\":\"exit\"}", "{\"resume\":{}}", "{\"command\":\"state\"} x",
            "{\"command\":\"state\",\"transaction\":\"\(long)\"}",
        ] { #expect(throws: Command.Refusal.self, "\(wrong)") { try command(wrong) } }
    }

    @Test func frigate() throws {
        var frigate = Frigate()
        func event(_ kind: String, _ zone: String, _ track: Int) throws -> String? {
            let text =
                "{\"event\":\"\(kind)\",\"time\":\"2026-03-01T09:05:07.250Z\",\"sensor\":\"door\""
                + ",\"object\":\"\(zone)\""
                + ",\"score\":0.9,\"track\":\(track),\"label\":\"face\",\"box\":[0.1,0.2,0.3,0.4],\"still_ms\":0}"
            return frigate.message(try line(text), boot: 7)?.text
        }
        let new = try #require(try event("enter", "left", 3))
        #expect(new.contains("\"type\":\"new\"") && new.contains("\"start_time\":1772355907.250"))
        #expect(new.contains("\"box\":[0.100,0.200,0.400,0.600]") && new.contains("\"current_zones\":[\"left\"]"))
        #expect(try event("enter", "all", 3)?.contains("\"current_zones\":[\"left\",\"all\"]") == true)
        #expect(try event("leave", "left", 3)?.contains("\"type\":\"update\"") == true)
        #expect(try event("leave", "all", 3)?.contains("\"type\":\"end\"") == true)
        #expect(frigate == Frigate())
        #expect(frigate.message(try line("{\"event\":\"heartbeat\",\"present\":1}"), boot: 7) == nil)
    }
}
