import Events
import GPIO
import Recording
import Sensors
import System

/// What the daemon says of itself, of its source and of its recording; and its last words.
extension Daemon {
    /// What is run. On the frames' clock without anything of the machine, so that it has no part in the events.
    var modelDetail: String { session.mode.isOnFrameClock ? session.model.title : session.model.summary }

    /// Says an event, and tells the recording what did not come of a frame.
    /// - Parameter isNear: frames around it are kept.
    func emit(_ event: borrowing Event, at moment: Moment, isNear: Bool = false) {
        outlet.output.emit(event, at: moment, progress)
        readers?.append(outlet.output.latestBody)
        if subject.isNothing { session.recorder?.tell(event, outlet.output.latest, isNear: isNear) }
    }

    /// Writes to each reader what it takes now.
    /// - Returns: false: nobody ever reads standard output again.
    func flush() -> Bool {
        readers?.flush()
        return outlet.flush()
    }

    func beat(at moment: Moment) {
        guard let beat = session.heart.beat(at: moment.monotonic) else { return }
        session.count(into: &progress)
        emit(.heartbeat(present: session.watch.present, millihertz: beat.millihertz, worst: beat.worst), at: moment)
    }

    func tell(_ state: Event.State, _ detail: String) {
        // A recording's counts are those of then.
        if !session.mode.isRecording { session.count(into: &progress) }
        var detail = detail
        detail.withUTF8 { detail in
            emit(.status(state, detail: Text(detail)), at: session.mode.isOnFrameClock ? latest : .now)
        }
    }

    func tell(_ status: SourceStatus) {
        Log.line(status.detail)
        switch status.kind {
        case .lost, .fault:
            setFault(true)
            tell(status.kind == .lost ? .sourceLost : .sourceFault, status.detail)
            say(fault: status.detail)
        case .recovered:
            setFault(false)
            gap = nil
            tell(.sourceRecovered, status.detail)
        case .damaged: tell(.framesDamaged, status.detail)
        case .black: tell(.pictureBlack, status.detail)
        case .frozen: tell(.pictureFrozen, status.detail)
        case .normal: tell(.pictureNormal, status.detail)
        case .control: tell(.controlFailed, status.detail)
        case .note: break
        }
    }

    private func setFault(_ isFaulty: Bool) {
        session.isFaulty = isFaulty
        session.lines.setFault(isFaulty, at: Clock.monotonic)
    }

    /// The first frame after a reload that had to open the source.
    func endGap() {
        guard let since = gap else { return }
        gap = nil
        setFault(false)
        let tenths = (Clock.monotonic - since) / 100_000_000
        let detail = "frames come again, \(tenths / 10).\(tenths % 10) s after a reload closed the source"
        Log.line(detail)
        tell(.sourceRecovered, detail)
    }

    func takeRecorderStatus() {
        guard let recorder = session.recorder, let status = recorder.takeStatus() else { return }
        switch status {
        case .failed(let error):
            let detail = "\(recorder.name): cannot write: \(error.description); will try again"
            Log.line(detail)
            tell(.recordingFailed, detail)
        case .resumed:
            Log.line("\(recorder.name): writes again")
            tell(.recordingResumed, recorder.name)
        }
    }

    // MARK: Whoever has started it

    func say(_ state: StateFile.State, _ detail: String) {
        var detail = detail
        detail.withUTF8 { self.state.note(state, Text($0)) }
    }

    func say(fault detail: String) {
        var detail = detail
        detail.withUTF8 { state.noteFault(Text($0)) }
    }

    // MARK: The end

    func closed() -> ExitCode {
        Log.line("standard output is closed: nobody reads the events")
        return .output
    }

    /// The last events, who is present leaving among them, and at most a second for the reader to take what waits.
    func finish(_ state: Event.State, _ detail: String, _ code: ExitCode) -> ExitCode {
        manager.stopping()
        say(state == .ended ? .ended : code == .success ? .stopped : .failed, detail)
        leaveAll(because: state == .ended ? .ended : code == .source ? .sourceLost : .stopped)
        // A recording has told its own end.
        if !session.mode.isRecording || code != .success { tell(state, detail) }
        session.recorder?.finish()
        readers?.flush()
        defer { heap?.end() }
        switch outlet.output.drain(within: 1_000_000_000) {
        case .written: return code
        case .closed: return closed()
        case .waiting, .failing:
            Log.line("some events could not be written")
            return code == .success ? .output : code
        }
    }
}
