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

/// Why a camera or command could not be used at its first try.
public struct SourceRefusal: Equatable {
    public let reason: String
    /// There will be no other try: it cannot get better by itself.
    public let isFinal: Bool
}

/// What became of a camera or command since it was asked for.
enum Opening: Equatable {
    case pending
    case done
    case refused(SourceRefusal)
}

/// Statuses on their way from a source's thread to the daemon, and what both see.
final class StatusQueue: @unchecked Sendable {
    private static let limit: UInt32 = 16

    /// Readable when there is one.
    let ready: Int32
    /// Times that something failed and was tried again.
    let faults = Atomic<Int64>(0)
    /// Frames that were cut short or marked as damaged.
    let damaged = Atomic<Int64>(0)
    /// Frames that nobody took.
    let dropped = Atomic<Int64>(0)
    private let isSettled = Atomic<Bool>(false)
    private var refusal: SourceRefusal?  // written before
    private let slots: UnsafeMutablePointer<SourceStatus?>
    private let written: Atomic<UInt32>
    private let read: Atomic<UInt32>

    /// - Parameter start: what the counters begin with. They go on after 2^32 at 0, which `limit` divides.
    init(from start: UInt32 = 0) throws(Errno) {
        ready = oc_event_open()
        written = Atomic(start)
        read = Atomic(start)
        slots = .allocate(capacity: Int(StatusQueue.limit))
        slots.initialize(repeating: nil, count: Int(StatusQueue.limit))
        if ready < 0 { throw Errno(0 &- ready) }
    }

    deinit {
        slots.deinitialize(count: Int(StatusQueue.limit))
        slots.deallocate()
        if ready >= 0 { _ = oc_close(ready) }
    }

    var counts: (faults: Int64, damaged: Int64, dropped: Int64) {
        (faults.load(ordering: .relaxed), damaged.load(ordering: .relaxed), dropped.load(ordering: .relaxed))
    }

    /// Called by the source's thread. With nobody listening the newest are left out; the counts tell.
    func post(_ kind: SourceStatus.Kind, _ detail: String) {
        let index = written.load(ordering: .relaxed)
        guard index &- read.load(ordering: .acquiring) < StatusQueue.limit else { return }
        slots[Int(index % StatusQueue.limit)] = SourceStatus(kind, detail)
        written.store(index &+ 1, ordering: .releasing)
        _ = oc_event_post(ready)
    }

    /// Says once what became of the first try; nil: it gives frames, or will when they are wanted. Called by the source's
    /// thread.
    func settle(_ refusal: SourceRefusal?) {
        guard !isSettled.load(ordering: .relaxed) else { return }
        self.refusal = refusal
        isSettled.store(true, ordering: .releasing)
        _ = oc_event_post(ready)
    }

    /// Called by the daemon.
    var opening: Opening {
        guard isSettled.load(ordering: .acquiring) else { return .pending }
        return refusal.map { .refused($0) } ?? .done
    }

    /// Called by the daemon.
    func take() -> SourceStatus? {
        let index = read.load(ordering: .relaxed)
        guard index != written.load(ordering: .acquiring) else {
            _ = oc_event_take(ready)
            // One may have come since.
            guard index != written.load(ordering: .acquiring) else { return nil }
            return takeSlot(index)
        }
        return takeSlot(index)
    }

    private func takeSlot(_ index: UInt32) -> SourceStatus? {
        let slot = Int(index % StatusQueue.limit)
        let status = slots[slot]
        slots[slot] = nil
        read.store(index &+ 1, ordering: .releasing)
        return status
    }
}

/// Faults of a source that is tried again: counted at every try, told once, and told to be over.
struct Faults {
    private var backoff = Backoff()
    private var told: [UInt8] = []  // last

    /// - Returns: when the next try may begin.
    mutating func add(_ kind: SourceStatus.Kind, _ reason: String, _ statuses: StatusQueue) -> Int64 {
        statuses.faults.add(1, ordering: .relaxed)
        let now = Clock.monotonic
        if !told.elementsEqual(reason.utf8) {
            told = Array(reason.utf8)
            statuses.post(kind, reason)
        }
        return now + backoff.next(at: now)
    }

    /// Frames come.
    mutating func end(of source: @autoclosure () -> String, at now: Int64, _ statuses: StatusQueue) {
        guard !backoff.isIdle else { return }
        statuses.post(.recovered, "\(source()): \(backoff.settle(at: now))")
        told = []
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
