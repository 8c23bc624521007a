import Events
import Recording
import Sensors
import System
import Vision

/// What is recorded, and what was.
extension Daemon {
    /// Nil: nothing is recorded.
    static func recorder(_ options: Options, _ model: Model) throws(StartError) -> Recorder? {
        guard let settings = model.recordSettings(options) else { return nil }
        do throws(RecordingError) {
            return try Recorder(settings, model.recordFacts, model.pixelPermit)
        } catch {
            throw StartError(message: "--record \(error.message)", code: .system)
        }
    }

    /// The new bundle's recording; where there can be none, all else goes on.
    func reloadRecorder() {
        guard !source.isRecording else { return }
        recorder?.finish()
        recorder = nil
        do throws(StartError) { recorder = try Daemon.recorder(options, model) } catch {
            Log.line(error.message)
            tell(.recordingFailed, error.message)
        }
    }

    /// Says an event, and tells the recording what did not come of a frame.
    func emit(_ event: borrowing Event, at moment: Moment, isNear: Bool = false) {
        output.emit(event, at: moment, progress)
        if !isInferring { recorder?.tell(event, output.latest, isNear: isNear) }
    }

    /// Ends the recorder's frame. What waits for its reader waits for the disk, too, and so is kept whole.
    func record(_ frame: FrameView) {
        recorder?.end(frame, model.watch)
        if waitsForReader { recorder?.settle() }
    }

    func takeRecorderStatus() {
        guard let recorder, let status = recorder.takeStatus() else { return }
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

    /// Says again what was said, and infers again what was seen.
    func replay(_ recording: RecordingReader) -> ExitCode? {
        recording.forEachTold { output.emit(topic: $0, object: $1) }
        guard let frame = recording.frame else { return nil }
        compare(recording)
        latest = frame.moment
        progress = frame.progress
        output.sequence = frame.sequence
        output.lostBefore = frame.lost
        if !recording.continues { restore(recording) }
        replayed = recording
        defer { replayed = nil }
        do throws(RecordingError) {
            try model.infer(recording, at: frame.moment.monotonic) { say($0, $1, $2, at: frame.moment) }
        } catch {
            Log.line(error.message)
            return finish(.failed, error.message, .source)
        }
        heap?.part("frames")
        heap?.ready()
        return nil
    }

    /// The rules go on where they were then, unless they are other rules.
    private func restore(_ recording: RecordingReader) {
        guard recording.memoryCount == model.watch.count else { return }
        for index in 0..<model.watch.count { model.watch.restore(index, recording.memory(index)) }
    }

    /// Another bundle may say other things: that is told once.
    private func compare(_ recording: RecordingReader) {
        let known = model.checksums
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
