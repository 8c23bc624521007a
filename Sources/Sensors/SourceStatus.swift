import CLinux
import Synchronization
import System

/// What a source has to say besides frames.
public struct SourceStatus: Sendable {
    public enum Kind: Sendable {
        /// The camera is not there.
        case lost
        /// Something failed; it is tried again.
        case fault
        /// Frames come again.
        case recovered
        /// Frames were left out because they were cut short or marked as damaged.
        case damaged
        /// The picture is black, always the same, or neither any more.
        case black, frozen, normal
        /// One of the camera's controls could not be set.
        case control
        /// For the log only.
        case note
    }

    public let kind: Kind
    public let detail: String

    init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }
}

/// Statuses on their way from a source's thread to the daemon, and counts that both see.
final class StatusQueue: @unchecked Sendable {
    private static let limit = 16

    /// Readable when there is one.
    let ready: Int32
    /// Times that something failed and was tried again.
    let faults = Atomic<Int64>(0)
    /// Frames that were cut short or marked as damaged.
    let damaged = Atomic<Int64>(0)
    /// Frames that nobody took.
    let dropped = Atomic<Int64>(0)
    private let slots: UnsafeMutablePointer<SourceStatus?>
    private let written = Atomic<Int>(0)
    private let read = Atomic<Int>(0)

    init() throws(Errno) {
        ready = oc_event_open()
        slots = .allocate(capacity: StatusQueue.limit)
        slots.initialize(repeating: nil, count: StatusQueue.limit)
        if ready < 0 { throw Errno(0 &- ready) }
    }

    deinit {
        slots.deinitialize(count: StatusQueue.limit)
        slots.deallocate()
        if ready >= 0 { _ = oc_close(ready) }
    }

    var counts: (faults: Int64, damaged: Int64, dropped: Int64) {
        (faults.load(ordering: .relaxed), damaged.load(ordering: .relaxed), dropped.load(ordering: .relaxed))
    }

    /// Called by the source's thread. With nobody listening the newest are left out; the counts tell.
    func post(_ kind: SourceStatus.Kind, _ detail: String) {
        let index = written.load(ordering: .relaxed)
        guard index - read.load(ordering: .acquiring) < StatusQueue.limit else { return }
        slots[index % StatusQueue.limit] = SourceStatus(kind, detail)
        written.store(index + 1, ordering: .releasing)
        _ = oc_event_post(ready)
    }

    /// Called by the daemon.
    func take() -> SourceStatus? {
        let index = read.load(ordering: .relaxed)
        guard index < written.load(ordering: .acquiring) else {
            _ = oc_event_take(ready)
            // One may have come since.
            guard index < written.load(ordering: .acquiring) else { return nil }
            return takeSlot(index)
        }
        return takeSlot(index)
    }

    private func takeSlot(_ index: Int) -> SourceStatus? {
        let status = slots[index % StatusQueue.limit]
        slots[index % StatusQueue.limit] = nil
        read.store(index + 1, ordering: .releasing)
        return status
    }
}

/// Waits between tries that grow from a tenth of a second to two seconds.
struct Backoff {
    private(set) var tries: Int64 = 0
    private var began: Int64 = 0

    var isIdle: Bool { tries == 0 }

    /// Counts a failure.
    /// - Returns: nanoseconds until the next try.
    mutating func next(at now: Int64) -> Int64 {
        if tries == 0 { began = now }
        tries += 1
        return min(100_000_000 << min(tries - 1, 5), 2_000_000_000)
    }

    /// "after 3 tries in 1.2 s", and the count begins anew.
    mutating func settle(at now: Int64) -> String {
        defer { tries = 0 }
        let tenths = (now - began) / 100_000_000
        return "after \(tries) \(tries == 1 ? "try" : "tries") in \(tenths / 10).\(tenths % 10) s"
    }
}
