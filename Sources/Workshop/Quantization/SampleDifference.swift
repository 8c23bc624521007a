/// How one sample's result in real numbers differs from that of a quantized layer.
struct SampleDifference {
    /// By channel.
    var means: [Float]
    /// Squares of the result, and of the difference.
    var energy: Float
    var noise: Float

    private var part: Float { noise / max(energy, 1e-30) }

    /// What to add to each channel, so that the means agree: those of most samples. A sample a hundred times as large as the
    /// others counts as one, and one that lies beyond the ranges for the most part, which nothing mends, does not count.
    static func correction(_ samples: [SampleDifference]) -> [Float] {
        let parts = samples.map(\.part).sorted()
        guard let first = samples.first else { return [] }
        let limit = 4 * parts[parts.count / 2]
        var sums = [Double](repeating: 0, count: first.means.count)
        var weight = 0.0
        for sample in samples where sample.part <= limit {
            let share = 1 / Double(max(sample.energy, 1e-20)).squareRoot()
            for channel in sums.indices { sums[channel] += share * Double(sample.means[channel]) }
            weight += share
        }
        return sums.map { weight > 0 ? Float($0 / weight) : 0 }
    }
}
