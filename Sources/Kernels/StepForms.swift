import CBundle
import CKernels

extension KernelSet {
    /// Whether the set adds tensors by fused multiply-adds.
    private var usesSumForms: Bool { self == .avx512vnni }

    /// Fills what kernels of this set read besides a step's geometry: the float form of an addition. `step.flip` is the
    /// set's.
    ///
    /// A form is proven by trying all pairs of inputs, so this takes about a millisecond and is done when a bundle is built
    /// or packed again, not when it starts.
    public func fillForms(of step: inout oc_step) {
        guard step.kernel == OC_KERNEL_ADD.rawValue else { return }
        step.binary.form = usesSumForms ? oc_find_sum_form(&step.binary, flip) : oc_sum_form()
    }
}
