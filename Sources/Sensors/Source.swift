import System

/// Where frames come from.
///
/// Pipes, FIFOs and devices are live: a thread takes all that comes, the newest frame wins, the others are counted as
/// dropped. Files and folders are replayed: every frame is handed over, as fast as it is asked for.
public struct Source: ~Copyable {
    public struct Options: Sendable {
        /// A pipe's sender waits for the taker; nothing is dropped.
        public var everyFrame = false
        /// Files begin again at their end.
        public var loops = false
        /// For pictures, and for raw frames and streams that do not say their own; nil: 1 and 30.
        public var rate: FrameRate?

        public init() {}
    }

    public enum Next {
        case frame(SourceFrame)
        /// None yet: wait until `raw` is readable.
        case none
        case end
    }

    /// Frames come when they come; those that nobody takes are lost.
    public let isLive: Bool
    private let live: LiveSource?
    private let replay: ReplaySource?

    /// - Parameter items: one pipe, or any number of files and folders.
    /// - Throws: what is wrong with the first item that cannot be used.
    public init(_ items: [SourceItem], _ options: Options = Options()) throws(SourceError) {
        guard let first = items.first else {
            throw SourceError("--source", "give a picture, a folder, a stream or - for standard input")
        }
        var pipes = 0
        for item in items where try Source.isPipe(item) { pipes += 1 }
        guard pipes == 0 || items.count == 1 else {
            throw SourceError("--source", "a pipe has no end and so cannot be combined with other sources")
        }
        guard pipes == 0 || !options.loops else { throw SourceError(first.name, "--loop needs a file, this is a pipe") }
        let streamRate = options.rate ?? FrameRate(frames: 30)!
        let pictureRate = options.rate ?? FrameRate(frames: 1)!
        let live = pipes > 0 ? try LiveSource(first, everyFrame: options.everyFrame, rate: streamRate) : nil
        replay =
            pipes > 0
            ? nil : try ReplaySource(items, loops: options.loops, pictureRate: pictureRate, streamRate: streamRate)
        self.live = live
        isLive = pipes > 0
    }

    /// For `poll`: readable when `next` has something to say. Below 0: it always has.
    public var raw: Int32 { live?.mailbox.ready ?? -1 }

    /// Frames that came and were overwritten by newer ones.
    public var dropped: Int64 { live?.mailbox.dropped ?? 0 }

    /// The next frame, of a live source the newest. It is valid until the next call.
    public mutating func next() throws(SourceError) -> Next {
        if let replay {
            guard let frame = try replay.next() else { return .end }
            return .frame(frame)
        }
        guard let mailbox = live?.mailbox else { return .end }
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

    private static func isPipe(_ item: SourceItem) throws(SourceError) -> Bool {
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
