import CLinux
import System

/// Speaks to systemd, where it started the daemon: ready, stopping, and signs of life.
///
/// A sign of life is a frame that went through inference, or that nobody wants one: a daemon whose camera is silent or
/// whose inference hangs gives none, and is started again by the service manager.
struct ServiceManager {
    private let interval: Int64  // nanoseconds between signs of life; 0: not wanted
    private var last: Int64 = .min

    init() {
        var microseconds: Int64 = 0
        if var byte = oc_environment("WATCHDOG_USEC") {
            while byte.pointee != 0, microseconds < 1 << 40 {
                guard 48...57 ~= byte.pointee else {
                    microseconds = 0
                    break
                }
                microseconds = microseconds * 10 + Int64(byte.pointee - 48)
                byte += 1
            }
        }
        // A quarter: a sign that gets lost does no harm.
        interval = microseconds * 250
    }

    func ready() { _ = oc_notify("READY=1") }

    func stopping() { _ = oc_notify("STOPPING=1") }

    mutating func live(at now: Int64) {
        guard interval > 0, last == .min || now - last >= interval else { return }
        last = now
        _ = oc_notify("WATCHDOG=1")
    }

    /// Time until a sign of life is due; `.max`: none is wanted.
    func pause(at now: Int64) -> Int64 {
        guard interval > 0 else { return .max }
        return last == .min ? 0 : max(0, last + interval - now)
    }
}
