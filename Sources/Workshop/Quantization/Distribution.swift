import Foundation
import Graph
import Reference

/// What calibration saw of one tensor: its extent, and for each sample how often its values came, in bins that are narrow where
/// values are small, so that a few outliers take nothing from the others.
struct Distribution {
    private(set) var minimum: Float = 0
    private(set) var maximum: Float = 0
    private var samples: [Sample] = []
    /// The ends of each sample's values, 0 among them.
    private var extents: [ClosedRange<Float>] = []

    /// Sign, exponent and four bits of the fraction: bins are 6 % wide at most.
    private static let bits = 13
    private static let shift = UInt32(32 - bits)
    /// Elements of one tensor that are counted of one sample; of more, evenly spread ones.
    private static let counted = 1 << 14
    /// How far either end of a range is drawn in at most.
    private static let octaves = 13

    /// How errors are weighed. Where a few great values decide, as in detectors, squares think too little of them; where all
    /// matter alike, the fourth power thinks too little of the small ones.
    enum Weighing: CaseIterable, Sendable {
        case square, fourthPower

        func callAsFunction(_ error: Float) -> Float {
            let square = error * error
            return self == .square ? square : square * square
        }

        func callAsFunction(_ errors: SIMD8<Float>) -> SIMD8<Float> {
            let squares = errors * errors
            return self == .square ? squares : squares * squares
        }

        /// The mean over errors from 0 to `limit`.
        func mean(upTo limit: Float) -> Float { self(limit) / (self == .square ? 3 : 5) }
    }

    /// Bins that are not empty: a value that stands for each, its width, and how many values of the sample fell into it.
    private struct Sample {
        var values: [Float] = []
        var widths: [Float] = []
        var counts: [Float] = []
        /// The sums of all values, weighed as errors are.
        var energies: [Weighing: Float] = [:]
        /// What a function makes of each value, and of a small error there; empty where there is none.
        var results: [Float] = []
        var slopes: [Float] = []

        /// The same where what a function makes of the values counts.
        func behind(_ function: (Float) -> Float) -> Sample {
            var sample = self
            sample.results = values.map(function)
            sample.slopes = zip(values, widths).map { value, width in
                let half = max(width / 2, value.magnitude / 1024)
                return half > 0 ? (function(value + half) - function(value - half)) / (2 * half) : 0
            }
            for weighing in Weighing.allCases {
                sample.energies[weighing] = zip(sample.results, counts).reduce(Float(1e-20)) {
                    $0 + weighing($1.0) * $1.1
                }
            }
            return sample
        }

        /// The noise of a function's results where its argument has levels `step` apart, from `range`'s ends on `first` and `last`.
        func noiseBehind(
            _ step: Float, _ range: ClosedRange<Float>, _ first: Float, _ last: Float, _ weighing: Weighing
        ) -> Float {
            let coarse = weighing.mean(upTo: step / 2)
            var noise: Float = 0
            for index in values.indices {
                let value = values[index]
                let error: Float
                if value < range.lowerBound {
                    error = weighing(results[index] - first)
                } else if value > range.upperBound {
                    error = weighing(results[index] - last)
                } else if widths[index] > step {
                    error = coarse * weighing(slopes[index])
                } else {
                    error = weighing((value - step * (value / step).rounded()) * slopes[index])
                }
                noise += error * counts[index]
            }
            return noise
        }

        /// Values, widths and counts.
        @inline(__always)
        func byEights(_ body: (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>) -> Void) {
            values.withUnsafeBufferPointer { values in
                widths.withUnsafeBufferPointer { widths in
                    counts.withUnsafeBufferPointer { values.byEights(with: widths, $0, body) }
                }
            }
        }
    }

    init() {}

    /// Adds one sample.
    mutating func add(_ values: UnsafeBufferPointer<Float>) {
        var (lows, highs) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
        values.byEights { value in
            lows = lows.atMost(value)
            highs = highs.atLeast(value)
        }
        let (low, high) = (lows.min(), highs.max())
        minimum = min(minimum, low)
        maximum = max(maximum, high)
        extents.append(low...high)
        var counts = [UInt32](repeating: 0, count: 1 << Self.bits)
        // An odd step meets all channels.
        let step = values.count <= Self.counted ? 1 : values.count / Self.counted | 1
        for index in stride(from: 0, to: values.count, by: step) {
            counts[Int(values[index].bitPattern >> Self.shift)] &+= 1
        }
        var sample = Sample()
        for index in counts.indices where counts[index] > 0 {
            let low = Float(bitPattern: UInt32(index) << Self.shift)
            let high = Float(bitPattern: UInt32(index) << Self.shift | (1 << Self.shift - 1))
            guard low.isFinite, high.isFinite else { continue }
            sample.values.append((low + high) / 2)
            sample.widths.append((high - low).magnitude)
            sample.counts.append(Float(counts[index]))
        }
        for weighing in Weighing.allCases {
            let energy = zip(sample.values, sample.counts).reduce(Float(0)) { $0 + weighing($1.0) * $1.1 }
            guard energy > 0, energy.isFinite else { return }
            sample.energies[weighing] = energy
        }
        samples.append(sample)
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
    /// - Parameters:
    ///   - judged: samples that it is chosen by; of more, evenly spread ones.
    ///   - function: all that reads the values; what is lost is looked at behind it.
    func bestRange(
        _ weighing: Weighing, judged limit: Int, behind function: ((Float) -> Float)? = nil
    ) -> ClosedRange<Float> {
        var best = minimum...maximum
        guard maximum > minimum, !samples.isEmpty else { return best }
        let seen = samples.count <= limit ? samples : (0..<limit).map { samples[$0 * samples.count / limit] }
        let passed = function.map { function in seen.map { $0.behind(function) } } ?? seen
        let isFinite = passed.allSatisfy { $0.energies.values.allSatisfy(\.isFinite) }
        let (judged, function) = isFinite ? (passed, function) : (seen, nil)
        var least = Self.noise(judged, best, weighing, function)
        // How far each end is drawn in, in octaves.
        var octaves: (low: Float, high: Float) = (0, 0)
        func attempt(_ low: Float, _ high: Float) {
            guard low >= 0, high >= 0 else { return }
            let candidate = minimum * exp2(-low)...maximum * exp2(-high)
            let noise = Self.noise(judged, candidate, weighing, function)
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

    /// Ranges between one and all that was seen, by equal factors of either end.
    func ranges(from range: ClosedRange<Float>, count: Int) -> [ClosedRange<Float>] {
        func end(_ from: Float, _ to: Float, _ part: Float) -> Float {
            from * to > 0 ? from * pow(to / from, part) : to * part
        }
        return (0..<count).map { number in
            let part = Float(number + 1) / Float(count)
            return end(range.lowerBound, minimum, part)...end(range.upperBound, maximum, part)
        }
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

    /// The mean of the logarithms of noise over signal.
    private static func noise(
        _ samples: [Sample], _ range: ClosedRange<Float>, _ weighing: Weighing, _ function: ((Float) -> Float)?
    ) -> Float {
        let quantization = Quantization(covering: range)
        let step = quantization.scale
        let low = step * Float(-128 - quantization.zeroPoint)
        let high = step * Float(127 - quantization.zeroPoint)
        var sum: Float = 0
        if let function {
            let (first, last) = (function(low), function(high))
            for sample in samples {
                let noise = sample.noiseBehind(step, low...high, first, last, weighing)
                sum += log2(noise / (sample.energies[weighing] ?? 1) + 1e-12)
            }
            return sum / Float(samples.count)
        }
        for sample in samples {
            var noise = SIMD8<Float>.zero
            let coarse = SIMD8(repeating: weighing.mean(upTo: step / 2))
            sample.byEights { value, width, count in
                let inside = value.atLeast(SIMD8(repeating: low)).atMost(SIMD8(repeating: high))
                // Inside, how far it is from a level; outside, how far from the last one.
                let distance = value - step * (inside / step).rounded
                let error = weighing(distance).replacing(with: coarse, where: (width .> step) .& (inside .== value))
                noise += error * count
            }
            // A thousandth is less than 8 bits can tell.
            sum += log2(noise.sum() / (sample.energies[weighing] ?? 1) + 1e-12)
        }
        return sum / Float(samples.count)
    }
}

extension ClosedRange<Float> {
    /// Either end drawn in by a factor from 1 to 16.
    var drawnIn: [ClosedRange] {
        let factors = stride(from: Float(0), through: 4, by: 0.5).map { exp2(-$0) }
        return factors.flatMap { low in factors.map { high in lowerBound * low...upperBound * high } }
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

    /// A copy whose elements were int8 ones.
    func rounded(_ buffer: RealBuffer) -> RealBuffer {
        let copy = RealBuffer(buffer.array)
        copy.modify { round($0) }
        return copy
    }

    /// The value of each element after it was an int8 one, in place.
    func round(_ values: UnsafeMutableBufferPointer<Float>) {
        let inverse = 1 / scale
        let low = SIMD8(repeating: Float(-128 - zeroPoint))
        let high = SIMD8(repeating: Float(127 - zeroPoint))
        values.mapByEights { ($0 * inverse).atLeast(low).atMost(high).rounded * scale }
    }
}
