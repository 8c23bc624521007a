import Graph
import Testing

@testable import Reference

/// Functions that the real executor computes many elements at a time, against the same by the C library.
@Suite struct RealFunctionTests {
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
