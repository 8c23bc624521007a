/// RSQRT of int8 as TensorFlow Lite's reference computes it: by Newton's iteration on 28 fraction bits, then a product with
/// `1 / (√inputScale * outputScale)`. The reference refuses values below the zero point; here they give what the zero point does.
struct InverseRootParameters {
    /// Bits that the iteration's result keeps as a whole number.
    private static let kept: Int32 = 20

    private let multiplier: QuantizedMultiplier
    private let inputZeroPoint: Int32
    private let outputZeroPoint: Int32

    init(input: Quantization, output: Quantization) {
        multiplier = QuantizedMultiplier(1 / Double(input.scale.squareRoot() * output.scale))
        (inputZeroPoint, outputZeroPoint) = (input.zeroPoint, output.zeroPoint)
    }

    func callAsFunction(_ element: Int32) -> Int32 {
        let value = element &- inputZeroPoint
        guard value > 0 else { return 127 }
        let inverse = Self.inverseRoot(value)
        let whole = QuantizedMultiplier(multiplier: inverse.multiplier, shift: inverse.shift + Self.kept)(1)
        return QuantizedMultiplier(multiplier: multiplier.multiplier, shift: multiplier.shift - Self.kept)(whole)
            &+ outputZeroPoint
    }

    /// - Parameter value: 1 to 255.
    private static func inverseRoot(_ value: Int32) -> QuantizedMultiplier {
        guard value > 1 else { return QuantizedMultiplier(multiplier: .max, shift: 0) }
        // An even shift, whose half makes the result's exponent, brings the value to 2^27 or above.
        let pairs = Int32(value.leadingZeroBitCount - 1) / 2 - 1
        let half = QuantizedMultiplier.roundingDivide((value << (2 * pairs)) >> 1, byPowerOfTwo: 1)
        func multiply(_ a: Int32, _ b: Int32) -> Int32 { QuantizedMultiplier.doublingHighMultiply(a, b) }
        var x: Int32 = 1 << 28
        for _ in 0..<5 {
            let cube = multiply(multiply(x, x), x) << 6
            x = (multiply(3 << 27, x) - multiply(half, cube)) << 3
        }
        // √½ in 31 bits.
        return QuantizedMultiplier(multiplier: multiply(x, 1_518_500_250), shift: pairs - 11)
    }
}
