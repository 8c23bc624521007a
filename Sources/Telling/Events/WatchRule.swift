import CBundle

/// When to speak about a label, or several: the numbers of an `oc_watch`, times in nanoseconds.
public struct WatchRule: Equatable, Sendable {
    /// The first, or only one.
    public var label: Int
    /// As `oc_watch.zone`.
    public var zone: Int
    /// Smoothed score, in 1/65536, at or above which the object is there.
    public var on: UInt32
    /// Smoothed score below which it is gone.
    public var off: UInt32
    /// Weight of a new frame in the moving average, in 1/65536.
    public var smoothing: UInt32
    public var enterAfter: Int64
    public var leaveAfter: Int64
    public var cooldown: Int64
    /// 0: never.
    public var updateEvery: Int64

    public init(_ record: oc_watch) {
        label = Int(record.label)
        zone = Int(record.zone)
        on = record.on
        off = min(record.off, record.on)
        smoothing = min(max(record.smoothing, 1), 65536)
        enterAfter = Int64(record.enter_after) * 1_000_000
        leaveAfter = Int64(record.leave_after) * 1_000_000
        cooldown = Int64(record.cooldown) * 1_000_000
        updateEvery = Int64(record.update_every) * 1_000_000
    }
}

/// The memory of one rule: moving average, thresholds with hysteresis, dwell, presence.
///
/// An absent object enters when the average has been at or above `on` for `enterAfter`, and the last leave is `cooldown`
/// ago; a present one leaves when the average has been below `off` for `leaveAfter`.
public struct WatchState: Equatable, Sendable {
    /// What a frame changes. Times in nanoseconds since the "enter".
    public enum Change: Equatable, Sendable {
        case none
        case enter
        case update(present: Int64)
        case leave(present: Int64)
        /// An object crossed a line to its right ("in") or left, as so many objects did before it.
        case cross(isIn: Bool, into: Int64, outOf: Int64)
    }

    public private(set) var isPresent = false
    private var hasAverage = false
    private var average: Int64 = 0  // in 2^-32: with fewer bits a small weight would never reach the score
    private var turning: Int64?  // since when the average asks for the other state
    private var entered: Int64 = 0
    private var spoke: Int64 = 0  // last enter or update
    private var left: Int64?

    public init() {}

    /// The memory as plain numbers, for recordings.
    public struct Memory: BitwiseCopyable, Equatable, Sendable {
        public var isPresent = false
        /// In 2^-32; nil: no frame yet.
        public var average: Int64?
        public var turning: Int64?
        public var entered: Int64 = 0
        public var spoke: Int64 = 0
        public var left: Int64?

        public init() {}
    }

    public init(_ memory: Memory) {
        isPresent = memory.isPresent
        hasAverage = memory.average != nil
        average = min(max(memory.average ?? 0, 0), 1 << 32)
        turning = memory.turning
        entered = memory.entered
        spoke = memory.spoke
        left = memory.left
    }

    public var memory: Memory {
        var memory = Memory()
        memory.isPresent = isPresent
        memory.average = hasAverage ? average : nil
        memory.turning = turning
        memory.entered = entered
        memory.spoke = spoke
        memory.left = left
        return memory
    }

    /// The moving average in 1/65536.
    public var smoothed: UInt32 { UInt32(truncatingIfNeeded: (average + 0x8000) >> 16) }

    /// Whether the next frame may change more than the average: a dwell is under way, or an update is due.
    func waits(at now: Int64, _ rule: WatchRule) -> Bool {
        turning != nil || isPresent && rule.updateEvery > 0 && now - spoke >= rule.updateEvery
    }

    /// Time since the "enter", in nanoseconds; 0 if absent.
    public func presence(at now: Int64) -> Int64 { isPresent ? now - entered : 0 }

    /// Takes the score of one frame.
    /// - Parameters:
    ///   - score: in 1/65536, 0 to 65536.
    ///   - now: the frame's instant on the monotonic clock, never before the last one.
    public mutating func take(_ score: UInt32, at now: Int64, _ rule: WatchRule) -> Change {
        let target = Int64(min(score, 65536)) << 16
        average = hasAverage ? average + ((target - average) * Int64(rule.smoothing)) >> 16 : target
        hasAverage = true
        let turns = isPresent ? smoothed < rule.off : smoothed >= rule.on
        if turns {
            let since = turning ?? now
            turning = since
            if isPresent, now - since >= rule.leaveAfter {
                isPresent = false
                turning = nil
                left = now
                return .leave(present: now - entered)
            }
            if !isPresent, now - since >= rule.enterAfter, left.map({ now - $0 >= rule.cooldown }) ?? true {
                isPresent = true
                turning = nil
                entered = now
                spoke = now
                return .enter
            }
        } else {
            turning = nil
        }
        guard isPresent else { return .none }
        if rule.updateEvery > 0, now - spoke >= rule.updateEvery {
            spoke = now
            return .update(present: now - entered)
        }
        return .none
    }
}
