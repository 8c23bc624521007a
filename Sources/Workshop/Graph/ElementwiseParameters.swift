/// ADD and SUB of int8: with `x = (left - leftZeroPoint) * 2^20`, `y = (right - rightZeroPoint) * 2^20`,
/// `clamp(outputMultiplier(leftMultiplier(x) ± rightMultiplier(y)) + outputZeroPoint)`. No step overflows int32.
public struct SumParameters: Sendable {
    public static let headroom: Int32 = 20

    /// `leftScale / (2 * max(leftScale, rightScale))`, in double like the next two.
    public var leftMultiplier: QuantizedMultiplier
    /// `rightScale / (2 * max(leftScale, rightScale))`
    public var rightMultiplier: QuantizedMultiplier
    /// `2 * max(leftScale, rightScale) / (2^20 * outputScale)`
    public var outputMultiplier: QuantizedMultiplier
    public var leftZeroPoint: Int32
    public var rightZeroPoint: Int32
    public var outputZeroPoint: Int32
    public var range: ActivationRange

    public init(left: Quantization, right: Quantization, output: Quantization, activation: Activation) {
        let twice = 2 * Double(max(left.scale, right.scale))
        leftMultiplier = QuantizedMultiplier(Double(left.scale) / twice)
        rightMultiplier = QuantizedMultiplier(Double(right.scale) / twice)
        outputMultiplier = QuantizedMultiplier(twice / (0x1p20 * Double(output.scale)))
        leftZeroPoint = left.zeroPoint
        rightZeroPoint = right.zeroPoint
        outputZeroPoint = output.zeroPoint
        range = ActivationRange(activation, type: .int8, quantization: output)
    }

    public func sum(_ left: Int32, _ right: Int32) -> Int32 {
        finish(scaledLeft(left) &+ scaledRight(right))
    }

    public func difference(_ left: Int32, _ right: Int32) -> Int32 {
        finish(scaledLeft(left) &- scaledRight(right))
    }

    private func scaledLeft(_ value: Int32) -> Int32 {
        leftMultiplier((value &- leftZeroPoint) << Self.headroom)
    }

    private func scaledRight(_ value: Int32) -> Int32 {
        rightMultiplier((value &- rightZeroPoint) << Self.headroom)
    }

    private func finish(_ raw: Int32) -> Int32 {
        range.clamp(outputMultiplier(raw) &+ outputZeroPoint)
    }
}

/// MUL of int8: `clamp(multiplier((left - leftZeroPoint) * (right - rightZeroPoint)) + outputZeroPoint)`.
public struct ProductParameters: Sendable {
    /// `leftScale * rightScale / outputScale`, product and quotient each rounded to float.
    public var multiplier: QuantizedMultiplier
    public var leftZeroPoint: Int32
    public var rightZeroPoint: Int32
    public var outputZeroPoint: Int32
    public var range: ActivationRange

    public init(left: Quantization, right: Quantization, output: Quantization, activation: Activation) {
        multiplier = QuantizedMultiplier(Double(left.scale * right.scale / output.scale))
        leftZeroPoint = left.zeroPoint
        rightZeroPoint = right.zeroPoint
        outputZeroPoint = output.zeroPoint
        range = ActivationRange(activation, type: .int8, quantization: output)
    }

    public func callAsFunction(_ left: Int32, _ right: Int32) -> Int32 {
        range.clamp(multiplier((left &- leftZeroPoint) &* (right &- rightZeroPoint)) &+ outputZeroPoint)
    }
}

/// PRELU of int8: with `x = input - inputZeroPoint`, `clamp(identity(x) + outputZeroPoint)` where x >= 0, else
/// `clamp(slope(x * (alpha - alphaZeroPoint)) + outputZeroPoint)`; the clamp is to -128...127.
public struct PreluParameters: Sendable {
    /// `inputScale / outputScale`, rounded to float.
    public var identity: QuantizedMultiplier
    /// `inputScale * alphaScale / outputScale`, product and quotient each rounded to float.
    public var slope: QuantizedMultiplier
    public var inputZeroPoint: Int32
    public var alphaZeroPoint: Int32
    public var outputZeroPoint: Int32

    public init(input: Quantization, alpha: Quantization, output: Quantization) {
        identity = QuantizedMultiplier(Double(input.scale / output.scale))
        slope = QuantizedMultiplier(Double(input.scale * alpha.scale / output.scale))
        inputZeroPoint = input.zeroPoint
        alphaZeroPoint = alpha.zeroPoint
        outputZeroPoint = output.zeroPoint
    }

    public func callAsFunction(_ input: Int32, alpha: Int32) -> Int32 {
        let x = input &- inputZeroPoint
        let scaled = x >= 0 ? identity(x) : slope(x &* (alpha &- alphaZeroPoint))
        return min(127, max(-128, scaled &+ outputZeroPoint))
    }
}
