import Foundation
import Testing

/// A reload with other GPIO lines, on the chip of Tests/Devices.
@Suite(.serialized) struct ReloadLinesTests {
    private let place: Workplace
    private let devices: Devices

    init() throws {
        place = try Workplace()
        devices = try Devices(place)
    }

    private static let trigger = "{name: pir, chip: preloaded, offset: 2, use: trigger, hold: 0s}"
    private static let lamp = "{name: lamp, chip: preloaded, offset: 3, use: follow, object: someone}"
    private static let bell =
        "{name: bell, chip: preloaded, offset: 4, use: pulse, object: someone, at: enter, length: 1ms}"

    /// A bundle whose one rule is met by every frame.
    private func install(_ lines: String..., camera: String = "") throws {
        try place.file(
            "person.ocellus",
            Workplace.compile { text in
                text[..<(text.range(of: "watch:")?.lowerBound ?? text.endIndex)]
                    + "source: camera\ncamera: {blind: 0s\(camera)}\nlines: [\(lines.joined(separator: ", "))]\n"
                    + "watch: [{label: not a person, name: someone, on: 0.01, off: 0.005, enter_after: 1ms}]\n"
            })
    }

    private func start() throws -> Daemon {
        try Daemon([place.bundle, "--heartbeat", "0.05"], environment: devices.environment)
    }

    private func reload(_ daemon: Daemon, times: Int = 1) throws {
        daemon.signal(SIGHUP)
        try daemon.wait(for: "reloaded", times: times)
    }

    private func end(_ daemon: Daemon) throws -> Daemon.End {
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0, "\(end.errors)")
        return end
    }

    private func lines(_ line: Int) -> [String] { devices.log.filter { $0.hasPrefix("line \(line) ") } }

    @Test("A line goes on where its settings are equal, others are given back and taken") func kept() throws {
        try install(Self.lamp)
        let daemon = try start()
        devices.wait(for: "line 3 on")
        try install(Self.lamp, Self.bell)
        try reload(daemon)
        devices.wait(for: "line 4 held")
        try install(Self.bell)
        try reload(daemon, times: 2)
        devices.wait(for: "line 3 given back")
        _ = try end(daemon)
        #expect(lines(3) == ["line 3 held", "line 3 on", "line 3 off", "line 3 given back"], "\(devices.log)")
        // Who was there before does not ring.
        #expect(lines(4) == ["line 4 held", "line 4 off", "line 4 given back"], "\(devices.log)")
    }

    @Test("A line with another use is given back before it is taken") func changed() throws {
        try install(Self.lamp)
        let daemon = try start()
        devices.wait(for: "line 3 on")
        try install("{name: alarm, chip: preloaded, offset: 3, use: fault}")
        let before = devices.log.count
        try reload(daemon)
        devices.wait(for: "line 3 held", after: before)
        let end = try end(daemon)
        #expect(!end.events.contains { $0.string("state") == "line-lost" })
        #expect(lines(3).prefix(5) == ["line 3 held", "line 3 on", "line 3 off", "line 3 given back", "line 3 held"])
    }

    @Test("A lamp of somebody who is there is on after a reload that brings it") func lamp() throws {
        try install(Self.bell)
        let daemon = try start()
        try daemon.wait(for: #""event":"enter""#)
        try install(Self.bell, Self.lamp)
        try reload(daemon)
        devices.wait(for: "line 3 on")
        _ = try end(daemon)
    }

    @Test("A trigger that is on keeps frames coming, one that is off keeps the camera still") func trigger() throws {
        try install(Self.trigger)
        let daemon = try start()
        try daemon.wait(for: "heartbeat")
        #expect(devices.streams == 0)
        // Another camera setting while nobody wants frames: it is opened, but does not stream.
        try install(Self.trigger, camera: ", size: 640x480")
        try reload(daemon)
        try daemon.wait(for: "heartbeat")
        #expect(devices.log.filter { $0 == "format YUYV 640x480" }.count == 2)
        #expect(devices.streams == 0)
        try devices.drive(true)
        try daemon.wait(frames: 3)
        #expect(devices.streams == 1)
        // While frames come a trigger that stays, among other lines, neither ends nor begins anything.
        try install(Self.bell, Self.trigger, camera: ", size: 640x480")
        try reload(daemon, times: 2)
        try daemon.wait(moreFrames: 5)
        #expect(devices.streams == 1)
        // Nor does it with a camera that is opened anew.
        try install(Self.bell, Self.trigger, camera: "")
        try reload(daemon, times: 3)
        try daemon.wait(moreFrames: 5)
        #expect(devices.streams == 2)
        try devices.drive(false)
        let end = try end(daemon)
        #expect(end.events.filter { $0.string("event") == "line" && $0["active"] as? Bool == true }.count == 1)
        #expect(lines(2) == ["line 2 held", "line 2 given back"])
    }

    @Test("A trigger that is new lets nobody stay") func newTrigger() throws {
        try install()
        let daemon = try start()
        try daemon.wait(for: #""event":"enter""#)
        try install(Self.trigger)
        try reload(daemon)
        try daemon.wait(for: #""event":"leave""#)
        try install()
        try reload(daemon, times: 2)
        try daemon.wait(moreFrames: 3)
        _ = try end(daemon)
    }
}
