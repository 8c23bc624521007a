/// How one sample's result in real numbers differs from that of a quantized layer.
struct SampleDifference {
    /// By channel.
    var means: [Float]
    /// Squares of the result, and of the difference.
    var energy: Float
    var noise: Float

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
