import CLinux
import Foundation
import Testing

/// Nobody stays present for a reader of the events when nobody can be seen any more.
@Suite(.serialized) struct PresenceTests {
    /// A sensor whose one rule every frame meets.
    private func bundle(_ place: Workplace, _ more: String = "", leave: String = "200ms") throws -> String {
        try place.file(
            "presence.ocellus",
            Workplace.compile { text in
                text[..<(text.range(of: "watch:")?.lowerBound ?? text.endIndex)] + more
                    + "watch: [{label: not a person, name: someone, on: 0.01, off: 0.005, enter_after: 1ms, "
                    + "leave_after: \(leave)}]\n"
            })
    }

    /// Reasons of the leaves, "" for those that the picture gave.
    private func reasons(_ end: Daemon.End) -> [String] {
        end.events.filter { $0.string("event") == "leave" }.map { $0.string("reason") }
    }

    @Test("Who is present when the frames end leaves with them, before the last word")
    func ended() throws {
        let place = try Workplace()
        let end = try Daemon.run([try bundle(place), "--source", Workplace.clip])
        #expect(end.code == 0 && reasons(end) == ["ended"])
        #expect(end.events.suffix(2).map { $0.string("event") } == ["leave", "status"])
        #expect(end.events.last?.string("state") == "ended")
    }

    @Test("A reason is told only where the picture did not say so")
    func seen() throws {
        let place = try Workplace()
        let end = try Daemon.run([place.bundle, "--source", Workplace.clip])
        #expect(reasons(end) == [""] && !end.output.contains("\"reason\""))
    }

    @Test("Who is present when the daemon is stopped leaves", arguments: [SIGTERM, SIGINT])
    func stopped(signal: Int32) throws {
        let place = try Workplace()
        let daemon = try Daemon([try bundle(place), "--source", Workplace.clip, "--loop", "--pace"])
        try daemon.wait(for: "enter")
        daemon.signal(signal)
        let end = try daemon.finish()
        #expect(end.code == 0 && reasons(end) == ["stopped"])
    }

    @Test("Who is present leaves a source that has died, after as long as a leave takes")
    func sourceLost() throws {
        let place = try Workplace()
        // It lives twice, and is dead between.
        let dies = "cd '\(place.path)'; [ -e dead ] && [ -e lived ] && exit 7; touch lived"
        let script = "\(dies); cat '\(Workplace.clip)'; exec sleep 1000"
        _ = try place.file("dead", [])
        let source = "source: y4m:-\ncommand: [sh, -c, \"\(script)\"]\ncamera: {stall: 300ms, blind: 0s}\n"
        let daemon = try Daemon([try bundle(place, source, leave: "1500ms"), "--every-frame"])
        try daemon.wait(for: "enter")
        try daemon.wait(for: "source-fault")
        try daemon.wait(for: "\"reason\":\"source-lost\"")
        // It is seen anew when the source lives again.
        try FileManager.default.removeItem(atPath: place.path + "/dead")
        try daemon.wait(forEvent: "enter", times: 2)
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0, "\(end.errors)")
        #expect(reasons(end).first == "source-lost")
        let leave = try #require(end.events.first { $0.string("event") == "leave" })
        let before = try #require(
            end.events.last { $0.string("event") == "enter" && $0.int("seq") < leave.int("seq") })
        let times = [before, leave].map { $0["monotonic_ms"] as? Double ?? 0 }
        #expect(times[1] - times[0] >= 1500, "\(times)")
    }

    @Test("A FIFO whose writer has gone is a source that has died")
    func fifo() throws {
        let place = try Workplace()
        let fifo = try place.fifo("fifo", comesAgain: true)
        let daemon = try Daemon([try bundle(place), "--source", "y4m:\(fifo)", "--every-frame"])
        for round in 1...2 {
            let clip = try Data(contentsOf: URL(fileURLWithPath: Workplace.clip))
            let handle = try #require(FileHandle(forWritingAtPath: fifo))
            try handle.write(contentsOf: clip)
            try handle.close()
            try daemon.wait(forEvent: "leave", times: round)
        }
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0 && reasons(end) == ["source-lost", "source-lost"], "\(end.output)")
        #expect(end.events.contains { $0.string("state") == "source-recovered" })
    }

    @Test(
        "A recording that breaks off while somebody is there tells the end, and one with an end does not tell it twice")
    func recording() throws {
        let place = try Workplace()
        let record = place.path + "/record"
        try FileManager.default.createDirectory(atPath: record, withIntermediateDirectories: true)
        let sensor = try bundle(place)
        let told = try Daemon.run(
            [sensor, "--source", Workplace.clip, "--record", record, "--record-frames", "80+80"])
        #expect(reasons(told) == ["ended"])
        let again = try Daemon.run([sensor, "--source", record])
        #expect(again.output == told.output)
        // Without the run's last record, as after a power cut.
        let texts = try FileManager.default.contentsOfDirectory(atPath: record).filter { $0.hasSuffix(".json") }
            .sorted()
        try FileManager.default.removeItem(atPath: record + "/" + (try #require(texts.last)))
        #expect(reasons(try Daemon.run([sensor, "--source", record])) == ["ended"])
    }
}
