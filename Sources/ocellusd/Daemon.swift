import CBundle
import CLinux
import Events
import GPIO
import Recording
import Sensors
import System
import Vision

/// Frames in, events out, on one thread.
///
/// With a live source nothing here waits for anybody: the source drops frames, the output drops events, both count. A
/// replayed source waits for the reader of the events instead, so that a recording gives the same events every time.
final class Daemon {
    struct StartError: Error {
        let message: String
        let code: ExitCode
    }

    let options: Options
    private let signals: FileDescriptor
    let isFrameClock: Bool
    let waitsForReader: Bool
    var source: Source
    var model: Model
    var output: EventOutput
    var heart: Heart
    var pace: Pace
    private var manager = ServiceManager()
    var lines: Lines
    var plan: CapturePlan
    var isCapturing = true
    private let polls = UnsafeMutableBufferPointer<oc_poll>.allocate(capacity: 5 + Int(OC_MAX_LINES))
    var progress = SourceProgress()
    private var skipped: Int64 = 0  // by `pace`, on the frames' clock
    private var idle: Int64 = 0  // frames in which nothing moved
    var latest: Moment  // of the newest frame
    var recorder: Recorder?
    var replayed: RecordingReader?  // while one of its frames is inferred
    var isKnownBundle = true  // the one that the recording was made with
    private var outputError: Errno?
    let heap: HeapReport?

    /// Loads the bundle and opens the source.
    init(_ options: Options, signals: consuming FileDescriptor) throws(StartError) {
        self.options = options
        self.signals = signals
        let heap = options.memory ? HeapReport("program") : nil
        let model: Model
        do throws(Model.LoadError) { model = try Model(options) } catch {
            throw StartError(message: error.message, code: .bundle)
        }
        heap?.part("model", within: ("arena", Int64(model.arenaBytes)))
        let source = try Daemon.open(options, model)
        heap?.part("source")
        if source.isRecording, options.clock != nil || options.record != nil {
            throw StartError(
                message: "a recording has its own times and is there already: leave out --clock and --record",
                code: .usage)
        }
        isFrameClock = options.clock.map { $0 == .frame } ?? !source.isLive
        waitsForReader = !source.isLive || options.source.everyFrame
        latest = isFrameClock ? Moment(wall: 0, monotonic: 0) : .now
        heart = Heart(options, model.sensor, from: latest.monotonic)
        pace = Pace(options, model.sensor)
        output = EventOutput(
            FileDescriptor(borrowing: 1),
            EventFormatter(format: options.format, sensor: model.name, topic: Daemon.topic(options, model)))
        // Recordings are told the same way everywhere, so lines have no part in them.
        let settings = source.isLive ? model.lines : []
        lines = Lines(settings)
        plan = CapturePlan(settings)
        heap?.part("events")
        recorder = source.isRecording ? nil : try Daemon.recorder(options, model)
        if recorder != nil { heap?.part("recording") }
        self.heap = heap
        self.model = model
        self.source = source
        if let warning = model.placeThreads() { Log.line(warning) }
        if model.watch.count == 0 { Log.line("the bundle has no watch rules: only heartbeats and status will be told") }
    }

    private static func open(_ options: Options, _ model: Model) throws(StartError) -> Source {
        do throws(SourceError) {
            var items = options.sources
            var source = options.source
            source.camera = model.cameraSettings(options)
            let text = model.text(model.sensor.source)
            if items.isEmpty, !text.isEmpty {
                items = [try SourceItem(parsing: text)]
                source.command = model.command
            }
            return try Source(items, source)
        } catch {
            throw StartError(message: error.message, code: .source)
        }
    }

    static func topic(_ options: Options, _ model: Model) -> Text {
        options.topic ?? model.text(model.sensor.topic)
    }

    /// Until the source ends, a signal comes, or nobody can read.
    func run() -> ExitCode {
        // Whatever ends the daemon, outputs are inactive afterwards.
        defer { lines.release() }
        if !source.isRecording { tell(.started, modelDetail) }
        manager.ready()
        while true {
            if let code = flush() { return code }
            let isDue = waitForWork()
            if let code = takeSignals() { return code }
            while let status = source.takeStatus() { tell(status) }
            takeRecorderStatus()
            workLines()
            if isDue, isCapturing, let code = takeFrame() { return code }
            if !isFrameClock { beat(at: .now) }
        }
    }

    /// On the frames' clock without anything of the machine, so that it has no part in the events.
    var modelDetail: String { isFrameClock ? model.title : model.summary }

    // MARK: Waiting

    /// Waits for a signal, a frame or the reader, or until something is due.
    /// - Returns: whether a frame may be taken.
    private func waitForWork() -> Bool {
        let mustWrite = waitsForReader && output.isWaiting
        let now = Clock.monotonic
        let pause = isFrameClock ? 0 : pace.pause(at: now)
        let wantsFrame = !mustWrite && pause == 0 && isCapturing
        var wait: Int64 = source.isLive || mustWrite ? .max : 0  // nanoseconds
        if pause > 0, !mustWrite { wait = pause }
        if !isFrameClock { wait = min(wait, heart.pause(at: now)) }
        if outputError != nil { wait = min(wait, 1_000_000_000) }
        wait = min(wait, lines.pause(at: now), plan.pause(at: now))
        if !wantsFrame, !mustWrite {
            manager.live(at: now)
            wait = min(wait, manager.pause(at: now))
        }
        let milliseconds = wait == .max ? -1 : Int32(clamping: (wait + 999_999) / 1_000_000)

        // A file that could not be written polls as writable all the time: it is tried again after a while instead.
        let wantsOutput = output.isWaiting && outputError == nil
        polls[0] = oc_poll(fd: signals.raw, wanted: Int16(OC_POLL_READ), happened: 0)
        polls[1] = oc_poll(fd: output.raw, wanted: Int16(wantsOutput ? OC_POLL_WRITE : 0), happened: 0)
        polls[2] = oc_poll(fd: wantsFrame ? source.raw : -1, wanted: Int16(OC_POLL_READ), happened: 0)
        polls[3] = oc_poll(fd: source.rawStatus, wanted: Int16(OC_POLL_READ), happened: 0)
        polls[4] = oc_poll(fd: recorder?.raw ?? -1, wanted: Int16(OC_POLL_READ), happened: 0)
        lines.fill(linePolls)
        _ = oc_wait(polls.baseAddress, 5 + lines.count, milliseconds)
        isReaderGone = Int32(polls[1].happened) & Int32(OC_POLL_ERROR | OC_POLL_HANGUP | OC_POLL_INVALID) != 0
        return wantsFrame
    }

    private var isReaderGone = false
    var isInferring = false

    private var linePolls: UnsafeMutableBufferPointer<oc_poll> {
        UnsafeMutableBufferPointer(rebasing: polls[5..<5 + lines.count])
    }

    /// Signal by signal; a code ends the daemon.
    private func takeSignals() -> ExitCode? {
        if isReaderGone { return closed() }
        while true {
            switch oc_signals_take(signals.raw) {
            case Int32(OC_SIGNAL_HANGUP): reload()
            case Int32(OC_SIGNAL_TERMINATE): return finish(.stopped, "SIGTERM", .success)
            case Int32(OC_SIGNAL_INTERRUPT): return finish(.stopped, "SIGINT", .success)
            default: return nil
            }
        }
    }

    // MARK: Lines

    /// Takes what the inputs did, shows what the outputs are to show, and says whether frames are wanted.
    private func workLines() {
        guard lines.count > 0 else { return }
        let now = Clock.monotonic
        lines.work(linePolls, at: now) { news in
            switch news {
            case .change(let line, let isActive, let time):
                plan.take(line, isActive: isActive, at: now)
                let moment = Moment(wall: Clock.wall - (now - time), monotonic: time)
                count()
                lines.name(line).withUnsafeBytes { name in
                    emit(.line(name: name, isActive: isActive), at: moment, isNear: true)
                }
            case .lost(let line, let reason):
                Log.line("line \(text(of: line)): \(reason)")
                tell(.lineLost, "\(text(of: line)): \(reason)")
            case .recovered(let line): tell(.lineRecovered, text(of: line))
            }
        }
        let wants = plan.wantsFrames(at: now, present: model.watch.present)
        guard wants != isCapturing else { return }
        isCapturing = wants
        source.setActive(wants)
        // Nobody looks any more, so nobody is there.
        if !wants {
            let moment = Moment.now
            model.watch.leaveAll(at: moment.monotonic) { say($0, $1, $2, at: moment) }
            recorder?.breakEpoch()
        }
    }

    private func text(of line: Int) -> String { String(decoding: lines.name(line), as: UTF8.self) }

    // MARK: Frames

    private func takeFrame() -> ExitCode? {
        do throws(SourceError) {
            switch try source.next() {
            case .frame(let frame):
                defer { source.release() }
                if let status = source.check(frame) { tell(status) }
                return infer(frame)
            case .recorded(let recording): return replay(recording)
            case .none: return nil
            case .end: return finish(.ended, "the source ended", .success)
            }
        } catch {
            Log.line(error.message)
            return finish(.failed, error.message, .source)
        }
    }

    private func infer(_ frame: SourceFrame) -> ExitCode? {
        let moment = isFrameClock ? Moment(wall: frame.time, monotonic: frame.time) : frame.captured
        guard pace.admits(isFrameClock ? moment.monotonic : Clock.monotonic) else {
            skipped += 1
            return nil
        }
        heap?.part("frames")
        latest = moment
        guard model.looks(at: frame.view, at: moment.monotonic) else {
            idle += 1
            manager.live(at: Clock.monotonic)
            plan.countFrame()
            if isFrameClock { beat(at: moment) }
            return nil
        }
        progress.frame = frame.number
        progress.frames += 1
        count()
        recorder?.begin(
            RecordFrame(moment: moment, progress: progress, sequence: output.sequence, lost: output.lost), model.watch)
        isInferring = true
        do throws(Model.LoadError) {
            try model.infer(frame.view, at: moment.monotonic, saw: { recorder?.take($0, zone: $1) }) {
                say($0, $1, $2, at: moment)
            }
        } catch {
            isInferring = false
            Log.line(error.message)
            return finish(.failed, error.message, .bundle)
        }
        isInferring = false
        manager.live(at: Clock.monotonic)
        heart.count(latency: latency(since: moment))
        plan.countFrame()
        if recorder != nil {
            // The reader gets its events first.
            if let code = flush() { return code }
            record(frame.view)
        }
        heap?.part("conversion")
        heap?.ready()
        if isFrameClock { beat(at: moment) }
        return nil
    }

    func say(_ object: Text, _ smoothed: UInt32, _ change: WatchState.Change, at moment: Moment) {
        var latency = latency(since: moment)
        if let replayed { (latency, output.lostBefore) = replayed.takeEvent() }
        switch change {
        case .none: break
        case .enter: say(.enter(object: object, score: smoothed, latency: latency), .enter, object, latency, moment)
        case .update(let present):
            let event = Event.update(object: object, score: smoothed, present: present, latency: latency)
            say(event, .update, object, latency, moment)
        case .leave(let present):
            let event = Event.leave(object: object, score: smoothed, present: present, latency: latency)
            say(event, .leave, object, latency, moment)
        }
    }

    @inline(never)
    private func say(
        _ event: borrowing Event, _ occasion: LineSettings.Occasion, _ object: Text, _ latency: Int64, _ moment: Moment
    ) {
        lines.tell(occasion, of: object, at: Clock.monotonic)
        emit(event, at: moment, isNear: true)
        if isInferring { recorder?.take(event.name, of: object, latency: latency, lost: output.lost) }
    }

    /// On the frames' clock a frame takes no time.
    private func latency(since moment: Moment) -> Int64 { isFrameClock ? 0 : Clock.monotonic - moment.monotonic }

    // MARK: Events

    private func beat(at moment: Moment) {
        guard let beat = heart.beat(at: moment.monotonic) else { return }
        count()
        emit(.heartbeat(present: model.watch.present, millihertz: beat.millihertz, worst: beat.worst), at: moment)
    }

    /// What is counted elsewhere.
    private func count() {
        progress.dropped = source.dropped + skipped
        progress.idle = model.hasGate ? idle : nil
        if let troubles = source.troubles { (progress.faults, progress.damaged) = troubles }
        progress.recorded = recorder?.counts
    }

    private func tell(_ status: SourceStatus) {
        Log.line(status.detail)
        switch status.kind {
        case .lost, .fault:
            lines.setFault(true, at: Clock.monotonic)
            tell(status.kind == .lost ? .sourceLost : .sourceFault, status.detail)
        case .recovered:
            lines.setFault(false, at: Clock.monotonic)
            tell(.sourceRecovered, status.detail)
        case .damaged: tell(.framesDamaged, status.detail)
        case .black: tell(.pictureBlack, status.detail)
        case .frozen: tell(.pictureFrozen, status.detail)
        case .normal: tell(.pictureNormal, status.detail)
        case .control: tell(.controlFailed, status.detail)
        case .note: break
        }
    }

    func tell(_ state: Event.State, _ detail: String) {
        if !source.isRecording { count() }
        var detail = detail
        detail.withUTF8 { detail in
            emit(.status(state, detail: Text(detail)), at: isFrameClock ? latest : .now)
        }
    }

    /// Writes what can be written; a code if nothing ever will.
    private func flush() -> ExitCode? {
        switch output.flush() {
        case .written, .waiting:
            outputError = nil
            return nil
        case .failing(let error):
            if waitsForReader {
                Log.line("cannot write events: \(error.description)")
                return .output
            }
            if outputError != error { Log.line("cannot write events, will try again: \(error.description)") }
            outputError = error
            return nil
        case .closed: return closed()
        }
    }

    private func closed() -> ExitCode {
        Log.line("standard output is closed: nobody reads the events")
        return .output
    }

    /// The last event, and at most a second for the reader to take what waits.
    func finish(_ state: Event.State, _ detail: String, _ code: ExitCode) -> ExitCode {
        manager.stopping()
        // A recording has told its own end.
        if !source.isRecording || code != .success { tell(state, detail) }
        recorder?.finish()
        defer { heap?.end() }
        switch output.drain(within: 1_000_000_000) {
        case .written: return code
        case .closed: return closed()
        case .waiting, .failing:
            Log.line("some events could not be written")
            return code == .success ? .output : code
        }
    }
}
