/// Arithmetic on whole numbers that stand for fractions: the same on every CPU.
enum FixedPoint {
    /// The greatest whole number whose square is at most `value`.
    static func squareRoot(_ value: UInt64) -> UInt64 {
        guard value > 0 else { return 0 }
        // Two bits of the value give one of the root, from the top.
        var bit: UInt64 = 1 << UInt64((63 - value.leadingZeroBitCount) & ~1)
        var rest = value
        var root: UInt64 = 0
        while bit != 0 {
            if rest >= root + bit {
                rest -= root + bit
                root = root >> 1 + bit
            } else {
                root >>= 1
            }
            bit >>= 2
        }
        return root
    }

    /// Logarithm to base 2 in 1/65536, straight between powers of two: at most 0.09 too low.
    /// - Parameter value: above 0.
    static func logarithm(_ value: Int64) -> Int64 {
        let exponent = Int64(63 - value.leadingZeroBitCount)
        let fraction = exponent >= 16 ? value >> (exponent - 16) : value << (16 - exponent)
        return exponent << 16 + fraction - 1 << 16
    }

    static func clamp(_ value: Int64, _ limit: Int64) -> Int64 { min(max(value, -limit), limit) }

    /// Time from `start` to `end`, at least 0; what does not fit is the most that does.
    static func elapsed(from start: Int64, to end: Int64) -> Int64 {
        let (difference, overflows) = end.subtractingReportingOverflow(start)
        if overflows { return end > start ? .max : 0 }
        return max(difference, 0)
    }
}
