import CBundle
import CKernels
import Kernels
import System

/// What a machine must be able to prove about itself: every kernel of every set that its CPU has gives the portable kernels'
/// bytes on random steps and touches nothing but its operands, and every set gives the reference's bytes on the golden cases.
public struct Checks {
    public private(set) var passed = 0
    public private(set) var failed = 0
    private let report: (String) -> Void

    /// - Parameter report: gets a line for each group of checks and for each failure.
    public init(report: @escaping (String) -> Void) { self.report = report }

    /// All checks of one set.
    /// - Parameter steps: random steps of each kernel.
    public mutating func check(_ set: KernelSet, steps: Int) {
        for kernel in RandomStep.kernels { checkRandomSteps(set, kernel, steps) }
        checkGoldenCases(set)
    }

    /// - Parameter function: one to try in place of the set's own.
    mutating func checkRandomSteps(_ set: KernelSet, _ kernel: oc_kernel, _ steps: Int, function: oc_kernel_fn? = nil) {
        let before = failed
        var random = RandomNumbers(seed: UInt64(kernel.rawValue))
        var record = oc_step()
        record.kernel = kernel.rawValue
        let name = "\(text(set.name)): random \(text(record.kernelName))"
        for index in 0..<steps {
            let fault = fault(of: RandomStep(kernel, &random), on: set, function)
            count(fault == nil)
            if let fault { report("FAIL  \(name) \(index) \(fault)") }
        }
        if failed == before { report("ok    \(name), \(steps) steps") }
    }

    /// What is wrong with a kernel's runs of a step: in one part and in several, with little scratch, and in place where that
    /// is allowed.
    private func fault(of step: RandomStep, on set: KernelSet, _ function: oc_kernel_fn?) -> String? {
        typealias Way = GuardedRun.Way
        // The portable kernels in one part are the measure, also of themselves in several.
        let measure: [UInt8]
        switch GuardedRun.run(step.plain, on: .scalar, constants: step.constants(.scalar), Way(parts: 1, side: .rear)) {
        case .output(let bytes): measure = bytes
        case .harm(let harm): return "\(harm), in the portable kernel"
        }
        var ways = [
            Way(parts: 1, side: .rear), Way(parts: 3, side: .front), Way(parts: 3, side: .rear, isShort: true),
        ]
        if step.mayRunInPlace { ways.append(Way(parts: 2, side: .rear, isInPlace: true)) }
        let constants = step.constants(set)
        for way in ways {
            switch GuardedRun.run(step, on: set, constants: constants, way, kernel: function) {
            case .output(let bytes): if bytes != measure { return "differs from the portable kernel" }
            case .harm(let harm): return harm
            }
        }
        return nil
    }

    private mutating func checkGoldenCases(_ set: KernelSet) {
        let before = failed
        let cases = GoldenCases()
        let name = text(set.name)
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

    private mutating func count(_ holds: Bool) {
        if holds { passed += 1 } else { failed += 1 }
    }

    private func text(_ string: StaticString) -> String {
        string.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    }
}
