import CBundle
import Kernels
import Testing

@testable import Checks

/// What `selfcheck` proves on a board, here too.
@Suite struct ChecksTests {
    @Test("Every kernel set passes", arguments: KernelSet.allCases.filter(\.isAvailable))
    func everySet(set: KernelSet) {
        var lines: [String] = []
        var checks = Checks { lines.append($0) }
        checks.check(set, steps: 100)
        #expect(checks.passed > 400 && checks.failed == 0, "\(lines.filter { $0.hasPrefix("FAIL") })")
    }

    @Test("Random sums have a linear form or none, many of each, and float forms", arguments: [false, true])
    func forms(behindConvolutions: Bool) {
        var random = RandomNumbers(seed: 5)
        var (linear, float) = (0, 0)
        for _ in 0..<60 {
            let step = RandomStep(behindConvolutions ? OC_KERNEL_CONV_ADD : OC_KERNEL_ADD, &random)
                .record(for: .avx512vnni)
            let residual = step.conv.residual
            let hasLinear = behindConvolutions ? residual.linear_a != 0 : step.binary.linear_a != 0
            let hasFloat = behindConvolutions ? residual.form.scale_a != 0 : step.binary.form.scale_a != 0
            if hasLinear { linear += 1 }
            if hasFloat { float += 1 }
        }
        #expect((15...45).contains(linear) && float >= 15, "\(linear) linear, \(float) float of 60")
    }

    @Test("Tables that are made of lines are found to be, others not")
    func lines() {
        var random = RandomNumbers(seed: 6)
        var found = 0
        for _ in 0..<200 where RandomStep(OC_KERNEL_TABLE, &random).record(for: .avx2).table.bits != 0 { found += 1 }
        #expect((70...130).contains(found), "\(found) of 200, half of which are lines")
    }
}
