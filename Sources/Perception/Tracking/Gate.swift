/// Where a track's next detection may lie, and what it is worth there: the logarithm of how likely it is, twice.
struct Gate: BitwiseCopyable, Sendable {
    private let x, y, width, height: Int64
    /// Standard deviations' inverses, 2^32 over 1/256 of a pixel.
    private let across, down, widthwise, heightwise: Int64
    /// Furthest distances, in 1/256 of a pixel.
    private let reachAcross, reachDown, widthReach, heightReach: Int64
    private let largest: Int64  // square of standard deviations, in 1/65536
    private let worth: Int64
    /// Logarithm of how many more places are possible than of a track that is sure, twice.
    let spread: Int64
    private let leastOverlap, overlapWorth: Int64
    private let label: UInt16

    /// - Parameters:
    ///   - factor: of detections' noise, as `Motion.correct` has it.
    ///   - worth: of the likeliest detection of a track that is sure, in squares of standard deviations, in 1/65536.
    init(
        _ motion: Motion, label: UInt16, factor: Int64, worth: Int64,
        _ settings: TrackerSettings, _ noise: MotionNoise, _ adaptation: Adaptation
    ) {
        let gate = settings.gate
        leastOverlap = settings.leastOverlap
        overlapWorth = settings.overlapWorth
        (x, y, width, height) = (motion.x, motion.y, motion.width, motion.height)
        self.label = label
        largest = gate
        let size = motion.size
        let sum = motion.centre.place + (noise.centre * factor) >> 16
        let extentSum = motion.extent + (noise.extent * factor) >> 16
        let root = Int64(FixedPoint.squareRoot(UInt64(gate)))  // in 1/256
        let centre = Int64(FixedPoint.squareRoot(UInt64((sum * adaptation.centre) >> 16)))
        let extent = Int64(FixedPoint.squareRoot(UInt64((extentSum * adaptation.extent) >> 16)))
        let wide = size + ((motion.width - size) * settings.shape) >> 16
        let high = size + ((motion.height - size) * settings.shape) >> 16
        (across, reachAcross) = Self.deviation(wide, centre, root, settings.pixelNoise)
        (down, reachDown) = Self.deviation(high, centre, root, settings.pixelNoise)
        (widthwise, widthReach) = Self.deviation(wide, extent, root, settings.pixelNoise)
        (heightwise, heightReach) = Self.deviation(high, extent, root, settings.pixelNoise)
        // ln of both variances, each of two dimensions: 2 ln 2 = 90852 / 65536 of the logarithm to base 2.
        let spread =
            FixedPoint.logarithm(sum) + FixedPoint.logarithm(extentSum) - FixedPoint.logarithm(noise.centre)
            - FixedPoint.logarithm(noise.extent)
        self.spread = (spread * 90852) >> 16
        self.worth = worth - (self.spread * settings.vagueness) >> 16
    }

    /// Where a track was seen last: whoever turned round is near it still. Overlap alone counts.
    init(last seen: Measurement, _ settings: TrackerSettings) {
        (x, y, width, height, label) = (seen.x, seen.y, seen.width, seen.height, seen.label)
        (across, down, widthwise, heightwise, largest, worth, spread) = (0, 0, 0, 0, 0, 0, 0)
        (reachAcross, reachDown, widthReach, heightReach) = (-1, -1, -1, -1)
        leastOverlap = settings.leastOverlap
        overlapWorth = settings.overlapWorth
    }

    /// Inverse of a standard deviation, and how far `root` of it reaches.
    private static func deviation(_ size: Int64, _ share: Int64, _ root: Int64, _ pixel: Int64) -> (
        inverse: Int64, reach: Int64
    ) {
        let deviation = max((size * share) >> 12 + pixel, 1)
        return ((1 << 32) / deviation, (deviation * root) >> 8)
    }

    /// How far a detection is from what was expected.
    func deviation(of seen: Measurement) -> Deviation {
        func measured(_ difference: Int64, _ inverse: Int64) -> Int64 {
            FixedPoint.clamp((difference * inverse) >> 24, 64 << 8)
        }
        return Deviation(
            x: measured(seen.x - x, across), y: measured(seen.y - y, down),
            width: measured(seen.width - width, widthwise), height: measured(seen.height - height, heightwise))
    }

    /// Square of how far a detection is from where it is expected, in standard deviations; nil: too far.
    func square(of seen: Measurement) -> Int64? {
        let (dx, dy) = (abs(seen.x - x), abs(seen.y - y))
        let (dw, dh) = (abs(seen.width - width), abs(seen.height - height))
        guard dx <= reachAcross, dy <= reachDown, dw <= widthReach, dh <= heightReach else { return nil }
        // In 1/256 of a standard deviation; their squares in 1/65536.
        let (nx, ny) = ((dx * across) >> 24, (dy * down) >> 24)
        let (nw, nh) = ((dw * widthwise) >> 24, (dh * heightwise) >> 24)
        let square = nx * nx + ny * ny + nw * nw + nh * nh
        return square <= largest ? square : nil
    }

    /// nil: it cannot be this one.
    func worth(of seen: Measurement) -> Int64? {
        guard seen.label == label else { return nil }
        let (dx, dy) = (abs(seen.x - x), abs(seen.y - y))
        if let square = square(of: seen), worth > square { return worth - square }
        guard 2 * dx < width + seen.width, 2 * dy < height + seen.height else { return nil }
        let overlap = overlap(dx, dy, seen)
        return overlap >= leastOverlap ? (overlap * overlapWorth) >> 16 : nil
    }

    /// Intersection over union, in 1/65536.
    private func overlap(_ dx: Int64, _ dy: Int64, _ seen: Measurement) -> Int64 {
        // In 1/16 of a pixel, at most 2^20 each.
        let across = min((width + seen.width) >> 1 - dx, width, seen.width) >> 4
        let down = min((height + seen.height) >> 1 - dy, height, seen.height) >> 4
        let common = across * down
        let areas = (width >> 4) * (height >> 4) + (seen.width >> 4) * (seen.height >> 4)
        return (common << 16) / max(areas - common, 1)
    }
}
