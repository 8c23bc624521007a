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
        let check = Check(byte: byte)
        try check(
            step.kernel > 0 && step.kernel < OC_KERNEL_LIMIT.rawValue,
            "a step's kernel is unknown; build the bundle again")
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
        try verifyGeometry(step, check)
        try verifyOverlap(step, check)
    }

    private func verify(_ operand: oc_operand, _ check: Check, spaces: [3 of oc_space]) throws(BundleError) {
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
    private func verifyConstant(_ operand: oc_operand, _ check: Check) throws(BundleError) {
        guard UInt32(operand.space) == OC_SPACE_WEIGHTS.rawValue else { return }
        try check(
            operand.tensor < UInt32(view.tensors.count), "a step's constant input is no tensor; build the bundle again")
        let tensor = view.tensors[Int(operand.tensor)]
        try check(
            UInt32(tensor.space) == OC_SPACE_WEIGHTS.rawValue && tensor.offset == operand.offset
                && tensor.bytes == operand.bytes,
            "a step's constant input is not the tensor it names; build the bundle again")
    }

    /// Kernels read an input while they write the output, and both while they use scratch. Elementwise kernels may work in
    /// place, where each element is read for the one that takes its place alone; `verifyCopy` sees to copies itself.
    private func verifyOverlap(_ step: oc_step, _ check: Check) throws(BundleError) {
        var isElementwise = false
        var isDense: [2 of Bool] = [true, true]
        switch oc_kernel(rawValue: step.kernel) {
        case OC_KERNEL_COPY: return
        case OC_KERNEL_ADD, OC_KERNEL_MUL, OC_KERNEL_MINIMUM, OC_KERNEL_MAXIMUM, OC_KERNEL_PRELU:
            isElementwise = true
            isDense = [
                isRowMajor(step.binary.stride_a, step.binary.dims), isRowMajor(step.binary.stride_b, step.binary.dims),
            ]
        case OC_KERNEL_TABLE:
            isElementwise = true
        default: break
        }
        let inputs: [2 of oc_operand] = [step.in.0, step.in.1]
        for index in 0..<2 {
            let input = inputs[index]
            try check(
                !overlap(input, step.scratch) && !overlap(step.out, step.scratch),
                "a step's scratch lies over its operands; build the bundle again")
            let isSame =
                isElementwise && isDense[index] && input.offset == step.out.offset && input.bytes == step.out.bytes
            try check(
                isSame || !overlap(input, step.out), "a step writes over what it reads; build the bundle again")
        }
    }

    private typealias FiveWords = (Int32, Int32, Int32, Int32, Int32)

    /// Whether the strides walk through an operand of these extents byte by byte, as they do through the output.
    private func isRowMajor(_ strides: FiveWords, _ dims: FiveWords) -> Bool {
        let strides: [5 of Int32] = [strides.0, strides.1, strides.2, strides.3, strides.4]
        let dims: [5 of Int32] = [dims.0, dims.1, dims.2, dims.3, dims.4]
        var size = Int64(1)
        for back in 0..<5 {
            let d = 4 - back
            if dims[d] > 1, Int64(strides[d]) != size { return false }
            size = times(size, Int64(dims[d]))
        }
        return true
    }

    private func overlap(_ a: oc_operand, _ b: oc_operand) -> Bool {
        UInt32(a.space) == OC_SPACE_ARENA.rawValue && UInt32(b.space) == OC_SPACE_ARENA.rawValue
            && UInt64(a.offset) < UInt64(b.offset) + UInt64(b.bytes)
            && UInt64(b.offset) < UInt64(a.offset) + UInt64(a.bytes)
    }

    private func verifyGeometry(_ step: oc_step, _ check: Check) throws(BundleError) {
        switch oc_kernel(rawValue: step.kernel) {
        case OC_KERNEL_CONV, OC_KERNEL_CONV_ADD, OC_KERNEL_CONV_GROUPED, OC_KERNEL_DEPTHWISE,
            OC_KERNEL_DEPTHWISE_MULTIPLIED,
            OC_KERNEL_TRANSPOSE_CONV:
            try verifyConvolution(step, check)
        case OC_KERNEL_MATRIX: try verifyMatrix(step, check)
        case OC_KERNEL_ADD, OC_KERNEL_MUL, OC_KERNEL_MINIMUM, OC_KERNEL_MAXIMUM, OC_KERNEL_PRELU:
            try verifyBinary(step, check)
        case OC_KERNEL_AVERAGE_POOL, OC_KERNEL_MAX_POOL: try verifyPool(step, check)
        case OC_KERNEL_MEAN: try verifyMean(step, check)
        case OC_KERNEL_SOFTMAX:
            let s = step.softmax
            try check.extents([s.rows, s.depth, 1, 1])
            let count = times(Int64(s.rows), Int64(s.depth))
            try check.bytes(step.in.0, count)
            try check.bytes(step.out, count)
            try check.bytes(step.constants, 1024)
        case OC_KERNEL_TABLE:
            try check.bytes(step.in.0, Int64(step.table.count))
            try check.bytes(step.out, Int64(step.table.count))
            try check.bytes(step.constants, 256)
        case OC_KERNEL_FILL:
            try check((0...255).contains(step.fill.value), "a fill value is no byte; build the bundle again")
            try check(step.out.bytes <= UInt32(Int32.max), "a fill is above 2 GiB; build the bundle again")
        case OC_KERNEL_COPY: try verifyCopy(step, check)
        case OC_KERNEL_RESIZE_BILINEAR: try verifyResize(step, check, wordsPerEntry: 3)
        case OC_KERNEL_RESIZE_NEAREST: try verifyResize(step, check, wordsPerEntry: 1)
        case OC_KERNEL_ARG_MAX:
            let a = step.arg_max
            try check.extents([a.outer, a.axis, a.inner, 1])
            let results = times(Int64(a.outer), Int64(a.inner))
            try check.bytes(step.in.0, times(results, Int64(a.axis)))
            try check(
                step.out.type == OC_TYPE_INT32.rawValue || step.out.type == OC_TYPE_INT64.rawValue,
                "an arg-max does not give integers; build the bundle again")
            try check.bytes(step.out, times(results, step.out.type == OC_TYPE_INT64.rawValue ? 8 : 4))
        case OC_KERNEL_QUANTIZE:
            try verifyAffine(step, check, quantized: step.out, real: step.in.0)
        case OC_KERNEL_DEQUANTIZE:
            try verifyAffine(step, check, quantized: step.in.0, real: step.out)
        default:
            try check(false, "a step's kernel is unknown; build the bundle again")
        }
    }

    private func verifyConvolution(_ step: oc_step, _ check: Check) throws(BundleError) {
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
        let depthwise =
            step.kernel == OC_KERNEL_DEPTHWISE.rawValue || step.kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED.rawValue
        let grouped = step.kernel == OC_KERNEL_CONV_GROUPED.rawValue
        let channelsMatch =
            depthwise
            ? c.out_c % c.in_c == 0 && (step.kernel != OC_KERNEL_DEPTHWISE.rawValue || c.out_c == c.in_c)
            : c.in_c % c.groups == 0 && c.out_c % c.groups == 0
        try check(
            channelsMatch && (grouped || c.groups == 1), "a convolution's channels do not match; build the bundle again"
        )
        // Vector kernels read up to 15 bytes past their input, which only the arena has to spare.
        try check(
            step.in.0.space == OC_SPACE_ARENA.rawValue, "a convolution's input is a constant; build the bundle again")
        let layout = ConvolutionLayout(c, kernel: step.kernel, set: set)
        try check.bytes(step.in.0, volume(c.batches, c.in_h, c.in_w, c.in_c))
        try check.bytes(step.out, volume(c.batches, c.out_h, c.out_w, c.out_c))
        try check(layout.filterLength < 1 << 28, "a convolution's filter is too large; build the bundle again")
        try check.bytes(step.constants, layout.constantBytes)
        try check(
            Int64(step.scratch.bytes) >= times(layout.minimumScratchBytes, Int64(view.model.pointee.threads)),
            "a convolution's scratch is too small; build the bundle again")
        if step.kernel == OC_KERNEL_CONV_ADD.rawValue { try verifyResidual(step, check) }
        let start = Int(step.constants.offset)
        let constants = UnsafeRawBufferPointer(rebasing: view.weights[start..<start + Int(step.constants.bytes)])
        try check(
            layout.hasValidMultipliers(constants),
            "a convolution's multipliers are out of range; build the bundle again")
    }

    private func verifyResidual(_ step: oc_step, _ check: Check) throws(BundleError) {
        let r = step.conv.residual
        try check(
            (1...step.conv.out_c).contains(r.channels),
            "a residual's channels are not those of its convolution; build the bundle again")
        try check.bytes(step.in.1, volume(step.conv.batches, step.conv.out_h, step.conv.out_w, r.channels))
        try check.zero(r.zero)
        try check.zero(r.out_zero)
        try check.clamp(r.clamp_min, r.clamp_max)
        try check(
            (0...22).contains(r.left_shift), "a residual's left shift is out of range; build the bundle again")
        try check.multiplier(r.multiplier_a, r.shift_a)
        try check.multiplier(r.multiplier_b, r.shift_b)
        try check.multiplier(r.multiplier_out, r.shift_out)
    }

    private func verifyMatrix(_ step: oc_step, _ check: Check) throws(BundleError) {
        let m = step.matrix
        try check.extents([m.rows, m.depth, m.units, 1])
        try check.zero(m.in_zero)
        try check.zero(m.out_zero)
        try check.clamp(m.clamp_min, m.clamp_max)
        let layout = MatrixLayout(m)
        try check.bytes(step.in.0, times(Int64(m.rows), Int64(m.depth)))
        try check.bytes(step.out, times(Int64(m.rows), Int64(m.units)))
        try check.bytes(step.constants, layout.constantBytes)
        let start = Int(step.constants.offset)
        let constants = UnsafeRawBufferPointer(rebasing: view.weights[start..<start + Int(step.constants.bytes)])
        try check(layout.hasValidFactors(constants), "a matrix's factors are no numbers; build the bundle again")
    }

    private func verifyBinary(_ step: oc_step, _ check: Check) throws(BundleError) {
        let b = step.binary
        try check.extents([b.dims.0, b.dims.1, b.dims.2, b.dims.3])
        try check.extents([b.dims.4, 1, 1, 1])
        try check.bytes(step.out, times(volume(b.dims.0, b.dims.1, b.dims.2, b.dims.3), Int64(b.dims.4)))
        let dims: [5 of Int32] = [b.dims.0, b.dims.1, b.dims.2, b.dims.3, b.dims.4]
        let strideA: [5 of Int32] = [b.stride_a.0, b.stride_a.1, b.stride_a.2, b.stride_a.3, b.stride_a.4]
        let strideB: [5 of Int32] = [b.stride_b.0, b.stride_b.1, b.stride_b.2, b.stride_b.3, b.stride_b.4]
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

    private func verifyPool(_ step: oc_step, _ check: Check) throws(BundleError) {
        let p = step.pool
        try check.extents([p.batches, p.in_h, p.in_w, p.channels])
        try check.extents([p.out_h, p.out_w, p.kernel_h, p.kernel_w])
        try check.extents([p.stride_h, p.stride_w, 1, 1])
        try check.reach(p.out_h, p.stride_h, p.kernel_h, 1, p.pad_top)
        try check.reach(p.out_w, p.stride_w, p.kernel_w, 1, p.pad_left)
        try check(
            times(Int64(p.in_h), Int64(p.in_w)) < 1 << 23,
            "a pool's window is too large for its sum; build the bundle again")
        try check.clamp(p.clamp_min, p.clamp_max)
        try check.bytes(step.in.0, volume(p.batches, p.in_h, p.in_w, p.channels))
        try check.bytes(step.out, volume(p.batches, p.out_h, p.out_w, p.channels))
    }

    private func verifyMean(_ step: oc_step, _ check: Check) throws(BundleError) {
        let m = step.mean
        try check.extents([m.kept.0, m.kept.1, m.kept.2, 1])
        try check.extents([m.reduced.0, m.reduced.1, m.reduced.2, 1])
        let dims: [6 of Int32] = [m.kept.0, m.kept.1, m.kept.2, m.reduced.0, m.reduced.1, m.reduced.2]
        let strides: [6 of Int32] = [
            m.kept_stride.0, m.kept_stride.1, m.kept_stride.2, m.reduced_stride.0, m.reduced_stride.1,
            m.reduced_stride.2,
        ]
        var last = Int64(0)
        for d in 0..<6 {
            try check(strides[d] >= 0, "a mean has a negative stride; build the bundle again")
            last = plus(last, times(Int64(dims[d]) - 1, Int64(strides[d])))
        }
        try check(last < Int64(step.in.0.bytes), "a mean reads past its input; build the bundle again")
        let kept = volume(m.kept.0, m.kept.1, m.kept.2, 1)
        try check.bytes(step.out, kept)
        try check.bytes(step.in.0, times(kept, volume(m.reduced.0, m.reduced.1, m.reduced.2, 1)))
        try check(
            volume(m.reduced.0, m.reduced.1, m.reduced.2, 1) < 1 << 23,
            "a mean is over too many elements for its sum; build the bundle again")
        try check.zero(m.in_zero)
        try check.zero(m.out_zero)
        try check.multiplier(m.multiplier, m.shift)
    }

    private func verifyCopy(_ step: oc_step, _ check: Check) throws(BundleError) {
        let c = step.copy
        let dims: [6 of Int32] = [c.dims.0, c.dims.1, c.dims.2, c.dims.3, c.dims.4, c.dims.5]
        let source: [6 of Int32] = [
            c.in_stride.0, c.in_stride.1, c.in_stride.2, c.in_stride.3, c.in_stride.4, c.in_stride.5,
        ]
        let target: [6 of Int32] = [
            c.out_stride.0, c.out_stride.1, c.out_stride.2, c.out_stride.3, c.out_stride.4, c.out_stride.5,
        ]
        try check(
            c.element_bytes == 1 || c.element_bytes == 4 || c.element_bytes == 8,
            "a copy's elements have an odd size; build the bundle again")
        try check.extents([dims[0], dims[1], dims[2], dims[3]])
        try check.extents([dims[4], dims[5], 1, 1])
        let size = Int64(c.element_bytes)
        let read = try check.span(start: c.in_start, dims, source, within: Int64(step.in.0.bytes) / size)
        let written = try check.span(start: c.out_start, dims, target, within: Int64(step.out.bytes) / size)
        try check.distinct(dims, target)
        // A copy may move bytes within one tensor, as long as it does not read what it writes.
        let from =
            Int64(step.in.0.offset) + size * read.lowerBound..<Int64(step.in.0.offset) + size * (read.upperBound + 1)
        let to =
            Int64(step.out.offset) + size * written.lowerBound..<Int64(step.out.offset) + size
            * (written.upperBound + 1)
        try check(
            step.in.0.space != OC_SPACE_ARENA.rawValue || !from.overlaps(to),
            "a step writes over what it reads; build the bundle again")
    }

    private func verifyResize(_ step: oc_step, _ check: Check, wordsPerEntry: Int64) throws(BundleError) {
        let r = step.resize
        try check.extents([r.batches, r.in_h, r.in_w, r.channels])
        try check.extents([r.out_h, r.out_w, 1, 1])
        try check.bytes(step.in.0, volume(r.batches, r.in_h, r.in_w, r.channels))
        try check.bytes(step.out, volume(r.batches, r.out_h, r.out_w, r.channels))
        try check.bytes(step.constants, times(plus(Int64(r.out_h), Int64(r.out_w)), 4 * wordsPerEntry))
        let entries = UnsafeRawBufferPointer(rebasing: view.weights[Int(step.constants.offset)...])
        for index in 0..<Int(r.out_h) + Int(r.out_w) {
            let limit = index < Int(r.out_h) ? r.in_h : r.in_w
            let at = 4 * Int(wordsPerEntry) * index
            let first = entries.loadUnaligned(fromByteOffset: at, as: Int32.self)
            try check((0..<limit).contains(first), "a resize reads past its input; build the bundle again")
            if wordsPerEntry == 3 {
                let second = entries.loadUnaligned(fromByteOffset: at + 4, as: Int32.self)
                let weight = entries.loadUnaligned(fromByteOffset: at + 8, as: Int32.self)
                try check(
                    (0..<limit).contains(second) && (0...1024).contains(weight),
                    "a resize's weights are out of range; build the bundle again")
            }
        }
    }

    private func verifyAffine(_ step: oc_step, _ check: Check, quantized: oc_operand, real: oc_operand)
        throws(BundleError)
    {
        let a = step.affine
        try check.bytes(quantized, Int64(a.count))
        try check.bytes(real, times(Int64(a.count), 4))
        try check(a.scale > 0 && a.scale.isFinite, "a scale is not above 0; build the bundle again")
        try check((-128...255).contains(a.zero), "a zero point is out of range; build the bundle again")
        try check(
            (-128...255).contains(a.clamp_min) && (-128...255).contains(a.clamp_max),
            "a clamp is out of range; build the bundle again")
    }

    private func volume(_ a: Int32, _ b: Int32, _ c: Int32, _ d: Int32) -> Int64 {
        times(times(Int64(a), Int64(b)), times(Int64(c), Int64(d)))
    }
}
