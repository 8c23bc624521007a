import CBundle
import CLinux
import LinkSettings
import System

/// The program's work.
public enum LinkLoop {
    public enum Failure: Error {
        /// In words, with what it is about.
        case usage([UInt8])
        case system([UInt8])
    }

    /// Runs until SIGTERM or SIGINT.
    /// - Parameter signals: of `oc_signals_open`.
    public static func run(_ settings: Settings, signals: borrowing FileDescriptor) throws(Failure) {
        var bridges: [Bridge] = []
        for (index, sensor) in settings.sensors.enumerated() {
            bridges.append(try bridge(settings, index, sensor))
        }
        while !isToldToEnd(signals) {
            var due = Int64.max
            for bridge in bridges { due = min(due, bridge.step(now: Clock.monotonic)) }
            wait(bridges, signals: signals.raw, until: due)
        }
        for bridge in bridges { bridge.stop() }
        settle(bridges, seconds: 3) { $0.isFinished }
        for bridge in bridges { bridge.end(now: Clock.monotonic) }
        settle(bridges, seconds: 3) { $0.isGone }
    }

    private static func settle(_ bridges: [Bridge], seconds: Int64, _ isDone: (Bridge) -> Bool) {
        let end = Clock.monotonic + seconds * Bridge.second
        while Clock.monotonic < end, !bridges.allSatisfy(isDone) {
            for bridge in bridges where !isDone(bridge) { _ = bridge.step(now: Clock.monotonic) }
            wait(bridges, signals: -1, until: min(end, Clock.monotonic + Bridge.second / 20))
        }
    }

    private static func bridge(_ settings: Settings, _ index: Int, _ sensor: Path) throws(Failure) -> Bridge {
        let client = clientName(settings, index, sensor)
        var failure: Failure?
        var suffix = Bytes()
        if index > 0 {
            suffix.add(".")
            suffix.add(Int64(index + 1))
        }
        do throws(Errno) {
            guard let queue = settings.queue else {
                return try Bridge(
                    settings, sensor: sensor, client: client, backlog: Backlog(memoryBytes: Int(settings.memoryBytes)))
            }
            guard let backlog = try open(queue.extended(suffix), settings.queueBytes, &failure) else { throw .invalid }
            return try Bridge(settings, sensor: sensor, client: client, backlog: backlog)
        } catch {
            throw failure ?? .system(error.description.bytes)
        }
    }

    /// What a former run left is told of.
    private static func open(_ path: Path, _ bytes: Int64, _ failure: inout Failure?) throws(Errno) -> Backlog? {
        let name = path.description.bytes
        let found: QueueFile.Found
        do throws(QueueFile.Failure) { found = try QueueFile.open(path, bytes: bytes) } catch {
            switch error {
            case .system(let errno): failure = .system(name + Bytes(": ") + errno.description.bytes)
            case .isTaken: failure = .system(name + Bytes(": another ocellus-link uses this queue"))
            case .isOther: failure = .usage(name + Bytes(": this is no queue of ocellus-link"))
            }
            return nil
        }
        if let kept = found.kept {
            var text = name + Bytes(": keeps its size of ")
            text.add(kept)
            text.add(" bytes; remove the file while nothing waits to have another")
            Log.told(text)
        }
        let backlog = try Backlog(found)
        if backlog.count > 0 || backlog.torn > 0 {
            var text = name + Bytes(": ")
            text.add(Int64(backlog.count))
            text.add(" events wait from before, ")
            text.add(Int64(backlog.torn))
            text.add(" were cut short")
            Log.told(text)
        }
        return backlog
    }

    private static func clientName(_ settings: Settings, _ index: Int, _ sensor: Path) -> Bytes {
        var name = settings.client
        if name.isEmpty {
            // The same after every start, and another for every socket of every machine.
            name.add("ocellus-")
            name.add(Topic.identifier(host()))
            name.add("-")
            let path = Bytes(sensor.bytes)
            var sum = Bytes()
            sum.add(hex: UInt64(path.withUnsafeBytes { oc_crc32c(0, $0.baseAddress, $0.count) }))
            name.append(contentsOf: sum[8...])
        } else if index > 0 {
            name.add("-")
            name.add(Int64(index + 1))
        }
        return name
    }

    private static func host() -> Bytes {
        let text = UnsafeMutableRawBufferPointer.allocate(byteCount: 65, alignment: 1)
        defer { text.deallocate() }
        do throws(Errno) {
            let file = try FileDescriptor(reading: Path("/proc/sys/kernel/hostname".utf8), waits: false)
            let count = try file.readFully(into: text)
            return Bytes(text[..<count].prefix { $0 > 32 })
        } catch {
            return Bytes("host")
        }
    }

    private static func isToldToEnd(_ signals: borrowing FileDescriptor) -> Bool {
        while true {
            let signal = oc_signals_take(signals.raw)
            if signal < 0 { return false }
            if signal == OC_SIGNAL_TERMINATE || signal == OC_SIGNAL_INTERRUPT { return true }
        }
    }

    private static func wait(_ bridges: [Bridge], signals: Int32, until due: Int64) {
        var polls = [oc_poll(fd: signals, wanted: Int16(OC_POLL_READ), happened: 0)]
        for bridge in bridges {
            polls.append(oc_poll(fd: bridge.broker.raw, wanted: Int16(OC_POLL_READ), happened: 0))
            let wanted = OC_POLL_READ | (bridge.socket.wantsToWrite ? OC_POLL_WRITE : 0)
            polls.append(oc_poll(fd: bridge.socket.raw, wanted: Int16(wanted), happened: 0))
        }
        let left = due == Int64.max ? 60_000 : max(0, due - Clock.monotonic) / 1_000_000 + 1
        _ = polls.withUnsafeMutableBufferPointer { oc_wait($0.baseAddress, $0.count, Int32(clamping: left)) }
    }
}
