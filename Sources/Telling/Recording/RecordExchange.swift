import CLinux
import Synchronization
import System

/// Slots on their way from one thread to another: first in, first out, without a lock.
final class SlotQueue: @unchecked Sendable {
    private let slots: UnsafeMutableBufferPointer<Int>
    private let written: Atomic<UInt32>
    private let read: Atomic<UInt32>
    private let mask: UInt32

    /// - Parameters:
    ///   - capacity: more are never on their way.
    ///   - start: what the counters begin with. They go on after 2^32 at 0, so the ring's length divides that.
    init(capacity: Int, from start: UInt32 = 0) {
        var length: UInt32 = 1
        while length < capacity { length *= 2 }
        mask = length - 1
        written = Atomic(start)
        read = Atomic(start)
        slots = .allocate(capacity: Int(length))
        slots.initialize(repeating: 0)
    }

    deinit { slots.deallocate() }

    func append(_ slot: Int) {
        let index = written.load(ordering: .relaxed)
        slots[Int(index & mask)] = slot
        written.store(index &+ 1, ordering: .releasing)
    }

    func takeFirst() -> Int? {
        let index = read.load(ordering: .relaxed)
        guard index != written.load(ordering: .acquiring) else { return nil }
        let slot = slots[Int(index & mask)]
        read.store(index &+ 1, ordering: .releasing)
        return slot
    }
}

/// What the thread that takes frames and the one that writes them both see.
final class RecordExchange: @unchecked Sendable {
    /// Readable when the writer has something to do.
    let wake: Int32
    /// Readable when a slot came back, or the writer is over.
    let done: Int32
    /// Readable when writing began to fail, or no longer does.
    let news: Int32
    let toWrite: SlotQueue
    let free: SlotQueue
    private let kept = Atomic<Int64>(0)
    private let missed = Atomic<Int64>(0)
    private let lastError = Atomic<Int32>(0)
    private let stopping = Atomic<Bool>(false)
    private let over = Atomic<Bool>(false)

    init(slots: Int) throws(Errno) {
        toWrite = SlotQueue(capacity: slots)
        free = SlotQueue(capacity: slots)
        let fds = (oc_event_open(), oc_event_open(), oc_event_open())
        (wake, done, news) = fds
        let worst = min(fds.0, fds.1, fds.2)
        if worst < 0 { throw Errno(0 &- worst) }
    }

    deinit { for fd in [wake, done, news] where fd >= 0 { _ = oc_close(fd) } }

    /// Records written, and those that should have been.
    var counts: (kept: Int64, missed: Int64) { (kept.load(ordering: .relaxed), missed.load(ordering: .relaxed)) }

    func countMissed() { missed.add(1, ordering: .relaxed) }

    /// Why the last record could not be written; 0: it could.
    var trouble: Int32 { lastError.load(ordering: .acquiring) }

    func countKept() {
        kept.add(1, ordering: .relaxed)
        setTrouble(0)
    }

    func setTrouble(_ code: Int32) {
        if lastError.exchange(code, ordering: .acquiringAndReleasing) != code { _ = oc_event_post(news) }
    }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }
    var isOver: Bool { over.load(ordering: .acquiring) }

    func stop() {
        stopping.store(true, ordering: .releasing)
        _ = oc_event_post(wake)
    }

    /// The writer's last word.
    func end() {
        over.store(true, ordering: .releasing)
        _ = oc_event_post(done)
    }

    /// Waits for an event, at most so long (below 0: without limit).
    func wait(for event: Int32, _ nanoseconds: Int64) {
        var poll = oc_poll(fd: event, wanted: Int16(OC_POLL_READ), happened: 0)
        let milliseconds = nanoseconds < 0 ? -1 : Int32(clamping: (nanoseconds + 999_999) / 1_000_000)
        if oc_wait(&poll, 1, milliseconds) > 0 { _ = oc_event_take(event) }
    }
}
