/// MEAN of int8 over `count` elements: `clamp(multiplier(Σ input - inputZeroPoint * count) + outputZeroPoint)` to -128...127,
/// the sum in int32.
public struct MeanParameters: Sendable {
    /// Start from `QuantizedMultiplier(inputScale / outputScale)`, in double. With `s = floor(log2(count))`, at most 32 and
    /// at most 31 + its shift: `multiplier * 2^s / count` in int64, truncated, and `shift - s`.
    public var multiplier: QuantizedMultiplier
    public var inputZeroPoint: Int32
    public var outputZeroPoint: Int32
    public var count: Int

    /// - Parameter count: elements that go into one mean, 1 or more.
    public init(input: Quantization, output: Quantization, count: Int) {
        var scaling = QuantizedMultiplier(Double(input.scale) / Double(output.scale))
        var shift = Int32(Int.bitWidth - 1 - count.leadingZeroBitCount)
        shift = min(shift, 32, 31 + scaling.shift)
        scaling.multiplier = Int32(truncatingIfNeeded: (Int64(scaling.multiplier) << Int64(shift)) / Int64(count))
        scaling.shift -= shift
        multiplier = scaling
        inputZeroPoint = input.zeroPoint
        outputZeroPoint = output.zeroPoint
        self.count = count
    }

    /// - Parameter sum: of the raw elements, zero points included.
    public func callAsFunction(sum: Int) -> Int32 {
        let centred = Int32(truncatingIfNeeded: sum &- Int(inputZeroPoint) &* count)
        return min(127, max(-128, multiplier(centred) &+ outputZeroPoint))
    }
}

/// SUM of int8 over `count` elements: `round(Σ input * scale + offset) + outputZeroPoint`, each step rounded to float32, the scale
/// `inputScale / outputScale` and the offset `-inputZeroPoint * scale * count`.
public struct SumOverAxes: Sendable {
    public var scale: Float
    public var offset: Float
    public var outputZeroPoint: Int32

    /// - Parameter count: elements that go into one sum, fewer than 2^16: so many add up without rounding.
    public init(input: Quantization, output: Quantization, count: Int) {
        scale = input.scale / output.scale
        offset = Float(-input.zeroPoint) * scale * Float(count)
        outputZeroPoint = output.zeroPoint
    }

    /// - Parameter sum: of the raw elements.
    public func callAsFunction(_ sum: Int32) -> Int32 {
        let real = (Float(sum) * scale + offset).rounded(.toNearestOrAwayFromZero)
        return min(127, max(-128, Int32(saturating: real) &+ outputZeroPoint))
    }
}
