import Foundation

/// An operation on each element of one operand, which for 8-bit elements is a table of 256 bytes.
///
/// A new one is a case here, with its name, what it demands of scales and its reference arithmetic, and a line in
/// `OperatorSupport`; shape, types, lowering, execution and reports follow.
public indirect enum UnaryFunction: Sendable, Equatable {
    case logistic
    case tanh
    case hardSwish
    case relu
    case relu6
    case reluN1To1
    /// `alpha` may be negative.
    case leakyRelu(alpha: Float)
    /// x times the normal distribution's integral, or its approximation by tanh (Hendrycks and Gimpel, arXiv:1606.08415).
    case gelu(approximate: Bool)
    case exp
    case log
    case abs
    case neg
    case square
    case sqrt
    /// 1 over the square root.
    case rsqrt
    case erf
    /// log(1 + e^x).
    case softplus
    /// x times tanh(softplus(x)) (Misra, arXiv:1908.08681).
    case mish
    /// `alpha * x + beta`, within 0 and 1.
    case hardSigmoid(alpha: Float, beta: Float)
    case reciprocal
    case floor
    case ceil
    /// To the nearest whole number, of two the even one.
    case round
    /// -1, 0 or 1.
    case sign
    /// x above 0, e^x - 1 below (Clevert et al., arXiv:1511.07289).
    case elu
    /// What several operations make of one real number.
    case expression(Expression)
    /// What several operations make of one 8-bit element: 256 results, by the element's byte.
    case table([Int16])

    /// The TensorFlow Lite name, of a table its own.
    public var name: String {
        switch self {
        case .logistic: "LOGISTIC"
        case .tanh: "TANH"
        case .hardSwish: "HARD_SWISH"
        case .relu: "RELU"
        case .relu6: "RELU6"
        case .reluN1To1: "RELU_N1_TO_1"
        case .leakyRelu: "LEAKY_RELU"
        case .gelu: "GELU"
        case .exp: "EXP"
        case .log: "LOG"
        case .abs: "ABS"
        case .neg: "NEG"
        case .square: "SQUARE"
        case .sqrt: "SQRT"
        case .rsqrt: "RSQRT"
        case .erf: "ERF"
        case .softplus: "SOFTPLUS"
        case .mish: "MISH"
        case .hardSigmoid: "HARD_SIGMOID"
        case .reciprocal: "RECIPROCAL"
        case .expression: "FUNCTION"
        case .elu: "ELU"
        case .floor: "FLOOR"
        case .ceil: "CEIL"
        case .round: "ROUND"
        case .sign: "SIGN"
        case .table: "TABLE"
        }
    }

    /// What a quantized graph may have it of.
    var types: [ElementType] {
        switch self {
        case .logistic, .tanh, .hardSwish, .relu, .relu6, .reluN1To1, .leakyRelu, .gelu(approximate: true), .exp, .log,
            .sqrt,
            .rsqrt, .elu, .floor:
            [.int8, .float32]
        case .abs, .neg, .square: [.int8, .float32, .int32]
        default: [.int8]
        }
    }

    /// Its parameters for reports; empty where it has none.
    public var parameters: String {
        switch self {
        case .leakyRelu(let alpha): "alpha \(alpha)"
        case .gelu(approximate: true): "by tanh"
        case .hardSigmoid(let alpha, let beta): "alpha \(alpha), beta \(beta)"
        case .expression(let expression): expression.text
        default: ""
        }
    }

    /// What the reference kernels demand of scales and parameters before they run.
    /// - Returns: what is wrong, or nil.
    func problem(input: Quantization, output: Quantization) -> String? {
        switch self {
        case .logistic where output.scale != 1 / 256: "the output must have scale 1/256"
        case .hardSwish where input.scale / 128 / output.scale >= 1: "the output's scale is too small for the input's"
        case .leakyRelu(let alpha) where !(alpha.magnitude <= GraphLimits.scales.upperBound):
            "alpha \(alpha) is out of range"
        default: nil
        }
    }

    /// Input element to output element, before the clamp to the type's range, as the reference kernels compute it.
    func integer(input: Quantization, output: Quantization) -> (Int32) -> Int32 {
        switch self {
        case .hardSwish:
            let parameters = HardSwishParameters(input: input, output: output)
            return { parameters($0) }
        case .relu: return Self.rectifier(.relu, input: input, output: output)
        case .relu6: return Self.rectifier(.relu6, input: input, output: output)
        case .reluN1To1: return Self.rectifier(.reluN1To1, input: input, output: output)
        case .leakyRelu(let alpha):
            // identity(x) where x = input - inputZeroPoint >= 0, else slope(x); identity is inputScale / outputScale, slope
            // inputScale * alpha / outputScale, each step rounded to float.
            let identity = QuantizedMultiplier(Double(input.scale / output.scale))
            let slope = QuantizedMultiplier(Double(input.scale * alpha / output.scale))
            return {
                let x = $0 &- input.zeroPoint
                return (x >= 0 ? identity(x) : slope(x)) &+ output.zeroPoint
            }
        case .abs:
            let rescale = QuantizedMultiplier(Double(input.scale / output.scale))
            return {
                let difference = $0 &- input.zeroPoint
                let magnitude = difference < 0 ? 0 &- difference : difference
                return (input.scale == output.scale ? magnitude : rescale(magnitude)) &+ output.zeroPoint
            }
        case .table(let results): return { Int32(results[Int(UInt8(truncatingIfNeeded: $0))]) }
        case .log:
            // What has no logarithm is the least that the result can hold.
            let least = Float(-128 - output.zeroPoint) * output.scale
            return Self.real(input: input, output: output) { $0 <= 0 ? least : Foundation.log($0) }
        case .sqrt:
            // Cut, not rounded. The reference refuses numbers below 0; here they count as 0.
            return {
                let root = Swift.max(0, input.scale * Float($0 &- input.zeroPoint)).squareRoot()
                return Int32(saturating: (root / output.scale).rounded(.towardZero)) &+ output.zeroPoint
            }
        case .rsqrt:
            let parameters = InverseRootParameters(input: input, output: output)
            return { parameters($0) }
        case .logistic, .tanh, .gelu, .exp, .neg, .square, .elu, .erf, .softplus, .mish,
            .hardSigmoid, .reciprocal, .floor, .ceil, .round, .sign, .expression:
            return Self.real(input: input, output: output, real)
        }
    }

    /// What it computes of a real number, in float. A table has no such form.
    public var real: (Float) -> Float {
        switch self {
        case .logistic: { 1 / (1 + Foundation.exp(-$0)) }
        case .tanh: { Foundation.tanh($0) }
        case .hardSwish: { $0 * Swift.min(Swift.max($0 + 3, 0), 6) / 6 }
        case .relu: { Swift.max($0, 0) }
        case .relu6: { Swift.min(Swift.max($0, 0), 6) }
        case .reluN1To1: { Swift.min(Swift.max($0, -1), 1) }
        case .leakyRelu(let alpha): { $0 >= 0 ? $0 : alpha * $0 }
        case .gelu(approximate: false): { 0.5 * $0 * erfc($0 * -Float(0.5).squareRoot()) }
        case .gelu(approximate: true): { Self.approximateGelu($0) }
        case .exp: { Foundation.exp($0) }
        case .log: { Foundation.log($0) }
        case .abs: { $0.magnitude }
        case .neg: { -$0 }
        case .square: { $0 * $0 }
        case .sqrt: { $0.squareRoot() }
        case .rsqrt: { 1 / $0.squareRoot() }
        case .erf: { Foundation.erf($0) }
        case .softplus: { Self.softplus($0) }
        case .mish: { $0 * Foundation.tanh(Self.softplus($0)) }
        case .hardSigmoid(let alpha, let beta): { Swift.min(Swift.max(alpha * $0 + beta, 0), 1) }
        case .reciprocal: { 1 / $0 }
        case .expression(let expression): expression.real
        case .floor: { $0.rounded(.down) }
        case .ceil: { $0.rounded(.up) }
        case .round: { $0.rounded(.toNearestOrEven) }
        case .sign: { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
        case .elu: { $0 > 0 ? $0 : expm1($0) }
        case .table: preconditionFailure("a table is of quantized graphs alone")
        }
    }

    /// `base` to the power of `exponent`; not a number where no real one is.
    public static func power(_ base: Float, _ exponent: Float) -> Float { Foundation.pow(base, exponent) }

    /// Without overflow: e^x is beyond a float from 89 on.
    private static func softplus(_ x: Float) -> Float { Swift.max(x, 0) + log1p(Foundation.exp(-x.magnitude)) }

    public static let approximateGeluScale = Float(2 / Double.pi.squareRoot() * 0.5.squareRoot())

    private static func approximateGelu(_ x: Float) -> Float {
        0.5 * x * (1 + Foundation.tanh(approximateGeluScale * x * (1 + 0.044715 * x * x)))
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
