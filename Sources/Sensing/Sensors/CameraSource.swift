import CLinux
import Synchronization
import System
import Vision

/// A camera as the taker of frames sees it.
final class CameraSource {
    let statuses: StatusQueue
    private let exchange: FrameExchange
    private let life: Life
    private var thread: Thread?
    private var decoder: FrameDecoder
    private var health: PictureHealth
    private var first: Int64?  // when the first frame was captured

    /// How the camera's thread ended.
    private final class Life: @unchecked Sendable {
        let isOver = Atomic<Bool>(false)
        var failure: String?  // written before
    }

    /// - Parameters:
    ///   - isActive: whether frames are wanted from the start.
    ///   - devices: the folder with the device nodes.
    init(
        _ address: CameraAddress, _ settings: CameraSettings, isActive: Bool = true, devices: Path = Path("/dev".utf8)
    ) throws(SourceError) {
        decoder = FrameDecoder(settings.needs)
        health = PictureHealth(patience: settings.blind)
        let life = Life()
        self.life = life
        do throws(Errno) {
            let exchange = try FrameExchange(isActive: isActive)
            let statuses = try StatusQueue()
            self.exchange = exchange
            self.statuses = statuses
            thread = try Thread {
                let finder = CameraFinder(address, devices: devices)
                life.failure = CameraWorker(finder, settings, exchange, statuses).run()
                life.isOver.store(true, ordering: .releasing)
                _ = oc_event_post(exchange.ready)
            }
        } catch {
            throw SourceError("camera", "cannot start reading: \(error.description)")
        }
    }

    /// A driver that never answers again keeps its thread, not the daemon.
    deinit {
        exchange.stop()
        let end = Clock.monotonic + CameraSource.farewell
        while !life.isOver.load(ordering: .acquiring) {
            let left = end - Clock.monotonic
            guard left > 0 else { return }
            var poll = oc_poll(fd: exchange.ready, wanted: Int16(OC_POLL_READ), happened: 0)
            _ = oc_wait(&poll, 1, Int32(left / 1_000_000 + 1))
            _ = oc_event_take(exchange.ready)
        }
        thread.take()?.join()
    }

    /// Nanoseconds that a camera has to end.
    private static var farewell: Int64 { 1_500_000_000 }

    /// For `poll`: readable when `next` has something to say.
    var raw: Int32 { exchange.ready }

    func setActive(_ isActive: Bool) { exchange.setActive(isActive) }

    func release() { exchange.release() }

    /// The newest frame that was not yet taken; valid until `release` or the next call.
    func next() throws(SourceError) -> SourceFrame? {
        let isOver = life.isOver.load(ordering: .acquiring)
        guard let slot = exchange.take(), let form = exchange.form else {
            if isOver, let failure = life.failure { throw SourceError(message: failure) }
            return nil
        }
        let view: FrameView?
        if form.isJPEG {
            view = decoder.view(ofJPEG: slot.bytes)
            exchange.judge(isWhole: view != nil)
        } else {
            view = form.view(slot.bytes)
        }
        guard let view else {
            exchange.release()
            return nil
        }
        if first == nil { first = slot.captured.monotonic }
        return SourceFrame(
            view: view, number: slot.number, captured: slot.captured,
            time: slot.captured.monotonic - (first ?? slot.captured.monotonic))
    }

    /// What the frame's picture looks like by now; nil: nothing new.
    func check(_ frame: SourceFrame) -> SourceStatus? {
        switch health.take(frame.view, at: frame.captured.monotonic) {
        case nil: nil
        case .normal: SourceStatus(.normal, "the picture is neither black nor frozen any more")
        case .black: SourceStatus(.black, "the picture is black: is the lens covered, or the exposure too short?")
        case .frozen: SourceStatus(.frozen, "every frame is the same to the last bit: does the camera hang?")
        }
    }
}
