/// What detections tell of how noisy they are and how objects move, over all tracks: factors of what the settings say;
/// and how often others come.
struct Adaptation: BitwiseCopyable, Equatable, Sendable {
    /// Of the variance of centres' and of extents' deviations, in 1/65536.
    var centre: Int64 = 65536
    var extent: Int64 = 65536
    /// Of the noise of accelerations.
    var agility: Int64 = 65536
    /// Objects that came anew in a second, of late: at the edge of what was seen, and inside of it; in 2^-24.
    var entries: Int64 = 1 << 23
    var births: Int64 = 1 << 22

    /// Bounds: detections are never taken for better than the settings say.
    static let scales: ClosedRange<Int64> = 65536...1 << 20
    static let agilities: ClosedRange<Int64> = 16384...1 << 20
    static let rates: ClosedRange<Int64> = 1 << 16...1 << 32
    /// Time from the first frame on in which objects that were there before are found, in nanoseconds.
    static let start: Int64 = 2_000_000_000

    /// Takes how far a detection was from where a track expected it, in 1/256 of standard deviations.
    mutating func take(_ now: Deviation, before: Deviation?, _ settings: TrackerSettings) {
        let square = (now.x * now.x + now.y * now.y) >> 1
        let extentSquare = (now.width * now.width + now.height * now.height) >> 1
        // The mean of an exponential distribution cut at 4 is 0.98.
        centre = Self.moved(centre, min(square, 4 << 16) - 64332, settings.scaleRate, Self.scales)
        extent = Self.moved(extent, min(extentSquare, 4 << 16) - 64332, settings.scaleRate, Self.scales)
        guard let before else { return }
        // Of a filter that fits, deviations do not depend on those before; of one too slow, they go on.
        let product = FixedPoint.clamp((now.x * before.x + now.y * before.y) >> 1, 2 << 16)
        agility = Self.moved(agility, product, settings.agilityRate, Self.agilities)
    }

    /// Lets what was counted fade with time.
    /// - Parameter elapsed: in nanoseconds, at most 2^34.
    mutating func fade(_ elapsed: Int64, _ settings: TrackerSettings) {
        let share = min((elapsed << 20) / settings.birthMemory, 1 << 20)
        entries = max(entries - (entries * share) >> 20, Self.rates.lowerBound)
        births = max(births - (births * share) >> 20, Self.rates.lowerBound)
    }

    /// Takes an object that came anew.
    mutating func count(atEdge: Bool, _ settings: TrackerSettings) {
        let one = (1_000_000_000 << 24) / settings.birthMemory
        if atEdge {
            entries = min(entries + one, Self.rates.upperBound)
        } else {
            births = min(births + one, Self.rates.upperBound)
        }
    }

    /// How much less likely it is that one comes anew than once a second: the logarithm, twice.
    func rarity(atEdge: Bool) -> Int64 {
        // 2 ln 2 = 90852 / 65536 of the logarithm to base 2.
        ((24 << 16 - FixedPoint.logarithm(atEdge ? entries : births)) * 90852) >> 16
    }

    private static func moved(_ value: Int64, _ by: Int64, _ rate: Int64, _ range: ClosedRange<Int64>) -> Int64 {
        min(max(value + (value * ((by * rate) >> 16)) >> 16, range.lowerBound), range.upperBound)
    }
}

/// How far a detection is from where it was expected, in 1/256 of standard deviations, at most 64 of them.
struct Deviation: BitwiseCopyable, Equatable, Sendable {
    static let range: ClosedRange<Int64> = -(64 << 8)...64 << 8

    var x, y, width, height: Int64
}
