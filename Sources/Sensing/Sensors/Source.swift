import CLinux
import Recording
import System

/// Where frames come from.
///
/// Pipes, FIFOs and cameras are live: a thread takes all that comes, the newest frame wins, the others are counted as
/// dropped. Files and folders are replayed: every frame is handed over, as fast as it is asked for or at their own pace.
public final class Source {
    public typealias Options = SourceSettings.Options

    public enum Next {
        case frame(SourceFrame)
        /// A frame of a recording, or what was told between two; the source's until the next call.
        case recorded(RecordingReader)
        /// None yet: wait until `raw` is readable.
        case none
        case end
    }

    private enum Origin {
        case live(LiveSource)
        case replay(ReplaySource)
        case camera(CameraSource)
        case recording(RecordingReader)
        case closed
    }

    /// What it was opened by.
    public let settings: SourceSettings
    /// Frames come when they come; those that nobody takes are lost.
    public let isLive: Bool
    private var origin: Origin
    private var statuses: StatusQueue?

    /// - Throws: what is wrong with the first item that cannot be used.
    public convenience init(_ items: [SourceItem], _ options: Options = Options()) throws(SourceError) {
        try self.init(SourceSettings(items, options))
    }

    /// - Parameter isActive: whether frames are wanted from the start; until they are, no stream and no command is started.
    /// - Throws: what is wrong with the first item that cannot be used. A camera or command that cannot be used now is tried
    ///   again; `settle` tells.
    public init(_ settings: SourceSettings, isActive: Bool = true) throws(SourceError) {
        let (items, options) = (settings.items, settings.options)
        self.settings = settings
        guard let first = items.first else {
            throw SourceError("--source", "give a picture, a folder, a stream, a camera or - for standard input")
        }
        var pipes = 0
        for item in items where try Source.isEndless(item) { pipes += 1 }
        guard pipes == 0 || items.count == 1 else {
            throw SourceError(
                "--source", "a pipe or camera has no end and so cannot be combined with other sources")
        }
        guard pipes == 0 || !options.loops else {
            throw SourceError(first.name, "--loop needs a file, this is a pipe or camera")
        }
        guard pipes == 0 || !options.isPaced else {
            throw SourceError(first.name, "--pace needs a file, a pipe or camera has its own pace")
        }
        let streamRate = options.rate ?? FrameRate(frames: 30)!
        let pictureRate = options.rate ?? FrameRate(frames: 1)!
        if case .camera(let address) = settings.kind {
            guard !options.everyFrame else {
                throw SourceError(first.name, "a camera does not wait: leave out --every-frame")
            }
            let camera = try CameraSource(address, options.camera, isActive: isActive)
            origin = .camera(camera)
            statuses = camera.statuses
        } else if let supervised = try Source.supervised(settings, isPipe: pipes > 0) {
            let queue: StatusQueue
            do throws(Errno) { queue = try StatusQueue() } catch {
                throw SourceError(first.name, "cannot start reading: \(error.description)")
            }
            let stream = SupervisedStream(
                origin: supervised, item: first, rate: streamRate, stall: options.camera.stall, statuses: queue)
            origin = .live(
                try LiveSource(
                    stream, everyFrame: options.everyFrame, isActive: isActive || !stream.rests,
                    needs: options.camera.needs))
            statuses = queue
        } else if pipes > 0 {
            origin = .live(
                try LiveSource(
                    first, everyFrame: options.everyFrame, rate: streamRate, needs: options.camera.needs))
            statuses = nil
        } else if let recording = try Source.recording(items, options) {
            origin = .recording(recording)
            statuses = nil
        } else {
            origin = .replay(
                try ReplaySource(
                    items, loops: options.loops, pictureRate: pictureRate, streamRate: streamRate,
                    isPaced: options.isPaced, needs: options.camera.needs))
            statuses = nil
        }
        isLive = pipes > 0 || !options.command.isEmpty
    }

    /// For `poll`: readable when `next` has something to say. Below 0: it always has.
    public var raw: Int32 {
        switch origin {
        case .live(let live): live.raw
        case .camera(let camera): camera.raw
        case .replay, .recording, .closed: -1
        }
    }

    /// For `poll`: readable when `takeStatus` has something to say. Below 0: it never has.
    public var rawStatus: Int32 { statuses?.ready ?? -1 }

    /// Frames that came and were overwritten by newer ones.
    public var dropped: Int64 {
        switch origin {
        case .live(let live): live.dropped + (troubles?.damaged ?? 0)
        case .camera(let camera):
            camera.statuses.counts.dropped + camera.statuses.counts.damaged
        case .replay(let replay): replay.dropped + (replay.damaged ?? 0)
        case .recording, .closed: 0
        }
    }

    /// Files are played at their own rate from here on, and as of a camera, frames that come too late are left out.
    public func pace() {
        if case .replay(let replay) = origin { replay.pace(dropsLate: true) }
    }

    /// Nanoseconds until a replay's next frame is due; 0: `next` may be asked.
    public func pause(at now: Int64) -> Int64 {
        if case .replay(let replay) = origin { return replay.pause(at: now) }
        return 0
    }

    /// Times that the source failed and was tried again, and frames of it that were damaged; nil: neither can be.
    public var troubles: (faults: Int64, damaged: Int64)? {
        if let counts = statuses?.counts { return (counts.faults, counts.damaged) }
        switch origin {
        case .live(let live): return live.damaged.map { (0, $0) }
        case .replay(let replay): return replay.damaged.map { (0, $0) }
        case .camera, .recording, .closed: return nil
        }
    }

    /// What the source has to say besides frames.
    public func takeStatus() -> SourceStatus? { statuses?.take() }

    /// A look at a camera's picture: a status when it has become black or frozen, or normal again.
    public func check(_ frame: SourceFrame) -> SourceStatus? {
        if case .camera(let camera) = origin { return camera.check(frame) }
        return nil
    }

    /// Whether frames are wanted. A camera or command that nobody wants frames of is stopped.
    public func setActive(_ isActive: Bool) {
        switch origin {
        case .camera(let camera): camera.setActive(isActive)
        case .live(let live): if settings.isDevice { live.setActive(isActive) }
        case .replay, .recording, .closed: break
        }
    }

    /// Says that the frame is not needed any more: a camera can fill its memory again.
    public func release() {
        if case .camera(let camera) = origin { camera.release() }
    }

    /// The next frame, of a live source the newest. It is valid until `release` or the next call.
    public func next() throws(SourceError) -> Next {
        switch origin {
        case .replay(let replay):
            switch try replay.next() {
            case .frame(let frame): return .frame(frame)
            case .later: return .none
            case .end: return .end
            }
        case .recording(let recording):
            do throws(RecordingError) { return try recording.next() ? .recorded(recording) : .end } catch {
                throw SourceError(message: error.message)
            }
        case .camera(let camera):
            guard let frame = try camera.next() else { return .none }
            return .frame(frame)
        case .live(let live): return try live.next()
        case .closed: return .none
        }
    }

    // MARK: One source after another

    /// Waits until a camera or command gives frames, or would if they were wanted.
    /// - Parameters:
    ///   - nanoseconds: at most so long. A command may take longer, a camera that does not answer by then does not work.
    ///   - stop: readable when the waiting is to end.
    /// - Returns: why it cannot be used now. Nil: it can, or is still to be heard of.
    public func settle(within nanoseconds: Int64, unless stop: Int32) -> SourceRefusal? {
        guard let statuses else { return nil }
        // What was taken from it is put back: there may be statuses.
        defer { _ = oc_event_post(statuses.ready) }
        let end = Clock.monotonic + nanoseconds
        while true {
            switch statuses.opening {
            case .done: return nil
            case .refused(let refusal): return refusal
            case .pending: break
            }
            let left = end - Clock.monotonic
            guard left > 0 else {
                guard case .camera = origin else { return nil }
                let reason = "\(settings.items[0].name): the camera did not answer within \(nanoseconds / 1_000_000) ms"
                return SourceRefusal(reason: reason, isFinal: false)
            }
            var polls = (
                oc_poll(fd: statuses.ready, wanted: Int16(OC_POLL_READ), happened: 0),
                oc_poll(fd: stop, wanted: Int16(OC_POLL_READ), happened: 0)
            )
            _ = withUnsafeMutableBytes(of: &polls) { bytes in
                oc_wait(
                    bytes.baseAddress?.assumingMemoryBound(to: oc_poll.self), 2,
                    Int32(clamping: (left + 999_999) / 1_000_000))
            }
            if polls.1.happened != 0 { return nil }
            if polls.0.happened != 0 { _ = oc_event_take(statuses.ready) }
        }
    }

    /// Whether it must be closed before one of other settings is opened: both would want the same device, or take bytes
    /// from each other.
    public func excludes(_ other: SourceSettings) -> Bool {
        switch origin {
        case .camera: return other.isDevice
        case .live:
            if settings.isDevice { return other.isDevice }
            return !other.isDevice && other.items.contains { $0.path == settings.items[0].path }
        case .replay, .recording, .closed: return false
        }
    }

    public var isOpen: Bool {
        if case .closed = origin { return false }
        return true
    }

    /// Gives back what it has open. No more frames come.
    public func close() {
        origin = .closed
        statuses = nil
    }

    /// Whether it is what a daemon recorded: it says then what that one said.
    public var isRecording: Bool {
        if case .recording = origin { return true }
        return false
    }

    private static func recording(_ items: [SourceItem], _ options: Options) throws(SourceError) -> RecordingReader? {
        for item in items where item.isUnknown && !item.isStandardInput {
            guard let status = try? FileDescriptor.Status(of: item.path), status.kind == .folder else { continue }
            let found: RecordingReader?
            do throws(RecordingError) { found = try RecordingReader(item.path) } catch {
                throw SourceError(message: error.message)
            }
            guard let found else { continue }
            guard items.count == 1 else {
                throw SourceError(item.name, "a recording cannot be combined with other sources")
            }
            guard !options.loops, !options.isPaced, options.rate == nil else {
                throw SourceError(
                    item.name, "a recording has its own times and one end: leave out --fps, --loop and --pace")
            }
            return found
        }
        return nil
    }

    /// How a source comes again whenever it ends; nil: it has one end, or is no stream.
    private static func supervised(
        _ settings: SourceSettings, isPipe: Bool
    ) throws(SourceError) -> SupervisedStream.Origin? {
        let (first, options) = (settings.items[0], settings.options)
        switch settings.kind {
        case .camera: return nil
        case .network(let address):
            guard !options.everyFrame, options.command.isEmpty else {
                throw SourceError(
                    first.name,
                    "a network camera does not wait and needs no command: leave out --every-frame and `command`")
            }
            return try SupervisedStream.Origin(address, options)
        case .command:
            guard first.isStandardInput, first.isDescribed else {
                throw SourceError(
                    first.name,
                    "with a command the source says what the command writes, for example yuv420:640x480@10 or mjpeg:-")
            }
            return .command(options.command)
        case .paths:
            guard isPipe, try comesAgain(first) else { return nil }
            return .fifo
        }
    }

    /// Whether it is a FIFO, which can be opened again when a writer has gone. What a shell passes as a path to one of its
    /// own pipes (`<(…)`) cannot.
    private static func comesAgain(_ item: SourceItem) throws(SourceError) -> Bool {
        guard !item.isStandardInput, !item.isCamera, !item.path.bytes.begins(with: "/dev/fd/"),
            !item.path.bytes.begins(with: "/proc/")
        else { return false }
        do throws(Errno) { return try FileDescriptor.Status(of: item.path).kind == .pipe } catch {
            throw SourceError(item.name, "cannot open: \(error.description)")
        }
    }

    private static func isEndless(_ item: SourceItem) throws(SourceError) -> Bool {
        if item.isCamera || item.network != nil { return true }
        do throws(Errno) {
            let kind =
                item.isStandardInput
                ? try FileDescriptor(borrowing: 0).status().kind : try FileDescriptor.Status(of: item.path).kind
            return kind != .file && kind != .folder
        } catch {
            throw SourceError(item.name, "cannot open: \(error.description)")
        }
    }
}
