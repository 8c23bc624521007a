import Foundation

/// A positive real multiplier as the reference kernels hold it: `multiplier / 2^31 * 2^shift`, with `multiplier` in
/// `[2^30, 2^31)`, or 0. Source: `QuantizeMultiplier` of TensorFlow Lite (`kernels/internal/quantization_util`).
public struct QuantizedMultiplier: Sendable, Equatable {
    public var multiplier: Int32
    /// Positive: left. Between -31 and 30.
    public var shift: Int32

    public init(multiplier: Int32, shift: Int32) {
        self.multiplier = multiplier
        self.shift = shift
    }

    /// - Parameter real: finite and not negative.
    public init(_ real: Double) {
        guard real > 0 else {
            self.init(multiplier: 0, shift: 0)
            return
        }
        let (fraction, exponent) = frexp(real)
        var shift = Int32(exponent)
        var fixed = Int64((fraction * 2_147_483_648).rounded(.toNearestOrAwayFromZero))
        if fixed == 1 << 31 {
            fixed /= 2
            shift += 1
        }
        if shift < -31 {
            // Too small to matter: every product rounds to zero.
            self.init(multiplier: 0, shift: 0)
        } else if shift > 30 {
            self.init(multiplier: .max, shift: 30)
        } else {
            self.init(multiplier: Int32(fixed), shift: shift)
        }
    }

    /// `value * self` with the two roundings of the reference kernels: a rounding-doubling high multiply (ties away
    /// from zero for positive products, towards zero for negative ones, as gemmlowp nudges), then a rounding right
    /// shift with ties away from zero. The left shift wraps as C's does on the reference's platforms.
    public func callAsFunction(_ value: Int32) -> Int32 {
        let left = max(shift, 0)
        let right = max(-shift, 0)
        return Self.roundingDivide(Self.doublingHighMultiply(value &<< left, multiplier), byPowerOfTwo: right)
    }

    /// gemmlowp `SaturatingRoundingDoublingHighMul`.
    public static func doublingHighMultiply(_ a: Int32, _ b: Int32) -> Int32 {
        if a == .min && b == .min { return .max }
        let product = Int64(a) * Int64(b)
        let nudge: Int64 = product >= 0 ? 1 << 30 : 1 - (1 << 30)
        return Int32((product + nudge) / (1 << 31))
    }

    /// gemmlowp `RoundingDivideByPOT`, exponent 0 to 31.
    public static func roundingDivide(_ value: Int32, byPowerOfTwo exponent: Int32) -> Int32 {
        guard exponent > 0 else { return value }
        let mask = Int32(truncatingIfNeeded: (Int64(1) << Int64(exponent)) - 1)
        let remainder = value & mask
        let threshold = (mask >> 1) + (value < 0 ? 1 : 0)
        return (exponent > 31 ? 0 : value >> exponent) + (remainder > threshold ? 1 : 0)
    }
}
