import System

/// A text owned by somebody else who outlives the call it is passed to. Any bytes.
public typealias Text = UnsafeRawBufferPointer

/// How far a source has come.
public struct SourceProgress: Sendable {
    /// Number of the latest inferred frame, counted by the source from 0 with dropped frames; below 0: none yet.
    public var frame: Int64
    /// Frames inferred since the start.
    public var frames: Int64
    /// Frames that arrived and were not inferred, since the start.
    public var dropped: Int64
    /// Times that the source failed and was tried again; nil: a source that is not.
    public var faults: Int64?
    /// Frames of it that were damaged.
    public var damaged: Int64 = 0
    /// Frames in which nothing moved, and which so were not inferred, since the start; nil: there is no motion gate.
    public var idle: Int64?
    /// Records written, and those that should have been, since the start; nil: nothing is recorded. Only in heartbeats and
    /// status: what comes of frames must not depend on when a disk was ready.
    public var recorded: (kept: Int64, missed: Int64)?

    public init(frame: Int64 = -1, frames: Int64 = 0, dropped: Int64 = 0) {
        self.frame = frame
        self.frames = frames
        self.dropped = dropped
    }
}

/// What the daemon has to say. `docs/events.md` is the schema; times in nanoseconds, scores in 1/65536.
public enum Event {
    /// `latency`: from the frame's last byte to this event.
    case enter(object: Text, score: UInt32, latency: Int64, sighting: Sighting? = nil)
    /// `present`: since the object's "enter".
    case update(object: Text, score: UInt32, present: Int64, latency: Int64, sighting: Sighting? = nil)
    /// `cause`: where it is not the picture that says so.
    case leave(
        object: Text, score: UInt32, present: Int64, latency: Int64, cause: Cause? = nil, sighting: Sighting? = nil)
    /// An object crossed a line to its right ("in") or left, and how many did since the start.
    case cross(
        line: Text, score: UInt32, isIn: Bool, into: Int64, outOf: Int64, latency: Int64, sighting: Sighting)
    /// `millihertz`: frames inferred per 1000 seconds, and `worst`: the longest latency, both since the last heartbeat.
    case heartbeat(present: Int, millihertz: Int64, worst: Int64)
    case status(State, detail: Text)
    /// An input changed. The moment is the kernel's.
    case line(name: Text, isActive: Bool)

    /// Why an object is told to be gone that nobody saw go.
    public enum Cause: Sendable {
        /// The source has given no frame for so long that it would be gone.
        case sourceLost
        /// Frames are not wanted any more: a trigger's line says so.
        case standby
        /// Its rule went with a reload.
        case reloaded
        /// The source has come to its end, or the daemon is stopped.
        case ended, stopped

        var name: StaticString {
            switch self {
            case .sourceLost: "source-lost"
            case .standby: "standby"
            case .reloaded: "reloaded"
            case .ended: "ended"
            case .stopped: "stopped"
            }
        }
    }

    public enum State: Sendable {
        case started, stopped, ended, failed, reloaded, reloadFailed
        case sourceLost, sourceFault, sourceRecovered, framesDamaged, controlFailed
        case lineLost, lineRecovered
        case pictureBlack, pictureFrozen, pictureNormal
        case recordingFailed, recordingResumed

        var name: StaticString {
            switch self {
            case .started: "started"
            case .stopped: "stopped"
            case .ended: "ended"
            case .failed: "failed"
            case .reloaded: "reloaded"
            case .reloadFailed: "reload-failed"
            case .sourceLost: "source-lost"
            case .sourceFault: "source-fault"
            case .sourceRecovered: "source-recovered"
            case .framesDamaged: "frames-damaged"
            case .controlFailed: "control-failed"
            case .lineLost: "line-lost"
            case .lineRecovered: "line-recovered"
            case .pictureBlack: "picture-black"
            case .pictureFrozen: "picture-frozen"
            case .pictureNormal: "picture-normal"
            case .recordingFailed: "recording-failed"
            case .recordingResumed: "recording-resumed"
            }
        }
    }

    /// Whether it tells how the sensor fares.
    var isReport: Bool {
        switch self {
        case .heartbeat, .status: true
        case .enter, .update, .leave, .cross, .line: false
        }
    }

    /// As events have it.
    public var name: StaticString {
        switch self {
        case .enter: "enter"
        case .update: "update"
        case .leave: "leave"
        case .cross: "cross"
        case .heartbeat: "heartbeat"
        case .status: "status"
        case .line: "line"
        }
    }
}
