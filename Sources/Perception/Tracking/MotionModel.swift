/// Where an object is and how it moves: a Kalman filter of constant velocity in whole numbers.
///
/// Noises of detections and of motion grow alike with an object's size. In units of it, both directions have the same
/// variances, which depend only on the times of detections: one set of three numbers serves both, and its numbers are
/// small whatever the box. Width and height wander.
struct Motion: BitwiseCopyable, Equatable, Sendable {
    /// Centre, in 1/256 of a pixel.
    var x: Int64 = 0
    var y: Int64 = 0
    /// In 1/256 of a pixel a second.
    var vx: Int64 = 0
    var vy: Int64 = 0
    /// In 1/256 of a pixel, at least 1.
    var width: Int64 = 1
    var height: Int64 = 1
    var centre = Variances()
    /// Variance of width and height, in 2^-24 of the squared size.
    var extent: Int64 = 1

    /// Bounds of what is above: products of two then fit.
    static let farthest: Int64 = 1 << 24
    static let places = -farthest...farthest
    static let fastest: Int64 = 1 << 26

    init() {}

    /// An object that was seen once.
    init(_ seen: Measurement, _ noise: MotionNoise) {
        (x, y, width, height) = (seen.x, seen.y, seen.width, seen.height)
        centre = Variances(place: noise.centre, speed: noise.birthSpeed)
        extent = noise.extent
    }

    /// Mean of width and height in 1/256 of a pixel, at least 1.
    var size: Int64 { max((width + height) >> 1, 1) }

    /// Moves on by a time.
    /// - Parameters:
    ///   - seconds: in 1/65536, 0 to 2^20.
    ///   - agility: of accelerations' noise, as a factor in 1/65536, at most 2^20.
    mutating func predict(_ seconds: Int64, agility: Int64, _ noise: MotionNoise) {
        x = FixedPoint.clamp(x + (vx * seconds) >> 16, Self.farthest)
        y = FixedPoint.clamp(y + (vy * seconds) >> 16, Self.farthest)
        centre.predict(seconds, acceleration: (noise.agility * agility) >> 16)
        extent = min(extent + (noise.growth * seconds) >> 16, Variances.greatest)
    }

    /// Lets the velocity fall while nobody sees the object.
    /// - Parameter share: of it that is lost, in 1/65536.
    mutating func slow(by share: Int64) {
        vx -= (vx * share) >> 16
        vy -= (vy * share) >> 16
    }

    /// Takes a detection.
    /// - Parameter factor: of its noise's variance, in 1/65536, at most 2^20.
    mutating func correct(_ seen: Measurement, factor: Int64, _ noise: MotionNoise) {
        let (gain, speedGain) = centre.correct((noise.centre * factor) >> 16)
        let (dx, dy) = (seen.x - x, seen.y - y)
        x = FixedPoint.clamp(x + (dx * gain) >> 16, Self.farthest)
        y = FixedPoint.clamp(y + (dy * gain) >> 16, Self.farthest)
        vx = FixedPoint.clamp(vx + (dx * speedGain) >> 16, Self.fastest)
        vy = FixedPoint.clamp(vy + (dy * speedGain) >> 16, Self.fastest)
        let extentGain = (extent << 16) / (extent + (noise.extent * factor) >> 16)
        width = max(width + ((seen.width - width) * extentGain) >> 16, 1)
        height = max(height + ((seen.height - height) * extentGain) >> 16, 1)
        extent = max(extent - (extentGain * extent) >> 16, 1)
    }

    /// In pixels a second.
    var speed: Int64 {
        let (x, y) = (vx.magnitude, vy.magnitude)
        return Int64(FixedPoint.squareRoot(x * x + y * y)) >> 8
    }
}
