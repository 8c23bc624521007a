import CLinux
import Foundation
import System
import Testing

@testable import Sensors

/// When one source can go on in the place of another.
@Suite struct SourceSettingsTests {
    private func settings(_ item: String, _ change: (inout SourceSettings.Options) -> Void = { _ in }) throws
        -> SourceSettings
    {
        var options = SourceSettings.Options()
        change(&options)
        return SourceSettings([try SourceItem(parsing: item.utf8)], options)
    }

    @Test("Everything that a camera is opened by makes a difference") func cameras() throws {
        let camera = try settings("camera")
        #expect(try camera == settings("camera"))
        #expect(try camera != settings("camera:usb-1"))
        #expect(try camera != settings("/dev/video0"))
        let changes: [(inout CameraSettings) -> Void] = [
            { $0.needs.width = 96 }, { $0.needs.height = 96 }, { $0.needs.isGrey = true }, { $0.needs.millihertz = 10 },
            { $0.needs.size = (640, 480) }, { $0.needs.format = Array("mjpeg".utf8) }, { $0.stall = 1 },
            { $0.blind = 1 },
            { $0.controls = [CameraSettings.Control(name: [1], value: [2])] },
        ]
        for change in changes {
            let other = try settings("camera") { change(&$0.camera) }
            #expect(camera != other && other == other)
            // To a pipe it is nothing.
            #expect(try settings("grey:8x8:fifo") == settings("grey:8x8:fifo") { change(&$0.camera) })
        }
        let controls = try ["1", "2"].map { value in
            try settings("camera") { $0.camera.controls = [.init(name: [1], value: Array(value.utf8))] }
        }
        #expect(controls[0] != controls[1])
    }

    @Test("Pipes, files and commands differ by what they read") func others() throws {
        let pipe = try settings("grey:8x8:fifo")
        for other in ["grey:8x8:other", "grey:9x8:fifo", "rgb24:8x8:fifo", "grey:8x8@10:fifo", "y4m:fifo", "fifo"] {
            #expect(try pipe != settings(other))
        }
        #expect(try pipe != settings("grey:8x8:fifo") { $0.everyFrame = true })
        #expect(try pipe != settings("grey:8x8:fifo") { $0.rate = FrameRate(frames: 5) })
        #expect(try settings("a.y4m") != settings("a.y4m") { $0.loops = true })
        let command = try settings("grey:8x8") { $0.command = [Path("cat".utf8), Path("a".utf8)] }
        #expect(try command == settings("grey:8x8") { $0.command = [Path("cat".utf8), Path("a".utf8)] })
        #expect(try command != settings("grey:8x8") { $0.command = [Path("cat".utf8), Path("b".utf8)] })
        #expect(try command != settings("grey:8x8"))
        var patient = command
        patient.options.camera.stall += 1
        #expect(patient != command)
    }

    @Test("What has to be closed first") func exclusion() throws {
        let folder = NSTemporaryDirectory() + "ocellus-source-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["a", "b"] { try #require(oc_make_fifo("\(folder)/\(name)") == 0) }
        let a = try settings("grey:8x8:\(folder)/a")
        let camera = try settings("camera")
        let command = try settings("grey:8x8") { $0.command = [Path("cat".utf8), Path("/dev/zero".utf8)] }
        let pipe = try Source(a)
        #expect(try pipe.excludes(settings("grey:9x9:\(folder)/a")) && !pipe.excludes(settings("grey:8x8:\(folder)/b")))
        #expect(!pipe.excludes(camera) && !pipe.excludes(command))
        let running = try Source(command)
        #expect(running.excludes(camera) && running.excludes(command) && !running.excludes(a))
        running.close()
        #expect(!running.isOpen && !running.excludes(command) && running.raw < 0 && running.rawStatus < 0)
        guard case .none = try running.next() else {
            Issue.record("a closed source has nothing")
            return
        }
    }

    @Test("Whether a source can be used is known soon") func settle() throws {
        let command = { (arguments: [String]) in
            try Source(settings("grey:8x8") { $0.command = arguments.map { Path($0.utf8) } })
        }
        let event = oc_event_open()
        defer { _ = oc_close(event) }
        let minute: Int64 = 60_000_000_000
        #expect(try command(["cat", "/dev/zero"]).settle(within: minute, unless: -1) == nil)
        #expect(
            try command(["/no/such"]).settle(within: minute, unless: -1)
                == SourceRefusal(
                    reason: "command /no/such: cannot start: No such file or directory", isFinal: false))
        #expect(
            try command(["false"]).settle(within: minute, unless: -1)
                == SourceRefusal(reason: "command false: it ended (exit code 1)", isFinal: false))
        // A command may take its time, and somebody may be in a hurry.
        #expect(try command(["sleep", "100"]).settle(within: 10_000_000, unless: -1) == nil)
        _ = oc_event_post(event)
        #expect(try command(["sleep", "100"]).settle(within: minute, unless: event) == nil)
        let missing = try Source(settings("camera:no-such"))
        let refusal = try #require(missing.settle(within: minute, unless: -1))
        #expect(refusal.reason.hasPrefix("camera:no-such: no such camera") && !refusal.isFinal)
        // What it says of that is still there to be taken.
        while true {
            var poll = oc_poll(fd: missing.rawStatus, wanted: Int16(OC_POLL_READ), happened: 0)
            try #require(oc_wait(&poll, 1, 60_000) == 1)
            if missing.takeStatus()?.kind == .lost { break }
        }
    }
}
