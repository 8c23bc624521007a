import Foundation
import Testing

/// What `--state` says to whoever has started a sensor.
@Suite(.serialized) struct StateTests {
    private let place: Workplace
    private var file: String { place.path + "/state" }

    init() throws { place = try Workplace() }

    private var state: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

    private func wait(for text: String) {
        while !state.contains(text) { usleep(10_000) }
    }

    private func bundle(_ more: String) throws -> String {
        try place.file("state.ocellus", Workplace.compile { $0 + more })
    }

    @Test("A sensor is ready with its first frame, and says how it ended")
    func ready() throws {
        let daemon = try Daemon([place.bundle, "--source", Workplace.clip, "--loop", "--pace", "--state", file])
        wait(for: "ready 15 a frame was inferred\n")
        daemon.signal(SIGTERM)
        #expect(try daemon.finish().code == 0)
        #expect(state == "stopped 15 SIGTERM\n")
        _ = try Daemon.run([place.bundle, "--source", Workplace.clip, "--state", file])
        #expect(state == "ended 15 the source ended\n")
        _ = try Daemon.run([place.bundle, "--source", "/no/such.y4m", "--state", file])
        #expect(state == "failed 0 /no/such.y4m: cannot open: No such file or directory\n")
    }

    @Test("Before its first frame it says what is wrong, and how long that may be so")
    func starting() throws {
        let sensor = try bundle("\nsource: yuv420:96x96@0.5\ncommand: [/no/such/program]\n")
        let daemon = try Daemon([sensor, "--state", file])
        // Three frames' intervals, and what a program may take to start.
        wait(for: "starting 14 command /no/such/program: cannot start: No such file or directory\n")
        daemon.signal(SIGTERM)
        _ = try daemon.finish()
    }

    @Test("A source that gave frames and gives none is faulty until it does again")
    func faulty() throws {
        let script = "cd '\(place.path)'; [ -e dead ] && exit 7; touch dead; cat '\(Workplace.clip)'"
        let sensor = try bundle("\nsource: y4m:-\ncommand: [sh, -c, \"\(script)\"]\n")
        let daemon = try Daemon([sensor, "--every-frame", "--state", file])
        wait(for: "faulty 10 command sh: it ended (exit code ")
        try FileManager.default.removeItem(atPath: place.path + "/dead")
        wait(for: "ready 10 ")
        daemon.signal(SIGTERM)
        _ = try daemon.finish()
    }

    @Test("A trigger whose line is watched is all that is asked for, and standby is no fault")
    func standby() throws {
        let devices = try Devices(place)
        let clip = Workplace.clip  // its header, and frames without end
        let sensor = try bundle(
            "\nsource: y4m:-\ncommand: [sh, -c, \"cat '\(clip)'; while :; do tail -n +2 '\(clip)'; done\"]\n"
                + "lines: [{name: pir, chip: preloaded, offset: 2, use: trigger, hold: 0s}, "
                + "{name: alarm, chip: preloaded, offset: 3, use: fault}]\n")
        let daemon = try Daemon(
            [sensor, "--every-frame", "--state", file, "--heartbeat", "0.05"], environment: devices.environment)
        wait(for: "ready 10 no frame is wanted; its lines are watched\n")
        for round in 1...3 {
            try devices.drive(true)
            try daemon.wait(moreFrames: 20)
            try devices.drive(false)
            try daemon.wait(forEvent: "line", times: 2 * round)
        }
        // Frames may come as long as somebody is there.
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0 && !end.events.contains { $0.string("state") == "source-fault" }, "\(end.output)")
        #expect(end.events.last?.int("faults") == 0)
        #expect(!devices.log.contains("line 3 on"), "\(devices.log)")
    }
}
