import Events
import JSON
import Recording
import System

/// A recording as the source: what was said is said again, what was seen is inferred again.
extension Daemon {
    /// - Returns: a code ends the daemon.
    func replay(_ recording: RecordingReader) -> ExitCode? {
        recording.forEachTold { topic, event in
            outlet.output.emit(topic: topic, object: event)
            forget(topic, event)
        }
        guard let frame = recording.frame else { return nil }
        compare(recording)
        latest = frame.moment
        let idle = progress.idle ?? 0
        progress = frame.progress
        outlet.output.sequence = frame.sequence
        outlet.output.lostBefore = frame.lost
        if recording.continues {
            session.watch.stand(for: (progress.idle ?? 0) - idle, until: frame.moment.monotonic)
        } else {
            restore(recording)
        }
        subject = .recording(recording)
        occasion = (frame.moment, nil)
        defer { subject = .nothing }
        let session = session
        do throws(RecordingError) {
            try session.model.infer(recording, at: frame.moment.monotonic, for: &session.watch, report: say)
        } catch {
            Log.line(error.message)
            return finish(.failed, error.message, .source)
        }
        observer?.sees(
            Observer.Seen(
                frame: nil, moment: frame.moment, number: progress.frame, picture: recording.pictureFile),
            session.watch)
        state.noteReady("a frame was inferred")
        heap?.part("frames")
        heap?.ready()
        return nil
    }

    /// Who was told to have left without a frame, as at the daemon's end, does not leave again at the recording's.
    private func forget(_ topic: Text, _ event: Text) {
        guard event.begins(with: "{\"event\":\"leave\"") else { return }
        var line = Line()
        session.watch.forget(track: Self.track(of: event)) { object in
            line.clear()
            Event.leave(object: object, score: 0, present: 0, latency: 0).writeTopic(into: &line)
            return line.bytes.elementsEqual(topic)
        }
    }

    /// Of a detector's object that an event is about.
    private static func track(of event: Text) -> Int64? {
        var track: Int64?
        var reader = JSONReader(event)
        do throws(JSONReader.Failure) {
            try reader.object { (name, reader) throws(JSONReader.Failure) in
                if name.isEqual(to: "track") {
                    track = try reader.integer(1 ... .max)
                } else {
                    _ = try reader.value()
                }
            }
        } catch {
            return nil
        }
        return track
    }

    /// The rules go on where they were then, unless they are other rules.
    private func restore(_ recording: RecordingReader) {
        if recording.objects.count > 0 { session.watch.restoreObjects(recording.objects) }
        guard recording.memoryCount == session.watch.count else { return }
        for index in 0..<session.watch.count { session.watch.restore(index, recording.memory(index)) }
    }

    /// Another bundle may say other things: that is told once.
    private func compare(_ recording: RecordingReader) {
        let known = session.model.checksums
        let isKnown = recording.bundleCRC == known.bundle
        if isKnownBundle, !isKnown {
            Log.line(
                recording.modelCRC == known.model
                    ? "the recording was made with another bundle of the same model: events may differ"
                    : "the recording was made with another model: events may differ")
        }
        isKnownBundle = isKnown
    }
}
