import Bundle
import CBundle

/// All that is to be known of a kernel besides its loops: what it may be given, and what a plan may do with it.
///
/// The verifier, the repacker, the compiler and every report read it here. A new kernel is a number in `oc_step.h`, its C
/// files, and one of these.
public struct KernelContract: Sendable {
    public let kernel: oc_kernel
    /// What a step does, in words.
    public let name: @Sendable (oc_step) -> StaticString
    /// What its operands' shapes do not say: windows, strides, paddings, clamps. Empty where there is nothing to say.
    public let geometry: @Sendable (oc_step) -> String
    /// Refuses steps with which the kernel would touch a byte outside its operands, or that it cannot compute. Operands lie in
    /// their spaces already; what overlaps is looked at afterwards.
    let verify: @Sendable (oc_step, StepCheck) throws(BundleError) -> Void
    /// Whether the output may take the place of an input (0 or 1): each byte of the output depends on the input's byte at the
    /// same place alone, and on none before or after.
    public let mayReplace: @Sendable (oc_step, Int) -> Bool
    public let rows: RowRule
    public let cost: CostClass
    public let absorbs: Absorption
    let constants: Constants
    /// Fills what kernels of a set read besides the geometry, as `KernelSet.fillForms` says.
    let fillForms: @Sendable (inout oc_step, UnsafeRawBufferPointer, KernelSet) -> Void

    /// What happens to a step's constants when it is packed for another kernel set.
    enum Constants: Sendable {
        /// Nothing: every set reads the same.
        case portable
        /// They are unpacked and packed again, as `ConvolutionLayout` says; so is scratch.
        case convolution
        /// A table from bytes to bytes of the arena.
        case table
        /// As `MatrixLayout` says.
        case matrix
    }

    /// What an estimate of a step's time counts.
    public enum CostClass: Sendable {
        /// Multiply-accumulates, then elements.
        case convolution
        /// Multiply-accumulates, of a channel each; two rows are made at once.
        case depthwise
        /// Elements, each of so many taps.
        case window(@Sendable (oc_step) -> Int)
        /// Bytes.
        case movement
        /// Elements.
        case elements
    }

    /// What of a table that is applied to the result can become part of the step.
    public enum Absorption: Sendable {
        case nothing
        /// All, as the step is a table itself.
        case table
        /// A table that clamps, by narrowing the step's own clamp.
        case clamp(Clamp)
    }

    /// Where a record holds its clamp, in the model's own signed domain.
    public struct Clamp: Sendable {
        public let read: @Sendable (oc_step) -> ClosedRange<Int32>
        public let write: @Sendable (inout oc_step, ClosedRange<Int32>) -> Void
    }

    init(
        _ kernel: oc_kernel, name: @escaping @Sendable (oc_step) -> StaticString,
        geometry: @escaping @Sendable (oc_step) -> String = { _ in "" },
        mayReplace: @escaping @Sendable (oc_step, Int) -> Bool = { _, _ in false }, rows: RowRule = .whole,
        cost: CostClass = .elements, absorbs: Absorption = .nothing, constants: Constants = .portable,
        fillForms: @escaping @Sendable (inout oc_step, UnsafeRawBufferPointer, KernelSet) -> Void = { _, _, _ in },
        verify: @escaping @Sendable (oc_step, StepCheck) throws(BundleError) -> Void
    ) {
        self.kernel = kernel
        self.name = name
        self.geometry = geometry
        self.mayReplace = mayReplace
        self.rows = rows
        self.cost = cost
        self.absorbs = absorbs
        self.constants = constants
        self.fillForms = fillForms
        self.verify = verify
    }

    /// In the order of `oc_kernel`, from 1 on.
    static let all: [KernelContract] = [
        convolution, wideFilters, depthwise, multipliedDepthwise, transposeConvolution,
        addition, multiplication, minimum, maximum, prelu,
        averagePool, maxPool, mean, softmax,
        table, fill, copy, resizeBilinear, resizeNearest, argMax, quantize, dequantize,
        matrix, convolutionWithResidual, product, normalization, real, reduction, gather,
    ]

    /// Bytes behind input 0 that the kernel may read where the arena has them to spare. Their values make no difference.
    public var slack: Int {
        switch constants {
        case .convolution, .matrix: 15
        default: 0
        }
    }

    /// Nil for a number that is no kernel.
    static func find(_ kernel: UInt32) -> KernelContract? {
        kernel >= 1 && kernel <= UInt32(all.count) ? all[Int(kernel) - 1] : nil
    }
}

extension oc_step {
    /// - Precondition: the kernel exists, as it does in every verified step.
    public var contract: KernelContract {
        guard let contract = KernelContract.find(kernel) else { preconditionFailure("a step without a kernel") }
        return contract
    }

    /// What the step does, in words.
    public var kernelName: StaticString { contract.name(self) }

    /// What the operands' shapes do not say.
    public var geometry: String { contract.geometry(self) }
}

extension KernelSet {
    /// Fills what kernels of this set read besides a step's geometry: the float form of an addition, the lines of a table.
    /// `step.flip` is the set's, and the operands' types are known. `constants` are the step's; none where they change their
    /// packing alone, which does not change what is found in them.
    ///
    /// A form is proven by trying all pairs of inputs, so this takes about a millisecond and is done when a bundle is built
    /// or packed again, not when it starts.
    public func fillForms(of step: inout oc_step, constants: UnsafeRawBufferPointer) {
        step.contract.fillForms(&step, constants, self)
    }

    /// Whether the set adds tensors by fused multiply-adds.
    var usesSumForms: Bool { self == .avx512vnni }

    /// Products by one fused multiply-add.
    var usesProductForms: Bool { self == .avx512vnni || self == .avx2 }

    /// Whether oc_find_prelu_form's is computed by.
    var usesPreluForms: Bool { self == .avx512vnni }

    /// Whether additions belong into the convolutions before them: the set's kernel adds while the sums are in cache, and
    /// pads addends that have fewer channels by itself.
    public var addsResiduals: Bool { self != .scalar }

    /// Arena scratch with which one worker runs a step well, a multiple of 64; 0 where it needs none.
    public func preferredScratchBytes(of step: oc_step) -> Int64 {
        guard case .convolution = step.contract.constants else { return 0 }
        return ConvolutionLayout(step.conv, kernel: step.kernel, set: self).preferredScratchBytes
    }
}
