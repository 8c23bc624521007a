import Foundation
import Pictures
import TestSupport
import Testing

/// A reload that asks another thing of the camera.
@Suite(.serialized) struct ReloadCameraTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    /// Puts a bundle with more in its sensor file under the name that the daemon was started with.
    private func install(_ more: String, source: String = "camera") throws {
        try place.file("person.ocellus", Workplace.compile { $0 + "\nsource: \(source)\n" + more })
    }

    private func start(_ devices: Devices) throws -> Daemon {
        let daemon = try Daemon([place.bundle, "--heartbeat", "0.05"], environment: devices.environment)
        try daemon.wait(frames: 3)
        return daemon
    }

    private func end(_ daemon: Daemon) throws -> Daemon.End {
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.events.map { $0.int("seq") } == Array(1...end.events.count))
        // Numbers of frames go on, whatever was opened anew.
        let frames = end.events.map { $0.int("frame") }.filter { $0 >= 0 }
        #expect(frames == frames.sorted(), "\(frames)")
        return end
    }

    private func states(_ end: Daemon.End) -> [String] { end.events.map { $0.string("state") }.filter { !$0.isEmpty } }

    @Test(
        "Another size, format or control opens the camera anew",
        arguments: [
            ("{size: 640x480, blind: 0s}", "{size: 320x240, blind: 0s}", "format YUYV 320x240"),
            ("{format: yuyv, blind: 0s}", "{format: mjpeg, blind: 0s}", "format MJPG 640x480"),
            ("{controls: {brightness: 100}, blind: 0s}", "{controls: {brightness: 200}, blind: 0s}", "brightness 200"),
        ])
    func settings(before: String, after: String, effect: String) throws {
        let devices = try Devices(
            place, modes: ["YUYV 640 480", "YUYV 320 240", "MJPG 640 480"], picture: Self.jpeg(red: 255, 255, 255))
        try install("camera: \(before)\n")
        let daemon = try start(devices)
        #expect(!devices.log.contains(effect))
        try install("camera: \(after)\n")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"source-recovered""#)
        let end = try end(daemon)
        #expect(devices.log.contains(effect), "\(devices.log)")
        #expect(states(end) == ["started", "reloaded", "source-recovered", "stopped"])
        let reloaded = try #require(end.events.first { $0.string("state") == "reloaded" })
        #expect(reloaded.string("detail").hasSuffix("; opened anew: source"))
        // Given back before it was opened again, each time.
        #expect(devices.log.filter { $0 == "camera closed" }.count >= 2)
    }

    @Test("What asks nothing else of the camera leaves it alone") func equal() throws {
        let devices = try Devices(place)
        try install("camera: {blind: 0s}\n")
        let daemon = try start(devices)
        let opened = devices.log
        for heartbeat in ["7s", "8s"] {
            try place.file(
                "person.ocellus",
                Workplace.compile {
                    $0.replacing("heartbeat: 5s", with: "heartbeat: \(heartbeat)")
                        + "\nsource: camera\ncamera: {blind: 0s}\nmask: [{x: 0.5}]\n"
                })
            daemon.signal(SIGHUP)
            try daemon.wait(for: #""state":"reloaded""#)
        }
        let end = try end(daemon)
        #expect(devices.log == opened + ["camera closed"], "\(devices.log)")
        #expect(devices.streams == 1)
        #expect(!states(end).contains("source-recovered"))
    }

    /// What a grey model needs of MJPEG is grey; colours must not stay away when the next one sees them.
    @Test("A model of colours after a grey one gets colours", .enabled(if: JPEGDecoder.isAvailable)) func colours()
        throws
    {
        let devices = try Devices(place, modes: ["MJPG 320 240"], picture: Self.jpeg(red: 255, 0, 0))
        let camera = "camera: {blind: 0s}\n"
        try install(camera)
        let daemon = try start(devices)
        let labels = "\nwatch: [{label: red, on: 0.6, off: 0.5, enter_after: 1ms}]\n"
        try place.file(
            "person.ocellus",
            Workplace.compile(.meanColour(side: 16)) { _ in
                "name: colours\nmodel: person_detect.tflite\nlabels: [red, green, blue]\nsource: camera\n" + camera
                    + labels
            })
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""event":"enter""#)
        let end = try end(daemon)
        let enter = try #require(end.events.first { $0.string("event") == "enter" })
        #expect(enter.string("object") == "red" && enter.string("sensor") == "colours")
    }

    @Test("Zones ask for pixels of their own") func zones() throws {
        let devices = try Devices(place, modes: ["YUYV 160 120", "YUYV 640 480"])
        try install("camera: {blind: 0s}\n")
        let daemon = try start(devices)
        #expect(devices.log.last == "format YUYV 160x120")
        let zones = "zones: [{name: far, x: 0.7, width: 0.2}]\ncamera: {blind: 0s}\nsource: camera\n"
        try place.file(
            "person.ocellus",
            Workplace.compile { $0.replacing("- label: person", with: "- label: person\n    zone: far") + "\n" + zones }
        )
        daemon.signal(SIGHUP)
        devices.wait(for: "format YUYV 640x480")
        try daemon.wait(for: #""state":"source-recovered""#)
        let count = devices.log.count
        try install("camera: {blind: 0s}\n")
        daemon.signal(SIGHUP)
        devices.wait(for: "format YUYV 160x120", after: count)
        _ = try end(daemon)
    }

    @Test("A mode that does not stream leaves the old session, and the gap is told") func refused() throws {
        let devices = try Devices(place, modes: ["YUYV 640 480", "YUYV 320 240"])
        try install("camera: {size: 640x480, blind: 0s}\n")
        let daemon = try start(devices)
        try devices.refuse("YUYV 320 240")
        try install("camera: {size: 320x240, blind: 0s}\n")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"source-recovered""#)
        #expect(devices.log.last == "format YUYV 640x480", "\(devices.log)")
        // Once it streams the same bundle serves.
        try devices.refuse(nil)
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        let end = try end(daemon)
        #expect(states(end).prefix(4) == ["started", "reload-failed", "source-recovered", "reloaded"])
        let failed = try #require(end.events.first { $0.string("state") == "reload-failed" })
        #expect(failed.string("detail").contains("VIDIOC_STREAMON: No space left on device; opened again: source"))
        let recovered = try #require(end.events.first { $0.string("state") == "source-recovered" })
        #expect(recovered.string("detail").contains("s after a reload closed the source"))
    }

    @Test("A camera that is not there leaves the old session") func missing() throws {
        let devices = try Devices(place)
        try install("camera: {blind: 0s}\n")
        let daemon = try start(devices)
        try install("camera: {blind: 0s}\n", source: "camera:elsewhere")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"source-recovered""#)
        let end = try end(daemon)
        #expect(states(end) == ["started", "reload-failed", "source-recovered", "stopped"])
        #expect(end.errors.contains("the old one goes on: camera:elsewhere: no such camera"), "\(end.errors)")
    }

    @Test("A bundle that does not verify touches nothing") func damaged() throws {
        let devices = try Devices(place)
        try install("camera: {blind: 0s}\n")
        let daemon = try start(devices)
        let opened = devices.log
        try place.file("person.ocellus", Array("rubbish".utf8))
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reload-failed""#)
        try daemon.wait(moreFrames: 20)
        let end = try end(daemon)
        #expect(devices.log == opened + ["camera closed"])
        #expect(states(end) == ["started", "reload-failed", "stopped"])
        #expect(end.events.first { $0.string("state") == "reload-failed" }?.string("detail").contains("byte 7") == true)
    }

    /// 320x240 and 640x480 pixels of one colour are the same to the camera: it gives whatever lies there.
    private static func jpeg(red: UInt8, _ green: UInt8, _ blue: UInt8) -> [UInt8] {
        let (width, height) = (320, 240)
        var encoder = JPEGEncoder(quality: 90)
        let pixels = [UInt8]((0..<width * height).flatMap { _ in [red, green, blue] })
        var file = [UInt8](repeating: 0, count: 1 << 18)
        let count = pixels.withUnsafeBytes { pixels in
            file.withUnsafeMutableBytes {
                encoder.encode(pixels, width: width, height: height, channels: 3, into: $0) ?? 0
            }
        }
        return Array(file.prefix(count))
    }
}
