import CLinux
import CV4L2
import Synchronization
import System
import Vision

/// How a camera is run.
public struct CameraSettings: Equatable, Sendable {
    public struct Control: Equatable, Sendable {
        public let name: [UInt8]
        /// A number, `on`, `off`, or the words of a menu's entry.
        public let value: [UInt8]

        public init(name: [UInt8], value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    public var needs = CameraNeeds()
    public var controls: [Control] = []
    /// Nanoseconds without a frame after which the camera is started anew.
    public var stall: Int64 = 2_000_000_000
    /// Nanoseconds of a black or motionless picture after which it is told; 0: never.
    public var blind: Int64 = 10_000_000_000

    public init() {}
}

/// The life of a camera on its own thread: open, stream, and after any fault from the beginning.
final class CameraWorker {
    /// One with the taker, one offered, and three that the driver can fill meanwhile.
    private static var buffers: Int { 5 }
    /// Nanoseconds that a camera may take longer for its first frame.
    static var warmUp: Int64 { 3_000_000_000 }

    private let settings: CameraSettings
    private let exchange: FrameExchange
    private let statuses: StatusQueue
    private var finder: CameraFinder
    private var mode: CameraMode?
    private var path = Path([])  // of the camera that is open
    private var hasControls = false
    private var wasTried = false
    private var faults = Faults()
    private var number: Int64 = 0
    private var isDoubted = false  // what came last could not be decoded
    private var saysSizes: Bool?  // whether the driver says how many bytes a frame has
    private var damage = DamageCount()

    init(
        _ finder: CameraFinder, _ settings: CameraSettings, _ exchange: FrameExchange, _ statuses: StatusQueue
    ) {
        self.settings = settings
        self.exchange = exchange
        self.statuses = statuses
        self.finder = finder
    }

    /// Until the exchange stops. The first try comes at once, whether frames are wanted or not: what is wrong is then known
    /// before they are.
    /// - Returns: why the camera can never be used.
    func run() -> String? {
        while !exchange.isStopping {
            guard exchange.isActive || !wasTried else {
                _ = exchange.wait(milliseconds: -1)
                continue
            }
            wasTried = true
            do throws(CameraError) {
                var camera = try open()
                try stream(&camera)
            } catch {
                let message = path.isEmpty ? error.message : "\(path.description): \(error.message)"
                // Once frames have come, what is wrong now may pass.
                let isFinal = error.kind == .useless && number == 0
                statuses.settle(SourceRefusal(reason: message, isFinal: isFinal))
                if isFinal { return message }
                recover(error.kind == .lost ? .lost : .fault, message)
            }
        }
        return nil
    }

    /// Counts and tells a fault, and waits before the next try.
    private func recover(_ kind: SourceStatus.Kind, _ reason: String) {
        let end = faults.add(kind, reason, statuses)
        while !exchange.isStopping {
            let left = end - Clock.monotonic
            guard left > 0 else { return }
            _ = exchange.wait(milliseconds: Int32(left / 1_000_000 + 1))
        }
    }

    // MARK: Opening

    private func open() throws(CameraError) -> Camera {
        path = Path([])
        switch finder.find() {
        case .camera(let found): path = found
        case .none(let reason): throw CameraError(.lost, reason)
        case .needsPipe(let reason): throw CameraError(.useless, reason)
        }
        var camera = try Camera(path)
        let mode = try mode(of: camera)
        let form = try camera.set(mode)
        guard form.isUsable else { throw CameraError(.failed, "the driver gives \(form.name), not \(mode.name)") }
        if number == 0, !form.name.utf8.elementsEqual(mode.name.utf8) {
            statuses.post(.note, "\(path.description): the driver gives \(form.name)")
        }
        for control in settings.controls {
            // Told once: it is the same after every fault.
            if let reason = camera.set(control), !hasControls {
                statuses.post(.control, "\(path.description): \(reason)")
            }
        }
        hasControls = true
        camera.watchSource()
        try camera.map(CameraWorker.buffers)
        exchange.form = form
        finder.remember(camera.identity)
        return camera
    }

    private func mode(of camera: borrowing Camera) throws(CameraError) -> CameraMode {
        if let mode { return mode }
        let modes = camera.modes(settings.needs.candidates)
        guard let choice = CameraChoice(modes, settings.needs) else {
            guard !modes.isEmpty else { throw CameraError(.failed, "the camera lists no modes") }
            var names = ""
            for mode in modes.prefix(8) { names += names.isEmpty ? mode.name : ", " + mode.name }
            throw CameraError(
                .useless,
                "none of the camera's \(modes.count) modes can be used (\(names) …); "
                    + "see --list-cameras")
        }
        mode = choice.mode
        statuses.post(.note, "\(path.description), \(camera.identity.name): \(choice.reason)")
        return choice.mode
    }

    // MARK: Streaming

    private func stream(_ camera: inout Camera) throws(CameraError) {
        // Before the buffers are unmapped.
        defer { exchange.withdraw() }
        while !exchange.isStopping {
            guard exchange.isActive else {
                statuses.settle(nil)
                _ = exchange.wait(milliseconds: -1)
                continue
            }
            for index in camera.buffers.indices { try camera.queue(index) }
            try camera.start()
            statuses.settle(nil)
            try run(&camera)
            exchange.withdraw()
            try camera.stop()
        }
    }

    /// Takes what comes until the camera shall rest.
    private func run(_ camera: inout Camera) throws(CameraError) {
        let stall = max(settings.stall, 3 * (mode?.nanoseconds ?? 0))
        var deadline = Clock.monotonic + stall + CameraWorker.warmUp
        var sequence: UInt32?
        _ = exchange.verdicts.take()  // on frames from before
        isDoubted = false
        while exchange.isActive, !exchange.isStopping {
            let left = deadline - Clock.monotonic
            guard left > 0 else {
                throw CameraError(.failed, "no usable frame for \(stall / 1_000_000) ms; the camera is started anew")
            }
            var polls = (
                oc_poll(fd: camera.raw, wanted: Int16(OC_POLL_READ | OC_POLL_URGENT), happened: 0),
                oc_poll(fd: exchange.wake, wanted: Int16(OC_POLL_READ), happened: 0)
            )
            _ = withUnsafeMutableBytes(of: &polls) { bytes in
                oc_wait(
                    bytes.baseAddress?.assumingMemoryBound(to: oc_poll.self), 2,
                    Int32(clamping: left / 1_000_000 + 1))
            }
            if polls.1.happened != 0 { _ = oc_event_take(exchange.wake) }
            try giveBack(exchange.takeReturned(), camera)
            if takeVerdicts() { deadline = Clock.monotonic + stall }
            let happened = Int32(polls.0.happened)
            if happened & Int32(OC_POLL_URGENT) != 0, camera.sourceHasChanged() {
                throw CameraError(.failed, "the signal changed")
            }
            guard happened & ~Int32(OC_POLL_URGENT) != 0 else { continue }
            guard let buffer = try camera.dequeue() else {
                guard happened & Int32(OC_POLL_READ) == 0 else { continue }
                throw CameraError(.failed, "the driver reports an error and gives no frame")
            }
            if let before = sequence {
                let gap = Int64(buffer.sequence &- before &- 1)
                // Not after the driver has begun to count anew.
                if gap < 100_000 {
                    number += gap
                    statuses.dropped.add(gap, ordering: .relaxed)
                }
            }
            sequence = buffer.sequence
            if try take(buffer, camera) { deadline = Clock.monotonic + stall }
        }
    }

    /// Queues buffers by the bits of a word.
    private func giveBack(_ returned: UInt32, _ camera: borrowing Camera) throws(CameraError) {
        guard returned != 0 else { return }
        for index in 0..<FrameExchange.limit where returned & 1 << UInt32(index) != 0 { try camera.queue(index) }
    }

    /// Hears what the taker could decode: of compressed frames nobody else knows.
    /// - Returns: whether a frame was whole.
    private func takeVerdicts() -> Bool {
        let verdicts = exchange.verdicts.take()
        if verdicts.broken > 0 {
            isDoubted = true
            damage.add(
                verdicts.broken, "cannot be decoded", of: path.description, at: Clock.monotonic, statuses)
        }
        guard verdicts.isWhole else { return false }
        isDoubted = false
        noteWholeFrame()
        return true
    }

    private func noteWholeFrame() { faults.end(of: path.description, at: Clock.monotonic, statuses) }

    /// Offers a frame; one that is plainly broken goes back to the driver.
    /// - Returns: whether it counts as a sign of life. After a compressed frame that could not be decoded, only one that
    ///   could be does.
    private func take(_ buffer: oc_camera_buffer, _ camera: borrowing Camera) throws(CameraError) -> Bool {
        let index = Int(buffer.index)
        let map = camera.buffers[index]
        let count = size(of: buffer)
        let bytes = UnsafeRawBufferPointer(rebasing: map[..<min(count, map.count)])
        guard buffer.damaged == 0, let form = exchange.form, form.holds(bytes) else {
            number += 1
            try camera.queue(index)
            damage.add(
                1, buffer.damaged != 0 ? "marked as damaged by the driver" : "cut short (\(count) bytes)",
                of: path.description, at: Clock.monotonic, statuses)
            // The driver may have another format now.
            let form = try camera.form()
            if form != exchange.form { throw CameraError(.failed, "the driver changed the format to \(form.name)") }
            return false
        }
        let slot = FrameExchange.Slot(bytes: bytes, number: number, captured: CameraWorker.moment(buffer.captured))
        number += 1
        if let untaken = exchange.offer(index, slot) {
            statuses.dropped.add(1, ordering: .relaxed)
            try camera.queue(untaken)
        }
        guard !form.isJPEG else { return !isDoubted }
        noteWholeFrame()
        return true
    }

    /// Bytes that the driver has filled. Some drivers never say: what those give of pixels is a full buffer.
    private func size(of buffer: oc_camera_buffer) -> Int {
        if buffer.bytes > 0 { saysSizes = true }
        guard buffer.bytes == 0, buffer.damaged == 0, saysSizes != true, let form = exchange.form, !form.isJPEG else {
            return Int(clamping: buffer.bytes)
        }
        if saysSizes == nil {
            saysSizes = false
            statuses.post(.note, "\(path.description): the driver says 0 bytes of a frame: full ones are assumed")
        }
        return form.bytes
    }

    /// When a frame was captured, if the driver's word can be believed.
    private static func moment(_ captured: Int64) -> Moment {
        let now = Moment.now
        let age = now.monotonic - captured
        guard captured > 0, age >= 0, age < 10_000_000_000 else { return now }
        return Moment(wall: now.wall - age, monotonic: captured)
    }
}
