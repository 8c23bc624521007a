import Bundle
import CBundle
import CKernels
import System

extension KernelContract {
    static let convolution = ofConvolution(OC_KERNEL_CONV, "conv") { step, check throws(BundleError) in
        try check(step.conv.groups == 1, mismatch)
    }

    static let wideFilters = KernelContract(
        OC_KERNEL_CONV_WIDE, name: { _ in "conv, wide filters" }, geometry: geometry(convolution:),
        rows: .ofConvolution, cost: .convolution
    ) { step, check throws(BundleError) in
        var c = step.conv
        try verifyWindow(step, check)
        try check(c.groups == 1 || (c.groups == c.in_c && c.out_c % c.in_c == 0), mismatch)
        let length = Int(oc_wide_length(&c))
        let stride = oc_wide_bytes(&c)
        try check(length < 1 << 28, "a convolution's filter is too large; build the bundle again")
        let filters = check.constants(step)
        try check.bytes(step.constants, stride * max(1, Int64(filters.count) / stride))
        for start in Swift.stride(from: 0, to: filters.count, by: Int(stride)) {
            let filter = filters.loadUnaligned(fromByteOffset: start, as: oc_wide_filter.self)
            try check((0..<c.out_c).contains(filter.channel), mismatch)
            try check.multiplier(filter.multiplier, filter.shift)
            for index in 0..<length {
                let at = start + MemoryLayout<oc_wide_filter>.size + 2 * index
                let weight = Int32(filters.loadUnaligned(fromByteOffset: at, as: Int16.self))
                try check(
                    abs(weight) <= Int32(OC_WIDE_MOST), "a convolution's weight is out of range; build the bundle again"
                )
            }
        }
    }

    static let depthwise = ofConvolution(OC_KERNEL_DEPTHWISE, "depthwise", cost: .depthwise) {
        step, check throws(BundleError) in
        try check(step.conv.groups == 1 && step.conv.out_c % step.conv.in_c == 0, mismatch)
    }

    /// Of bundles from before `depthwise` took several outputs a channel; its constants lie otherwise in some sets.
    static let multipliedDepthwise = ofConvolution(
        OC_KERNEL_DEPTHWISE_MULTIPLIED, "depthwise multiplied", cost: .depthwise
    ) { step, check throws(BundleError) in
        try check(step.conv.groups == 1 && step.conv.out_c % step.conv.in_c == 0, mismatch)
    }

    static let transposeConvolution = ofConvolution(
        OC_KERNEL_TRANSPOSE_CONV, "transpose conv", rows: .whole, cost: .elements
    ) { step, check throws(BundleError) in
        try check(step.conv.groups == 1, mismatch)
    }

    static let convolutionWithResidual = ofConvolution(
        OC_KERNEL_CONV_ADD, "conv, add",
        clamp: Clamp(
            read: { $0.conv.residual.clamp_min...$0.conv.residual.clamp_max },
            write: { ($0.conv.residual.clamp_min, $0.conv.residual.clamp_max) = ($1.lowerBound, $1.upperBound) }),
        fillForms: { step, _, set in
            step.conv.residual.form = set.usesSumForms ? oc_find_residual_form(&step.conv, set.flip) : oc_sum_form()
        }
    ) { step, check throws(BundleError) in
        try check(step.conv.groups == 1, mismatch)
        let r = step.conv.residual
        try check(
            (1...step.conv.out_c).contains(r.channels),
            "a residual's channels are not those of its convolution; build the bundle again")
        try check.bytes(step.in.1, volume(step.conv.batches, step.conv.out_h, step.conv.out_w, r.channels))
        try check.zero(r.zero)
        try check.zero(r.out_zero)
        try check.clamp(r.clamp_min, r.clamp_max)
        try check((0...22).contains(r.left_shift), "a residual's left shift is out of range; build the bundle again")
        try check.multiplier(r.multiplier_a, r.shift_a)
        try check.multiplier(r.multiplier_b, r.shift_b)
        try check.multiplier(r.multiplier_out, r.shift_out)
    }

    private static let mismatch: StaticString = "a convolution's channels do not match; build the bundle again"

    private static func ofConvolution(
        _ kernel: oc_kernel, _ name: StaticString, rows: RowRule = .ofConvolution, cost: CostClass = .convolution,
        clamp: Clamp = .ofConvolution,
        fillForms: @escaping @Sendable (inout oc_step, UnsafeRawBufferPointer, KernelSet) -> Void = { _, _, _ in },
        verify: @escaping @Sendable (oc_step, StepCheck) throws(BundleError) -> Void
    ) -> KernelContract {
        KernelContract(
            kernel, name: { _ in name }, geometry: geometry(convolution:), rows: rows, cost: cost,
            absorbs: .clamp(clamp), constants: .convolution, fillForms: fillForms
        ) { step, check throws(BundleError) in
            try verifyWindow(step, check)
            try verify(step, check)
            try verifyConstants(step, check)
        }
    }

    private static func verifyWindow(_ step: oc_step, _ check: StepCheck) throws(BundleError) {
        let c = step.conv
        try check.extents([c.batches, c.in_h, c.in_w, c.in_c])
        try check.extents([c.out_h, c.out_w, c.out_c, c.groups])
        try check.extents([c.kernel_h, c.kernel_w, c.stride_h, c.stride_w])
        try check.extents([c.dilation_h, c.dilation_w, 1, 1])
        try check.reach(c.out_h, c.stride_h, c.kernel_h, c.dilation_h, c.pad_top)
        try check.reach(c.out_w, c.stride_w, c.kernel_w, c.dilation_w, c.pad_left)
        try check.zero(c.in_zero)
        try check.zero(c.out_zero)
        try check.clamp(c.clamp_min, c.clamp_max)
        try check.int8(step)
        // Vector kernels read some bytes past their input (`slack`), which only the arena has to spare.
        try check(
            step.in.0.space == OC_SPACE_ARENA.rawValue, "a convolution's input is a constant; build the bundle again")
        try check.bytes(step.in.0, volume(c.batches, c.in_h, c.in_w, c.in_c))
        try check.bytes(step.out, volume(c.batches, c.out_h, c.out_w, c.out_c))
    }

    private static func verifyConstants(_ step: oc_step, _ check: StepCheck) throws(BundleError) {
        let layout = ConvolutionLayout(step.conv, kernel: step.kernel, set: check.set)
        try check(layout.filterLength < 1 << 28, "a convolution's filter is too large; build the bundle again")
        try check.bytes(step.constants, layout.constantBytes)
        try check(
            Int64(step.scratch.bytes) >= times(layout.minimumScratchBytes, Int64(check.view.model.pointee.threads)),
            "a convolution's scratch is too small; build the bundle again")
        try check(
            layout.hasValidMultipliers(check.constants(step)),
            "a convolution's multipliers are out of range; build the bundle again")
    }

    private static func geometry(convolution step: oc_step) -> String {
        let c = step.conv
        var text = windowText(c.kernel_h, c.kernel_w, c.stride_h, c.stride_w, c.pad_top, c.pad_left)
        if c.dilation_h != 1 || c.dilation_w != 1 { text += ", dilation \(c.dilation_h)x\(c.dilation_w)" }
        if c.groups != 1 { text += ", of one channel each" }
        return list(text, clampText(c.clamp_min, c.clamp_max))
    }
}

extension RowRule {
    fileprivate static let ofConvolution = RowRule.windowed(
        window: { step, _ in
            let c = step.conv
            return RowWindow(
                stride: Int(c.stride_h), reach: Int(c.kernel_h - 1) * Int(c.dilation_h) + 1, padding: Int(c.pad_top))
        },
        strip: { step, strip in
            step.conv.in_h = Int32(strip.inputRows)
            step.conv.out_h = Int32(strip.rows)
            step.conv.pad_top = Int32(strip.padding)
        })
}

extension KernelContract.Clamp {
    fileprivate static let ofConvolution = KernelContract.Clamp(
        read: { $0.conv.clamp_min...$0.conv.clamp_max },
        write: { ($0.conv.clamp_min, $0.conv.clamp_max) = ($1.lowerBound, $1.upperBound) })
}
