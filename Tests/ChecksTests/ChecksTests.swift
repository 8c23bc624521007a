import Checks
import Kernels
import Testing

/// What `selfcheck` proves on a board, here too.
@Suite struct ChecksTests {
    @Test("Every kernel set passes", arguments: KernelSet.allCases.filter(\.isAvailable))
    func everySet(set: KernelSet) {
        var lines: [String] = []
        var checks = Checks { lines.append($0) }
        checks.check(set, steps: 100)
        #expect(checks.passed > 400 && checks.failed == 0, "\(lines.filter { $0.hasPrefix("FAIL") })")
    }
}
