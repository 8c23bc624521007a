import Reference

/// How one sample's result in real numbers differs from that of a quantized layer.
struct SampleDifference {
    /// By channel.
    var means: [Float]
    /// Squares of the result, and of the difference.
    var energy: Float
    var noise: Float

    /// Of what lies in a range alone: where both results are beyond one end, what the layer gives is the same. Means are those of places
    /// where either lies in it; so few that they tell none are drawn towards 0.
    /// - Parameters:
    ///   - precise: channels last.
    ///   - quantized: of as many elements, less `bias`.
    ///   - bias: by channel; it becomes part of the means.
    init(_ precise: RealBuffer, _ quantized: RealBuffer, bias: [Float], in range: ClosedRange<Float>) {
        let channels = bias.count
        var (sums, inside) = (bias.map { _ in Float(0) }, bias.map { _ in Float(0) })
        var (energy, noise): (Float, Float) = (0, 0)
        let (low, high) = (range.lowerBound, range.upperBound)
        precise.withElements { a in
            quantized.withElements { b in
                for start in stride(from: 0, to: a.count, by: channels) {
                    for channel in 0..<channels {
                        let (right, other) = (a[start + channel], b[start + channel] + bias[channel])
                        let value = min(max(right, low), high)
                        let difference = value - min(max(other, low), high)
                        sums[channel] += difference
                        let isInside = (right > low && right < high) || (other > low && other < high)
                        inside[channel] += isInside ? 1 : 0
                        noise += difference * difference
                        energy += value * value
                    }
                }
            }
        }
        let places = Float(precise.count / channels)
        self.init(
            means: bias.indices.map { bias[$0] + sums[$0] / (inside[$0] + places * Self.fewest) }, energy: energy,
            noise: noise)
    }

    /// The part of all places below which those in range tell no mean.
    private static let fewest: Float = 1 / 64

    /// - Parameters:
    ///   - precise: channels last.
    ///   - quantized: of as many elements.
    init(_ precise: RealBuffer, _ quantized: RealBuffer, channels: Int) {
        var sums = [Float](repeating: 0, count: channels)
        var (energy, noise): (Float, Float) = (0, 0)
        precise.withElements { a in
            quantized.withElements { b in
                for start in stride(from: 0, to: a.count, by: channels) {
                    for channel in 0..<channels {
                        let difference = a[start + channel] - b[start + channel]
                        sums[channel] += difference
                        noise += difference * difference
                        energy += a[start + channel] * a[start + channel]
                    }
                }
            }
        }
        let places = Float(precise.count / channels)
        self.init(means: sums.map { $0 / places }, energy: energy, noise: noise)
    }

    init(means: [Float], energy: Float, noise: Float) {
        (self.means, self.energy, self.noise) = (means, energy, noise)
    }

    /// Squares of the difference less its channels' means.
    func deviation(places: Int) -> Float { max(0, noise - Float(places) * means.reduce(0) { $0 + $1 * $1 }) }

    private var part: Float { noise / max(energy, 1e-30) }

    /// What to add to each channel, so that the means agree: those of most samples. A sample a hundred times as large as the
    /// others counts as one, and one that lies beyond the ranges for the most part, which nothing mends, does not count. What the
    /// bias is corrected by is drawn towards 0 as far as the samples disagree on it (W. James, C. Stein, "Estimation with quadratic
    /// loss", 1961): a few pictures do not tell a mean.
    /// - Parameter bias: what of the difference is no error.
    static func correction(_ samples: [SampleDifference], bias: [Float]?) -> [Float] {
        let parts = samples.map(\.part).sorted()
        guard let first = samples.first else { return [] }
        let limit = 4 * parts[parts.count / 2]
        let counted = samples.filter { $0.part <= limit }
        let shares = counted.map { 1 / Double(max($0.energy, 1e-20)).squareRoot() }
        let total = shares.reduce(0, +)
        return first.means.indices.map { channel in
            let bias = Double(bias?[channel] ?? 0)
            guard total > 0 else { return Float(bias) }
            let errors = counted.map { Double($0.means[channel]) - bias }
            let mean = zip(errors, shares).reduce(0) { $0 + $1.0 * $1.1 / total }
            guard errors.count > 1, mean != 0 else { return Float(bias + mean) }
            let spread = zip(errors, shares).reduce(0) { sum, sample in
                let part = sample.1 / total * (sample.0 - mean)
                return sum + part * part
            }
            let variance = spread * Double(errors.count) / Double(errors.count - 1)
            return Float(bias + mean * max(0, 1 - variance / (mean * mean)))
        }
    }
}
