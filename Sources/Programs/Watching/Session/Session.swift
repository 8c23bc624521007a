import Events
import GPIO
import Recording
import Sensors
import System

/// Why a session cannot be opened, or not go on: one line, and how the daemon ends where there is no other session.
public struct SessionError: Error {
    public let message: String
    public let code: ExitCode
}

/// What a bundle makes of the daemon, open and at work. A reload replaces it whole, or leaves it as it was.
///
///     Daemon          the loop and the signals; numbers of events and frames go on through all sessions
///       Outlet          where events leave
///       Session         of one bundle
///         Model           engine, zones, motion gate, scores: made anew, beside the former ones where memory allows
///         WatchList       who is there, and since when: goes on by the rules' names
///         Source          camera, command, pipe or files  ┐ what only one can hold: goes on where its settings are
///         Lines           GPIO lines, and their plan      ├ equal; else the former is given back, then the next
///         Recorder        the folder of records           ┘ one opened
///         Tally           what all sources and recorders since the start have counted
///
/// `init` opens every session: the first one, the one that a reload brings, and the former one again where that fails. What
/// a session opens is its `SessionSettings`; how one follows another is in Reload.swift.
final class Session {
    /// What a session is opened for.
    enum Purpose {
        case start
        /// To take another's place. `unless`: readable when nobody may wait for its source any more.
        case replacing(Session, unless: Int32)
        /// To go on after another could not take its place.
        case goingOn(Session)

        fileprivate var former: Session? {
            switch self {
            case .start: nil
            case .replacing(let former, _), .goingOn(let former): former
            }
        }
    }

    /// How far sessions have come when another begins.
    struct Place {
        /// Of the newest frame.
        var moment = Moment(wall: 0, monotonic: 0)
        /// Of the next frame.
        var number: Int64 = 0
    }

    let file: BundleFile
    /// Nil only while the next one takes its memory.
    private(set) var model: Model!
    let settings: SessionSettings
    let mode: Mode
    let hasGate: Bool
    var watch: WatchList
    let source: Source
    /// Where numbers and, on the frames' clock, times of the source's frames begin.
    let base: Place
    let lines: Lines
    var plan: CapturePlan
    /// Nil: nothing is recorded.
    private(set) var recorder: Recorder?
    var heart: Heart
    var pace: Pace
    var tally: Tally
    /// Whether frames are wanted.
    var isCapturing: Bool
    /// The source gives no frames though they are wanted.
    var isFaulty: Bool
    /// What was opened, in words, and not taken over; empty: nothing.
    let opened: String
    /// Why nothing is recorded although it should be.
    let recordFailure: String?

    /// - Throws: where source or folder cannot be opened. What a former session had to give back for them is closed then; it is
    ///   opened again when that session goes on.
    init(
        _ model: Model, _ settings: SessionSettings, _ options: Options, for purpose: Purpose, at place: Place,
        _ heap: HeapReport? = nil
    ) throws(SessionError) {
        let former = purpose.former
        file = model.file
        self.model = model
        self.settings = settings
        hasGate = model.hasGate
        watch = model.makeWatchList()

        // Whether frames are wanted, by what is known of the lines.
        var plan = CapturePlan(settings.lines)
        if let former {
            if former.lines.settings == settings.lines {
                plan = former.plan
            } else {
                for (line, one) in settings.lines.enumerated() where former.lines.isActive(one) { plan.resume(line) }
            }
        }
        let wantsFrames = plan.wantsFrames(at: Clock.monotonic, present: former?.watch.present ?? 0)

        var opened: [StaticString] = []
        if let former, former.source.isOpen, former.settings.source == settings.source {
            source = former.source
            base = former.base
            isFaulty = former.isFaulty
        } else {
            if let former, former.source.excludes(settings.source) { former.closeSource() }
            source = try Session.open(settings.source, isActive: wantsFrames, for: purpose)
            base = place
            isFaulty = false
            opened.append("source")
        }
        heap?.part("source")
        guard former == nil || former?.mode.isRecording == source.isRecording else {
            throw SessionError(
                message: "a recording is told whole: start ocellusd anew for it, or after it", code: .source)
        }
        mode = Mode(source, options, clock: former?.mode.clock)
        if case .files(.machine) = mode { source.pace() }

        // A recording is not recorded again.
        let record = source.isRecording ? nil : settings.record
        var recordFailure: String?
        if let former, let running = former.recorder, former.settings.record == record {
            recorder = running
        } else {
            former?.closeRecorder()
            if let record {
                do throws(RecordingError) {
                    recorder = try Recorder(record.settings, record.facts, record.permit)
                    opened.append("recording")
                } catch {
                    // What ran before goes on, if need be without.
                    recordFailure = "--record \(error.message)"
                    guard case .goingOn = purpose else {
                        throw SessionError(message: recordFailure ?? "", code: .system)
                    }
                }
            }
            if recorder != nil { heap?.part("recording") }
        }
        self.recordFailure = recordFailure

        // Nothing fails from here on. Files are told the same way everywhere, so lines have no part in them.
        let lineSettings = source.isLive ? settings.lines : []
        if let former, former.lines.settings != lineSettings, !lineSettings.isEmpty { opened.append("lines") }
        lines = Lines(lineSettings, from: former?.lines)
        self.plan = source.isLive ? plan : CapturePlan([])
        isCapturing = wantsFrames || !source.isLive
        source.setActive(isCapturing)
        let now = mode.isOnFrameClock ? place.moment.monotonic : Clock.monotonic
        heart = Heart(options, model.sensor, from: now)
        pace = Pace(options, model.sensor)
        tally = former?.tally ?? Tally()
        if let former, former.source !== source { tally.add(former.source) }
        var words = ""
        for word in opened { words += words.isEmpty ? word.text : ", " + word.text }
        self.opened = words
    }

    /// Nanoseconds for a source to give its first frame, or to say why not, before the session that runs is dropped.
    private static var patience: Int64 { 5_000_000_000 }

    private static func open(
        _ settings: SourceSettings, isActive: Bool, for purpose: Purpose
    ) throws(SessionError) -> Source {
        let source: Source
        do throws(SourceError) { source = try Source(settings, isActive: isActive) } catch {
            throw SessionError(message: error.message, code: .source)
        }
        // One that gives no frames now may take the place of another that does not either.
        if case .replacing(let former, let stop) = purpose,
            let refusal = source.settle(within: patience, unless: stop), refusal.isFinal || !former.isFaulty
        {
            throw SessionError(message: refusal.reason, code: .source)
        }
        return source
    }

    // MARK: Giving back

    /// Whether all is open that is to be: nothing was given back, and nothing could not be opened.
    var isWhole: Bool {
        source.isOpen && (recorder != nil || settings.record == nil || mode.isRecording)
    }

    /// Gives the model's memory back.
    func dropModel() { model = nil }

    /// Loads the model again after `dropModel`.
    func restoreModel(_ options: Options) throws(Model.LoadError) {
        if model == nil { model = try Model(file, options) }
    }

    private func closeSource() {
        tally.add(source)
        source.close()
    }

    private func closeRecorder() {
        guard let recorder else { return }
        recorder.finish()
        tally.add(recorder)
        self.recorder = nil
    }

    // MARK: Counts

    /// What is counted since the start.
    func count(into progress: inout SourceProgress) {
        var sum = tally
        sum.add(source)
        if let recorder { sum.add(recorder) }
        sum.write(into: &progress, hasGate: hasGate, isRecorded: recorder != nil)
    }
}
