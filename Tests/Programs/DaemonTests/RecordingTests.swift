import Foundation
import Testing

/// A folder that is recorded into.
struct RecordFolder {
    let path: String

    init(_ place: Workplace, _ name: String = "record") throws {
        path = place.path + "/" + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    func names(_ ending: String) throws -> [String] { try names.filter { $0.hasSuffix(ending) } }

    /// Of all files. While the daemon writes, a file may get its name between listing and reading: then it is looked at again.
    func bytes() throws -> Int {
        for _ in 0..<100 {
            do {
                return try names.reduce(0) { $0 + (try Data(contentsOf: URL(fileURLWithPath: path + "/" + $1)).count) }
            } catch CocoaError.fileReadNoSuchFile {}
        }
        throw CocoaError(.fileReadNoSuchFile)
    }

    func text(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}

/// Recording and replaying with the daemon itself.
@Suite(.serialized) struct RecordingTests {
    private static let all = ["--record-frames", "100+100"]

    /// The example's bundle with more in its sensor file.
    static func bundle(_ place: Workplace, _ more: String, watch: String? = nil, name: String = "more") throws -> String
    {
        try place.file(
            name + ".ocellus",
            Workplace.compile { yaml in
                guard let range = yaml.range(of: "watch:") else { return yaml + more }
                return yaml[..<range.lowerBound] + more + "\n" + (watch ?? String(yaml[range.lowerBound...]))
            })
    }

    /// Lines about objects alone.
    private func objects(_ end: Daemon.End) -> [Substring] {
        end.output.split(separator: "\n").filter { $0.contains(#""object":"#) }
    }

    @Test func aReplaySaysWhatWasSaid() throws {
        let place = try Workplace()
        let folder = try RecordFolder(place)
        let live = try Daemon.run([place.bundle, "--source", Workplace.clip, "--record", folder.path] + Self.all)
        #expect(live.code == 0 && live.events.last?.int("recorded") == 72, "\(live.errors)")
        #expect(try folder.names(".jpg").count == 72 && folder.names(".raw").count == 72)
        #expect(try folder.names(".json").count == 73, "the frames and the end")
        let replay = try Daemon.run([place.bundle, "--source", folder.path])
        #expect(replay.code == 0 && replay.output == live.output && objects(live).count > 2, "\(replay.errors)")
        #expect(replay.errors.isEmpty)
        // Topics are the replay's own.
        let topics = ["--format", "topic", "--topic", "home"]
        let second = try RecordFolder(place, "second")
        let told = try Daemon([place.bundle, "--source", Workplace.clip, "--record", second.path] + Self.all + topics)
        let toldAgain = try Daemon([place.bundle, "--source", folder.path] + topics)
        #expect(told.outputData() == toldAgain.outputData())
    }

    @Test("Real times are recorded and come again") func realTimes() throws {
        let place = try Workplace()
        let folder = try RecordFolder(place)
        // The clip goes by in an instant.
        let bundle = try Self.bundle(
            place, "", watch: "watch: [{label: person, on: 0.6, off: 0.5, enter_after: 1ms, update_every: 1ms}]")
        let cat = Process()
        cat.executableURL = URL(fileURLWithPath: "/bin/cat")
        cat.arguments = [Workplace.clip]
        let pipe = Pipe()
        cat.standardOutput = pipe
        let daemon = try Daemon(
            [bundle, "--source", "-", "--every-frame", "--clock", "real", "--heartbeat", "0.01", "--record"]
                + [folder.path] + Self.all, input: pipe.fileHandleForReading)
        try cat.run()
        try pipe.fileHandleForReading.close()
        try pipe.fileHandleForWriting.close()
        let live = try daemon.finish()
        #expect(live.code == 0 && live.events.contains { $0.string("event") == "heartbeat" }, "\(live.errors)")
        #expect(live.events.last?.string("time").hasPrefix("1970") == false && objects(live).count > 2)
        let replay = try Daemon.run([bundle, "--source", folder.path])
        #expect(replay.output == live.output)
    }

    @Test(
        "Zones, masks and the motion gate come again",
        arguments: [
            "motion: {hold: 500ms}", "mask: [{x: 0.7, width: 0.2}]",
            "zones: [{name: left, width: 0.6}, {name: right, x: 0.3}]\nmotion: {hold: 500ms}",
        ])
    func regions(more: String) throws {
        let place = try Workplace()
        let folder = try RecordFolder(place)
        let rules = "on: 0.6, off: 0.5, smoothing: 0.4, enter_after: 200ms, leave_after: 500ms, update_every: 500ms}"
        let watch =
            more.contains("zones")
            ? "watch:\n  - {label: person, zone: left, \(rules)\n  - {label: person, zone: right, \(rules)\n" : nil
        let bundle = try Self.bundle(place, more, watch: watch)
        let live = try Daemon.run([bundle, "--source", Workplace.clip, "--record", folder.path] + Self.all)
        #expect(live.code == 0 && objects(live).count > 1, "\(live.errors)")
        #expect(try Daemon.run([bundle, "--source", folder.path]).output == live.output)
    }

    @Test func framesAroundEventsAreKept() throws {
        let place = try Workplace()
        let folder = try RecordFolder(place)
        let live = try Daemon.run(
            [place.bundle, "--source", Workplace.clip, "--record", folder.path, "--record-frames", "2+1"])
        let kept = try folder.names(".json").compactMap { try folder.text($0)["frame"] as? Int }
        let said = Set(live.events.filter { $0["object"] != nil }.map { $0.int("frame") })
        #expect(kept == (0..<72).filter { frame in (frame - 1...frame + 2).contains { said.contains($0) } })
        #expect(said.count > 2 && kept.count < 40)
        // Each stretch goes on from the rules' memories, so what was said is said again.
        let replay = try Daemon.run([place.bundle, "--source", folder.path])
        #expect(objects(replay) == objects(live))
        let texts = try folder.names(".json").map { try folder.text($0) }
        let withEvents = texts.filter { ($0["events"] as? [[String: Any]])?.isEmpty == false }
        #expect(withEvents.map { $0.int("frame") } == said.sorted())
    }

    @Test func theBudgetIsKeptAndOthersFilesAreToo() throws {
        let place = try Workplace()
        let folder = try RecordFolder(place)
        let others = ["ocellus-1.jpg", "ocellus-0000000001.png", "ocellus-00000000012.jpg", "notes.tmp", "x.json"]
        for name in others { try place.file("record/" + name, [UInt8](repeating: 7, count: 100_000)) }
        for name in ["ocellus-0000000004.raw.tmp", "ocellus-0000000009.json.tmp"] {
            try place.file("record/" + name, [1])
        }
        let own = { try folder.names.filter { !others.contains($0) } }
        let arguments = [
            place.bundle, "--source", Workplace.clip, "--record", folder.path, "--record-budget", "300K",
        ]
        var before = 0
        for round in 1...3 {
            let end = try Daemon.run(arguments + Self.all)
            #expect(end.code == 0 && end.events.last?.int("unrecorded") == 0, "\(end.errors)")
            #expect(try folder.bytes() - others.count * 100_000 <= 300 * 1024)
            let names = try own()
            #expect(names.allSatisfy { !$0.hasSuffix(".tmp") })
            let numbers = Set(names.map { Int($0.dropFirst(8).prefix(10)) ?? -1 })
            // All that is left is the newest, without a gap, and numbers go on after a restart.
            #expect(numbers.max() == 73 * round - 1 && numbers.count == (numbers.max() ?? 0) - (numbers.min() ?? 0) + 1)
            #expect((numbers.min() ?? 0) > before)
            before = numbers.min() ?? 0
        }
        #expect(try folder.names.filter { others.contains($0) }.count == others.count)
        #expect(try Daemon.run([place.bundle, "--source", folder.path]).code == 0)
    }

    @Test("A disk that is full does not end the daemon, and is told") func fullDisk() throws {
        let place = try Workplace()
        let folder = try RecordFolder(place)
        let fifo = try place.fifo("fifo")
        // No file may grow past a kilobyte until the limit is lifted.
        let limited = ["-c", #"trap "" XFSZ; ulimit -S -f 1; exec "$0" "$@""#, Daemon.program.path]
        let daemon = try Daemon(
            limited + [place.bundle, "--source", "grey:96x96:" + fifo, "--every-frame", "--record", folder.path]
                + ["--record-frames", "0+1000"], program: "/bin/bash")
        let writer = try #require(FileHandle(forWritingAtPath: fifo))
        let clip = try Data(contentsOf: URL(fileURLWithPath: Workplace.clip))
        let header = try #require(clip.firstIndex(of: UInt8(ascii: "\n"))) + 1
        let size = (clip.count - header) / 72
        // The middle of each frame's light, which is what the model sees.
        func send(_ frame: Int) throws {
            let start = header + frame * size + 6
            var picture = Data()
            for row in 0..<96 { picture += clip[start + row * 128 + 16..<start + row * 128 + 112] }
            try writer.write(contentsOf: picture)
        }
        for frame in 30..<50 {
            try send(frame)
            usleep(50_000)
        }
        try daemon.wait(for: #""state":"recording-failed""#)
        #expect(try folder.names.isEmpty, "nothing is left of what could not be written")
        let lift = try Process.run(
            URL(fileURLWithPath: "/usr/bin/prlimit"),
            arguments: ["--fsize=unlimited", "--pid", "\(daemon.process.processIdentifier)"])
        lift.waitUntilExit()
        #expect(lift.terminationStatus == 0)
        usleep(1_100_000)
        for _ in 0..<5 { try send(40) }
        try daemon.wait(for: #""state":"recording-resumed""#)
        try writer.close()
        let end = try daemon.finish()
        #expect(end.code == 0 && end.events.last!.int("recorded") > 0 && end.events.last!.int("unrecorded") > 0)
        #expect(end.errors.contains("cannot write: File too large; will try again"), "\(end.errors)")
    }

    @Test func anotherBundleIsNoticed() throws {
        let place = try Workplace()
        let folder = try RecordFolder(place)
        _ = try Daemon.run([place.bundle, "--source", Workplace.clip, "--record", folder.path] + Self.all)
        let other = try Self.bundle(place, "", watch: "watch: [{label: person, on: 0.99}, {label: 0, on: 0.5}]")
        let end = try Daemon.run([other, "--source", folder.path])
        #expect(end.code == 0 && end.errors.contains("made with another bundle of the same model"), "\(end.errors)")
        #expect(objects(end).contains { $0.contains("not a person") })
    }

    @Test func wrongUseIsExplained() throws {
        let place = try Workplace()
        let folder = try RecordFolder(place)
        let empty = try RecordFolder(place, "empty")
        _ = try Daemon.run([place.bundle, "--source", Workplace.clip, "--record", folder.path])
        let clip = ["--source", Workplace.clip]
        let file = try place.file("file", [1])
        for (arguments, code, text) in [
            (clip + ["--record", place.path + "/none"], 1, "none: cannot record there: No such file or directory"),
            (clip + ["--record", file], 1, "file: cannot record there: Not a directory"),
            (clip + ["--record", "/proc/self"], 1, "/proc/self: cannot record there: "),
            (
                clip + ["--record", empty.path, "--record-budget", "9K"], 1,
                "a budget of 9216 bytes is too small: give "
            ),
            (clip + ["--record-budget", "0"], 2, "--record-budget takes a size, such as 500M or 2GiB, not 0"),
            (clip + ["--record-budget", "9999999999T"], 2, "--record-budget takes a size"),
            (clip + ["--record-frames", "8"], 2, "--record-frames takes frames before and after, at most 1000 each"),
            (clip + ["--record-frames", "8+1001"], 2, "--record-frames takes frames"),
            (["--source", folder.path, "--loop"], 4, "leave out --fps, --loop and --pace"),
            (["--source", folder.path, Workplace.clip], 4, "a recording cannot be combined with other sources"),
            (["--source", folder.path, "--record", empty.path], 2, "leave out --clock and --record"),
            (["--source", folder.path, "--clock", "real"], 2, "leave out --clock and --record"),
            (["--source", empty.path], 4, "no pictures in this folder"),
        ] as [([String], Int32, String)] {
            let end = try Daemon.run([place.bundle] + arguments)
            #expect(end.code == code && end.errors.contains(text), "\(arguments): \(end.code) \(end.errors)")
            #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        }
        // Two at once would count wrong.
        let first = try Daemon([place.bundle, "--source", "grey:96x96:" + place.fifo("fifo"), "--record", folder.path])
        try first.wait(for: "started")
        let second = try Daemon.run([place.bundle] + clip + ["--record", folder.path])
        #expect(second.code == 1 && second.errors.contains("another ocellusd records there"), "\(second.errors)")
        first.signal(SIGTERM)
        #expect(try first.finish().code == 0)
    }
}
