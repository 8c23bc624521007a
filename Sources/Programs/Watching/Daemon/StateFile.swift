import CLinux
import Events
import JSON
import System

/// `--state`: how the sensor fares, in a file of one line, for whoever has started it and waits until it works.
///
///     STATE SECONDS DETAIL
///
/// SECONDS is how long a start may take. The file is replaced whole, and only when something has changed; whatever becomes
/// of it, the sensor goes on. The service manager is told the same.
struct StateFile: ~Copyable {
    enum State {
        /// No frame has come yet; the detail says what was wrong last.
        case starting
        /// Frames come, or none is wanted.
        case ready
        /// They came and do not any more.
        case faulty
        case ended, stopped, failed

        var name: StaticString {
            switch self {
            case .starting: "starting"
            case .ready: "ready"
            case .faulty: "faulty"
            case .ended: "ended"
            case .stopped: "stopped"
            case .failed: "failed"
            }
        }
    }

    private static var status: StaticString { "STATUS=" }
    private static var room: Int { 600 }

    private let path: Path?
    private let temporary: Path?
    private var line: Line
    /// Why it is so, in one line.
    private(set) var detail: Line
    private var state: State?
    private var wasReady = false
    private var hasFailed = false
    /// Seconds that a start may take.
    var patience: Int64

    init(_ path: Path?, patience: Int64) {
        self.path = path
        temporary = path?.extended(".new".utf8)
        self.patience = patience
        line = Line(room: StateFile.room)
        detail = Line(room: StateFile.room - 48)
    }

    /// In a word.
    var name: StaticString { (state ?? .starting).name }

    /// Something is wrong: since the start, or by now.
    mutating func noteFault(_ detail: Text) { note(wasReady ? .faulty : .starting, detail) }

    /// Called with every frame: a state that lasts costs nothing.
    mutating func noteReady(_ detail: StaticString) {
        guard state != .ready else { return }
        wasReady = true
        detail.withUTF8Buffer { note(.ready, Text($0)) }
    }

    mutating func note(_ state: State, _ detail: Text) {
        self.state = state
        self.detail.clear()
        for byte in detail.prefix(self.detail.left) { self.detail.append(byte < 32 ? UInt8(ascii: " ") : byte) }
        line.clear()
        line.append(StateFile.status)
        line.append(state.name)
        line.append(": ")
        line.append(self.detail.bytes)
        line.append("\0")
        _ = line.bytes.withMemoryRebound(to: CChar.self) { oc_notify($0.baseAddress) }
        guard let path, let temporary else { return }
        line.clear()
        line.append(state.name)
        line.append(" ")
        line.append(patience)
        line.append(" ")
        line.append(self.detail.bytes)
        line.append("\n")
        do throws(Errno) {
            try FileDescriptor(writing: temporary).writeFully(line.bytes)
            try temporary.rename(to: path)
            hasFailed = false
        } catch {
            if !hasFailed { Log.line("--state \(path.description): cannot write: \(error.description)") }
            hasFailed = true
        }
    }
}
