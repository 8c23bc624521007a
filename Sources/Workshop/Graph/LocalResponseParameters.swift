import Foundation

/// LOCAL_RESPONSE_NORMALIZATION of int8. With `x = input - inputZeroPoint`, `s` the sum of x² over an element's window, and `b` the bits
/// of the float next to `1 + s`,
///
///     i = (b >> 18) - 32 * 127
///     f = factors[i] + ((factors[i + 1] - factors[i]) * ((b >> 9) & 511) >> 9)
///     y = clamp((x * f + 2^(shift - 1) >> shift) + outputZeroPoint) to -128...127
///
/// in int32, where shifts to the right round down. So f is read between the points of a table that has 32 for each doubling of `1 + s`, at
/// the same relative distance wherever s is: with beta 0.75 it is at most 0.03 % off, and y at most 0.55 steps of the output.
public struct LocalResponseParameters: Sendable {
    /// Points for each doubling of a sum, as a power of two.
    private static let detail = 5
    /// Bits of the greatest factor. Neither times x, nor its distance to the next one times 511, does it leave int32.
    private static let bits = 21
    /// The square of what is furthest from its zero point.
    private static let greatestSquare = 255 * 255

    /// `inputScale / outputScale * (bias + scale * inputScale² * s)^-beta * 2^shift` for each s of the table.
    public var factors: [Int32]
    /// 1 to 30.
    public var shift: Int32
    public var inputZeroPoint: Int32
    public var outputZeroPoint: Int32
    /// Channels before and behind an element's own, fewer than there are.
    public var below: Int
    public var above: Int
    private let local: LocalResponse

    /// - Parameter channels: of a window, at most `channelLimit`.
    public init(_ local: LocalResponse, input: Quantization, output: Quantization, channels: Int) {
        (below, above) = (min(local.below, channels - 1), min(local.above, channels - 1))
        self.local = LocalResponse(
            below: below, above: above, scale: local.scale, bias: local.bias, beta: local.beta)
        (inputZeroPoint, outputZeroPoint) = (input.zeroPoint, output.zeroPoint)
        let most = min(below + above + 1, channels) * Self.greatestSquare
        let last = Self.place(most).index + 1
        let largest = Self.largest(local, input: input, output: output, sum: most)
        let power = largest > 0 ? Self.bits - (Int(largest.exponent) + 1) : 30
        shift = Int32(min(max(power, 1), 30))
        let unit = Double(sign: .plus, exponent: Int(shift), significand: 1)
        factors = (0...last).map { index in
            let factor = Self.factor(local, input: input, output: output, sum: Self.sum(index))
            return Int32(min((factor * unit).rounded(), 0x1p21))
        }
    }

    private static func factor(
        _ local: LocalResponse, input: Quantization, output: Quantization, sum: Double
    ) -> Double {
        let scale = Double(input.scale)
        let base = Double(local.bias) + Double(local.scale) * scale * scale * sum
        return scale / Double(output.scale) * pow(base, -Double(local.beta))
    }

    private static func largest(
        _ local: LocalResponse, input: Quantization, output: Quantization, sum: Int
    ) -> Double {
        max(
            factor(local, input: input, output: output, sum: 0),
            factor(local, input: input, output: output, sum: Double(sum)))
    }

    /// The point of the table for a sum, and how far behind it the sum is, in 1/512 of the way to the next one.
    private static func place(_ sum: Int) -> (index: Int, part: Int) {
        let bits = Int(Float(sum + 1).bitPattern)
        return (bits >> (23 - detail) - 127 << detail, bits >> (14 - detail) & 511)
    }

    /// The sum that a point stands for.
    private static func sum(_ index: Int) -> Double {
        let points = 1 << detail
        let octave = Double(sign: .plus, exponent: index / points, significand: 1)
        return octave * (1 + Double(index % points) / Double(points)) - 1
    }

    /// Channels of a window, at most, whose sum does not leave int32.
    public static let channelLimit = Int(Int32.max - 1) / greatestSquare

    /// What of shapes and scales has no such form, or nil.
    static func problem(
        _ local: LocalResponse, input: Quantization, output: Quantization, channels: Int
    ) -> String? {
        let window = min(min(local.below, channels) + min(local.above, channels) + 1, channels)
        guard window <= channelLimit else { return "its window of \(window) channels is too large for an int32's sums" }
        guard largest(local, input: input, output: output, sum: window * greatestSquare) < 0x1p20 else {
            return "the output's scale is too small for the input's"
        }
        return nil
    }

    /// One place's channels.
    public func callAsFunction(_ row: [Int32]) -> [Int32] {
        row.indices.map { channel in
            let window = local.window(channel, of: row.count)
            let sum = row[window].reduce(0) { $0 + Int($1 - inputZeroPoint) * Int($1 - inputZeroPoint) }
            let (index, part) = Self.place(sum)
            let factor = Int(factors[index]) + (Int(factors[index + 1] - factors[index]) * part) >> 9
            let product = Int(row[channel] - inputZeroPoint) * factor
            return Int32(min(127, max(-128, (product + 1 << (Int(shift) - 1)) >> Int(shift) + Int(outputZeroPoint))))
        }
    }
}
