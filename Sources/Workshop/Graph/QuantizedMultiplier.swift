/// A real multiplier as the reference kernels hold it: `multiplier / 2^31 * 2^shift`, with the magnitude of `multiplier`
/// in `[2^30, 2^31)`, or 0. Source: `QuantizeMultiplier` of TensorFlow Lite (`kernels/internal/quantization_util`).
public struct QuantizedMultiplier: Sendable, Equatable {
    public var multiplier: Int32
    /// Positive: left. Between -31 and 30.
    public var shift: Int32

    public init(multiplier: Int32, shift: Int32) {
        self.multiplier = multiplier
        self.shift = shift
    }

    /// `real` = fraction * 2^shift with the fraction's magnitude in [1/2, 1); the multiplier is fraction * 2^31, rounded
    /// to nearest with ties away from zero. Below 2^-32 in magnitude it is 0, at 2^30 and above it saturates.
    /// - Parameter real: negative only as a slope (LEAKY_RELU); not a number counts as 0.
    public init(_ real: Double) {
        guard !real.isNaN, real != 0 else {
            self.init(multiplier: 0, shift: 0)
            return
        }
        guard real.magnitude < 0x1p30 else {
            self.init(multiplier: real > 0 ? .max : -.max, shift: 30)
            return
        }
        // Swift's significand has no sign and lies in [1, 2).
        var shift = Int32(real.exponent) + 1
        var fixed = Int64((real.significand * 0x1p30).rounded(.toNearestOrAwayFromZero))
        if fixed == 1 << 31 {
            fixed /= 2
            shift += 1
        }
        if real < 0 { fixed = -fixed }
        if shift < -31 {
            // Too small to matter: every product rounds to zero.
            self.init(multiplier: 0, shift: 0)
        } else {
            self.init(multiplier: Int32(fixed), shift: shift)
        }
    }

    /// `value * self` with the two roundings of the reference kernels: a rounding-doubling high multiply (ties towards
    /// positive infinity), then a rounding right shift with ties away from zero. The left shift, which comes first,
    /// wraps as C's does on the reference's platforms. A negative multiplier negates the result of its positive twin.
    public func callAsFunction(_ value: Int32) -> Int32 {
        if multiplier < 0 {
            return 0 &- QuantizedMultiplier(multiplier: max(multiplier, -.max) * -1, shift: shift)(value)
        }
        let left = max(shift, 0)
        let right = max(-shift, 0)
        return Self.roundingDivide(Self.doublingHighMultiply(value << left, multiplier), byPowerOfTwo: right)
    }

    /// `a * b / 2^31`, rounded to nearest with ties towards positive infinity; gemmlowp's
    /// `SaturatingRoundingDoublingHighMul`. Saturates only where both are the least Int32.
    public static func doublingHighMultiply(_ a: Int32, _ b: Int32) -> Int32 {
        if a == .min && b == .min { return .max }
        let product = Int64(a) * Int64(b)
        let nudge: Int64 = product >= 0 ? 1 << 30 : 1 - (1 << 30)
        return Int32(truncatingIfNeeded: (product + nudge) / (1 << 31))
    }

    /// `value / 2^exponent`, rounded to nearest with ties away from zero; gemmlowp's `RoundingDivideByPOT`.
    /// - Parameter exponent: 0 or more. Above 31 the result is 0, where the reference stops with an assertion.
    public static func roundingDivide(_ value: Int32, byPowerOfTwo exponent: Int32) -> Int32 {
        guard exponent > 0 else { return value }
        guard exponent <= 31 else { return 0 }
        let mask = Int32(truncatingIfNeeded: (Int64(1) << Int64(exponent)) - 1)
        let remainder = value & mask
        let threshold = (mask >> 1) + (value < 0 ? 1 : 0)
        return (value >> exponent) + (remainder > threshold ? 1 : 0)
    }
}
