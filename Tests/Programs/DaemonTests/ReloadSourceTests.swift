import Foundation
import Testing

/// A reload that brings another command, pipe or file.
@Suite(.serialized) struct ReloadSourceTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func install(_ more: String) throws {
        try place.file("person.ocellus", Workplace.compile { $0 + "\n" + more + "\n" })
    }

    /// A program that leaves its number in a file and gives black frames for ever.
    private func command(_ name: String) -> String {
        "source: grey:96x96\ncommand: [sh, -c, \"echo $$ >> '\(place.path)/\(name)'; exec cat /dev/zero\"]\n"
            + "camera: {blind: 0s}\nmax_fps: 50"
    }

    private func processes(_ name: String) throws -> [Int32] {
        let text = (try? String(contentsOfFile: place.path + "/" + name, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    private func isRunning(_ process: Int32) -> Bool {
        guard let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !line.contains(") Z ")
    }

    private func start(_ more: String...) throws -> Daemon {
        try Daemon([place.bundle, "--heartbeat", "0.05"] + more)
    }

    private func end(_ daemon: Daemon) throws -> Daemon.End {
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.events.map { $0.int("seq") } == Array(1...end.events.count))
        for count in ["frames", "dropped", "faults"] {
            let counts = end.events.map { $0.int(count) }.filter { $0 >= 0 }
            #expect(counts == counts.sorted(), "\(count): \(counts)")
        }
        return end
    }

    @Test("Another command takes the place of the first") func command() throws {
        try install(command("first"))
        let daemon = try start()
        try daemon.wait(frames: 3)
        try install(command("second"))
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        try daemon.wait(moreFrames: 3)
        let (first, second) = (try processes("first"), try processes("second"))
        #expect(first.count == 1 && second.count == 1)
        #expect(!first.contains(where: isRunning) && second.allSatisfy(isRunning))
        // The same again starts nothing.
        daemon.signal(SIGHUP)
        try daemon.wait(for: "reloaded", times: 2)
        try daemon.wait(moreFrames: 3)
        #expect(try processes("second") == second)
        let end = try end(daemon)
        #expect(end.events.last?.int("faults") == 0)
        #expect(!second.contains(where: isRunning))
    }

    @Test(
        "A command that cannot be started, or ends at once, leaves the old one",
        arguments: [
            ("[/no/such/program]", "command /no/such/program: cannot start: No such file or directory"),
            ("[sh, -c, exit 9]", "command sh: it ended (exit code 9)"),
        ])
    func badCommand(arguments: String, reason: String) throws {
        try install(command("first"))
        let daemon = try start()
        try daemon.wait(frames: 3)
        try install("source: grey:96x96\ncommand: \(arguments)\ncamera: {blind: 0s}")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"source-recovered""#)
        try daemon.wait(moreFrames: 3)
        #expect(try processes("first").count == 2)
        let end = try end(daemon)
        let failed = try #require(end.events.first { $0.string("state") == "reload-failed" })
        #expect(failed.string("detail").hasPrefix(reason), "\(failed)")
        #expect(failed.string("detail").hasSuffix("; opened again: source"))
        #expect(!end.events.contains { ["reloaded", "source-fault"].contains($0.string("state")) })
    }

    @Test("A source that gives no frames is replaced by another that gives none yet") func faulty() throws {
        try install("source: grey:96x96\ncommand: [/no/such/program]\ncamera: {blind: 0s}")
        let daemon = try start()
        try daemon.wait(for: #""state":"source-fault""#)
        try install("source: grey:96x96\ncommand: [/no/such/other]\ncamera: {blind: 0s}")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        try daemon.wait(for: "source-fault", times: 2)
        try install(command("first"))
        daemon.signal(SIGHUP)
        try daemon.wait(frames: 3)
        let end = try end(daemon)
        #expect(end.events.contains { $0.string("state") == "source-recovered" })
        #expect(end.errors.contains("command /no/such/other: cannot start"))
    }

    @Test("Another FIFO is read, and one that is missing is not waited for") func fifos() throws {
        let fifos = [try place.fifo("a"), try place.fifo("b")]
        let blank = Data(repeating: 0, count: 96 * 96)
        try install("source: grey:96x96:\(fifos[0])")
        let daemon = try start()
        let a = try #require(FileHandle(forUpdatingAtPath: fifos[0]))
        try a.write(contentsOf: blank)
        try daemon.wait(frames: 1)
        try install("source: grey:96x96:\(place.path)/none")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reload-failed""#)
        // The old pipe was never left: no byte of it is lost.
        try a.write(contentsOf: blank)
        try daemon.wait(frames: 2)
        try install("source: grey:96x96:\(fifos[1])")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        let b = try #require(FileHandle(forUpdatingAtPath: fifos[1]))
        try b.write(contentsOf: blank)
        try daemon.wait(frames: 3)
        let end = try end(daemon)
        #expect(end.events.last?.int("frame") == 2)
        #expect(end.events.contains { $0.string("detail").contains("\(place.path)/none: cannot open: No such file") })
    }

    @Test("The command line's source goes on whatever the bundle names") func fromCommandLine() throws {
        let fifo = try place.fifo("fifo")
        let daemon = try start("--source", "grey:96x96:" + fifo)
        let writer = try #require(FileHandle(forUpdatingAtPath: fifo))
        // Half a frame before the reload and half of it after are one frame.
        try writer.write(contentsOf: Data(repeating: 0, count: 96 * 48))
        try daemon.wait(for: "started")
        try install(command("first"))
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        try writer.write(contentsOf: Data(repeating: 0, count: 96 * 48))
        try daemon.wait(frames: 1)
        #expect(try processes("first").isEmpty)
        _ = try end(daemon)
    }

    @Test("Time by frames goes on over another source") func frameClock() throws {
        let fifos = [try place.fifo("a"), try place.fifo("b")]
        try install("source: grey:96x96@10:\(fifos[0])")
        let daemon = try Daemon([place.bundle, "--clock", "frame", "--heartbeat", "0.1", "--every-frame"])
        let blank = Data(repeating: 0, count: 96 * 96)
        let a = try #require(FileHandle(forUpdatingAtPath: fifos[0]))
        for _ in 0..<5 { try a.write(contentsOf: blank) }
        try daemon.wait(frames: 5)
        try install("source: grey:96x96@10:\(fifos[1])")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        let b = try #require(FileHandle(forUpdatingAtPath: fifos[1]))
        for _ in 0..<5 { try b.write(contentsOf: blank) }
        try daemon.wait(frames: 10)
        let end = try end(daemon)
        let times = end.events.map { $0["monotonic_ms"] as? Double ?? -1 }
        #expect(times == times.sorted() && times.last == 800, "\(times)")
        #expect(end.events.last?.int("frame") == 9)
    }

    @Test("A recording and other sources do not follow each other") func recording() throws {
        let folder = try RecordFolder(place)
        _ = try Daemon.run(
            [place.bundle, "--source", Workplace.clip, "--record", folder.path, "--record-frames", "100+100"])
        let fifo = try place.fifo("fifo")
        try install("source: grey:96x96:\(fifo)")
        let daemon = try start()
        let writer = try #require(FileHandle(forUpdatingAtPath: fifo))
        try install("source: \(folder.path)")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reload-failed""#)
        try writer.write(contentsOf: Data(repeating: 0, count: 96 * 96))
        try daemon.wait(frames: 1)
        let end = try end(daemon)
        #expect(end.errors.contains("a recording is told whole"), "\(end.errors)")
    }

    @Test("Who is there stays there through another source, and rules that are gone say so") func presence() throws {
        let fifos = [try place.fifo("a"), try place.fifo("b")]
        let rules = { (names: [String]) in
            "watch:\n"
                + names.map { "  - {label: not a person, name: \($0), on: 0.1, off: 0.05, enter_after: 1ms}\n" }
                .joined()
        }
        func install(_ fifo: String, _ names: [String], _ zones: String = "") throws {
            let yaml: (String) -> String = { text in
                text[..<(text.range(of: "watch:")?.lowerBound ?? text.endIndex)] + "source: grey:96x96:\(fifo)\n"
                    + zones
                    + rules(names)
            }
            try place.file("person.ocellus", Workplace.compile(nil, yaml))
        }
        try install(fifos[0], ["stays", "goes"])
        let daemon = try start()
        let a = try #require(FileHandle(forUpdatingAtPath: fifos[0]))
        for _ in 0..<3 {
            try a.write(contentsOf: Data(repeating: 0, count: 96 * 96))
            usleep(20_000)
        }
        try daemon.wait(for: #""present":2"#)
        try install(fifos[1], ["stays"], "zones: [{name: left, width: 0.5}]\n")
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        try daemon.wait(for: #""present":1"#)
        let end = try end(daemon)
        let said = end.events.filter { ["enter", "leave"].contains($0.string("event")) }
        #expect(
            said.map { "\($0.string("event")) \($0.string("object"))" }
                == ["enter stays", "enter goes", "leave goes", "leave stays"])
        #expect(said.map { $0.string("reason") } == ["", "", "reloaded", "stopped"])
        #expect(end.events.last { $0.string("event") == "heartbeat" }?.int("present") == 1)
    }
}
