import Recording
import System

/// Where frames come from.
///
/// Pipes, FIFOs and cameras are live: a thread takes all that comes, the newest frame wins, the others are counted as
/// dropped. Files and folders are replayed: every frame is handed over, as fast as it is asked for.
public struct Source: ~Copyable {
    public struct Options: Sendable {
        /// A pipe's sender waits for the taker; nothing is dropped.
        public var everyFrame = false
        /// Files begin again at their end.
        public var loops = false
        /// For pictures, and for raw frames and streams that do not say their own; nil: 1 and 30.
        public var rate: FrameRate?
        /// For cameras; its `stall` is for commands as well.
        public var camera = CameraSettings()
        /// A program and its arguments, whose standard output is read in place of this one's standard input.
        public var command: [Path] = []

        public init() {}
    }

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
    }

    /// Frames come when they come; those that nobody takes are lost.
    public let isLive: Bool
    private let origin: Origin
    private let statuses: StatusQueue?

    /// - Parameter items: one pipe or camera, or any number of files and folders.
    /// - Throws: what is wrong with the first item that cannot be used.
    public init(_ items: [SourceItem], _ options: Options = Options()) throws(SourceError) {
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
        let streamRate = options.rate ?? FrameRate(frames: 30)!
        let pictureRate = options.rate ?? FrameRate(frames: 1)!
        if case .camera(let address) = first.content {
            guard !options.everyFrame else {
                throw SourceError(first.name, "a camera does not wait: leave out --every-frame")
            }
            let camera = try CameraSource(address, options.camera)
            origin = .camera(camera)
            statuses = camera.statuses
        } else if !options.command.isEmpty {
            guard first.isStandardInput, first.isDescribed else {
                throw SourceError(
                    first.name, "with a command the source says what the command writes, for example yuv420:640x480@10")
            }
            let queue: StatusQueue
            do throws(Errno) { queue = try StatusQueue() } catch {
                throw SourceError(first.name, "cannot start reading: \(error.description)")
            }
            let command = SupervisedCommand(
                arguments: options.command, item: first, rate: streamRate, stall: options.camera.stall, statuses: queue)
            origin = .live(try LiveSource(command, everyFrame: options.everyFrame))
            statuses = queue
        } else if pipes > 0 {
            origin = .live(try LiveSource(first, everyFrame: options.everyFrame, rate: streamRate))
            statuses = nil
        } else if let recording = try Source.recording(items, options) {
            origin = .recording(recording)
            statuses = nil
        } else {
            origin = .replay(
                try ReplaySource(items, loops: options.loops, pictureRate: pictureRate, streamRate: streamRate))
            statuses = nil
        }
        isLive = pipes > 0 || !options.command.isEmpty
    }

    /// For `poll`: readable when `next` has something to say. Below 0: it always has.
    public var raw: Int32 {
        switch origin {
        case .live(let live): live.mailbox.ready
        case .camera(let camera): camera.raw
        case .replay, .recording: -1
        }
    }

    /// For `poll`: readable when `takeStatus` has something to say. Below 0: it never has.
    public var rawStatus: Int32 { statuses?.ready ?? -1 }

    /// Frames that came and were overwritten by newer ones.
    public var dropped: Int64 {
        switch origin {
        case .live(let live): live.mailbox.dropped
        case .camera(let camera):
            camera.statuses.counts.dropped + camera.statuses.counts.damaged
        case .replay, .recording: 0
        }
    }

    /// Times that the camera or command failed and was tried again, and frames of it that were damaged; nil: a source
    /// that is not tried again.
    public var troubles: (faults: Int64, damaged: Int64)? {
        guard let statuses else { return nil }
        let counts = statuses.counts
        return (counts.faults, counts.damaged)
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
        case .live(let live): if statuses != nil { live.mailbox.setResting(!isActive) }
        case .replay, .recording: break
        }
    }

    /// Says that the frame is not needed any more: a camera can fill its memory again.
    public func release() {
        if case .camera(let camera) = origin { camera.release() }
    }

    /// The next frame, of a live source the newest. It is valid until `release` or the next call.
    public mutating func next() throws(SourceError) -> Next {
        let mailbox: FrameMailbox
        switch origin {
        case .replay(let replay):
            guard let frame = try replay.next() else { return .end }
            return .frame(frame)
        case .recording(let recording):
            do throws(RecordingError) { return try recording.next() ? .recorded(recording) : .end } catch {
                throw SourceError(message: error.message)
            }
        case .camera(let camera):
            guard let frame = try camera.next() else { return .none }
            return .frame(frame)
        case .live(let live): mailbox = live.mailbox
        }
        // The end is read first: it is set only when the last frame has been taken.
        let end = mailbox.finished
        if let frame = mailbox.take() { return .frame(frame) }
        switch end {
        case .none: return .none
        case .ended: return .end
        case .failed:
            if let failure = mailbox.failure { throw failure }
            return .end
        }
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
            guard !options.loops, options.rate == nil else {
                throw SourceError(item.name, "a recording has its own times and one end: leave out --fps and --loop")
            }
            return found
        }
        return nil
    }

    private static func isEndless(_ item: SourceItem) throws(SourceError) -> Bool {
        if item.isCamera { return true }
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
