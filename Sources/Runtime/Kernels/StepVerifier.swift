import Bundle
import CBundle
import CKernels

/// Checks a step against its kernel's contract: afterwards no byte that the kernel reads or writes lies outside the
/// step's operands, and no operand outside its space. Kernels rely on it and check nothing themselves.
public struct StepVerifier {
    private let view: BundleView
    private let set: KernelSet

    public init(_ view: BundleView, set: KernelSet) {
        self.view = view
        self.set = set
    }

    /// Verifies every step of the bundle.
    public func verifyAll() throws(BundleError) {
        for index in view.steps.indices {
            let base = UnsafeRawPointer(view.steps.baseAddress! + index)
            try verify(view.steps[index], at: base - view.bytes.baseAddress!)
        }
    }

    private func verify(_ step: oc_step, at byte: Int) throws(BundleError) {
        let check = StepCheck(view: view, set: set, byte: byte)
        guard let contract = KernelContract.find(step.kernel) else {
            throw BundleError("a step's kernel is unknown; build the bundle again", at: byte)
        }
        try check(
            step.flip == view.model.pointee.flip && step.flip == set.flip,
            "a step's flip is not the bundle's; build it again")
        try verify(step.in.0, check, spaces: [OC_SPACE_NONE, OC_SPACE_ARENA, OC_SPACE_WEIGHTS])
        try verify(step.in.1, check, spaces: [OC_SPACE_NONE, OC_SPACE_ARENA, OC_SPACE_WEIGHTS])
        try verify(step.out, check, spaces: [OC_SPACE_ARENA, OC_SPACE_ARENA, OC_SPACE_ARENA])
        try verify(step.constants, check, spaces: [OC_SPACE_NONE, OC_SPACE_WEIGHTS, OC_SPACE_WEIGHTS])
        try verify(step.scratch, check, spaces: [OC_SPACE_NONE, OC_SPACE_ARENA, OC_SPACE_ARENA])
        try verifyConstant(step.in.0, check)
        try verifyConstant(step.in.1, check)
        let aligned =
            step.constants.offset % UInt32(OC_ALIGNMENT) == 0 && step.scratch.offset % UInt32(OC_ALIGNMENT) == 0
        try check(aligned, "a step's constants or scratch are not aligned to 64 bytes; build the bundle again")
        if step.kernel != OC_KERNEL_FILL.rawValue {
            try check(step.in.0.space != OC_SPACE_NONE.rawValue, "a step has no input; build the bundle again")
        }
        try contract.verify(step, check)
        try verifyOverlap(step, contract, check)
    }

    private func verify(_ operand: oc_operand, _ check: StepCheck, spaces: [3 of oc_space]) throws(BundleError) {
        let space = UInt32(operand.space)
        try check(
            space == spaces[0].rawValue || space == spaces[1].rawValue || space == spaces[2].rawValue,
            "a step's operand lies in the wrong space; build the bundle again")
        let limit: UInt64
        switch space {
        case OC_SPACE_ARENA.rawValue: limit = view.model.pointee.arena_bytes
        case OC_SPACE_WEIGHTS.rawValue: limit = UInt64(view.weights.count)
        default: limit = 0
        }
        try check(
            UInt64(operand.offset) + UInt64(operand.bytes) <= limit,
            "a step's operand lies outside its space; build the bundle again")
        if space != OC_SPACE_NONE.rawValue && operand.tensor != OC_NO_TENSOR {
            try check(
                operand.tensor < UInt32(view.tensors.count),
                "a step names a tensor that does not exist; build the bundle again")
        }
    }

    /// A constant operand is the whole of the tensor that it names, so that repacking can move both.
    private func verifyConstant(_ operand: oc_operand, _ check: StepCheck) throws(BundleError) {
        guard UInt32(operand.space) == OC_SPACE_WEIGHTS.rawValue else { return }
        try check(
            operand.tensor < UInt32(view.tensors.count), "a step's constant input is no tensor; build the bundle again")
        let tensor = view.tensors[Int(operand.tensor)]
        try check(
            UInt32(tensor.space) == OC_SPACE_WEIGHTS.rawValue && tensor.offset == operand.offset
                && tensor.bytes == operand.bytes,
            "a step's constant input is not the tensor it names; build the bundle again")
    }

    /// Kernels read an input while they write the output, and both while they use scratch. Some may work in place, and a copy
    /// within one tensor looks to that itself.
    private func verifyOverlap(
        _ step: oc_step, _ contract: KernelContract, _ check: StepCheck
    ) throws(BundleError) {
        guard contract.kernel != OC_KERNEL_COPY else { return }
        let inputs: [2 of oc_operand] = [step.in.0, step.in.1]
        for index in 0..<2 {
            let input = inputs[index]
            try check(
                !overlap(input, step.scratch) && !overlap(step.out, step.scratch),
                "a step's scratch lies over its operands; build the bundle again")
            let isSame =
                contract.mayReplace(step, index) && input.offset == step.out.offset && input.bytes == step.out.bytes
            try check(
                isSame || !overlap(input, step.out), "a step writes over what it reads; build the bundle again")
        }
    }

    private func overlap(_ a: oc_operand, _ b: oc_operand) -> Bool {
        UInt32(a.space) == OC_SPACE_ARENA.rawValue && UInt32(b.space) == OC_SPACE_ARENA.rawValue
            && UInt64(a.offset) < UInt64(b.offset) + UInt64(b.bytes)
            && UInt64(b.offset) < UInt64(a.offset) + UInt64(a.bytes)
    }
}
