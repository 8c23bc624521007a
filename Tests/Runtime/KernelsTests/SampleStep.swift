import Bundle
import CBundle
import Kernels

/// One step and what it works on, sound until a test changes it.
struct SampleStep {
    var step = oc_step()
    var weights: [UInt8] = []
    var tensors: [oc_tensor] = [arenaByte]
    var set = KernelSet.scalar
    var threads: UInt32 = 2
    var arenaBytes: UInt64 = 0

    init(_ kernel: oc_kernel, set: KernelSet = .scalar) {
        step.kernel = kernel.rawValue
        step.flip = set.flip
        self.set = set
    }

    /// The next free bytes of the arena.
    mutating func arena(_ bytes: Int, type: oc_type = OC_TYPE_INT8) -> oc_operand {
        let offset = arenaBytes
        arenaBytes += (UInt64(bytes) + 63) / 64 * 64
        return oc_operand(
            offset: UInt32(offset), bytes: UInt32(bytes), tensor: UInt32(OC_NO_TENSOR),
            space: UInt16(OC_SPACE_ARENA.rawValue), type: UInt16(type.rawValue))
    }

    mutating func constants(_ bytes: [UInt8]) -> oc_operand {
        weights += [UInt8](repeating: 0, count: (64 - weights.count % 64) % 64) + bytes
        return oc_operand(
            offset: UInt32(weights.count - bytes.count), bytes: UInt32(bytes.count), tensor: UInt32(OC_NO_TENSOR),
            space: UInt16(OC_SPACE_WEIGHTS.rawValue), type: 0)
    }

    mutating func constants(_ words: [Int32]) -> oc_operand { constants(words.withUnsafeBytes { Array($0) }) }

    /// A constant tensor as an operand.
    mutating func constantTensor(_ bytes: [UInt8]) -> oc_operand {
        var operand = constants(bytes)
        operand.tensor = UInt32(tensors.count)
        operand.type = UInt16(OC_TYPE_INT8.rawValue)
        var tensor = oc_tensor()
        (tensor.type, tensor.rank, tensor.space) = (1, 1, UInt8(OC_SPACE_WEIGHTS.rawValue))
        tensor.shape = (Int32(bytes.count), 1, 1, 1, 1, 1)
        (tensor.offset, tensor.bytes) = (operand.offset, operand.bytes)
        tensors.append(tensor)
        return operand
    }

    mutating func storeWord(_ value: Int32, at byte: Int) {
        withUnsafeBytes(of: value.littleEndian) { weights.replaceSubrange(byte..<byte + 4, with: $0) }
    }

    private static var arenaByte: oc_tensor {
        var tensor = oc_tensor()
        (tensor.type, tensor.rank, tensor.space) = (1, 0, UInt8(OC_SPACE_ARENA.rawValue))
        tensor.shape = (1, 1, 1, 1, 1, 1)
        tensor.bytes = 1
        return tensor
    }

    /// Why the verifier refuses the step, without the byte; nil where it takes it.
    func refusal() throws -> String? {
        var writer = BundleWriter()
        var model = oc_model()
        (model.kernel_set, model.flip, model.threads) = (set.rawValue, set.flip, threads)
        // A test's step may reach less far than the sound one did; reaching farther is what the verifier is asked about.
        model.arena_bytes = min(arenaBytes, BundleView.arenaBytes(tensors, [step]))
        writer.add(OC_SECTION_MODEL, [model])
        writer.add(OC_SECTION_TENSORS, tensors)
        writer.add(OC_SECTION_STEPS, [step])
        writer.add(OC_SECTION_INPUTS, [UInt32(0)])
        writer.add(OC_SECTION_OUTPUTS, [UInt32(0)])
        writer.add(OC_SECTION_WEIGHTS, weights)
        let file = writer.finish()
        let bundle = try Bundle(copying: file)
        do throws(BundleError) {
            try StepVerifier(bundle.view, set: set).verifyAll()
            return nil
        } catch {
            let step = UnsafeRawPointer(bundle.view.steps.baseAddress!) - bundle.view.bytes.baseAddress!
            return error.byte == step ? "\(error.reason)" : "the error is not at the step's byte"
        }
    }
}

/// Sound steps of each kernel.
extension SampleStep {
    static func convolution(_ kernel: oc_kernel, _ set: KernelSet) -> SampleStep {
        var sample = SampleStep(kernel, set: set)
        let isDepthwise = kernel == OC_KERNEL_DEPTHWISE || kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED
        var c = oc_conv()
        (c.batches, c.in_h, c.in_w, c.in_c) = (1, 5, 4, 6)
        (c.out_h, c.out_w, c.out_c) = (2, 3, isDepthwise ? 6 : 10)
        if kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED { c.out_c = 12 }
        (c.kernel_h, c.kernel_w, c.stride_h, c.stride_w) = (3, 2, 2, 1)
        (c.dilation_h, c.dilation_w, c.pad_top, c.pad_left) = (1, 1, 1, 0)
        c.groups = 1
        (c.in_zero, c.out_zero, c.clamp_min, c.clamp_max) = (3, -4, -128, 127)
        if kernel == OC_KERNEL_CONV_ADD {
            c.residual.channels = 7
            (c.residual.left_shift, c.residual.clamp_min, c.residual.clamp_max) = (20, -128, 127)
            sample.step.in.1 = sample.arena(2 * 3 * 7)
        }
        sample.step.conv = c
        let layout = ConvolutionLayout(c, kernel: kernel.rawValue, set: set)
        let count = Int(c.out_c)
        sample.step.constants = sample.constants(
            layout.pack(
                weights: [Int8](repeating: 1, count: count * Int(layout.filterLength)),
                bias: [Int32](repeating: 0, count: count), multiplier: [Int32](repeating: 1 << 30, count: count),
                shift: [Int32](repeating: -3, count: count)))
        sample.step.in.0 = sample.arena(5 * 4 * 6)
        sample.step.out = sample.arena(2 * 3 * count)
        let scratch = Int(layout.minimumScratchBytes) * Int(sample.threads)
        if scratch > 0 { sample.step.scratch = sample.arena(scratch) }
        return sample
    }

    /// Channels 3 and 7 of ten, of filters of 3x3x5.
    static var wideFilters: SampleStep {
        var sample = SampleStep(OC_KERNEL_CONV_WIDE)
        var c = oc_conv()
        (c.batches, c.in_h, c.in_w, c.in_c, c.out_h, c.out_w, c.out_c) = (1, 5, 4, 5, 3, 2, 10)
        (c.kernel_h, c.kernel_w, c.stride_h, c.stride_w) = (3, 3, 1, 1)
        (c.dilation_h, c.dilation_w, c.groups, c.clamp_min, c.clamp_max) = (1, 1, 1, -128, 127)
        sample.step.conv = c
        var words: [Int32] = []
        for channel: Int32 in [3, 7] {
            // 45 weights, -255 and 255, and what makes them whole words.
            words += [channel, 1000, 1 << 30, -7] + [Int32](repeating: 0x00ff_ff01, count: 22) + [255]
        }
        sample.step.constants = sample.constants(words)
        sample.step.in.0 = sample.arena(100)
        sample.step.out = sample.arena(60)
        return sample
    }

    /// Two times [3, 7] by the same [7, 4].
    static var product: SampleStep {
        var sample = SampleStep(OC_KERNEL_MATRICES)
        var p = oc_matrices()
        (p.batches, p.batches_a, p.batches_b, p.rows, p.depth, p.units) = (2, 2, 1, 3, 7, 4)
        (p.multiplier, p.shift, p.clamp_min, p.clamp_max) = (1 << 30, -6, -128, 127)
        sample.step.matrices = p
        sample.step.in.0 = sample.arena(42)
        sample.step.in.1 = sample.arena(28)
        sample.step.out = sample.arena(24)
        return sample
    }

    static var matrix: SampleStep {
        var sample = SampleStep(OC_KERNEL_MATRIX)
        var m = oc_matrix()
        (m.rows, m.depth, m.units, m.clamp_min, m.clamp_max) = (2, 7, 3, -128, 127)
        sample.step.matrix = m
        sample.step.constants = sample.constants(
            MatrixLayout(m, set: .scalar).pack(
                weights: [Int8](repeating: 2, count: 21), bias: [0, 0, 0], factors: [0.5, 0.25, 0]))
        sample.step.in.0 = sample.arena(14)
        sample.step.out = sample.arena(6)
        return sample
    }

    /// [2, 3, 4] with a second operand [3, 1] that repeats.
    static func binary(_ kernel: oc_kernel) -> SampleStep {
        var sample = SampleStep(kernel)
        sample.step.binary.dims = (1, 1, 2, 3, 4)
        sample.step.binary.stride_a = (0, 0, 12, 4, 1)
        sample.step.binary.stride_b = (0, 0, 0, 1, 0)
        sample.step.binary.left_shift = 20
        (sample.step.binary.clamp_min, sample.step.binary.clamp_max) = (-128, 127)
        sample.step.in.0 = sample.arena(24)
        sample.step.in.1 = sample.constantTensor([1, 2, 3])
        sample.step.out = sample.arena(24)
        return sample
    }

    static func pool(_ kernel: oc_kernel) -> SampleStep {
        var sample = SampleStep(kernel)
        sample.step.pool = oc_pool(
            batches: 2, in_h: 5, in_w: 4, channels: 3, out_h: 3, out_w: 2, kernel_h: 2, kernel_w: 2, stride_h: 2,
            stride_w: 2, pad_top: 1, pad_left: 0, clamp_min: -128, clamp_max: 127, raised: 0)
        sample.step.in.0 = sample.arena(2 * 5 * 4 * 3)
        sample.step.out = sample.arena(2 * 3 * 2 * 3)
        return sample
    }

    /// Over the middle of [2, 5, 3].
    static var mean: SampleStep {
        var sample = SampleStep(OC_KERNEL_MEAN)
        sample.step.mean = oc_mean(
            kept: (1, 2, 3), kept_stride: (0, 15, 1), reduced: (1, 1, 5), reduced_stride: (0, 0, 3), in_zero: 1,
            out_zero: 2, multiplier: 1 << 30, shift: 0)
        sample.step.in.0 = sample.arena(30)
        sample.step.out = sample.arena(6)
        return sample
    }

    static var softmax: SampleStep {
        var sample = SampleStep(OC_KERNEL_SOFTMAX)
        sample.step.softmax = oc_softmax(rows: 2, depth: 5)
        sample.step.in.0 = sample.arena(10)
        sample.step.out = sample.arena(10)
        sample.step.constants = sample.constants([UInt8](repeating: 1, count: 1024))
        return sample
    }

    /// Two rows of five channels, whose windows hold three.
    static var normalization: SampleStep {
        var sample = SampleStep(OC_KERNEL_NORMALIZE)
        sample.step.normalize = oc_normalize(
            rows: 2, depth: 5, below: 1, above: 1, in_zero: -3, out_zero: 4, shift: 20)
        sample.step.in.0 = sample.arena(10)
        sample.step.out = sample.arena(10)
        // Three squares of 255 are 1.49 times 2^17.
        sample.step.constants = sample.constants([UInt8](repeating: 1, count: 4 * (32 * 17 + 15 + 2)))
        return sample
    }

    static var table: SampleStep {
        var sample = SampleStep(OC_KERNEL_TABLE)
        sample.step.table.count = 9
        sample.step.in.0 = sample.arena(9)
        sample.step.out = sample.arena(9)
        sample.step.constants = sample.constants([UInt8](repeating: 1, count: 256))
        return sample
    }

    static var fill: SampleStep {
        var sample = SampleStep(OC_KERNEL_FILL)
        sample.step.fill.value = 255
        sample.step.out = sample.arena(9)
        return sample
    }

    /// Rows of [3, 4], the last first, into the even columns of [3, 8].
    static func copy(elementBytes: Int32) -> SampleStep {
        var sample = SampleStep(OC_KERNEL_COPY)
        sample.step.copy = oc_copy(
            dims: (1, 1, 1, 1, 3, 4), in_stride: (0, 0, 0, 0, -4, 1), out_stride: (0, 0, 0, 0, 8, 2), in_start: 8,
            out_start: 1, element_bytes: elementBytes)
        sample.step.in.0 = sample.arena(12 * Int(elementBytes))
        sample.step.out = sample.arena(24 * Int(elementBytes))
        return sample
    }

    static func resize(_ kernel: oc_kernel) -> SampleStep {
        var sample = SampleStep(kernel)
        sample.step.resize = oc_resize(
            batches: 2, in_h: 3, in_w: 2, channels: 4, out_h: 2, out_w: 3, as_floats: 0)
        sample.step.in.0 = sample.arena(48)
        sample.step.out = sample.arena(48)
        let isNearest = kernel == OC_KERNEL_RESIZE_NEAREST
        let nearest: [Int32] = [0, 2, 0, 1, 1]
        let bilinear: [Int32] = [0, 1, 512, 2, 2, 0, 0, 0, 0, 0, 1, 1024, 1, 1, 0]
        sample.step.constants = sample.constants(isNearest ? nearest : bilinear)
        return sample
    }

    static func argMax(_ type: oc_type) -> SampleStep {
        var sample = SampleStep(OC_KERNEL_ARG_MAX)
        sample.step.arg_max = oc_arg_max(outer: 2, axis: 5, inner: 3)
        sample.step.in.0 = sample.arena(30)
        sample.step.out = sample.arena(type == OC_TYPE_INT64 ? 48 : 24, type: type)
        return sample
    }

    static func affine(_ kernel: oc_kernel) -> SampleStep {
        var sample = SampleStep(kernel)
        sample.step.affine = oc_affine(count: 7, scale: 0.5, zero: 3, clamp_min: -128, clamp_max: 127)
        let real = sample.arena(28, type: OC_TYPE_FLOAT32)
        let quantized = sample.arena(7)
        let isQuantize = kernel == OC_KERNEL_QUANTIZE
        (sample.step.in.0, sample.step.out) = isQuantize ? (real, quantized) : (quantized, real)
        return sample
    }
}
