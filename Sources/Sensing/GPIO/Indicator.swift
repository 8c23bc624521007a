/// What an output's level is to be, by what happened.
struct Indicator {
    private let use: LineSettings.Use
    private let leastOn: Int64
    private var isWanted = false  // by an object or a fault
    private var wantedSince: Int64 = 0
    private var pulseEnd: Int64 = .min
    private var onSince: Int64?

    init(_ settings: LineSettings) {
        use = settings.use
        leastOn = settings.leastOn
    }

    /// The object is there, or not; the source gives no frames, or does.
    mutating func want(_ isWanted: Bool, at now: Int64) {
        guard isWanted != self.isWanted else { return }
        self.isWanted = isWanted
        wantedSince = now
    }

    mutating func pulse(at now: Int64) {
        if case .pulse(_, _, let length) = use { pulseEnd = max(pulseEnd, now + length) }
    }

    /// The level now, and when it is to be asked for again (`.max`: only after something has happened).
    mutating func level(at now: Int64) -> (isActive: Bool, next: Int64) {
        var isActive: Bool
        var next = Int64.max
        switch use {
        case .fault(let length) where isWanted && length > 0:
            let half = (now - wantedSince) / length
            isActive = half % 2 == 0
            next = wantedSince + (half + 1) * length
        case .pulse:
            isActive = now < pulseEnd
            if isActive { next = pulseEnd }
        default: isActive = isWanted
        }
        if let onSince, !isActive, now < onSince + leastOn {
            isActive = true
            next = min(next, onSince + leastOn)
        }
        if isActive {
            if onSince == nil { onSince = now }
        } else {
            onSince = nil
        }
        return (isActive, next)
    }
}
