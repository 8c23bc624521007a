/// Whether frames are wanted, by triggers and inhibitors.
///
/// Without a trigger they always are. A burst is a question that its frames answer; a line that captures while it is
/// active also sees whoever it saw leave.
public struct CapturePlan {
    private struct Trigger {
        let line: Int
        let capture: LineSettings.Capture
        var isActive = false
        var end: Int64 = .min  // of what it holds
    }

    private var triggers: [Trigger] = []
    private var inhibitors: [(line: Int, isActive: Bool)] = []
    private var frames = 0  // of the burst, still to come
    private var isWatching = false  // since a line that captures while it is active began

    public init(_ lines: [LineSettings]) {
        for (line, settings) in lines.enumerated() {
            switch settings.use {
            case .trigger(let capture): triggers.append(Trigger(line: line, capture: capture))
            case .inhibit: inhibitors.append((line, false))
            default: break
            }
        }
    }

    /// An input is active already when the plan takes the place of another: no change of it, so no burst begins.
    public mutating func resume(_ line: Int) {
        for index in inhibitors.indices where inhibitors[index].line == line { inhibitors[index].isActive = true }
        for index in triggers.indices where triggers[index].line == line {
            triggers[index].isActive = true
            if case .active = triggers[index].capture { isWatching = true }
        }
    }

    /// An input's level changed.
    public mutating func take(_ line: Int, isActive: Bool, at now: Int64) {
        for index in inhibitors.indices where inhibitors[index].line == line { inhibitors[index].isActive = isActive }
        for index in triggers.indices where triggers[index].line == line {
            let wasActive = triggers[index].isActive
            triggers[index].isActive = isActive
            switch triggers[index].capture {
            case .burst(let count):
                if isActive, !wasActive, !isInhibited { frames = max(frames, count) }
            case .active(let hold):
                if isActive { isWatching = true }
                if !isActive, wasActive { triggers[index].end = now + hold }
            }
        }
        if isInhibited { frames = 0 }
    }

    /// A frame was looked at.
    public mutating func countFrame() { if frames > 0 { frames -= 1 } }

    private var isInhibited: Bool {
        for inhibitor in inhibitors where inhibitor.isActive { return true }
        return false
    }

    /// - Parameter present: objects that are there.
    public mutating func wantsFrames(at now: Int64, present: Int) -> Bool {
        if isInhibited {
            isWatching = false
            for trigger in triggers where trigger.isActive { isWatching = true }
            return false
        }
        if triggers.isEmpty || frames > 0 { return true }
        guard isWatching else { return false }
        for trigger in triggers {
            guard case .active = trigger.capture else { continue }
            if trigger.isActive || now < trigger.end { return true }
        }
        if present > 0 { return true }
        isWatching = false
        return false
    }

    /// Time until `wantsFrames` may change by itself.
    public func pause(at now: Int64) -> Int64 {
        var pause = Int64.max
        for trigger in triggers where !trigger.isActive && trigger.end > now { pause = min(pause, trigger.end - now) }
        return pause
    }
}
