import COpenBLAS
import Graph

/// Weights rounded one after another, each error made good by those that follow: what the sums lose on the inputs that were
/// seen is least, not what the weights lose (E. Frantar et al., "GPTQ", arXiv:2210.17323, after B. Hassibi's optimal brain
/// surgeon).
struct Rounding {
    /// Weights of one sum.
    let depth: Int
    /// Weights that are rounded together: the sums of squares of more would take longer than they help.
    private static let block = 1024
    /// For each block the upper factor U of the inverse of `Σ x xᵀ`, `inverse = Uᵀ U`, row-major; nil: not invertible.
    private let factors: [[Float]?]

    /// - Parameter inputs: `[rows, depth]`, what the weights are multiplied with.
    init(inputs: UnsafeBufferPointer<Float>, depth: Int) {
        self.depth = depth
        let rows = inputs.count / depth
        factors = stride(from: 0, to: depth, by: Self.block).map { start in
            let count = min(Self.block, depth - start)
            guard let base = inputs.baseAddress, rows > 0 else { return nil }
            var sums = [Float](repeating: 0, count: count * count)
            cblas_ssyrk(
                CblasRowMajor, CblasUpper, CblasTrans, Int32(count), Int32(rows), 1 / Float(rows), base + start,
                Int32(depth), 0, &sums, Int32(count))
            return Self.factor(&sums, count)
        }
    }

    private static func factor(_ sums: inout [Float], _ count: Int) -> [Float]? {
        var mean: Float = 0
        for index in 0..<count { mean += sums[index * count + index] / Float(count) }
        guard mean > 0, mean.isFinite else { return nil }
        for index in 0..<count { sums[index * count + index] += 0.01 * mean }
        var (size, info) = (Int32(count), Int32(0))
        // The upper triangle by rows is the lower one by columns.
        for step in [spotrf_, spotri_, spotrf_] {
            step("L", &size, &sums, &size, &info)
            guard info == 0 else { return nil }
        }
        return sums
    }

    /// - Parameters:
    ///   - weights: `depth` of one sum; on return what was left to make good.
    ///   - scale: real value of one step; 0 gives zeros.
    ///   - result: the rounded weights, -127 to 127.
    func round(_ weights: UnsafeMutablePointer<Float>, scale: Float, into result: UnsafeMutablePointer<Int8>) {
        guard scale > 0 else {
            result.update(repeating: 0, count: depth)
            return
        }
        for (number, factor) in factors.enumerated() {
            let start = number * Self.block
            let count = min(Self.block, depth - start)
            for index in 0..<count {
                let weight = weights[start + index]
                let level = weight.isFinite ? min(max((weight / scale).rounded(), -127), 127) : 0
                result[start + index] = Int8(level)
                guard let factor else { continue }
                let row = index * count
                let error = (weight - level * scale) / factor[row + index]
                factor.withUnsafeBufferPointer { factor in
                    for next in index + 1..<max(count, index + 1) {
                        weights[start + next] -= error * factor[row + next]
                    }
                }
            }
        }
    }
}
