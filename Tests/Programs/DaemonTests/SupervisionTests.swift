import CLinux
import Foundation
import Testing

/// Sources that are started again, and the service manager that starts the daemon again.
@Suite(.serialized) struct SupervisionTests {
    private func bundle(_ script: String, stall: String = "1000s") -> [UInt8] {
        Workplace.compile {
            $0 + "\nsource: y4m:-\ncommand: [sh, -c, \"\(script)\"]\ncamera: {stall: \(stall), blind: 0s}\n"
        }
    }

    /// Whether a process does anything still; one that nobody has asked for its exit code does not.
    private func isRunning(_ pid: Int32) -> Bool {
        guard let line = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return !line.contains(") Z ")
    }

    /// Whether a process ends that somebody has ended or is about to.
    private func ends(_ pid: Int32) -> Bool {
        for _ in 0..<3000 where isRunning(pid) { usleep(20_000) }
        return !isRunning(pid)
    }

    @Test func aCommandThatEndsIsStartedAgain() throws {
        let place = try Workplace()
        let bundle = try place.file("command.ocellus", self.bundle("cat '\(Workplace.clip)'; exit 3"))
        let daemon = try Daemon([bundle, "--every-frame", "--clock=frame"])
        try daemon.wait(for: "source-recovered")
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0, "\(end.errors)")
        let fault = try #require(end.events.first { $0.string("state") == "source-fault" })
        #expect(fault.string("detail") == "command sh: it ended (exit code 3)")
        #expect(fault.int("faults") == 1)
        #expect(end.events.contains { $0.string("event") == "enter" })
    }

    @Test func aCommandThatFallsSilentIsStartedAgain() throws {
        let place = try Workplace()
        let script = "echo $$ >> '\(place.path)/pids'; head -c 100000 '\(Workplace.clip)'; exec sleep 1000"
        let bundle = try place.file("command.ocellus", self.bundle(script, stall: "2s"))
        let daemon = try Daemon([bundle])
        try daemon.wait(for: "source-recovered")
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0, "\(end.errors)")
        #expect(
            end.errors.contains(
                "command sh: its output: nothing came for 2000 ms; `camera.stall` in the sensor file allows more"
            ))
        // None of them is left behind.
        let pids = try String(contentsOfFile: place.path + "/pids", encoding: .utf8).split(separator: "\n")
        #expect(pids.count >= 2)
        for pid in pids.compactMap({ Int32($0) }) { #expect(ends(pid), "process \(pid) runs on") }
    }

    @Test func aCommandDiesWithTheDaemon() throws {
        let place = try Workplace()
        let script = "echo $$ > '\(place.path)/pid'; cat '\(Workplace.clip)'; exec sleep 1000"
        let bundle = try place.file("command.ocellus", self.bundle(script))
        let daemon = try Daemon([bundle, "--every-frame", "--clock=frame"])
        try daemon.wait(for: "enter")
        daemon.signal(SIGKILL)
        _ = try daemon.finish()
        let pid = try #require(
            Int32(try String(contentsOfFile: place.path + "/pid", encoding: .utf8).dropLast()))
        #expect(ends(pid))
    }

    @Test("A pipeline's member that never writes dies with the daemon, too")
    func silentMembersDieWithTheDaemon() throws {
        let place = try Workplace()
        let script =
            "sh -c 'echo $$ > \"\(place.path)/pid\"; exec sleep 1000' | cat & cat '\(Workplace.clip)'; exec sleep 1000"
            .replacingOccurrences(of: "\"", with: "\\\"")
        let bundle = try place.file("command.ocellus", self.bundle(script))
        let daemon = try Daemon([bundle, "--every-frame", "--clock=frame"])
        try daemon.wait(for: "enter")
        daemon.signal(SIGKILL)
        _ = try daemon.finish()
        var pid: Int32?
        while pid == nil {
            pid = (try? String(contentsOfFile: place.path + "/pid", encoding: .utf8)).flatMap { Int32($0.dropLast()) }
        }
        #expect(ends(try #require(pid)))
    }

    @Test func aCommandThatIsNotThereIsTold() throws {
        let place = try Workplace()
        let bytes = Workplace.compile { $0 + "\nsource: grey:96x96\ncommand: [/no/such/program]\n" }
        let daemon = try Daemon([try place.file("command.ocellus", bytes)])
        try daemon.wait(for: "source-fault")
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0)
        #expect(end.errors.contains("command /no/such/program: cannot start: No such file or directory"))
    }

    @Test func aCameraIsWaitedFor() throws {
        let place = try Workplace()
        let daemon = try Daemon([place.bundle, "--source", "camera:no-such-camera"])
        try daemon.wait(for: "source-lost")
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0 && end.errors.contains("camera:no-such-camera: no such camera"), "\(end.errors)")
    }

    @Test func camerasDoNotWaitNorRepeat() throws {
        let place = try Workplace()
        for (flag, message) in [("--every-frame", "a camera does not wait"), ("--loop", "this is a pipe or camera")] {
            let end = try Daemon.run([place.bundle, "--source", "camera", flag])
            #expect(end.code == 4 && end.errors.contains(message), "\(end.errors)")
        }
    }

    /// The socket that systemd would listen on.
    private final class Manager {
        let socket: Int32
        let path: String

        init(_ place: Workplace) throws {
            // Where temporary folders have long names, a name that is no file.
            let file = place.path + "/notify"
            path = file.utf8.count < 100 ? file : "@ocellus-\(UUID().uuidString)"
            socket = Foundation.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let name = Array((path.hasPrefix("@") ? "\0" + path.dropFirst() : path).utf8)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
            let size = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) }
            }
            try #require(result == 0)
        }

        deinit { close(socket) }

        /// What comes within `milliseconds` each, but for words about how the sensor fares.
        func take(milliseconds: Int32) -> String? {
            var word: String?
            repeat { word = takeAny(milliseconds: milliseconds) } while word?.hasPrefix("STATUS=") == true
            return word
        }

        private func takeAny(milliseconds: Int32) -> String? {
            var poll = oc_poll(fd: socket, wanted: Int16(OC_POLL_READ), happened: 0)
            guard oc_wait(&poll, 1, milliseconds) == 1 else { return nil }
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = recv(socket, &bytes, bytes.count, 0)
            return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        }
    }

    @Test func theWatchdogIsFedByFrames() throws {
        let place = try Workplace()
        let manager = try Manager(place)
        let environment = ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"]
        let daemon = try Daemon(
            [place.bundle, "--source", Workplace.clip, "--loop", "--clock", "real", "--max-fps", "20"],
            environment: environment)
        #expect(manager.take(milliseconds: 600_000)?.hasPrefix("READY=1") == true)
        for _ in 0..<4 { #expect(manager.take(milliseconds: 600_000) == "WATCHDOG=1") }
        daemon.signal(SIGTERM)
        _ = try daemon.finish()
        var last: String?
        while let message = manager.take(milliseconds: 0) { last = message }
        #expect(last == "STOPPING=1")
    }

    @Test func withoutFramesTheWatchdogStarves() throws {
        let place = try Workplace()
        let manager = try Manager(place)
        let daemon = try Daemon(
            [place.bundle, "--source", "yuv420:96x96:\(try place.fifo("silent"))", "--heartbeat", "0.1"],
            environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"])
        #expect(manager.take(milliseconds: 600_000)?.hasPrefix("READY=1") == true)
        try daemon.wait(for: "heartbeat")
        #expect(manager.take(milliseconds: 1000) == nil)
        daemon.signal(SIGTERM)
        _ = try daemon.finish()
    }
}
