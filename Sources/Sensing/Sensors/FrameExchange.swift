import CLinux
import Synchronization
import System

/// Hands a camera's buffers from the thread that runs the camera to the one that takes the newest, without a copy.
///
/// The camera's thread offers each filled buffer; one that nobody took by then goes back to the driver at once. What has
/// been taken comes back when the taker is done with it. Only the camera's thread ever talks to the driver.
final class FrameExchange: @unchecked Sendable {
    /// Buffers at most: one with the taker, one offered, the rest with the driver.
    static let limit = 8

    struct Slot {
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        var number: Int64 = 0
        var captured = Moment(wall: 0, monotonic: 0)
    }

    /// Readable when a buffer is offered, or the camera is finished.
    let ready: Int32
    /// Readable when the camera's thread has something to do.
    let wake: Int32
    private let newest = Atomic<Int>(-1)
    private let isTaken = Atomic<Bool>(false)
    private let returned = Atomic<UInt32>(0)
    /// On frames that were taken; said by `judge`.
    let verdicts = Verdicts()
    private let active: Atomic<Bool>
    private let stopping = Atomic<Bool>(false)
    private let slots: UnsafeMutablePointer<Slot>
    private var taken = -1  // the taker's
    /// What the frames look like. The camera's thread changes it only while no frame is out.
    var form: CameraForm?

    /// - Parameter isActive: whether frames are wanted from the start.
    init(isActive: Bool) throws(Errno) {
        active = Atomic<Bool>(isActive)
        let fds = (oc_event_open(), oc_event_open())
        (ready, wake) = fds
        slots = .allocate(capacity: FrameExchange.limit)
        slots.initialize(repeating: Slot(), count: FrameExchange.limit)
        let worst = min(fds.0, fds.1)
        if worst < 0 { throw Errno(0 &- worst) }
    }

    deinit {
        slots.deallocate()
        for fd in [ready, wake] where fd >= 0 { _ = oc_close(fd) }
    }

    // The camera's side.

    /// Offers a filled buffer.
    /// - Returns: the buffer offered before, if nobody took it.
    func offer(_ index: Int, _ slot: Slot) -> Int? {
        slots[index] = slot
        let before = newest.exchange(index, ordering: .acquiringAndReleasing)
        _ = oc_event_post(ready)
        return before >= 0 ? before : nil
    }

    /// Buffers that the taker has given back since the last call, a bit each.
    func takeReturned() -> UInt32 { returned.exchange(0, ordering: .acquiringAndReleasing) }

    /// Takes the offer back and waits until the taker has none: afterwards buffers may be unmapped.
    func withdraw() {
        _ = newest.exchange(-1, ordering: .acquiringAndReleasing)
        while isTaken.load(ordering: .sequentiallyConsistent) { _ = wait(milliseconds: 100) }
        _ = takeReturned()
    }

    /// Waits for something to do.
    func wait(milliseconds: Int32) -> Bool {
        var poll = oc_poll(fd: wake, wanted: Int16(OC_POLL_READ), happened: 0)
        let isReady = oc_wait(&poll, 1, milliseconds) > 0
        if isReady { _ = oc_event_take(wake) }
        return isReady
    }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }
    var isActive: Bool { active.load(ordering: .acquiring) }

    // The taker's side.

    /// The newest frame, which is the taker's until `release`.
    func take() -> Slot? {
        _ = oc_event_take(ready)
        release()
        // Said before it is true: between these two lines the buffers must not be unmapped.
        isTaken.store(true, ordering: .sequentiallyConsistent)
        taken = newest.exchange(-1, ordering: .acquiringAndReleasing)
        guard taken >= 0 else {
            isTaken.store(false, ordering: .sequentiallyConsistent)
            return nil
        }
        return slots[taken]
    }

    /// Gives the frame back.
    func release() {
        guard taken >= 0 else { return }
        returned.bitwiseOr(1 << UInt32(taken), ordering: .acquiringAndReleasing)
        taken = -1
        isTaken.store(false, ordering: .sequentiallyConsistent)
        _ = oc_event_post(wake)
    }

    /// Says whether the frame taken last could be decoded; only the taker decodes.
    func judge(isWhole: Bool) {
        verdicts.judge(isWhole: isWhole)
        _ = oc_event_post(wake)
    }

    func setActive(_ isActive: Bool) {
        guard active.exchange(isActive, ordering: .acquiringAndReleasing) != isActive else { return }
        _ = oc_event_post(wake)
    }

    func stop() {
        release()
        stopping.store(true, ordering: .releasing)
        _ = oc_event_post(wake)
    }
}
