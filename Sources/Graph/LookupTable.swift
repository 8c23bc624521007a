import Foundation

/// A unary operation on 8-bit elements as a table: LOGISTIC, TANH, HARD_SWISH, RELU, RELU6, RELU_N1_TO_1, LEAKY_RELU and
/// QUANTIZE between 8-bit types.
public struct LookupTable: Sendable, Equatable {
    /// Result byte for each of the 256 bytes that an input element may be (int8 elements by their bit pattern).
    public var bytes: [UInt8]

    /// Nil when the operation is none of those, or a type is not 8-bit or has no scale.
    public init?(_ operation: Operation, input: Tensor, output: Tensor) {
        guard let source = input.quantization, let target = output.quantization,
            let function = Self.function(operation, input: source, output: target),
            [.int8, .uint8].contains(input.type), [.int8, .uint8].contains(output.type)
        else { return nil }
        let range = ActivationRange(.none, type: output.type, quantization: target)
        bytes = (UInt8.min...UInt8.max).map { byte in
            let value = input.type == .int8 ? Int32(Int8(bitPattern: byte)) : Int32(byte)
            return UInt8(truncatingIfNeeded: range.clamp(function(value)))
        }
    }

    /// Input element to output element, before the clamp to the type's range.
    private static func function(
        _ operation: Operation, input: Quantization, output: Quantization
    ) -> ((Int32) -> Int32)? {
        switch operation {
        case .logistic:
            return real(input: input, output: output) { 1 / (1 + exp(-$0)) }
        case .tanh:
            return real(input: input, output: output) { tanh($0) }
        case .hardSwish:
            let parameters = HardSwishParameters(input: input, output: output)
            return { parameters($0) }
        case .relu:
            return rectifier(.relu, input: input, output: output)
        case .relu6:
            return rectifier(.relu6, input: input, output: output)
        case .reluN1To1:
            return rectifier(.reluN1To1, input: input, output: output)
        case .leakyRelu(let alpha):
            // identity(x) where x = input - inputZeroPoint >= 0, else slope(x); identity is inputScale / outputScale, slope
            // inputScale * alpha / outputScale, each step rounded to float.
            let identity = QuantizedMultiplier(Double(input.scale / output.scale))
            let slope = QuantizedMultiplier(Double(input.scale * alpha / output.scale))
            return {
                let x = $0 &- input.zeroPoint
                return (x >= 0 ? identity(x) : slope(x)) &+ output.zeroPoint
            }
        case .quantize:
            // Here the quotient of the scales is a double.
            let rescale = QuantizedMultiplier(Double(input.scale) / Double(output.scale))
            return { rescale($0 &- input.zeroPoint) &+ output.zeroPoint }
        default:
            return nil
        }
    }

    /// `round(f(inputScale * (value - inputZeroPoint)) * (1 / outputScale)) + outputZeroPoint`, all in float, ties away
    /// from zero.
    private static func real(
        input: Quantization, output: Quantization, _ f: @escaping (Float) -> Float
    ) -> (Int32) -> Int32 {
        let inverse = 1 / output.scale
        return {
            let result = f(input.scale * Float($0 &- input.zeroPoint))
            let rounded = (result * inverse).rounded(.toNearestOrAwayFromZero)
            return Int32(saturating: rounded + Float(output.zeroPoint))
        }
    }

    /// `clamp(multiplier(value - inputZeroPoint) + outputZeroPoint)` with the multiplier `inputScale / outputScale`, rounded to
    /// float, and the clamp of the fused activation of the same name.
    private static func rectifier(
        _ activation: Activation, input: Quantization, output: Quantization
    ) -> (Int32) -> Int32 {
        let rescale = QuantizedMultiplier(Double(input.scale / output.scale))
        let range = ActivationRange(activation, type: .int8, quantization: output)
        return { range.clamp(rescale($0 &- input.zeroPoint) &+ output.zeroPoint) }
    }
}

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
