import CLinux
import Events
import System

/// Where events leave the daemon, and what it does while they cannot.
///
/// A reader that is gone is the end. Anything else may pass: events wait in their queue, the oldest give way and are counted,
/// and writing is tried again once a second.
struct Outlet: ~Copyable {
    private static var patience: Int64 { 1_000_000_000 }

    var output: EventOutput
    private var trouble: Errno?
    private var retry: Int64 = 0  // not before, while there is trouble

    init(_ output: consuming EventOutput) { self.output = output }

    /// For `poll`. A file that could not be written polls as writable all the time: it is tried again after a while instead.
    var poll: oc_poll {
        let wanted = output.isWaiting && trouble == nil ? Int16(OC_POLL_WRITE) : 0
        return oc_poll(fd: output.raw, wanted: wanted, happened: 0)
    }

    /// Whether polling has found that nobody will ever read.
    static func isClosed(_ poll: oc_poll) -> Bool {
        Int32(poll.happened) & Int32(OC_POLL_ERROR | OC_POLL_HANGUP | OC_POLL_INVALID) != 0
    }

    /// Time until writing is tried again; `.max`: nothing is wrong.
    func pause(at now: Int64) -> Int64 { trouble == nil ? .max : max(0, retry - now) }

    /// Writes what can be written.
    /// - Returns: false: nothing ever will be.
    mutating func flush() -> Bool {
        if trouble != nil, pause(at: Clock.monotonic) > 0 { return true }
        switch output.flush() {
        case .written, .waiting:
            if trouble != nil { Log.line("events are written again") }
            trouble = nil
        case .failing(let error):
            if trouble != error { Log.line("cannot write events, will try again: \(error.description)") }
            trouble = error
            retry = Clock.monotonic + Outlet.patience
        case .closed: return false
        }
        return true
    }
}
