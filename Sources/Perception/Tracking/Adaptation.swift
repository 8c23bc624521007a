/// What detections tell of how noisy they are and how objects move, over all tracks: factors of what the settings say.
struct Adaptation: BitwiseCopyable, Equatable, Sendable {
    /// Of the variance of centres' and of extents' deviations, in 1/65536.
    var centre: Int64 = 65536
    var extent: Int64 = 65536
    /// Of the noise of accelerations.
    var agility: Int64 = 65536

    /// Bounds: detections are never taken for better than the settings say.
    static let scales: ClosedRange<Int64> = 65536...1 << 20
    static let agilities: ClosedRange<Int64> = 16384...1 << 20

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

    private static func moved(_ value: Int64, _ by: Int64, _ rate: Int64, _ range: ClosedRange<Int64>) -> Int64 {
        min(max(value + (value * ((by * rate) >> 16)) >> 16, range.lowerBound), range.upperBound)
    }
}

/// How far a detection is from where it was expected, in 1/256 of standard deviations, at most 64 of them.
struct Deviation: BitwiseCopyable, Equatable, Sendable {
    static let range: ClosedRange<Int64> = -(64 << 8)...64 << 8

    var x, y, width, height: Int64
}
