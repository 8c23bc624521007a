import Foundation
import Testing

@testable import Graph

/// What unary functions are of real numbers, against other ways to say it.
@Suite struct UnaryFunctionTests {
    private static let pairs: [(UnaryFunction, @Sendable (Double) -> Double)] = [
        (.logistic, { 0.5 + 0.5 * Foundation.tanh($0 / 2) }),
        (.tanh, { (Foundation.exp(2 * $0) - 1) / (Foundation.exp(2 * $0) + 1) }),
        (.hardSwish, { $0 <= -3 ? 0 : $0 >= 3 ? $0 : $0 * ($0 + 3) / 6 }),
        (.relu, { ($0 + $0.magnitude) / 2 }), (.relu6, { Swift.max(0, Swift.min($0, 6)) }),
        (.reluN1To1, { Swift.max(-1, Swift.min($0, 1)) }), (.leakyRelu(alpha: 0.25), { $0 < 0 ? $0 / 4 : $0 }),
        (.gelu(approximate: false), { $0 * (1 + erf($0 / 2.0.squareRoot())) / 2 }),
        (.exp, { Foundation.pow(M_E, $0) }), (.log, { Foundation.log2($0) * M_LN2 }), (.abs, { $0 < 0 ? -$0 : $0 }),
        (.neg, { 0 - $0 }), (.square, { Foundation.pow($0, 2) }), (.sqrt, { Foundation.pow($0, 0.5) }),
        (.rsqrt, { Foundation.pow($0, -0.5) }), (.erf, { Foundation.erf($0) }),
        (.softplus, { Foundation.log(1 + Foundation.exp($0)) }),
        (.mish, { $0 * Foundation.tanh(Foundation.log(1 + Foundation.exp($0))) }),
        (.hardSigmoid(alpha: 0.25, beta: 0.5), { Swift.max(0, Swift.min(1, 0.25 * $0 + 0.5)) }),
        (.reciprocal, { Foundation.pow($0, -1) }),
        (
            .expression(.combined(.product, .x, .function(.logistic, .x))),
            { $0 * (0.5 + 0.5 * Foundation.tanh($0 / 2)) }
        ),
        (
            .expression(
                .combined(
                    .quotient, .combined(.minimum, .combined(.maximum, .x, .constant(0)), .constant(6)),
                    .combined(.difference, .constant(7), .combined(.sum, .constant(2), .constant(1))))),
            { Swift.min(Swift.max($0, 0), 6) / 4 }
        ),
        (.elu, { $0 > 0 ? $0 : Foundation.exp($0) - 1 }),
    ]

    @Test("Each is what its formula says, in float", arguments: pairs.indices)
    func real(_ index: Int) {
        let (function, formula) = Self.pairs[index]
        for step in -160...160 {
            let x = Float(step) / 16
            let expected = formula(Double(x))
            guard expected.isFinite else { continue }
            let found = Double(function.real(x))
            #expect(abs(found - expected) <= 4e-6 * max(1, abs(expected)), "\(function.name)(\(x))")
        }
    }

    @Test("Of int8 it is the same, rounded")
    func integer() {
        let (input, output) = (Quantization(scale: 0.05, zeroPoint: 3), Quantization(scale: 0.04, zeroPoint: -20))
        for (function, _) in Self.pairs where ![.log, .sqrt, .rsqrt, .reciprocal].contains(function) {
            let integer = function.integer(input: input, output: output)
            for element: Int32 in -128...127 {
                let real = function.real(0.05 * Float(element - 3)) / 0.04 - 20
                let (found, expected) = (min(max(integer(element), -128), 127), min(max(real, -128), 127))
                #expect(abs(Float(found) - expected) <= 1.01, "\(function.name) of \(element)")
            }
        }
    }
}
