import CBundle
import Kernels
import System

/// What a machine must be able to prove about itself: every kernel set that its CPU has gives the portable kernels' bytes on
/// random steps, and the reference's bytes on the golden cases.
public struct Checks {
    public private(set) var passed = 0
    public private(set) var failed = 0
    private let report: (String) -> Void

    /// - Parameter report: gets a line for each group of checks and for each failure.
    public init(report: @escaping (String) -> Void) { self.report = report }

    /// All checks of one set.
    /// - Parameter steps: random steps of each kernel.
    public mutating func check(_ set: KernelSet, steps: Int) {
        let name = set.name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        checkRandomSteps(set, name, steps)
        checkGoldenCases(set, name)
    }

    private mutating func checkRandomSteps(_ set: KernelSet, _ name: String, _ steps: Int) {
        for (kernel, kernelName) in RandomStep.kernels {
            let before = failed
            var random = RandomNumbers(seed: UInt64(kernel.rawValue))
            for index in 0..<steps {
                let step = RandomStep(kernel, &random)
                // The portable kernels in one part are the measure, also of themselves in several.
                let expected = step.plain.run(.scalar, parts: 1)
                let isSame = step.run(set, parts: 1) == expected && step.run(set, parts: 3) == expected
                count(isSame)
                if !isSame {
                    report("FAIL  \(name): random \(text(kernelName)) \(index) differs from the portable kernel")
                }
            }
            if failed == before { report("ok    \(name): \(steps) random steps, \(text(kernelName))") }
        }
    }

    private mutating func checkGoldenCases(_ set: KernelSet, _ name: String) {
        let before = failed
        let cases = GoldenCases()
        do throws(GoldenCases.Damage) {
            try cases.forEach { golden in
                let isSame = golden.passedRuns(on: set) == golden.runs
                count(isSame)
                if !isSame {
                    report(
                        "FAIL  \(name): golden case \(String(decoding: golden.name, as: UTF8.self)) differs from the reference"
                    )
                }
            }
        } catch {
            count(false)
            report("FAIL  the golden cases are damaged; build again")
        }
        if failed == before { report("ok    \(name): \(cases.count) golden models") }
    }

    private mutating func count(_ isSame: Bool) {
        if isSame { passed += 1 } else { failed += 1 }
    }

    private func text(_ string: StaticString) -> String {
        string.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    }
}
