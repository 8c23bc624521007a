import Sensors

/// How time goes, and who waits for whom.
public enum Mode {
    /// Whose time events carry.
    public enum Clock: Sendable { case machine, frames }

    /// A camera, command or pipe: frames that come too fast are left out, events that are read too late give way.
    case live(Clock)
    /// A command or pipe that waits for the model, which waits for the reader of the events: nothing is left out.
    case everyFrame(Clock)
    /// Files, as fast as the model runs and the events are read.
    case files(Clock)
    /// A recording: it says again what was said, with the times and numbers of then.
    case recording

    /// - Parameter clock: nil: the command line's, or what suits the source.
    init(_ source: Source, _ options: Options, clock: Clock?) {
        if source.isRecording {
            self = .recording
            return
        }
        let clock = clock ?? options.clock ?? (source.isLive ? .machine : .frames)
        self = !source.isLive ? .files(clock) : options.source.everyFrame ? .everyFrame(clock) : .live(clock)
    }

    var clock: Clock {
        switch self {
        case .live(let clock), .everyFrame(let clock), .files(let clock): clock
        case .recording: .frames
        }
    }

    /// Time passes only from frame to frame, so that the same frames give the same events.
    var isOnFrameClock: Bool { clock == .frames }

    /// The reader of the events is waited for, so that none is lost.
    var waitsForReader: Bool {
        switch self {
        case .live: false
        case .everyFrame, .files, .recording: true
        }
    }

    var isRecording: Bool {
        if case .recording = self { return true }
        return false
    }
}
