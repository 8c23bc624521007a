import CBundle
import CKernels

extension KernelSet {
    /// Whether the set adds tensors by fused multiply-adds.
    private var usesSumForms: Bool { self == .avx512vnni }

    /// Whether additions belong into the convolutions before them: the set's kernel adds while the sums are in cache, and
    /// pads addends that have fewer channels by itself.
    public var addsResiduals: Bool { self != .scalar }

    /// Fills what kernels of this set read besides a step's geometry: the float form of an addition. `step.flip` is the
    /// set's.
    ///
    /// A form is proven by trying all pairs of inputs, so this takes about a millisecond and is done when a bundle is built
    /// or packed again, not when it starts.
    public func fillForms(of step: inout oc_step) {
        switch oc_kernel(rawValue: step.kernel) {
        case OC_KERNEL_ADD:
            step.binary.form = usesSumForms ? oc_find_sum_form(&step.binary, flip) : oc_sum_form()
        case OC_KERNEL_CONV_ADD:
            step.conv.residual.form = usesSumForms ? oc_find_residual_form(&step.conv, flip) : oc_sum_form()
        default: break
        }
    }
}
