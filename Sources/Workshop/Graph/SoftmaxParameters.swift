/// SOFTMAX of int8 along the last dimension. For one row with greatest element `top`:
///
///     e[i]   = exponentials[top - x[i]]
///     sum    = Σ roundingDivide(e[i], 2^12)               int32
///     zeros  = leading zero bits of sum
///     scale  = reciprocal((sum << zeros) - 2^31)
///     y[i]   = clamp(roundingDivide(highMultiply(scale, e[i]), 2^(35 - zeros)) - 128) to -128...127
///
/// with `roundingDivide`, `highMultiply` (`doublingHighMultiply`) of `QuantizedMultiplier` and `reciprocal` of this type.
/// Above 2^31 the quotient is 0, so rows of 512 and more nearly equal elements give -128 where the reference stops.
public struct SoftmaxParameters: Sendable {
    /// For each difference 0...255 to the greatest element: `exp(-difference * beta * scale)` with 31 fractional bits, by the
    /// reference's fixed-point series; 0 beyond the differences that it looks at.
    public var exponentials: [Int32]

    /// - Parameter beta: above 0.
    public init(input: Quantization, beta: Float) {
        // 5 integer bits: differences down to -32 matter.
        let real = Double(beta) * Double(input.scale) * 0x1p26
        let capped = real > 0 ? min(real, 0x1p31 - 1) : 0
        let multiplier = QuantizedMultiplier(capped)
        let leftShift = capped > 0 ? max(0, Int(capped.exponent) + 1) : 0
        let reach = Int((31 * 0x1p26 / Double(Int64(1) << Int64(leftShift))).rounded(.down))
        exponentials = (0..<256).map { difference in
            difference <= reach ? FixedPoint.exponential(multiplier(Int32(-difference))) : 0
        }
    }

    /// The largest is 2^31 - 1, so a sum of up to 4095 elements cannot overflow; longer rows wrap.
    public func callAsFunction(_ row: [Int32]) -> [Int32] {
        guard let top = row.max() else { return [] }
        let terms = row.map { exponentials[Int(top - $0)] }
        let sum = terms.reduce(0) { $0 &+ QuantizedMultiplier.roundingDivide($1, byPowerOfTwo: 12) }
        let zeros = Int32(sum.leadingZeroBitCount)
        let normalized = UInt32(bitPattern: sum) << UInt32(zeros)
        let scale = Self.reciprocal(Int32(bitPattern: normalized &- (1 << 31)))
        return terms.map {
            let quotient = QuantizedMultiplier.roundingDivide(
                QuantizedMultiplier.doublingHighMultiply(scale, $0), byPowerOfTwo: 35 - zeros)
            return min(127, max(-128, quotient &- 128))
        }
    }

    /// `1 / (1 + x)` for x in [0, 1), both with 31 fractional bits.
    public static func reciprocal(_ x: Int32) -> Int32 {
        FixedPoint.reciprocalOfOnePlus(x)
    }
}

/// Fixed-point functions as gemmlowp's `fixedpoint.h` defines them; `Qn` is an Int32 with n integer bits, 31 - n fractional.
enum FixedPoint {
    private static func multiply(_ a: Int32, _ b: Int32) -> Int32 {
        QuantizedMultiplier.doublingHighMultiply(a, b)
    }

    private static func halve(_ value: Int32, times exponent: Int32) -> Int32 {
        QuantizedMultiplier.roundingDivide(value, byPowerOfTwo: exponent)
    }

    /// `value * 2^exponent`, saturating.
    private static func double(_ value: Int32, times exponent: Int64) -> Int32 {
        Int32(clamping: Int64(value) << exponent)
    }

    /// `exp(x)` in Q0 for x <= 0 in Q5: the part of x below a quarter by a series, each further binary digit of it by a factor.
    static func exponential(_ x: Int32) -> Int32 {
        if x == 0 { return .max }
        let quarter: Int32 = 1 << 24
        let fine = (x & (quarter - 1)) - quarter  // in [-1/4, 0)
        var result = exponentialNearZero(double(fine, times: 5))
        let rest = fine &- x
        // exp(-2^k) in Q0, for the digits 2^k of the rest from k = -2 to 4.
        let factors: [Int32] = [
            1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242,
        ]
        for (digit, factor) in factors.enumerated() where rest & (quarter << Int32(digit)) != 0 {
            result = multiply(result, factor)
        }
        return result
    }

    /// `exp(x)` for x in [-1/4, 0), both Q0: the Taylor series around -1/8 up to the fourth power.
    private static func exponentialNearZero(_ x: Int32) -> Int32 {
        let expOfMinusEighth: Int32 = 1_895_147_668
        let third: Int32 = 715_827_883
        let t = x &+ (1 << 28)
        let t2 = multiply(t, t)
        let t3 = multiply(t2, t)
        let t4 = multiply(t2, t2)
        let higher = halve(multiply(halve(t4, times: 2) &+ t3, third) &+ t2, times: 1)
        return expOfMinusEighth &+ multiply(expOfMinusEighth, t &+ higher)
    }

    /// `1 / (1 + x)` in Q0 for x in [0, 1) in Q0: three Newton steps on half the denominator.
    static func reciprocalOfOnePlus(_ x: Int32) -> Int32 {
        let sum = Int64(x) + Int64(Int32.max)
        let halfDenominator = Int32(truncatingIfNeeded: (sum + (sum >= 0 ? 1 : -1)) / 2)
        // 48/17 - 32/17 * d is the best line through 1/d on [1/2, 1]; Q2.
        var estimate = 1_515_870_810 &+ multiply(halfDenominator, -1_010_580_540)
        let one: Int32 = 1 << 29
        for _ in 0..<3 {
            let error = one &- multiply(halfDenominator, estimate)
            estimate = estimate &+ double(multiply(estimate, error), times: 2)
        }
        return double(estimate, times: 1)
    }
}
