/// The range that results are clamped to: the type's range, narrowed by a fused activation.
public struct ActivationRange: Sendable, Equatable {
    public var minimum: Int32
    public var maximum: Int32

    public init(minimum: Int32, maximum: Int32) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// `minimum = max(type's least, q(low))`, `maximum = min(type's greatest, q(high))`, where low and high are the ends
    /// of the activation (0 for RELU, 0 and 6, -1 and 1; a missing end does not narrow) and
    /// `q(x) = zeroPoint + round(x / scale)` in float, ties away from zero.
    /// - Parameter type: int8 or uint8.
    public init(_ activation: Activation, type: ElementType, quantization: Quantization) {
        let least: Int32 = type == .uint8 ? 0 : -128
        self.init(minimum: least, maximum: least + 255)
        func quantized(_ real: Float) -> Int32 {
            quantization.zeroPoint &+ Int32(saturating: (real / quantization.scale).rounded(.toNearestOrAwayFromZero))
        }
        switch activation {
        case .none: break
        case .relu:
            minimum = max(minimum, quantized(0))
        case .relu6:
            minimum = max(minimum, quantized(0))
            maximum = min(maximum, quantized(6))
        case .reluN1To1:
            minimum = max(minimum, quantized(-1))
            maximum = min(maximum, quantized(1))
        }
    }

    public func clamp(_ value: Int32) -> Int32 {
        min(maximum, max(minimum, value))
    }
}

extension Int32 {
    /// The nearest Int32 to a float without fraction, with a margin of 2^24 on both sides so that a zero point may be added;
    /// 0 for what is not a number.
    public init(saturating value: Float) {
        self = value.isNaN ? 0 : Int32(Swift.min(Swift.max(value, -0x1.fcp30), 0x1.fcp30))
    }
}

extension Activation {
    /// The ends of its range.
    public var bounds: ClosedRange<Float> {
        switch self {
        case .none: -.infinity ... .infinity
        case .relu: 0 ... .infinity
        case .relu6: 0...6
        case .reluN1To1: -1...1
        }
    }
}
