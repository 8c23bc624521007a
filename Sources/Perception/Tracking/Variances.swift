/// How sure a filter is of a place and its speed, in 2^-24 of the squared size and per second.
struct Variances: BitwiseCopyable, Equatable, Sendable {
    /// Of the place, of both together, of the speed.
    var place: Int64 = 1
    var mixed: Int64 = 0
    var speed: Int64 = 1

    /// None is greater: products of two then fit.
    static let greatest: Int64 = 1 << 30

    init() {}

    init(place: Int64, speed: Int64) {
        (self.place, self.speed) = (place, speed)
    }

    /// Moves on by a time, in which white noise of acceleration adds its integral and the integral of that.
    /// - Parameters:
    ///   - seconds: in 1/65536, 0 to 2^20.
    ///   - acceleration: what a second adds to the speed's, at most 2^34.
    mutating func predict(_ seconds: Int64, acceleration: Int64) {
        let q1 = (acceleration * seconds) >> 16
        let q2 = (q1 * seconds) >> 17
        let q3 = (q2 * seconds) >> 16
        let drift = (speed * seconds) >> 16
        place += (2 * mixed * seconds) >> 16 + (drift * seconds) >> 16 + q3 * 2 / 3
        mixed += drift + q2
        speed += q1
        limit()
    }

    /// Takes a measurement of the place.
    /// - Parameter noise: its variance, above 0.
    /// - Returns: what of a deviation goes to the place, and to the speed a second, in 1/65536.
    mutating func correct(_ noise: Int64) -> (place: Int64, speed: Int64) {
        let sum = place + noise
        let gain = (place << 16) / sum
        let speedGain = FixedPoint.clamp((mixed << 16) / sum, 1 << 31)
        speed -= (speedGain * mixed) >> 16
        mixed -= (gain * mixed) >> 16
        place -= (gain * place) >> 16
        limit()
        return (gain, speedGain)
    }

    private mutating func limit() {
        place = min(max(place, 1), Self.greatest)
        speed = min(max(speed, 1), Self.greatest)
        mixed = FixedPoint.clamp(mixed, Self.greatest)
    }
}

/// The settings' standard deviations as variances, in 2^-24 of the squared size.
struct MotionNoise: BitwiseCopyable, Sendable {
    let centre, extent, birthSpeed, agility, growth: Int64

    init(_ settings: TrackerSettings) {
        centre = Self.variance(settings.centreNoise)
        extent = Self.variance(settings.extentNoise)
        birthSpeed = Self.variance(settings.birthSpeed)
        agility = Self.variance(settings.agility)
        growth = Self.variance(settings.growth)
    }

    private static func variance(_ deviation: Int64) -> Int64 {
        let deviation = min(max(deviation, 0), 1 << 19)
        return max((deviation * deviation) >> 8, 1 << 8)
    }
}
