import CBundle
import FaultyKernels
import Kernels
import Testing

@testable import Checks

/// That `selfcheck` sees what a kernel must not do, and says where.
@Suite struct GuardedRunTests {
    struct Deed: Sendable, CustomTestStringConvertible {
        let deed: faulty_deed
        let words: String

        var testDescription: String { "\(deed.rawValue): \(words)" }
    }

    static let deeds = [
        Deed(deed: FAULTY_READ_BEHIND_INPUT, words: "touches memory 16 bytes behind its input"),
        Deed(deed: FAULTY_READ_IN_FRONT_OF_INPUT, words: "touches memory 1 bytes in front of its input"),
        Deed(deed: FAULTY_READ_BEHIND_CONSTANTS, words: "touches memory"),
        Deed(deed: FAULTY_WRITE_BEHIND_OUTPUT, words: "touches memory 1 bytes behind its output"),
        Deed(deed: FAULTY_WRITE_IN_FRONT_OF_OUTPUT, words: "memory 1 bytes in front of its output"),
        Deed(deed: FAULTY_WRITE_INPUT, words: "of its input"),
        Deed(deed: FAULTY_WRITE_CONSTANTS, words: "changes memory at byte 0 of its constants"),
        Deed(deed: FAULTY_WRITE_FAR_AWAY, words: "touches memory far from its operands"),
        Deed(deed: FAULTY_RESULT, words: "differs from the portable kernel"),
    ]

    @Test("A kernel that oversteps is named, with its set, its step and what it did", arguments: deeds)
    func overstepping(deed: Deed) throws {
        var lines: [String] = []
        var checks = Checks { lines.append($0) }
        checks.checkRandomSteps(.scalar, OC_KERNEL_CONV, 20, function: faulty_kernel(deed.deed.rawValue))
        #expect(checks.passed == 0 && checks.failed == 20)
        #expect(lines.count == 20)
        for (index, line) in lines.enumerated() {
            #expect(line.hasPrefix("FAIL  scalar: random conv \(index) ") && line.contains(deed.words), "\(line)")
        }
    }

    @Test("No kernel but a convolution may read behind its input")
    func readingBehindATable() {
        var lines: [String] = []
        var checks = Checks { lines.append($0) }
        checks.checkRandomSteps(
            .scalar, OC_KERNEL_TABLE, 20, function: faulty_kernel(FAULTY_READ_BEHIND_INPUT.rawValue))
        #expect(checks.failed == 20 && lines.allSatisfy { $0.contains("1 bytes behind its input") }, "\(lines)")
    }

    @Test("A kernel that keeps to its operands passes, after others that did not")
    func sound() {
        var checks = Checks { _ in }
        checks.checkRandomSteps(.scalar, OC_KERNEL_CONV, 5, function: faulty_kernel(FAULTY_WRITE_FAR_AWAY.rawValue))
        checks.checkRandomSteps(.scalar, OC_KERNEL_CONV, 20, function: faulty_kernel(FAULTY_NONE.rawValue))
        #expect(checks.passed == 20 && checks.failed == 5)
    }

    @Test("Random steps are of every kernel, and of each kind that kernels tell apart")
    func everyKernel() {
        #expect(RandomStep.kernels.count == Int(OC_KERNEL_LIMIT.rawValue) - 1)
        var (backwards, holes, inPlace, constants) = (0, 0, 0, 0)
        for kernel in RandomStep.kernels {
            var random = RandomNumbers(seed: UInt64(kernel.rawValue))
            for _ in 0..<40 {
                let step = RandomStep(kernel, &random)
                #expect(step.outputBytes > 0 && (kernel == OC_KERNEL_FILL || !step.inputs.isEmpty))
                if step.mayRunInPlace { inPlace += 1 }
                if step.inputs.contains(where: \.isConstant) { constants += 1 }
                guard kernel == OC_KERNEL_COPY else { continue }
                let c = step.step.copy
                let moved = c.dims.0 * c.dims.1 * c.dims.2 * c.dims.3 * c.dims.4 * c.dims.5 * c.element_bytes
                if Int(moved) < step.outputBytes { holes += 1 }
                if min(c.in_stride.0, c.in_stride.1, c.in_stride.2, c.in_stride.3, c.in_stride.4, c.in_stride.5) < 0 {
                    backwards += 1
                }
            }
        }
        #expect(backwards > 5 && holes > 5 && inPlace > 40 && constants > 40)
    }
}
