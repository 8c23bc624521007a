import Foundation
import Testing

/// A standard output that cannot be written is no reason to stop watching; only a reader that is gone is.
@Suite(.serialized) struct StandardOutputTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    /// A daemon with standard output in a file.
    private func start(_ output: String, _ shell: String, _ arguments: String...) throws -> Daemon {
        try Daemon(
            ["-c", #"output=$1; shift; exec "$0" "$@" >>"$output""#.replacing("exec", with: shell + "; exec")]
                + [Daemon.program.path, output, place.bundle] + arguments, program: "/bin/bash")
    }

    private func lines(_ path: String) throws -> [[String: Any]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }

    @Test("A file that may not grow: events wait, and what is lost is told when it may") func limitedFile() throws {
        let (events, fifo) = (place.path + "/events.jsonl", try place.fifo("fifo"))
        let daemon = try start(
            events, "ulimit -S -f 4", "--source", "grey:96x96:" + fifo, "--heartbeat", "0.001")
        try daemon.wait(forLog: "cannot write events, will try again: File too large")
        // The queue holds some 250 events.
        usleep(1_500_000)
        let lift = try Process.run(
            URL(fileURLWithPath: "/usr/bin/prlimit"),
            arguments: ["--fsize=unlimited", "--pid", "\(daemon.process.processIdentifier)"])
        lift.waitUntilExit()
        #expect(lift.terminationStatus == 0)
        try daemon.wait(forLog: "events are written again")
        daemon.signal(SIGTERM)
        #expect(try daemon.finish().code == 0)
        // Every line is whole, those that were cut off are as well.
        let all = try lines(events)
        let last = try #require(all.last)
        #expect(last.string("state") == "stopped" && last.int("lost") > 0)
        #expect(last.int("seq") == all.count + last.int("lost"))
        #expect(all.map { $0.int("seq") } == all.map { $0.int("seq") }.sorted())
    }

    @Test("A full disk is tried again now and then, not at every event", .enabled(if: Self.countsWrites))
    func fullDisk() throws {
        let fifo = try place.fifo("fifo")
        let daemon = try start("/dev/full", ":", "--source", "grey:96x96:" + fifo, "--heartbeat", "0.01")
        try daemon.wait(forLog: "cannot write events, will try again: No space left on device")
        let before = try Self.writes(daemon.process.processIdentifier)
        usleep(2_500_000)
        let tries = try Self.writes(daemon.process.processIdentifier) - before
        #expect(tries <= 4, "once a second")
        let writer = try #require(FileHandle(forWritingAtPath: fifo))
        try writer.write(contentsOf: Data(repeating: 0, count: 96 * 96))
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 5 && end.errors.hasSuffix("some events could not be written\n"), "\(end.errors)")
        #expect(!end.errors.contains("nobody reads"))
    }

    @Test("Files wait for a disk as for a reader") func replayed() throws {
        let daemon = try start("/dev/full", ":", "--source", Workplace.clip)
        try daemon.wait(forLog: "cannot write events, will try again: No space left on device")
        usleep(300_000)
        #expect(daemon.process.isRunning)
        daemon.signal(SIGTERM)
        #expect(try daemon.finish().code == 5)
    }

    /// Calls of `write` by a process so far.
    private static func writes(_ process: Int32) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process)/io", encoding: .utf8)
        return try #require(try /syscw: (\d+)/.firstMatch(in: text).flatMap { Int($0.1) })
    }

    private static let countsWrites = FileManager.default.isReadableFile(atPath: "/proc/self/io")
}
