import CLinux
import Synchronization
import System
import Vision

/// Hands frames from a reading thread to a thread that takes the newest, without a lock and without copying.
///
/// Three slots: one is written, one is read, one lies ready. Writer and reader exchange theirs with the ready one; a
/// ready frame that nobody took by then is overwritten later, and counted.
final class FrameMailbox: @unchecked Sendable {
    /// Why no more frames come.
    enum End: Int {
        case none = 0
        case ended = 1
        case failed = 2
    }

    private struct Slot {
        var number: Int64 = 0
        var captured = Moment(wall: 0, monotonic: 0)
    }

    private static var fresh: Int { 4 }  // beside the slot's index 0 to 2

    /// Readable when a frame or the end is there.
    let ready: Int32
    /// Readable when the reading thread shall end, or look at `isResting`.
    let stop: Int32
    private let taken: Int32
    private let middle = Atomic<Int>(1)
    private let overwritten = Atomic<Int64>(0)
    private let end = Atomic<Int>(End.none.rawValue)
    private let resting = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)

    // The writer sets these before its first `publish`, or the error before `finish`; then nobody changes them.
    private(set) var shape: FrameShape?
    private(set) var rate: FrameRate?
    private(set) var failure: SourceError?
    private var memory: UnsafeMutableRawPointer?

    private let slots: UnsafeMutablePointer<Slot>
    private var writing = 0  // the writer's
    private var reading = 2  // the reader's

    init() throws(Errno) {
        let fds = (oc_event_open(), oc_event_open(), oc_event_open())
        (ready, stop, taken) = fds
        slots = .allocate(capacity: 3)
        slots.initialize(repeating: Slot(), count: 3)
        let worst = min(fds.0, fds.1, fds.2)
        if worst < 0 { throw Errno(0 &- worst) }
    }

    deinit {
        slots.deallocate()
        if let memory { oc_release(memory) }
        for fd in [ready, stop, taken] where fd >= 0 { _ = oc_close(fd) }
    }

    // The writer's side.

    /// False: there is not enough memory.
    func prepare(_ shape: FrameShape, _ rate: FrameRate) -> Bool {
        memory = oc_allocate(3 * shape.bytes)
        self.shape = shape
        self.rate = rate
        return memory != nil
    }

    /// Whether nobody wants frames for now.
    var isResting: Bool { resting.load(ordering: .acquiring) }
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Waits for a change of these two.
    func waitForChange(milliseconds: Int32) {
        var poll = oc_poll(fd: stop, wanted: Int16(OC_POLL_READ), happened: 0)
        if oc_wait(&poll, 1, milliseconds) > 0, !isStopping { _ = oc_event_take(stop) }
    }

    /// Where the next frame goes.
    var writable: UnsafeMutableRawBufferPointer { bytes(writing) }

    /// Makes the written frame the newest.
    func publish(number: Int64, captured: Moment) {
        slots[writing] = Slot(number: number, captured: captured)
        let before = middle.exchange(writing | FrameMailbox.fresh, ordering: .acquiringAndReleasing)
        writing = before & 3
        if before & FrameMailbox.fresh != 0 { overwritten.add(1, ordering: .relaxed) }
        _ = oc_event_post(ready)
    }

    /// Waits until the newest frame has been taken. False: to be stopped.
    func waitUntilTaken() -> Bool {
        while middle.load(ordering: .acquiring) & FrameMailbox.fresh != 0 {
            var polls = (
                oc_poll(fd: taken, wanted: Int16(OC_POLL_READ), happened: 0),
                oc_poll(fd: stop, wanted: Int16(OC_POLL_READ), happened: 0)
            )
            let count = withUnsafeMutableBytes(of: &polls) { bytes in
                oc_wait(bytes.baseAddress?.assumingMemoryBound(to: oc_poll.self), 2, -1)
            }
            if count < 0 || polls.1.happened != 0 { return false }
            _ = oc_event_take(taken)
        }
        return true
    }

    func finish(_ failure: SourceError?) {
        self.failure = failure
        end.store((failure == nil ? End.ended : .failed).rawValue, ordering: .releasing)
        _ = oc_event_post(ready)
    }

    // The reader's side.

    func setResting(_ isResting: Bool) {
        if resting.exchange(isResting, ordering: .acquiringAndReleasing) != isResting { _ = oc_event_post(stop) }
    }

    func askToStop() {
        stopping.store(true, ordering: .releasing)
        _ = oc_event_post(stop)
    }

    /// Frames overwritten before anybody took them.
    var dropped: Int64 { overwritten.load(ordering: .relaxed) }

    /// The newest frame that was not yet taken; valid until the next call.
    func take() -> SourceFrame? {
        _ = oc_event_take(ready)
        guard middle.load(ordering: .relaxed) & FrameMailbox.fresh != 0 else { return nil }
        reading = middle.exchange(reading, ordering: .acquiringAndReleasing) & 3
        _ = oc_event_post(taken)
        guard let shape, let rate, let view = FrameView(shape, packed: UnsafeRawBufferPointer(bytes(reading))) else {
            return nil
        }
        let slot = slots[reading]
        return SourceFrame(
            view: view, number: slot.number, captured: slot.captured, time: rate.time(ofFrame: slot.number))
    }

    /// After the last frame has been taken.
    var finished: End { End(rawValue: end.load(ordering: .acquiring)) ?? .none }

    private func bytes(_ slot: Int) -> UnsafeMutableRawBufferPointer {
        guard let memory, let shape else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        return UnsafeMutableRawBufferPointer(start: memory + slot * shape.bytes, count: shape.bytes)
    }
}
