import CLinux
import Foundation
import System
import Testing

@Suite(.serialized) struct DaemonTests {
    @Test func aPersonComesAndGoes() throws {
        let place = try Workplace()
        let end = try Daemon.run([place.bundle, "--source", Workplace.clip])
        #expect(end.code == 0, "\(end.errors)")
        let kinds = end.events.map { $0.string("event") }
        #expect(kinds.first == "status" && end.events.first?.string("state") == "started")
        #expect(kinds.last == "status" && end.events.last?.string("state") == "ended")
        #expect(kinds.filter { $0 == "enter" }.count == 1)
        #expect(kinds.filter { $0 == "leave" }.count == 1)
        #expect(kinds.contains("update") && kinds.contains("heartbeat"))
        #expect(end.events.allSatisfy { $0.string("sensor") == "person-sensor" })
        #expect(end.events.map { $0.int("seq") } == Array(1...end.events.count))
        #expect(end.events.last?.int("dropped") == 0 && end.events.last?.int("lost") == 0)
        // On the frames' clock a second run says the very same.
        #expect(try Daemon.run([place.bundle, "--source", Workplace.clip]).output == end.output)
    }

    @Test func aPipeSaysWhatTheFileSays() throws {
        let place = try Workplace()
        let file = try Daemon.run([place.bundle, "--source", Workplace.clip])
        let input = try #require(FileHandle(forReadingAtPath: Workplace.clip))
        let cat = Process()
        cat.executableURL = URL(fileURLWithPath: "/bin/cat")
        cat.standardInput = input
        let pipe = Pipe()
        cat.standardOutput = pipe
        try cat.run()
        let daemon = try Daemon(
            [place.bundle, "--source", "-", "--every-frame", "--clock=frame"], input: pipe.fileHandleForReading)
        try pipe.fileHandleForReading.close()
        #expect(try daemon.finish().output == file.output)
    }

    @Test func standardInputMayBeAFile() throws {
        let place = try Workplace()
        let input = try #require(FileHandle(forReadingAtPath: Workplace.clip))
        let end = try Daemon([place.bundle, "--source", "-"], input: input).finish()
        #expect(end.output == (try Daemon.run([place.bundle, "--source", Workplace.clip]).output))
    }

    @Test func topicsAndRateFollowTheFlags() throws {
        let place = try Workplace()
        let end = try Daemon(
            [place.bundle, "--source", Workplace.clip, "--format", "topic", "--topic", "home/door", "--max-fps", "4"])
        let lines = String(decoding: end.outputData(), as: UTF8.self).split(separator: "\n")
        #expect(lines.first?.hasPrefix(#"home/door/status {"event":"status""#) == true)
        #expect(lines.contains { $0.hasPrefix(#"home/door/object/person {"event":"enter""#) })
        // The clip has 8 frames a second: every other one is left out.
        let last = try #require(lines.last)
        #expect(last.contains(#""frames":36,"dropped":36,"#), "\(last)")
    }

    @Test func aSilentSourceIsLeftAtOnce() throws {
        let place = try Workplace()
        // Without a heartbeat nothing else would ever wake it.
        let daemon = try Daemon([place.bundle, "--source", "grey:96x96:" + place.fifo("fifo"), "--heartbeat", "0"])
        try daemon.wait(for: "started")
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0 && end.events.last?.string("state") == "stopped")
    }

    @Test func reloadKeepsWhoIsThere() throws {
        let place = try Workplace()
        let fifo = try place.fifo("fifo")
        let daemon = try Daemon([place.bundle, "--source", fifo, "--every-frame", "--clock", "frame"])
        // The person is there from some frame to another: stop feeding in between.
        let whole = try Daemon.run([place.bundle, "--source", Workplace.clip]).events
        let enter = try #require(whole.first { $0.string("event") == "enter" }).int("frame")
        let clip = try Data(contentsOf: URL(fileURLWithPath: Workplace.clip))
        let header = try #require(clip.firstIndex(of: UInt8(ascii: "\n"))) + 1
        let frame = (clip.count - header) / 72
        let writer = try #require(FileHandle(forWritingAtPath: fifo))
        try writer.write(contentsOf: clip[..<(header + (enter + 1) * frame)])
        try daemon.wait(for: #""event":"enter""#)
        try place.file("person.ocellus", Array("rubbish".utf8))
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reload-failed""#)
        try place.file("person.ocellus", Workplace.person)
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        try writer.write(contentsOf: clip[(header + (enter + 1) * frame)...])
        try writer.close()
        let end = try daemon.finish()
        #expect(end.code == 0)
        let isChange: ([String: Any]) -> Bool = { ["enter", "leave"].contains($0.string("event")) }
        let said = end.events.filter(isChange).map { "\($0.string("event")) \($0.int("frame"))" }
        #expect(said == whole.filter(isChange).map { "\($0.string("event")) \($0.int("frame"))" })
    }

    @Test func aReaderThatIsGoneEndsTheDaemon() throws {
        let place = try Workplace()
        let daemon = try Daemon([place.bundle, "--source", "grey:96x96:" + place.fifo("fifo")])
        try daemon.wait(for: "started")
        daemon.closeOutput()
        daemon.process.waitUntilExit()
        #expect(daemon.process.terminationStatus == 5)
    }

    @Test func aReaderThatSleepsDoesNotStopTheCamera() throws {
        let place = try Workplace()
        let fifo = try place.fifo("fifo")
        let daemon = try Daemon([place.bundle, "--source", "grey:96x96:" + fifo, "--heartbeat", "0.0005"])
        let writer = try #require(FileHandle(forWritingAtPath: fifo))
        // A heartbeat every millisecond fills the pipe, and then, in a fraction of that time, the queue.
        let start = Clock.monotonic
        while daemon.waitingBytes < 50_000 { usleep(10_000) }
        usleep(UInt32(min(3 * (Clock.monotonic - start) / 1000, 100_000_000)) + 1_000_000)
        let frames = 500
        for _ in 0..<frames { try writer.write(contentsOf: Data(repeating: 0, count: 96 * 96)) }
        try writer.close()
        let end = try daemon.finish()
        #expect(end.code == 0)
        let last = try #require(end.events.last)
        #expect(last.int("frames") + last.int("dropped") == frames)
        #expect(last.int("lost") > 0)
        #expect(last.int("seq") == end.events.count + last.int("lost"))
    }

    @Test func wrongUseIsExplainedInOneLine() throws {
        let place = try Workplace()
        let rubbish = try place.file("rubbish.ocellus", Array("rubbish".utf8))
        let short = try place.file("short", [UInt8](repeating: 0, count: 100))
        for (arguments, code, text) in [
            ([], 2, "a bundle is missing"), ([place.bundle, "--sauce"], 2, "unknown option --sauce"),
            ([place.bundle, "--source"], 2, "--source needs a value"),
            ([place.bundle, "--source", "--loop"], 2, "--source needs a value, found --loop"),
            ([place.bundle, "--source", "yuyv:3x3"], 2, "even width"),
            ([place.bundle, "--format", "xml"], 2, "--format takes json, topic or text, not xml"),
            ([place.bundle, "--max-fps", "many"], 2, "--max-fps takes a number from 0 to 1000, not many"),
            ([place.bundle, "--threads=1.5"], 2, "--threads takes a whole number"),
            ([place.bundle, place.bundle], 2, "unexpected"), (["/nonexistent"], 3, "/nonexistent: No such file"),
            ([rubbish], 3, "byte 7: the file is shorter"), ([place.path], 3, "Is a directory"),
            ([place.bundle], 4, "--source: give a picture"),
            ([place.bundle, "--source", "/nonexistent"], 4, "/nonexistent: cannot open: No such file or directory"),
            ([place.bundle, "--source", "grey:96x96:" + short], 4, "frame 0 is cut short, 100 of 9216 bytes"),
        ] as [([String], Int32, String)] {
            let end = try Daemon.run(arguments)
            #expect(end.code == code, "\(arguments): \(end.errors)")
            #expect(end.errors.contains(text), "\(arguments): \(end.errors)")
            #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        }
    }

    @Test func helpAndVersionGoToStandardOutput() throws {
        for (option, start) in [("--help", "Usage: ocellusd BUNDLE"), ("--version", "ocellusd ")] {
            let daemon = try Daemon([option])
            #expect(String(decoding: daemon.outputData(), as: UTF8.self).hasPrefix(start))
            daemon.process.waitUntilExit()
            #expect(daemon.process.terminationStatus == 0)
        }
    }
}

extension Daemon {
    /// All output as it is, for what is not JSON lines.
    func outputData() -> Data {
        (process.standardOutput as? Pipe)?.fileHandleForReading.readDataToEndOfFile() ?? Data()
    }
}
