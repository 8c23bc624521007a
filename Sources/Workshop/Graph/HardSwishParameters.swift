/// HARD_SWISH in the reference's 16-bit arithmetic: `x * relu6(x + 3) / 6`, with the rectified part scaled so that ±3
/// is ±2^15.
struct HardSwishParameters {
    private let inputZeroPoint: Int32
    private let outputZeroPoint: Int32
    private let outputFactor: Int16
    private let outputShift: Int32
    private let rectifiedFactor: Int16
    private let rectifiedShift: Int32

    init(input: Quantization, output: Quantization) {
        inputZeroPoint = input.zeroPoint
        outputZeroPoint = output.zeroPoint
        // Elements are taken 128-fold; both quotients are floats.
        let fine: Float = (1 / 128) * input.scale
        let toOutput = QuantizedMultiplier(Double(fine / output.scale))
        let toRectified = QuantizedMultiplier(Double(fine / (3 / 32768)))
        (outputFactor, outputShift) = (Self.narrowed(toOutput.multiplier), toOutput.shift)
        (rectifiedFactor, rectifiedShift) = (Self.narrowed(toRectified.multiplier), toRectified.shift)
    }

    /// - Returns: the element before the clamp to its type's range.
    func callAsFunction(_ value: Int32) -> Int32 {
        let x = Int16(truncatingIfNeeded: (value &- inputZeroPoint) &* 128)
        let preshift = Self.roundingHighMultiply(x, outputFactor)
        // The last doubling comes after the multiplication, so that only results saturate.
        var rectified = x
        if rectifiedShift > 0 { rectified = Self.doubled(rectified, times: rectifiedShift - 1) }
        rectified = Self.roundingHighMultiply(rectified, rectifiedFactor)
        if rectifiedShift > 0 { rectified = Self.doubled(rectified, times: 1) }
        if rectifiedShift < 0 {
            rectified = Int16(
                truncatingIfNeeded: QuantizedMultiplier.roundingDivide(Int32(rectified), byPowerOfTwo: -rectifiedShift))
        }
        // From [-1, 1] to [0, 1].
        let gate = Int16(truncatingIfNeeded: (Int32(rectified) + 32768) >> 1)
        // This product is truncated, not rounded.
        let product = Int32(gate) * Int32(preshift) / 32768
        return QuantizedMultiplier.roundingDivide(product, byPowerOfTwo: -outputShift) &+ outputZeroPoint
    }

    private static func narrowed(_ multiplier: Int32) -> Int16 {
        multiplier >= Int32.max - 32768 ? .max : Int16((multiplier + 32768) >> 16)
    }

    private static func roundingHighMultiply(_ a: Int16, _ b: Int16) -> Int16 {
        if a == .min && b == .min { return .max }
        let product = Int32(a) * Int32(b)
        return Int16(truncatingIfNeeded: (product + (product >= 0 ? 16384 : -16383)) / 32768)
    }

    private static func doubled(_ value: Int16, times: Int32) -> Int16 {
        Int16(clamping: Int64(value) << Int64(times))
    }
}
