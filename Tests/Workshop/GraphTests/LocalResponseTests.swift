import Foundation
import Testing

@testable import Graph

/// Local response normalization of int8 against what it means.
@Suite struct LocalResponseTests {
    /// Normalizations from almost nothing to one that leaves a hundredth of large elements.
    private static let samples = [
        LocalResponse(below: 2, above: 2, scale: 2e-5, bias: 1, beta: 0.75),
        LocalResponse(below: 2, above: 2, scale: 0.1, bias: 2, beta: 0.75),
        LocalResponse(below: 1, above: 2, scale: 3, bias: 1, beta: 0.5),
        LocalResponse(below: 0, above: 0, scale: 0, bias: 4, beta: 0.5),
        LocalResponse(below: 100, above: 100, scale: 1e-3, bias: 0.5, beta: 1),
        LocalResponse(below: 2, above: 2, scale: 1e-4, bias: 1, beta: -0.25),
    ]

    @Test("Results lie within 0.55 steps of the exact ones", arguments: samples)
    func accuracy(_ local: LocalResponse) throws {
        var state: UInt64 = 7
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        var worst = 0.0
        for zero: Int32 in [-128, 0, 17] {
            let input = Quantization(scale: 0.7, zeroPoint: zero)
            for depth in [1, 3, 8, 96] {
                // Large and small elements, and rows of zeros.
                let rows = (0..<20).map { row in
                    (0..<depth).map { _ in
                        Int32(min(127, max(-128, Int(zero) + (Int(random() % 256) - 100) * (row % 5) / 4)))
                    }
                }
                func exact(_ row: [Int32]) -> [Double] {
                    let real = row.map { Double(input.scale) * Double($0 - zero) }
                    return real.indices.map { channel in
                        let sum = real[local.window(channel, of: depth)].reduce(0) { $0 + $1 * $1 }
                        return real[channel]
                            * pow(Double(local.bias) + Double(local.scale) * sum, -Double(local.beta))
                    }
                }
                let largest = rows.flatMap { exact($0) }.map(\.magnitude).max() ?? 0
                let output = Quantization(scale: Float(max(largest, 1e-3) / 127), zeroPoint: 0)
                #expect(LocalResponseParameters.problem(local, input: input, output: output, channels: depth) == nil)
                let parameters = LocalResponseParameters(local, input: input, output: output, channels: depth)
                for row in rows {
                    for (found, expected) in zip(parameters(row), exact(row)) {
                        worst = max(worst, (Double(found) - expected / Double(output.scale)).magnitude)
                    }
                }
            }
        }
        #expect(worst <= 0.55, "\(worst)")
    }

    @Test("What has no form is refused")
    func refusals() {
        let local = LocalResponse(below: 2, above: 2, scale: 1e-4, bias: 1, beta: 0.75)
        let (one, tiny) = (Quantization(scale: 1, zeroPoint: 0), Quantization(scale: 1e-7, zeroPoint: 0))
        #expect(
            LocalResponseParameters.problem(local, input: one, output: tiny, channels: 8)
                == "the output's scale is too small for the input's")
        let wide = LocalResponse(below: .max, above: .max, scale: 1e-4, bias: 1, beta: 0.75)
        #expect(LocalResponseParameters.problem(wide, input: one, output: one, channels: 40_000) != nil)
        #expect(LocalResponseParameters.problem(wide, input: one, output: one, channels: 30_000) == nil)
        #expect(LocalResponse(below: 1, above: 1, scale: 1, bias: 0, beta: 1).problem != nil)
        #expect(LocalResponse(below: 1, above: 1, scale: .nan, bias: 1, beta: 1).problem != nil)
        #expect(LocalResponse(below: -1, above: 1, scale: 1, bias: 1, beta: 1).problem != nil)
        #expect(local.problem == nil && local.window(0, of: 3) == 0...2 && wide.window(1, of: 3) == 0...2)
    }
}
