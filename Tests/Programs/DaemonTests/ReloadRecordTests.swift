import Foundation
import Testing

/// A reload that records elsewhere, or not at all.
@Suite(.serialized) struct ReloadRecordTests {
    private let place: Workplace
    private let fifo: String

    init() throws {
        place = try Workplace()
        fifo = try place.fifo("fifo")
    }

    /// A bundle whose one rule speaks at every frame.
    private func install(_ record: String, leave: String = "1s") throws {
        try place.file(
            "person.ocellus",
            Workplace.compile { text in
                text[..<(text.range(of: "watch:")?.lowerBound ?? text.endIndex)] + "source: grey:96x96:\(fifo)\n"
                    + record
                    + "\nwatch: [{label: not a person, on: 0.01, off: 0.005, enter_after: 1ms, leave_after: \(leave), update_every: 1ms}]\n"
            })
    }

    private func send(_ daemon: Daemon, _ writer: FileHandle, frames: Int = 5) throws {
        for _ in 0..<frames {
            try writer.write(contentsOf: Data(repeating: 0, count: 96 * 96))
            try daemon.wait(moreFrames: 1)
            usleep(5000)
        }
    }

    private func open() throws -> (Daemon, FileHandle) {
        let daemon = try Daemon([place.bundle, "--heartbeat", "0.05", "--every-frame"])
        return (daemon, try #require(FileHandle(forUpdatingAtPath: fifo)))
    }

    private func reload(_ daemon: Daemon, _ state: String = "reloaded", times: Int = 1) throws {
        daemon.signal(SIGHUP)
        try daemon.wait(for: state, times: times)
    }

    private func end(_ daemon: Daemon) throws -> Daemon.End {
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0, "\(end.errors)")
        // Counts are since the start, whoever counted.
        let counts = end.events.map { $0.int("recorded") }.filter { $0 >= 0 }
        #expect(counts == counts.sorted(), "\(counts)")
        return end
    }

    private func record(_ folder: RecordFolder, _ more: String = "") -> String {
        "record: {folder: \(folder.path), before: 0, after: 0\(more)}"
    }

    @Test("Another folder") func folder() throws {
        let (first, second) = (try RecordFolder(place, "first"), try RecordFolder(place, "second"))
        try install(record(first))
        let (daemon, writer) = try open()
        try send(daemon, writer)
        try install(record(second))
        try reload(daemon)
        let before = try first.names
        try send(daemon, writer)
        try install("")
        try reload(daemon, times: 2)
        let after = try second.names
        try send(daemon, writer)
        let end = try end(daemon)
        #expect(!before.isEmpty && !after.isEmpty)
        #expect(try first.names == before)
        #expect(try second.names == after)
        #expect(end.events.last?["recorded"] == nil)
    }

    @Test("Another budget in the same folder") func budget() throws {
        let folder = try RecordFolder(place)
        try install(record(folder, ", budget: 10MiB, size: 64"))
        let (daemon, writer) = try open()
        try send(daemon, writer, frames: 10)
        let bytes = try folder.bytes()
        try install(record(folder, ", budget: 64KiB, size: 64"))
        try reload(daemon)
        try send(daemon, writer)
        let end = try end(daemon)
        #expect(bytes > 64 * 1024)
        #expect(try folder.bytes() <= 64 * 1024)
        #expect(end.events.last?.int("recorded") ?? 0 >= 15)
    }

    @Test("A folder that is not there leaves the old session recording") func missing() throws {
        let folder = try RecordFolder(place)
        try install(record(folder))
        let (daemon, writer) = try open()
        try send(daemon, writer)
        let before = try folder.names(".json").count
        try install("record: {folder: \(place.path)/none}")
        try reload(daemon, "reload-failed")
        try send(daemon, writer)
        let end = try end(daemon)
        #expect(try folder.names(".json").count >= before + 5)
        let failed = try #require(end.events.first { $0.string("state") == "reload-failed" })
        #expect(failed.string("detail").hasPrefix("--record \(place.path)/none: cannot record there: No such file"))
        #expect(failed.string("detail").hasSuffix("; opened again: recording"))
    }

    @Test("The same bundle goes on in the same run") func same() throws {
        let folder = try RecordFolder(place)
        try install(record(folder))
        let (daemon, writer) = try open()
        try send(daemon, writer)
        try reload(daemon)
        try send(daemon, writer)
        _ = try end(daemon)
        let texts = try folder.names(".json").map { try folder.text($0) }
        #expect(Set(texts.map { $0.int("run") }).count == 1)
        #expect(Set(texts.map { $0.int("epoch") }) == [0, 1])
    }
}
