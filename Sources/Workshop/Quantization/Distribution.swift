import Foundation
import Graph

/// What calibration saw of one tensor: its extent, and for each sample how often its values came, in bins that are narrow where
/// values are small, so that a few outliers take nothing from the others.
struct Distribution {
    private(set) var minimum: Float = 0
    private(set) var maximum: Float = 0
    private var samples: [[Bin]] = []
    /// The ends of each sample's values, 0 among them.
    private var extents: [ClosedRange<Float>] = []

    /// Sign, exponent and four bits of the fraction: bins are 6 % wide at most.
    private static let bits = 13
    private static let shift = UInt32(32 - bits)
    /// Elements of one tensor that are counted of one sample; of more, evenly spread ones.
    private static let counted = 1 << 14
    /// Samples that a range is chosen by; of more, evenly spread ones.
    private static let judged = 48
    /// How far either end of a range is drawn in at most.
    private static let octaves = 13

    /// A value that stands for a bin, the bin's width, and how many values of the sample fell into it over the sum of all
    /// values, weighed as errors are.
    private struct Bin {
        var value: Float
        var width: Float
        var weight: Float
    }

    init() {}

    /// Adds one sample.
    mutating func add(_ values: UnsafeBufferPointer<Float>) {
        var (low, high): (Float, Float) = (0, 0)
        for value in values {
            low = min(low, value)
            high = max(high, value)
        }
        minimum = min(minimum, low)
        maximum = max(maximum, high)
        extents.append(low...high)
        var counts = [UInt32](repeating: 0, count: 1 << Self.bits)
        // An odd step meets all channels.
        let step = values.count <= Self.counted ? 1 : values.count / Self.counted | 1
        for index in stride(from: 0, to: values.count, by: step) {
            counts[Int(values[index].bitPattern >> Self.shift)] &+= 1
        }
        var bins: [Bin] = []
        var energy: Float = 0
        for index in counts.indices where counts[index] > 0 {
            let low = Float(bitPattern: UInt32(index) << Self.shift)
            let high = Float(bitPattern: UInt32(index) << Self.shift | (1 << Self.shift - 1))
            guard low.isFinite, high.isFinite else { continue }
            let value = (low + high) / 2
            energy += Self.weighed(value) * Float(counts[index])
            bins.append(Bin(value: value, width: (high - low).magnitude, weight: Float(counts[index])))
        }
        guard energy > 0, energy.isFinite else { return }
        for index in bins.indices { bins[index].weight /= energy }
        samples.append(bins)
    }

    mutating func add(_ other: Distribution) {
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        samples += other.samples
        extents += other.extents
    }

    /// The range of 256 levels that loses least: the mean over the samples of the logarithm of noise over signal, so that a
    /// sample a hundred times as large as the others counts as one. Among ranges from the whole extent down to a
    /// ten-thousandth of either end.
    var bestRange: ClosedRange<Float> {
        var best = minimum...maximum
        guard maximum > minimum, !samples.isEmpty else { return best }
        let judged =
            samples.count <= Self.judged
            ? samples : (0..<Self.judged).map { samples[$0 * samples.count / Self.judged] }
        var least = Self.noise(judged, best)
        // How far each end is drawn in, in octaves.
        var octaves: (low: Float, high: Float) = (0, 0)
        func attempt(_ low: Float, _ high: Float) {
            guard low >= 0, high >= 0 else { return }
            let candidate = minimum * exp2(-low)...maximum * exp2(-high)
            let noise = Self.noise(judged, candidate)
            if noise < least { (least, best, octaves) = (noise, candidate, (low, high)) }
        }
        // Both ends, then one and the other, then once more as they depend on each other; then in finer steps.
        for step in 0..<Self.octaves * 4 { attempt(Float(step) / 4, Float(step) / 4) }
        for _ in 0..<2 {
            for step in 0..<Self.octaves * 4 where maximum > 0 { attempt(octaves.low, Float(step) / 4) }
            for step in 0..<Self.octaves * 4 where minimum < 0 { attempt(Float(step) / 4, octaves.high) }
        }
        let coarse = octaves
        for step in -4...4 where maximum > 0 { attempt(octaves.low, coarse.high + Float(step) / 16) }
        for step in -4...4 where minimum < 0 { attempt(coarse.low + Float(step) / 16, octaves.high) }
        return best
    }

    /// The whole extent, without the samples whose ends are more than four times as far as those of most others.
    var usualExtent: ClosedRange<Float> {
        func size(_ extent: ClosedRange<Float>) -> Float { max(-extent.lowerBound, extent.upperBound) }
        let sizes = extents.map(size).sorted()
        guard !sizes.isEmpty else { return 0...0 }
        let limit = 4 * sizes[sizes.count * 3 / 4]
        let usual = extents.filter { size($0) <= limit }
        return (usual.map(\.lowerBound).min() ?? 0)...(usual.map(\.upperBound).max() ?? 0)
    }

    /// The fourth power: squares think too little of the few great values that detectors live by.
    private static func weighed(_ value: Float) -> Float { value * value * value * value }

    /// The mean of the logarithms of noise over signal.
    private static func noise(_ samples: [[Bin]], _ range: ClosedRange<Float>) -> Float {
        let quantization = Quantization(covering: range)
        let step = quantization.scale
        let low = step * Float(-128 - quantization.zeroPoint)
        let high = step * Float(127 - quantization.zeroPoint)
        var sum: Float = 0
        for bins in samples {
            var noise: Float = 0
            for bin in bins {
                let error: Float
                if bin.value < low {
                    error = weighed(low - bin.value)
                } else if bin.value > high {
                    error = weighed(bin.value - high)
                } else if bin.width > step {
                    // The mean over a step.
                    error = weighed(step / 2) / 5
                } else {
                    let distance = bin.value - step * (bin.value / step).rounded()
                    error = weighed(distance)
                }
                noise += error * bin.weight
            }
            // A thousandth is less than 8 bits can tell.
            sum += log2(noise + 1e-12)
        }
        return sum / Float(samples.count)
    }
}

extension Quantization {
    /// The int8 scale and zero point for a range that holds 0: 0 is an element, and the ends miss theirs by half a step at most.
    init(covering range: ClosedRange<Float>) {
        let low = min(range.lowerBound, 0)
        let high = max(range.upperBound, 0)
        let scale = min(max((high - low) / 255, 0x1p-30), 0x1p30)
        let zeroPoint = (-128 - low / scale).rounded()
        self.init(scale: scale, zeroPoint: Int32(min(max(zeroPoint, -128), 127)))
    }

    /// The value of each element after it was an int8 one, in place.
    func round(_ values: UnsafeMutableBufferPointer<Float>) {
        let inverse = 1 / scale
        let (low, high) = (Float(-128 - zeroPoint), Float(127 - zeroPoint))
        for index in values.indices {
            values[index] = min(max((values[index] * inverse).rounded(), low), high) * scale
        }
    }
}
