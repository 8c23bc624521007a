import CBundle
import CLinux
import Events
import GPIO
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

    private let options: Options
    private let signals: FileDescriptor
    private let isFrameClock: Bool
    private let waitsForReader: Bool
    private var source: Source
    private var model: Model
    private var output: EventOutput
    private var heart: Heart
    private var pace: Pace
    private var manager = ServiceManager()
    private var lines: Lines
    private var plan: CapturePlan
    private var isCapturing = true
    private let polls = UnsafeMutableBufferPointer<oc_poll>.allocate(capacity: 4 + Int(OC_MAX_LINES))
    private var progress = SourceProgress()
    private var skipped: Int64 = 0  // by `pace`, on the frames' clock
    private var idle: Int64 = 0  // frames in which nothing moved
    private var latest: Moment  // of the newest frame
    private var outputError: Errno?
    private let heap: HeapReport?

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

    private static func topic(_ options: Options, _ model: Model) -> Text {
        options.topic ?? model.text(model.sensor.topic)
    }

    /// Until the source ends, a signal comes, or nobody can read.
    func run() -> ExitCode {
        // Whatever ends the daemon, outputs are inactive afterwards.
        defer { lines.release() }
        tell(.started, model.summary)
        manager.ready()
        while true {
            if let code = flush() { return code }
            let isDue = waitForWork()
            if let code = takeSignals() { return code }
            while let status = source.takeStatus() { tell(status) }
            workLines()
            if isDue, isCapturing, let code = takeFrame() { return code }
            if !isFrameClock { beat(at: .now) }
        }
    }

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
        lines.fill(linePolls)
        _ = oc_wait(polls.baseAddress, 4 + lines.count, milliseconds)
        isReaderGone = Int32(polls[1].happened) & Int32(OC_POLL_ERROR | OC_POLL_HANGUP | OC_POLL_INVALID) != 0
        return wantsFrame
    }

    private var isReaderGone = false

    private var linePolls: UnsafeMutableBufferPointer<oc_poll> {
        UnsafeMutableBufferPointer(rebasing: polls[4..<4 + lines.count])
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
                    output.emit(.line(name: name, isActive: isActive), at: moment, progress)
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
        do throws(Model.LoadError) {
            try model.infer(frame.view, at: moment.monotonic) { object, smoothed, change in
                say(object, smoothed, change, at: moment)
            }
        } catch {
            Log.line(error.message)
            return finish(.failed, error.message, .bundle)
        }
        manager.live(at: Clock.monotonic)
        heap?.part("conversion")
        heap?.ready()
        heart.count(latency: latency(since: moment))
        plan.countFrame()
        if isFrameClock { beat(at: moment) }
        return nil
    }

    private func say(_ object: Text, _ smoothed: UInt32, _ change: WatchState.Change, at moment: Moment) {
        let latency = latency(since: moment)
        let now = Clock.monotonic
        switch change {
        case .none: break
        case .enter:
            lines.tell(.enter, of: object, at: now)
            output.emit(.enter(object: object, score: smoothed, latency: latency), at: moment, progress)
        case .update(let present):
            lines.tell(.update, of: object, at: now)
            let event = Event.update(object: object, score: smoothed, present: present, latency: latency)
            output.emit(event, at: moment, progress)
        case .leave(let present):
            lines.tell(.leave, of: object, at: now)
            let event = Event.leave(object: object, score: smoothed, present: present, latency: latency)
            output.emit(event, at: moment, progress)
        }
    }

    /// On the frames' clock a frame takes no time.
    private func latency(since moment: Moment) -> Int64 { isFrameClock ? 0 : Clock.monotonic - moment.monotonic }

    // MARK: Events

    private func beat(at moment: Moment) {
        guard let beat = heart.beat(at: moment.monotonic) else { return }
        count()
        let event = Event.heartbeat(present: model.watch.present, millihertz: beat.millihertz, worst: beat.worst)
        output.emit(event, at: moment, progress)
    }

    /// What is counted elsewhere.
    private func count() {
        progress.dropped = source.dropped + skipped
        progress.idle = model.hasGate ? idle : nil
        if let troubles = source.troubles { (progress.faults, progress.damaged) = troubles }
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

    private func tell(_ state: Event.State, _ detail: String) {
        count()
        var detail = detail
        detail.withUTF8 { detail in
            output.emit(.status(state, detail: Text(detail)), at: isFrameClock ? latest : .now, progress)
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
    private func finish(_ state: Event.State, _ detail: String, _ code: ExitCode) -> ExitCode {
        manager.stopping()
        tell(state, detail)
        defer { heap?.end() }
        switch output.drain(within: 1_000_000_000) {
        case .written: return code
        case .closed: return closed()
        case .waiting, .failing:
            Log.line("some events could not be written")
            return code == .success ? .output : code
        }
    }

    // MARK: Reload

    /// Loads the bundle again. Rules with the same name go on where they were; if the bundle cannot be used, all does.
    private func reload() {
        do throws(Model.LoadError) {
            let fresh = try Model(options)
            let now = isFrameClock ? latest : Moment.now
            fresh.watch.inherit(from: model.watch, at: now.monotonic) { object, smoothed, change in
                say(object, smoothed, change, at: now)
            }
            output.rename(sensor: fresh.name, topic: Daemon.topic(options, fresh))
            heart = Heart(options, fresh.sensor, from: now.monotonic)
            pace = Pace(options, fresh.sensor)
            model = fresh
            if let warning = model.placeThreads() { Log.line(warning) }
            reloadLines()
            Log.line("bundle loaded again: \(model.summary)")
            tell(.reloaded, model.summary)
        } catch {
            Log.line("the bundle was not loaded again, the old one goes on: \(error.message)")
            tell(.reloadFailed, error.message)
        }
    }

    /// The new bundle's lines; outputs show at once who is there.
    private func reloadLines() {
        guard source.isLive else { return }
        let settings = model.lines
        lines.release()
        lines = Lines(settings)
        plan = CapturePlan(settings)
        let now = Clock.monotonic
        model.watch.forEachPresent { lines.tell(.enter, of: $0, at: now) }
        guard settings.isEmpty, !isCapturing else { return }
        isCapturing = true
        source.setActive(true)
    }
}
