import Foundation
import Graph
import Testing

@testable import Reference

/// Functions that the real executor computes eight elements at a time, against the same by the C library.
@Suite struct RealFunctionTests {
    @Test("e^x is within two units in the last place, from nothing to infinity")
    func exponential() {
        var worst = 0.0
        for start in stride(from: Float(-105), to: 90, by: 8 * 0.00317) {
            let x = SIMD8((0..<8).map { start + Float($0) * 0.00317 })
            let results = x.exponential
            for lane in 0..<8 {
                let exact = Foundation.exp(Double(x[lane]))
                guard exact < Double(Float.greatestFiniteMagnitude) else {
                    #expect(results[lane] == .infinity)
                    continue
                }
                worst = max(worst, abs(Double(results[lane]) - exact) / Double(Float(exact).ulp))
            }
        }
        #expect(worst <= 2, "\(worst) units")
        let ends = SIMD8<Float>(-.infinity, .infinity, .nan, 0, -0.0, -1000, 1000, -103).exponential
        #expect(ends[0] == 0 && ends[1] == .infinity && ends[2].isNaN && ends[3] == 1 && ends[4] == 1)
        #expect(ends[5] == 0 && ends[6] == .infinity && ends[7] > 0)
    }

    static let functions: [UnaryFunction] = [
        .relu, .relu6, .leakyRelu(alpha: -0.3), .leakyRelu(alpha: 1.5), .hardSwish, .exp, .logistic, .tanh, .elu,
        .expression(.combined(.product, .x, .function(.logistic, .x))),
        .expression(
            .combined(
                .maximum, .combined(.difference, .constant(0.25), .function(.abs, .x)),
                .combined(
                    .quotient, .combined(.sum, .x, .constant(1)), .function(.exp, .combined(.minimum, .x, .constant(2)))
                ))),
    ]

    @Test("Of any number of elements, each is what the function makes of it alone", arguments: functions)
    func lengths(function: UnaryFunction) {
        for count in [0, 1, 7, 8, 9, 23, 1024, 1025, 40_003] {
            let values = (0..<count).map { Float($0 * 37 % 1013) / 60 - 8 }
            let results = map(RealOperand([count], RealBuffer(values)), function).array
            #expect(results.count == count)
            for (value, result) in zip(values, results) {
                let expected = function.real(value)
                #expect(abs(result - expected) <= 1e-6 * max(1, expected.magnitude), "\(function) of \(value)")
            }
        }
    }
}
