import Bundle
import CBundle

extension Bundle {
    /// The same model packed for another kernel set, as a new bundle: constants in that set's layout, activations in its
    /// form of int8, scratch behind the activations. The plan stays, so the arena may be somewhat larger than that of a
    /// bundle compiled for the set.
    ///
    /// Takes memory for a second copy of the bundle; meant for a board that got the wrong one.
    /// - Precondition: `StepVerifier` has accepted this bundle for `source`.
    /// - Throws: where weights or arena outgrow 2 GiB, or the weights what a sound bundle's packing can take, as only a
    ///   crafted bundle's do.
    public func repacked(from source: KernelSet, for target: KernelSet) throws(BundleError) -> [UInt8] {
        var repacker = Repacker(view, source, target)
        return try repacker.run()
    }
}

struct Repacker {
    let view: BundleView
    let source: KernelSet
    let target: KernelSet
    var weights: [UInt8] = []
    /// Tensors may name the same constants, and so may steps of different geometry; each gets a copy of its own: without a limit
    /// a small file could ask for any amount of memory. The densest packing grows a filter 16-fold, and a step's single channel
    /// or a table to less than 4 KiB.
    private let limit: Int
    /// Steps whose constants are packed already, as they were, and where those lie now: strips of an operator share theirs.
    private var packed: [(step: oc_step, offset: UInt32, bytes: UInt32)] = []

    init(_ view: BundleView, _ source: KernelSet, _ target: KernelSet) {
        self.view = view
        self.source = source
        self.target = target
        let wanted = plus(
            times(Int64(view.weights.count), 64),
            plus(times(Int64(view.steps.count), 4096), times(Int64(view.tensors.count), Int64(OC_ALIGNMENT))))
        // An array grows by doubling, and is copied into the file: on a 32-bit board there must be room for all of them.
        limit = Int(min(wanted, Int64(Int32.max) - Int64(OC_ALIGNMENT), Int64(Int.max / 8)))
    }

    /// What turns the source's form of an element into the target's.
    func change(_ type: UInt32) -> UInt8 {
        type == OC_TYPE_INT8.rawValue ? UInt8(source.flip ^ target.flip) : 0
    }

    mutating func run() throws(BundleError) -> [UInt8] {
        var model = view.model.pointee
        var tensors = Array(view.tensors)
        for index in tensors.indices where UInt32(tensors[index].space) == OC_SPACE_WEIGHTS.rawValue {
            let flip = change(UInt32(tensors[index].type))
            tensors[index].offset = try place(slice(tensors[index].offset, tensors[index].bytes).map { $0 ^ flip })
        }
        var steps: [oc_step] = []
        for index in view.steps.indices {
            steps.append(try repack(view.steps[index], tensors, arenaEnd: UInt32(model.arena_bytes)))
        }
        model.kernel_set = target.rawValue
        model.flip = target.flip
        // With the new steps' scratch, but without what the old ones had at the arena's end and these do not want.
        model.arena_bytes = BundleView.arenaBytes(tensors, steps)
        return try write(model, tensors, steps)
    }

    private mutating func repack(_ old: oc_step, _ tensors: [oc_tensor], arenaEnd: UInt32) throws(BundleError)
        -> oc_step
    {
        var step = old
        step.flip = target.flip
        step.in.0 = moved(step.in.0, tensors)
        step.in.1 = moved(step.in.1, tensors)
        step.scratch = oc_operand()
        if step.kernel == OC_KERNEL_FILL.rawValue {
            step.fill.value ^= Int32(change(UInt32(step.out.type)))
        }
        target.fillForms(of: &step, constants: UnsafeRawBufferPointer(start: nil, count: 0))
        guard old.constants.space != OC_SPACE_NONE.rawValue else { return step }
        step.scratch = try scratch(step, arenaEnd)
        if let known = packed.last(where: { $0.step.hasConstants(of: old) }) {
            step.constants.offset = known.offset
            step.constants.bytes = known.bytes
            return step
        }
        let constants = slice(old.constants.offset, old.constants.bytes)
        var bytes: [UInt8]
        switch old.contract.constants {
        case .convolution:
            let parts = ConvolutionLayout(step.conv, kernel: step.kernel, set: source).unpack(constants)
            let layout = ConvolutionLayout(step.conv, kernel: step.kernel, set: target)
            guard layout.constantBytes <= Int64(Int32.max) else { throw tooLarge }
            bytes = layout.pack(
                weights: parts.weights, bias: parts.bias, multiplier: parts.multiplier, shift: parts.shift)
        case .table:
            let before = change(UInt32(step.in.0.type))
            let after = change(UInt32(step.out.type))
            bytes = []
            for index in 0...255 { bytes.append(constants[index ^ Int(before)] ^ after) }
        case .matrix:
            let layout = MatrixLayout(step.matrix, set: target)
            guard layout.constantBytes <= Int64(Int32.max) else { throw tooLarge }
            bytes = MatrixLayout(step.matrix, set: source).repacked(constants, as: layout)
        case .portable:
            bytes = Array(constants)
        }
        step.constants.offset = try place(bytes)
        step.constants.bytes = UInt32(bytes.count)
        packed.append((old, step.constants.offset, step.constants.bytes))
        return step
    }

    private func scratch(_ step: oc_step, _ arenaEnd: UInt32) throws(BundleError) -> oc_operand {
        let wanted = times(target.preferredScratchBytes(of: step), Int64(view.model.pointee.threads))
        guard wanted <= Int64(Int32.max) - Int64(arenaEnd) else { throw tooLarge }
        guard wanted > 0 else { return oc_operand() }
        return oc_operand(
            offset: arenaEnd, bytes: UInt32(wanted), tensor: UInt32(OC_NO_TENSOR),
            space: UInt16(OC_SPACE_ARENA.rawValue), type: 0)
    }

    /// An operand that is a constant tensor lies where the tensor now does.
    private func moved(_ operand: oc_operand, _ tensors: [oc_tensor]) -> oc_operand {
        guard UInt32(operand.space) == OC_SPACE_WEIGHTS.rawValue else { return operand }
        var operand = operand
        operand.offset = tensors[Int(operand.tensor)].offset
        return operand
    }

    private func slice(_ offset: UInt32, _ bytes: UInt32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: view.weights[Int(offset)..<Int(offset) + Int(bytes)])
    }

    private var tooLarge: BundleError {
        BundleError("the bundle grows too large for this CPU's kernels; build it for this board", at: 0)
    }

    private mutating func place(_ bytes: [UInt8]) throws(BundleError) -> UInt32 {
        let alignment = Int(OC_ALIGNMENT)
        guard bytes.count <= limit - weights.count - alignment else { throw tooLarge }
        while weights.count % alignment != 0 { weights.append(0) }
        weights.append(contentsOf: bytes)
        return UInt32(weights.count - bytes.count)
    }
}

extension oc_step {
    /// Whether both read the same constants for the same computation, of as many rows as may be.
    fileprivate func hasConstants(of other: oc_step) -> Bool {
        guard kernel == other.kernel, constants.offset == other.constants.offset,
            constants.bytes == other.constants.bytes, self.in.0.type == other.in.0.type, out.type == other.out.type
        else { return false }
        if case .matrix = contract.constants {
            return matrix.units == other.matrix.units && matrix.depth == other.matrix.depth
        }
        guard case .convolution = contract.constants else { return true }
        var a = conv
        var b = other.conv
        (a.in_h, a.out_h, a.pad_top) = (0, 0, 0)
        (b.in_h, b.out_h, b.pad_top) = (0, 0, 0)
        return withUnsafeBytes(of: &a) { a in
            withUnsafeBytes(of: &b) { b in
                for index in a.indices where a[index] != b[index] { return false }
                return true
            }
        }
    }
}
