import System

/// All that a source is opened by. Sources of equal settings give the same frames in the same way, so that one can go on in
/// the place of the other.
public struct SourceSettings: Sendable {
    /// One pipe or camera, or any number of files and folders.
    public var items: [SourceItem]
    public var options: Options

    public struct Options: Sendable {
        /// A pipe's sender waits for the taker; nothing is dropped.
        public var everyFrame = false
        /// Files begin again at their end.
        public var loops = false
        /// Files are played at their own rate, as a camera would give them, and not as fast as frames are taken.
        public var isPaced = false
        /// For pictures, and for raw frames and streams that do not say their own; nil: 1 and 30.
        public var rate: FrameRate?
        /// For cameras; its `stall` is for commands as well.
        public var camera = CameraSettings()
        /// A program and its arguments, whose standard output is read in place of this one's standard input.
        public var command: [Path] = []
        /// The network camera that is read for this daemon; nil: it is read by a program that is started for it.
        public var fetched: FetchedCamera?

        public init() {}
    }

    public init(_ items: [SourceItem], _ options: Options = Options()) {
        self.items = items
        self.options = options
    }

    /// Whether an `ocellus-fetch` is started for it, which needs a network.
    public var startsFetcher: Bool { items.first?.network != nil && options.fetched == nil }

    /// Nanoseconds that the first frame may take to come, where all is well.
    public var startUp: Int64 {
        let interval = items.first?.frameRate.map { 3 * $0.time(ofFrame: 1) } ?? 0
        let stall = max(options.camera.stall, interval)
        switch kind {
        case .camera: return stall + CameraWorker.warmUp + 2_000_000_000
        case .command: return stall + StreamWorker.startUp
        case .network: return stall + StreamWorker.networkStartUp
        case .paths: return max(interval, 15_000_000_000)
        }
    }

    /// What they ask for, without looking whether it is there.
    enum Kind {
        case camera(CameraAddress)
        case network(NetworkAddress)
        case command
        /// Pipes, files and folders.
        case paths
    }

    var kind: Kind {
        switch items.first?.content {
        case .camera(let address): return .camera(address)
        case .network(let address): return .network(address)
        default: break
        }
        return options.command.isEmpty ? .paths : .command
    }

    /// Whether it is something that only one can have: a camera, or a program that may have one. Where nobody wants frames it
    /// rests.
    var isDevice: Bool {
        if case .paths = kind { return false }
        return true
    }
}

extension SourceSettings: Equatable {
    /// Of the options only those count that have a part in the source.
    public static func == (one: SourceSettings, other: SourceSettings) -> Bool {
        guard one.items == other.items, one.options.everyFrame == other.options.everyFrame,
            one.options.loops == other.options.loops, one.options.rate == other.options.rate,
            one.options.command == other.options.command, one.options.isPaced == other.options.isPaced
        else { return false }
        switch one.kind {
        case .camera, .network: return one.options.camera == other.options.camera
        case .command:
            return one.options.camera.stall == other.options.camera.stall && one.decodesLike(other)
        case .paths: return one.decodesLike(other)
        }
    }

    /// Compressed frames are decoded to what the model needs.
    private func decodesLike(_ other: SourceSettings) -> Bool {
        options.camera.needs == other.options.camera.needs || !items.contains { $0.isCompressed }
    }
}
