import CLinux
import Synchronization
import System
import Vision

/// Hands frames from a reading thread to a thread that takes the newest, without a lock and without copying.
///
/// Three slots: one is written, one is read, one lies ready. Writer and reader exchange theirs with the ready one; a
/// ready frame that nobody took by then is overwritten later, and counted. Each slot has its own memory and says what lies
/// there, so frames may change their size at any time.
final class FrameMailbox: @unchecked Sendable {
    /// Why no more frames come.
    enum End: Int {
        case none = 0
        case ended = 1
        case failed = 2
    }

    /// What is known of a frame besides its bytes.
    struct Label {
        let form: FrameForm
        let number: Int64
        let captured: Moment
        /// By the stream's own rate, in nanoseconds since its first frame.
        let time: Int64
    }

    private struct Slot: ~Copyable {
        var buffer = FrameBuffer()
        var label: Label?
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
    private let resting: Atomic<Bool>
    private let stopping = Atomic<Bool>(false)
    /// On frames that were taken.
    let verdicts = Verdicts()
    private(set) var failure: SourceError?  // written before `finish`

    private let slots: UnsafeMutablePointer<Slot>
    private var writing = 0  // the writer's
    private var reading = 2  // the reader's

    /// - Parameter isResting: whether nobody wants frames at first.
    init(isResting: Bool = false) throws(Errno) {
        resting = Atomic<Bool>(isResting)
        let fds = (oc_event_open(), oc_event_open(), oc_event_open())
        (ready, stop, taken) = fds
        slots = .allocate(capacity: 3)
        for index in 0..<3 { (slots + index).initialize(to: Slot()) }
        let worst = min(fds.0, fds.1, fds.2)
        if worst < 0 { throw Errno(0 &- worst) }
    }

    deinit {
        slots.deinitialize(count: 3)
        slots.deallocate()
        for fd in [ready, stop, taken] where fd >= 0 { _ = oc_close(fd) }
    }

    // The writer's side.

    /// Takes memory for all frames of a size at once, before the first of them: none is asked for later.
    /// - Returns: false: there is not enough.
    func prepare(_ form: FrameForm) -> Bool {
        guard case .pixels(let layout) = form else { return true }
        // What is ready or being read keeps its memory until it is written again.
        guard slots[writing].buffer.reserve(layout.bytes) != nil else { return false }
        guard !hasBegun else { return true }
        for index in 0..<3 where slots[index].buffer.reserve(layout.bytes) == nil { return false }
        return true
    }

    private var hasBegun = false  // the writer's

    /// Whether nobody wants frames for now.
    var isResting: Bool { resting.load(ordering: .acquiring) }
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Waits for a change of these two.
    func waitForChange(milliseconds: Int32) {
        var poll = oc_poll(fd: stop, wanted: Int16(OC_POLL_READ), happened: 0)
        if oc_wait(&poll, 1, milliseconds) > 0, !isStopping { _ = oc_event_take(stop) }
    }

    /// Reads the next frame to where the reader does not look.
    /// - Returns: false at the stream's end.
    func read(from stream: inout FrameStream) throws(FrameStream.StreamError) -> Bool {
        try stream.read(into: &slots[writing].buffer)
    }

    /// Makes the written frame the newest.
    func publish(_ label: Label) {
        hasBegun = true
        slots[writing].label = label
        let before = middle.exchange(writing | FrameMailbox.fresh, ordering: .acquiringAndReleasing)
        writing = before & 3
        if before & FrameMailbox.fresh != 0 { overwritten.add(1, ordering: .relaxed) }
        _ = oc_event_post(ready)
    }

    /// Waits until the newest frame has been taken. False: to be stopped, or to rest.
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
    func take() -> (label: Label, bytes: UnsafeRawBufferPointer)? {
        _ = oc_event_take(ready)
        guard middle.load(ordering: .relaxed) & FrameMailbox.fresh != 0 else { return nil }
        reading = middle.exchange(reading, ordering: .acquiringAndReleasing) & 3
        _ = oc_event_post(taken)
        guard let label = slots[reading].label else { return nil }
        return (label, slots[reading].buffer.bytes)
    }

    /// After the last frame has been taken.
    var finished: End { End(rawValue: end.load(ordering: .acquiring)) ?? .none }
}
