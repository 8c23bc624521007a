import CBundle
import Engine
import Foundation
import Kernels

/// AddressSanitizer's view of an engine: while a step runs, only the step's operands may be touched, not the rest of the
/// arena and of the weights. Nil without the sanitizer.
struct Redzones {
    private typealias Function = @convention(c) (UnsafeRawPointer, Int) -> Void
    private let poison: Function
    private let unpoison: Function

    init?() {
        func find(_ name: String) -> Function? {
            dlsym(UnsafeMutableRawPointer(bitPattern: 0), name).map { unsafeBitCast($0, to: Function.self) }
        }
        guard let poison = find("__asan_poison_memory_region"), let unpoison = find("__asan_unpoison_memory_region")
        else { return nil }
        self.poison = poison
        self.unpoison = unpoison
    }

    /// Runs all steps, each fenced in.
    func run(_ engine: borrowing Engine) {
        let view = engine.bundle.view
        let arena = engine.bytes(of: oc_tensor(arenaBytes: view.model.pointee.arena_bytes))
        for index in 0..<engine.stepCount {
            let step = view.steps[index]
            if let base = arena.baseAddress { poison(base, arena.count) }
            if let base = view.weights.baseAddress { poison(base, view.weights.count) }
            for operand in [step.in.0, step.in.1, step.out, step.constants, step.scratch] {
                switch UInt32(operand.space) {
                case OC_SPACE_ARENA.rawValue: open(UnsafeRawBufferPointer(arena), operand, engine.kernelSet)
                case OC_SPACE_WEIGHTS.rawValue: open(view.weights, operand, engine.kernelSet)
                default: break
                }
            }
            engine.runStep(index)
            if let base = arena.baseAddress { unpoison(base, arena.count) }
            if let base = view.weights.baseAddress { unpoison(base, view.weights.count) }
        }
    }

    private func open(_ space: UnsafeRawBufferPointer, _ operand: oc_operand, _ set: KernelSet) {
        guard let base = space.baseAddress else { return }
        // Vector kernels may read so far past their input; the arena has that much to spare.
        let spare = set == .scalar ? 0 : 15
        unpoison(base + Int(operand.offset), min(Int(operand.bytes) + spare, space.count - Int(operand.offset)))
    }
}

extension oc_tensor {
    /// All of the arena.
    fileprivate init(arenaBytes: UInt64) {
        self.init()
        space = UInt8(OC_SPACE_ARENA.rawValue)
        bytes = UInt32(arenaBytes)
    }
}
