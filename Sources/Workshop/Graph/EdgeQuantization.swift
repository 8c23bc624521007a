/// QUANTIZE from float32: `clamp(round(real / scale) + zeroPoint)`, the quotient a float, ties away from zero. Beyond int32
/// the result saturates and what is not a number gives the zero point, where the reference's C is undefined.
public struct FloatQuantizer: Sendable {
    public var scale: Float
    public var zeroPoint: Int32
    public var range: ActivationRange

    /// - Parameter type: int8 or uint8.
    public init(type: ElementType, quantization: Quantization) {
        scale = quantization.scale
        zeroPoint = quantization.zeroPoint
        range = ActivationRange(.none, type: type, quantization: quantization)
    }

    public func callAsFunction(_ real: Float) -> Int32 {
        range.clamp(Int32(saturating: (real / scale).rounded(.toNearestOrAwayFromZero)) &+ zeroPoint)
    }
}

/// DEQUANTIZE to float32: `scale * (value - zeroPoint)`, the product of a double rounded to float; equal to the float
/// product.
public struct FloatDequantizer: Sendable {
    public var scale: Float
    public var zeroPoint: Int32

    public init(quantization: Quantization) {
        scale = quantization.scale
        zeroPoint = quantization.zeroPoint
    }

    public func callAsFunction(_ value: Int32) -> Float {
        scale * Float(value &- zeroPoint)
    }
}
