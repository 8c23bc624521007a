import CBundle
import Foundation
import Testing

@testable import Boards

/// The keys of the way to a broker.
@Suite struct LinkKeysTests {
    private static let folder: String = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("ocellus-link-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try? Data([1]).write(to: url.appendingPathComponent("model.tflite"))
        return url.path
    }()

    private func read(_ yaml: String) throws(ConfigurationError) -> [String] {
        let head = "name: door\nmodel: model.tflite\nwatch: [{label: 0, on: 1, name: dog}]\n"
        return try SensorFile(yaml: head + yaml, path: Self.folder + "/sensor.yaml").link
    }

    @Test func theyBecomeArguments() throws {
        #expect(try read("") == [])
        #expect(try read("mqtt: {broker: mqtt://hub}") == ["--broker", "mqtt://hub"])
        let plain = "mqtt: {broker: mqtt://hub, commands: false, name_check: true}"
        #expect(try read(plain) == ["--broker", "mqtt://hub"])
        let all = try read(
            """
            mqtt:
              broker: mqtts://hub:8884
              user: the door
              client_id: door-1
              discovery: none
              protocol: 3.1.1
              frigate: frigate
              queue: 16M
              commands: true
              snapshots: true
              name_check: false
            """)
        #expect(
            all == [
                "--broker", "mqtts://hub:8884", "--user", "the door", "--client-id", "door-1", "--discovery", "none",
                "--protocol", "3.1.1", "--frigate", "frigate", "--queue-size", "16M", "--commands", "--snapshots",
                "--no-name-check",
            ])
        #expect(try read("mqtt: {broker: mqtt://hub, queue: memory}").suffix(2) == ["--memory-queue", "1M"])
    }

    @Test(
        "What ocellus-link would not take is refused at its place",
        arguments: [
            ("{user: x}", "4:7: mqtt: the key \"broker\" is missing"),
            ("{broker: http://hub}", "4:16: mqtt.broker: --broker 'http://hub': an address begins with mqtt://"),
            ("{broker: mqtt://me:secret@hub}", "4:16: mqtt.broker: --broker: an address has no @"),
            ("{broker: mqtt://hub:0}", "4:16: mqtt.broker: --broker 'mqtt://hub:0': a port is a number"),
            ("{broker: mqtt://hub, queue: 5}", "mqtt.queue: expected memory, or the size of a file"),
            ("{broker: mqtt://hub, queue: [5]}", "mqtt.queue: expected memory, or the size of a file"),
            ("{broker: mqtt://hub, name_check: false}", "mqtt.name_check: names are checked of brokers with TLS"),
            ("{broker: mqtt://hub, frigate: a/#}", "mqtt.frigate: --frigate 'a/#' is no topic"),
            ("{broker: mqtt://hub, discovery: a b}", "mqtt.discovery: --discovery 'a b' is no topic"),
            ("{broker: mqtt://hub, client_id: a/b}", "mqtt.client_id: --client-id 'a/b'"),
            ("{broker: mqtt://hub, protocol: 4}", "mqtt.protocol: --protocol takes 5, 3.1.1 or auto, not 4"),
            ("{broker: mqtt://hub, password: x}", "mqtt: unknown key \"password\""),
            ("mqtt://hub", "mqtt: expected a mapping"),
        ])
    func refused(_ text: String, _ message: String) {
        let error = #expect(throws: ConfigurationError.self) { _ = try read("mqtt: \(text)") }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
