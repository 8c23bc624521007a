import Events
import GPIO
import Recording
import Sensors
import System
import Vision

/// A frame's way through the daemon: pace, motion gate, model, rules, recording.
extension Daemon {
    /// - Returns: a code ends the daemon.
    func takeFrame() -> ExitCode? {
        do throws(SourceError) {
            switch try session.source.next() {
            case .frame(let frame):
                defer { session.source.release() }
                endGap()
                if let status = session.source.check(frame) { tell(status) }
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
        let session = session
        let moment = moment(of: frame)
        takePicture(frame.view, at: moment)
        guard session.pace.admits(session.mode.isOnFrameClock ? moment.monotonic : Clock.monotonic) else {
            session.tally.dropped += 1
            return nil
        }
        heap?.part("frames")
        latest = moment
        guard session.model.looks(at: frame.view, at: moment.monotonic, for: session.watch) else {
            session.tally.idle += 1
            state.noteReady("a frame was taken; nothing moves in it")
            manager.live(at: Clock.monotonic)
            session.plan.countFrame()
            if session.mode.isOnFrameClock { beat(at: moment) }
            return nil
        }
        progress.frame = session.base.number + frame.number
        progress.frames += 1
        session.count(into: &progress)
        session.watch.stand(for: session.tally.takeStill(), until: moment.monotonic)
        let output = (sequence: outlet.output.sequence, lost: outlet.output.lost)
        var record = RecordFrame(
            moment: moment, progress: progress, sequence: output.sequence, lost: output.lost)
        (record.width, record.height) = (frame.view.shape.width, frame.view.shape.height)
        session.recorder?.begin(record, session.watch)
        subject = .frame
        occasion = (moment, nil)
        do throws(Model.LoadError) {
            try session.model.infer(
                frame.view, at: moment.monotonic, for: &session.watch, saw: { session.recorder?.take($0, zone: $1) },
                heard: { session.recorder?.take($0) }, report: say)
        } catch {
            subject = .nothing
            Log.line(error.message)
            return finish(.failed, error.message, .bundle)
        }
        subject = .nothing
        observer?.sees(
            Observer.Seen(frame: frame.view, moment: moment, number: progress.frame, picture: nil), session.watch)
        manager.live(at: Clock.monotonic)
        session.heart.count(latency: latency(since: moment))
        state.noteReady("a frame was inferred")
        session.plan.countFrame()
        if let recorder = session.recorder {
            // Readers get their events first.
            guard flush() else { return closed() }
            recorder.end(frame.view, session.watch)
            // What waits for its reader waits for the disk, too, and so is kept whole.
            if session.mode.waitsForReader { recorder.settle() }
        }
        heap?.part("conversion")
        heap?.ready()
        if session.mode.isOnFrameClock { beat(at: moment) }
        return nil
    }

    private func moment(of frame: SourceFrame) -> Moment {
        guard session.mode.isOnFrameClock else { return frame.captured }
        return Moment(
            wall: session.base.moment.wall + frame.time, monotonic: session.base.moment.monotonic + frame.time)
    }

    // MARK: Objects

    /// Says what became of an object on the occasion, to lines, reader and recording. One function for all rules to report to: of
    /// a closure for each there would be as many copies of the rules' code.
    func say(_ news: WatchNews) {
        let (moment, cause) = occasion
        observer?.says(news, moment)
        let (object, score, sighting) = (news.object, news.score, news.sighting)
        var latency = latency(since: moment)
        if case .recording(let recording) = subject { (latency, outlet.output.lostBefore) = recording.takeEvent() }
        switch news.change {
        case .none: break
        case .enter:
            let event = Event.enter(object: object, score: score, latency: latency, sighting: sighting)
            say(event, .enter, object, count: sighting?.count ?? 1, latency, moment)
        case .update(let present):
            let event = Event.update(
                object: object, score: score, present: present, latency: latency, sighting: sighting)
            say(event, .update, object, count: sighting?.count ?? 1, latency, moment)
        case .leave(let present):
            let event = Event.leave(
                object: object, score: score, present: present, latency: cause == nil ? latency : 0, cause: cause,
                sighting: sighting)
            say(event, .leave, object, count: sighting?.count ?? 0, latency, moment)
        case .cross(let isIn, let into, let outOf):
            guard let sighting else { return }
            let event = Event.cross(
                line: object, score: score, isIn: isIn, into: into, outOf: outOf, latency: latency, sighting: sighting)
            say(event, nil, object, count: 0, latency, moment)
        }
    }

    @inline(never)
    private func say(
        _ event: borrowing Event, _ occasion: LineSettings.Occasion?, _ object: Text, count: Int, _ latency: Int64,
        _ moment: Moment
    ) {
        if let occasion { session.lines.tell(occasion, of: object, count: count, at: Clock.monotonic) }
        emit(event, at: moment, isNear: true)
        if case .frame = subject {
            session.recorder?.take(event.name, of: object, latency: latency, lost: outlet.output.lost)
        }
    }

    /// On the frames' clock a frame takes no time.
    private func latency(since moment: Moment) -> Int64 {
        session.mode.isOnFrameClock ? 0 : Clock.monotonic - moment.monotonic
    }
}
