import CBundle
import CLinux
import Events
import GPIO
import Recording
import Sensors
import System

/// Frames in, events out, on one thread: the loop, and the signals.
///
/// What is looked at and how is the session's. With a live source nothing here waits for anybody: the source drops frames,
/// the outlet drops events, both count. Otherwise the source waits for the reader of the events, so that a recording gives
/// the same events every time.
public final class Daemon {
    /// What is being looked at while something is said.
    enum Subject {
        case nothing
        case frame
        case recording(RecordingReader)

        /// An event of now that comes of no frame.
        var isNothing: Bool {
            if case .nothing = self { return true }
            return false
        }
    }

    let options: Options
    let signals: FileDescriptor
    var session: Session
    var outlet: Outlet
    var progress = SourceProgress()
    var latest = Moment(wall: 0, monotonic: 0)  // of the newest frame
    var subject = Subject.nothing
    /// Of what the rules are about to say: when it was seen, and why an object leaves that nobody saw go.
    var occasion = (moment: Moment(wall: 0, monotonic: 0), cause: Event.Cause?.none)
    var gap: Int64?  // since when a reload has kept frames from coming
    var isKnownBundle = true  // the one that the recording was made with
    var manager = ServiceManager()
    var state: StateFile
    /// Whether no network can be had any more.
    private(set) var isWalled = false
    /// Nil: events leave by the outlet alone.
    let readers: EventReaders?
    /// A reader of the socket wants no frames.
    var isStandby = false
    /// Lent to the readers, one of which gets it.
    var snapshot: Snapshot?
    /// One wants the bundle to be read again.
    var isReloadAsked = false
    private let polls = UnsafeMutableBufferPointer<oc_poll>.allocate(
        capacity: Daemon.ownPolls + EventReaders.polls + Int(OC_MAX_LINES))
    private static var ownPolls: Int { 5 }
    let heap: HeapReport?
    let observer: Observer?

    /// Watches until the source ends, a signal comes, or nobody can read.
    /// - Parameters:
    ///   - signals: of `oc_signals_open`, which was called before any thread was started.
    ///   - observer: sees what is seen and said.
    public static func run(
        _ options: Options, signals: consuming FileDescriptor, observer: Observer? = nil
    ) -> ExitCode {
        do throws(SessionError) { return try Daemon(options, signals: signals, observer).run() } catch {
            Log.line(error.message)
            var state = StateFile(options.state, patience: 0)
            var message = error.message
            message.withUTF8 { state.note(.failed, Text($0)) }
            return error.code
        }
    }

    /// Loads the bundle and opens what it asks for.
    private init(
        _ options: Options, signals: consuming FileDescriptor, _ observer: Observer?
    ) throws(SessionError) {
        self.options = options
        self.observer = observer
        self.signals = signals
        let heap = options.memory ? HeapReport("program") : nil
        self.heap = heap
        let model: Model
        do throws(Model.LoadError) { model = try Model(BundleFile(options.bundle), options) } catch {
            throw SessionError(message: error.message, code: .bundle)
        }
        heap?.part("model", within: ("arena", Int64(model.arenaBytes)))
        let settings = try SessionSettings(model, options)
        // Before a source is opened, which is what may be somebody else's.
        if options.isWalled { isWalled = Wall.raise(settings) }
        let session = try Session(model, settings, options, for: .start, at: Session.Place(), heap)
        if session.mode.isRecording, options.clock != nil || options.record != nil {
            throw SessionError(
                message: "a recording has its own times and is there already: leave out --clock and --record",
                code: .usage)
        }
        if session.mode.isRecording, options.socket != nil {
            throw SessionError(
                message: "a recording is told again on standard output alone: leave out --socket", code: .usage)
        }
        outlet = Outlet(
            EventOutput(
                FileDescriptor(borrowing: 1),
                EventFormatter(format: options.eventFormat, sensor: model.name, topic: model.topic(options))))
        readers = try Self.open(options)
        heap?.part("events")
        self.session = session
        state = StateFile(options.state, patience: session.source.settings.startUp / 1_000_000_000)
        if !session.mode.isOnFrameClock { latest = .now }
        if let warning = model.placeThreads() { Log.line(warning) }
        if session.watch.isSilent {
            Log.line("the bundle has no watch rules: only heartbeats and status will be told")
        }
    }

    deinit { polls.deallocate() }

    private func run() -> ExitCode {
        // Whatever ends the daemon, outputs are inactive afterwards.
        defer { session.lines.release() }
        if !session.mode.isRecording { tell(.started, modelDetail) }
        manager.ready()
        say(.starting, "no frame has come yet")
        while true {
            guard flush() else { return closed() }
            let isDue = waitForWork()
            if Outlet.isClosed(polls[1]) { return closed() }
            if polls[0].happened != 0, let code = takeSignals() { return code }
            while let status = session.source.takeStatus() { tell(status) }
            takeRecorderStatus()
            if let code = serve() { return code }
            workLines()
            if !session.isCapturing, !session.isFaulty, session.lines.isWhole {
                state.noteReady("no frame is wanted; its lines are watched")
            }
            tellWhoIsUnseen()
            if isDue, session.isCapturing, let code = takeFrame() { return code }
            if !session.mode.isOnFrameClock { beat(at: .now) }
        }
    }

    // MARK: Waiting

    /// Waits for a signal, a frame or the reader, or until something is due.
    /// - Returns: whether a frame may be taken.
    private func waitForWork() -> Bool {
        let (mode, source, lines) = (session.mode, session.source, session.lines)
        let mustWrite = mode.waitsForReader && outlet.output.isWaiting
        let now = Clock.monotonic
        let pause = mode.isOnFrameClock ? 0 : session.pace.pause(at: now)
        let wantsFrame = !mustWrite && pause == 0 && session.isCapturing
        // Nanoseconds.
        var wait: Int64 = source.isLive || mustWrite || !session.isCapturing ? .max : source.pause(at: now)
        if pause > 0, !mustWrite { wait = pause }
        if !mode.isOnFrameClock { wait = min(wait, session.heart.pause(at: now)) }
        wait = min(wait, outlet.pause(at: now))
        wait = min(wait, lines.pause(at: now), session.plan.pause(at: now))  // of four, min makes an array
        if isUnseen { wait = min(wait, session.watch.pause(since: latest.monotonic, at: now)) }
        if !wantsFrame, !mustWrite {
            manager.live(at: now)
            wait = min(wait, manager.pause(at: now))
        }
        let milliseconds = wait == .max ? -1 : Int32(clamping: (wait + 999_999) / 1_000_000)

        polls[0] = oc_poll(fd: signals.raw, wanted: Int16(OC_POLL_READ), happened: 0)
        polls[1] = outlet.poll
        polls[2] = oc_poll(fd: wantsFrame ? source.raw : -1, wanted: Int16(OC_POLL_READ), happened: 0)
        polls[3] = oc_poll(fd: source.rawStatus, wanted: Int16(OC_POLL_READ), happened: 0)
        polls[4] = oc_poll(fd: session.recorder?.raw ?? -1, wanted: Int16(OC_POLL_READ), happened: 0)
        var count = Self.ownPolls
        if let readers {
            readers.fill(readerPolls)
            count += EventReaders.polls
        }
        lines.fill(linePolls)
        _ = oc_wait(polls.baseAddress, count + lines.count, milliseconds)
        return wantsFrame
    }

    var readerPolls: UnsafeMutableBufferPointer<oc_poll> {
        UnsafeMutableBufferPointer(rebasing: polls[Self.ownPolls..<Self.ownPolls + EventReaders.polls])
    }

    private var linePolls: UnsafeMutableBufferPointer<oc_poll> {
        let first = Self.ownPolls + (readers == nil ? 0 : EventReaders.polls)
        return UnsafeMutableBufferPointer(rebasing: polls[first..<first + session.lines.count])
    }

    /// Signal by signal; a code ends the daemon.
    private func takeSignals() -> ExitCode? {
        while true {
            switch oc_signals_take(signals.raw) {
            case Int32(OC_SIGNAL_HANGUP): if let code = reload() { return code }
            case Int32(OC_SIGNAL_TERMINATE): return finish(.stopped, "SIGTERM", .success)
            case Int32(OC_SIGNAL_INTERRUPT): return finish(.stopped, "SIGINT", .success)
            default: return nil
            }
        }
    }

    // MARK: Lines

    /// Takes what the inputs did, shows what the outputs are to show, and says whether frames are wanted.
    private func workLines() {
        let now = Clock.monotonic
        let lines = session.lines
        lines.work(linePolls, at: now) { news in
            switch news {
            case .change(let line, let isActive, let time):
                session.plan.take(line, isActive: isActive, at: now)
                let moment = Moment(wall: Clock.wall - (now - time), monotonic: time)
                session.count(into: &progress)
                lines.name(line).withUnsafeBytes { name in
                    emit(.line(name: name, isActive: isActive), at: moment, isNear: true)
                }
            case .lost(let line, let reason):
                Log.line("line \(text(of: line)): \(reason)")
                tell(.lineLost, "\(text(of: line)): \(reason)")
                say(fault: "line \(text(of: line)): \(reason)")
            case .recovered(let line): tell(.lineRecovered, text(of: line))
            }
        }
        let wants = !isStandby && session.plan.wantsFrames(at: now, present: session.watch.present)
        guard wants != session.isCapturing else { return }
        session.isCapturing = wants
        session.source.setActive(wants)
        if !wants { leaveAll(because: .standby) }
    }

    /// Nobody looks any more, so nobody is there.
    func leaveAll(because cause: Event.Cause) {
        let moment = session.mode.isOnFrameClock ? latest : .now
        occasion = (moment, cause)
        session.watch.leaveAll(at: moment.monotonic, report: say)
        // Nothing follows an end.
        if cause == .standby { session.recorder?.breakEpoch() }
    }

    /// Whether nobody can be seen, though frames are wanted. On the frames' clock no time passes meanwhile.
    private var isUnseen: Bool { session.isFaulty && !session.mode.isOnFrameClock && session.watch.present > 0 }

    /// Who has not been seen for as long as a "leave" takes is gone: a lamp does not stay on for a camera that is dead.
    private func tellWhoIsUnseen() {
        guard isUnseen else { return }
        let now = Moment.now
        guard session.watch.pause(since: latest.monotonic, at: now.monotonic) == 0 else { return }
        occasion = (now, .sourceLost)
        session.watch.leaveUnseen(since: latest.monotonic, at: now.monotonic, report: say)
        session.recorder?.breakEpoch()
    }

    private func text(of line: Int) -> String { String(decoding: session.lines.name(line), as: UTF8.self) }
}
