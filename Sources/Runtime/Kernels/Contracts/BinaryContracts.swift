import Bundle
import CBundle
import CKernels
import System

/// Elementwise kernels of two operands.
extension KernelContract {
    static let addition = binary(
        OC_KERNEL_ADD, name: { $0.binary.subtract == 1 ? "subtract" : "add" }, absorbs: .clamp(.ofBinary),
        fillForms: { step, _, set in
            step.binary.form = set.usesSumForms ? oc_find_sum_form(&step.binary, set.flip) : oc_sum_form()
        })
    static let multiplication = binary(
        OC_KERNEL_MUL, name: { _ in "multiply" }, absorbs: .clamp(.ofBinary),
        fillForms: { step, _, set in
            step.binary.form = set.usesProductForms ? oc_find_product_form(&step.binary) : oc_sum_form()
        })
    static let minimum = binary(OC_KERNEL_MINIMUM, name: { _ in "minimum" })
    static let maximum = binary(OC_KERNEL_MAXIMUM, name: { _ in "maximum" })
    static let prelu = binary(
        OC_KERNEL_PRELU, name: { _ in "prelu" },
        fillForms: { step, _, set in
            step.binary.form = set.usesPreluForms ? oc_find_prelu_form(&step.binary) : oc_sum_form()
        })

    private static func binary(
        _ kernel: oc_kernel, name: @escaping @Sendable (oc_step) -> StaticString, absorbs: Absorption = .nothing,
        fillForms: @escaping @Sendable (inout oc_step, UnsafeRawBufferPointer, KernelSet) -> Void = { _, _, _ in }
    ) -> KernelContract {
        KernelContract(
            kernel, name: name,
            geometry: { clampText($0.binary.clamp_min, $0.binary.clamp_max) },
            mayReplace: { step, input in
                let b = step.binary
                return isRowMajor(input == 0 ? b.stride_a : b.stride_b, b.dims)
            },
            rows: .broadcast(strip: { step, strip in
                withUnsafeMutableBytes(of: &step.binary.dims) { strip.cut($0) }
            }),
            absorbs: absorbs, fillForms: fillForms, verify: verifyBinary)
    }

    private static func verifyBinary(_ step: oc_step, _ check: StepCheck) throws(BundleError) {
        let b = step.binary
        try check.extents([b.dims.0, b.dims.1, b.dims.2, b.dims.3])
        try check.extents([b.dims.4, 1, 1, 1])
        try check.int8(step)
        try check.bytes(step.out, times(volume(b.dims.0, b.dims.1, b.dims.2, b.dims.3), Int64(b.dims.4)))
        let (dims, strideA, strideB) = (words(b.dims), words(b.stride_a), words(b.stride_b))
        var lastA = Int64(0)
        var lastB = Int64(0)
        for d in 0..<5 {
            try check(
                strideA[d] >= 0 && strideB[d] >= 0, "an elementwise step has a negative stride; build the bundle again")
            lastA = plus(lastA, times(Int64(dims[d]) - 1, Int64(strideA[d])))
            lastB = plus(lastB, times(Int64(dims[d]) - 1, Int64(strideB[d])))
        }
        try check(
            lastA < Int64(step.in.0.bytes) && lastB < Int64(step.in.1.bytes),
            "an elementwise step reads past its operands; build the bundle again")
        try check.zero(b.zero_a)
        try check.zero(b.zero_b)
        try check.zero(b.out_zero)
        try check.clamp(b.clamp_min, b.clamp_max)
        try check(
            (0...22).contains(b.left_shift), "an elementwise step's left shift is out of range; build the bundle again")
        try check.multiplier(b.multiplier_a, b.shift_a)
        try check.multiplier(b.multiplier_b, b.shift_b)
        try check.multiplier(b.multiplier_out, b.shift_out)
    }

    typealias FiveWords = (Int32, Int32, Int32, Int32, Int32)

    private static func words(_ words: FiveWords) -> [5 of Int32] { [words.0, words.1, words.2, words.3, words.4] }

    /// Whether the strides walk through an operand of these extents byte by byte, as they do through the output. Where there
    /// is one element only, the stride does not matter.
    static func isRowMajor(_ strides: FiveWords, _ dims: FiveWords) -> Bool {
        let (strides, dims) = (words(strides), words(dims))
        var size = Int64(1)
        for back in 0..<5 {
            let d = 4 - back
            if dims[d] > 1, Int64(strides[d]) != size { return false }
            size = times(size, Int64(dims[d]))
        }
        return true
    }
}

extension KernelContract.Clamp {
    fileprivate static let ofBinary = KernelContract.Clamp(
        read: { $0.binary.clamp_min...$0.binary.clamp_max },
        write: { ($0.binary.clamp_min, $0.binary.clamp_max) = ($1.lowerBound, $1.upperBound) })
}
