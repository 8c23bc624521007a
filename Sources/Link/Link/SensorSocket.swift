import CLinux
import System

/// The connection to a sensor: lines in, lines out, never waiting.
struct SensorSocket: ~Copyable {
    private let path: Path
    private var splitter = LineSplitter()
    private var outgoing = Bytes()
    /// For `poll`; -1: there is no connection.
    private(set) var raw: Int32 = -1

    /// Bytes that may wait for a sensor that does not read.
    private static var outgoingLimit: Int { 65536 }

    init(_ path: Path) { self.path = path }

    deinit { if raw >= 0 { _ = oc_close(raw) } }

    var isOpen: Bool { raw >= 0 }
    var wantsToWrite: Bool { !outgoing.isEmpty }

    mutating func connect() throws(Errno) {
        close()
        let result = path.withCString { oc_socket_connect($0) }
        guard result >= 0 else { throw Errno(-result) }
        raw = result
    }

    mutating func close() {
        if raw >= 0 { _ = oc_close(raw) }
        raw = -1
        splitter.clear()
        outgoing.removeAll()
    }

    /// A line to be sent, without its line feed.
    /// - Returns: false: the sensor does not read.
    mutating func say(_ line: Bytes) -> Bool {
        guard raw >= 0, outgoing.count + line.count < SensorSocket.outgoingLimit else { return false }
        outgoing.add(line)
        outgoing.append(10)
        return true
    }

    /// Sends what waits, as far as it goes.
    mutating func flush() throws(Errno) {
        while raw >= 0, !outgoing.isEmpty {
            let count = outgoing.withUnsafeBytes { oc_write(raw, $0.baseAddress, $0.count) }
            if count == -Int64(OC_EAGAIN) { return }
            guard count > 0 else { throw count < 0 ? Errno(Int32(-count)) : .inputOutput }
            outgoing.removeFirst(Int(count))
        }
    }

    /// Reads what is there, at most 64 KiB, so that nobody else waits long.
    /// - Returns: the lines; nil: the sensor has closed.
    mutating func read() throws(Errno) -> [Bytes]? {
        var lines: [Bytes] = []
        for _ in 0..<8 {
            guard raw >= 0 else { return nil }
            let room = splitter.room
            let count = oc_read(raw, room.baseAddress, room.count)
            if count == -Int64(OC_EAGAIN) { return lines }
            guard count >= 0 else { throw Errno(Int32(-count)) }
            if count == 0 { return lines.isEmpty ? nil : lines }
            splitter.added(Int(count))
            splitter.take { lines.append(Bytes($0)) }
        }
        return lines
    }
}
