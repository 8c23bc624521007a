import Detectors

/// An object followed from frame to frame.
public struct Track: BitwiseCopyable, Equatable, Sendable {
    public enum State: UInt8, BitwiseCopyable, Sendable {
        /// Seen too seldom to be sure that it is there.
        case tentative
        /// Seen in this frame, or missing in fewer than make it lost.
        case confirmed
        /// Was confirmed, and is not seen now: its box is where it should be.
        case lost
    }

    /// What a frame changes.
    public enum Change: UInt8, BitwiseCopyable, Sendable {
        /// Seen for the first time; tentative, unless one detection is enough.
        case born
        /// Sure now.
        case confirmed
        /// Seen again; of a lost one too.
        case updated
        /// Not seen in this frame, but in the one before.
        case lost
        /// Given up. Its identity never comes again.
        case ended
    }

    /// From 1, in the order of first sights.
    public internal(set) var identity: Int64
    public internal(set) var label: UInt16
    public internal(set) var state: State
    /// Where it is, if it is seen, and where it should be otherwise.
    public internal(set) var box: Box
    /// Moving average of detections' scores, in 1/65536.
    public internal(set) var score: Int64
    /// Instants of frames, in nanoseconds.
    public internal(set) var firstSeen: Int64
    public internal(set) var lastSeen: Int64
    /// Detections, up to 2^31.
    public internal(set) var hits: Int64
    /// Frames since the last one, up to 2^31.
    public internal(set) var misses: Int64
    /// The instant since which its centre has stayed within a quarter of its size.
    public internal(set) var stationarySince: Int64
    /// Sum of the first detections' scores, up to 2^31.
    var evidence: Int64
    /// Where its centre was at `stationarySince`, in 1/256 of a pixel.
    var anchorX, anchorY: Int64
    var motion: Motion
    /// The last detection, where it would be in this frame's picture.
    var seen: Measurement
    /// Of the last detection, if the one before it was in the frame before.
    var deviation: Deviation?
    /// Whether it was first seen at the edge of what objects had been seen in.
    var isEntry = false
    /// Whether a former one goes on in its place; no such track outlives the frame.
    var isOver = false

    /// Whether it was detected in the last frame.
    public var isSeen: Bool { misses == 0 }
    /// In pixels a second.
    public var speed: Int64 { motion.speed }
    /// Time from the first to the last sight, in nanoseconds.
    public var age: Int64 { FixedPoint.elapsed(from: firstSeen, to: lastSeen) }

    /// Counts and sums go no further.
    static let most: Int64 = 1 << 31

    /// What a memory is read into.
    init() { self.init(identity: 1, Measurement(), at: 0, MotionNoise(TrackerSettings())) }

    init(identity: Int64, _ seen: Measurement, at now: Int64, _ noise: MotionNoise) {
        self.identity = identity
        label = seen.label
        state = .tentative
        box = Box(x: seen.x, y: seen.y, width: seen.width, height: seen.height)
        score = seen.score
        firstSeen = now
        lastSeen = now
        hits = 1
        misses = 0
        stationarySince = now
        evidence = seen.score
        anchorX = seen.x
        anchorY = seen.y
        motion = Motion(seen, noise)
        deviation = nil
        self.seen = seen
    }

    /// Takes the detection that continues it.
    mutating func take(_ seen: Measurement, at now: Int64, factor: Int64, _ noise: MotionNoise) {
        motion.correct(seen, factor: factor, noise)
        self.seen = seen
        place()
        score += (seen.score - score) >> 2
        hits = min(hits + 1, Self.most)
        evidence = min(evidence + seen.score, Self.most)
        misses = 0
        lastSeen = now
        let reach = motion.size >> 2
        if max(abs(motion.x - anchorX), abs(motion.y - anchorY)) > reach {
            (anchorX, anchorY, stationarySince) = (motion.x, motion.y, now)
        }
    }

    /// Moves with the picture, in 1/256 of a pixel.
    mutating func move(_ x: Int64, _ y: Int64) {
        motion.x = FixedPoint.clamp(motion.x + x, Motion.farthest)
        motion.y = FixedPoint.clamp(motion.y + y, Motion.farthest)
        seen.x = FixedPoint.clamp(seen.x + x, Motion.farthest)
        seen.y = FixedPoint.clamp(seen.y + y, Motion.farthest)
        anchorX = FixedPoint.clamp(anchorX + x, Motion.farthest)
        anchorY = FixedPoint.clamp(anchorY + y, Motion.farthest)
    }

    /// Takes a frame in which it is not seen.
    mutating func miss() {
        misses = min(misses + 1, Self.most)
        place()
    }

    private mutating func place() {
        box = Box(x: motion.x, y: motion.y, width: motion.width, height: motion.height)
    }
}
