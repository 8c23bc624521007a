import Bundle
import CBundle
import Testing

@testable import Kernels

/// Each bound of each kernel's contract: the step is taken within it and refused one beyond.
@Suite struct StepVerifierTests {
    static let convolutions = [
        OC_KERNEL_CONV, OC_KERNEL_CONV_ADD, OC_KERNEL_DEPTHWISE,
        OC_KERNEL_DEPTHWISE_MULTIPLIED, OC_KERNEL_TRANSPOSE_CONV,
    ]
    static let binaries = [
        OC_KERNEL_ADD, OC_KERNEL_MUL, OC_KERNEL_MINIMUM, OC_KERNEL_MAXIMUM, OC_KERNEL_PRELU,
    ]

    /// A sound step of every kernel.
    static var samples: [SampleStep] {
        KernelSet.allCases.flatMap { set in convolutions.map { SampleStep.convolution($0, set) } }
            + binaries.map(SampleStep.binary) + [
                .wideFilters, .product, .matrix, .mean, .softmax, .normalization, .table, .fill,
            ]
            + [OC_KERNEL_AVERAGE_POOL, OC_KERNEL_MAX_POOL].map(SampleStep.pool)
            + [1, 4, 8].map(SampleStep.copy) + [OC_TYPE_INT32, OC_TYPE_INT64].map(SampleStep.argMax)
            + [OC_KERNEL_RESIZE_BILINEAR, OC_KERNEL_RESIZE_NEAREST].map(SampleStep.resize)
            + [OC_KERNEL_QUANTIZE, OC_KERNEL_DEQUANTIZE].map(SampleStep.affine)
            + [OC_REAL_ADD, OC_REAL_EXP, OC_WHOLE_OF_REAL, OC_WHOLE_DIVIDE].map(SampleStep.real)
            + [OC_REDUCE_SUM, OC_REDUCE_TOP].map(SampleStep.reduction) + [.gather]
    }

    @Test("A sound step of every kernel is taken")
    func samples() throws {
        #expect(Set(Self.samples.map(\.step.kernel)) == Set(1..<OC_KERNEL_LIMIT.rawValue))
        for sample in Self.samples { try accept(sample) }
    }

    @Test("Rules of every step")
    func everyStep() throws {
        for sample in Self.samples {
            let isFill = sample.step.kernel == OC_KERNEL_FILL.rawValue
            for wrong in [0, OC_KERNEL_LIMIT.rawValue, .max] {
                try refuse(sample, "kernel is unknown") { $0.step.kernel = wrong }
            }
            try refuse(sample, "flip") { $0.step.flip ^= 0x80 }
            try refuse(sample, "wrong space") { $0.step.in.0.space = 3 }
            try refuse(sample, "wrong space") { $0.step.out.space = UInt16(OC_SPACE_WEIGHTS.rawValue) }
            try refuse(sample, "wrong space") { $0.step.out.space = 0 }
            try refuse(sample, "wrong space") { $0.step.constants.space = UInt16(OC_SPACE_ARENA.rawValue) }
            try refuse(sample, "wrong space") { $0.step.scratch.space = UInt16(OC_SPACE_WEIGHTS.rawValue) }
            try refuse(sample, "outside its space") {
                $0.step.out.offset = UInt32($0.arenaBytes) - $0.step.out.bytes + 1
            }
            try refuse(sample, "outside its space") { $0.step.out.offset = .max }
            try refuse(sample, "tensor that does not exist") { $0.step.out.tensor = UInt32($0.tensors.count) }
            if sample.step.constants.space != 0 {
                try refuse(sample, "not aligned") {
                    $0.weights.append(0)
                    $0.step.constants.offset += 1
                }
            }
            if !isFill {
                try refuse(sample, "no input") { $0.step.in.0 = oc_operand() }
                try refuse(sample, "outside its space") { $0.step.in.0.offset = UInt32($0.arenaBytes) }
                try refuse(sample, "build") { $0.step.in.0.bytes -= 1 }
                try refuse(sample, "build") { $0.step.out.bytes -= 1 }
                try refuse(sample, "over what it reads") {
                    $0.step.out.offset = $0.step.in.0.offset
                    $0.step.in.0.offset += 4
                }
            }
        }
    }

    @Test("Sizes must match exactly where a kernel walks a whole operand")
    func exactSizes() throws {
        let loose =
            Self.binaries.map(\.rawValue)
            + [OC_KERNEL_COPY, OC_KERNEL_FILL, OC_KERNEL_REAL].map(\.rawValue)
        for sample in Self.samples where !loose.contains(sample.step.kernel) {
            let reason = sample.step.kernel < OC_KERNEL_REAL.rawValue ? "sizes" : "match its operands"
            try refuse(sample, reason) { $0.step.in.0.bytes += 1 }
            try refuse(sample, reason) { $0.step.out.bytes += 1 }
            guard sample.step.constants.space != 0 else { continue }
            try refuse(sample, "sizes") { $0.step.constants.bytes -= 1 }
            try refuse(sample, "sizes") {
                $0.weights.append(0)
                $0.step.constants.bytes += 1
            }
            try refuse(sample, "outside its space") { $0.step.constants.bytes += 1 }
            try refuse(sample, "sizes") { $0.step.constants = oc_operand() }
        }
    }

    @Test("Residuals of convolutions")
    func residual() throws {
        for set in KernelSet.allCases {
            let sample = SampleStep.convolution(OC_KERNEL_CONV_ADD, set)
            try refuse(sample, "sizes") { $0.step.in.1.bytes += 1 }
            try refuse(sample, "over what it reads") { $0.step.in.1.offset = $0.step.out.offset }
            for wrong: Int32 in [0, -1, 11, .max] {
                try refuse(sample, "residual's channels") { $0.step.conv.residual.channels = wrong }
            }
            for zero: WritableKeyPath<oc_residual, Int32> in [\.zero, \.out_zero] {
                try refuse(sample, "zero point") { $0.step.conv.residual[keyPath: zero] = 128 }
            }
            try refuse(sample, "clamp") { $0.step.conv.residual.clamp_min = -129 }
            try refuse(sample, "left shift") { $0.step.conv.residual.left_shift = 23 }
            for multiplier: WritableKeyPath<oc_residual, Int32> in [\.multiplier_a, \.multiplier_b, \.multiplier_out] {
                try refuse(sample, "multiplier") { $0.step.conv.residual[keyPath: multiplier] = -1 }
            }
        }
    }

    @Test("Convolutions")
    func convolution() throws {
        let extents: [WritableKeyPath<oc_conv, Int32>] = [
            \.batches, \.in_h, \.in_w, \.in_c, \.out_h, \.out_w, \.out_c, \.groups, \.kernel_h, \.kernel_w, \.stride_h,
            \.stride_w, \.dilation_h, \.dilation_w,
        ]
        let sized = extents.prefix(7) + [\.kernel_h, \.kernel_w]
        for set in KernelSet.allCases {
            for kernel in Self.convolutions {
                let sample = SampleStep.convolution(kernel, set)
                for extent in extents {
                    for wrong: Int32 in [0, -1, .min] {
                        try refuse(sample, "extent below 1") { $0.step.conv[keyPath: extent] = wrong }
                    }
                }
                for extent in sized {
                    // Packing may round one more tap away.
                    for delta: Int32 in [-1, 4] {
                        // Columns of a depthwise kernel may be padded to the same length.
                        if delta < 0 && extent == \.kernel_h && kernel == OC_KERNEL_DEPTHWISE { continue }
                        try refuse(sample, "build") { $0.step.conv[keyPath: extent] += delta }
                    }
                    try refuse(sample, "build") { $0.step.conv[keyPath: extent] = .max }
                }
                try refuse(sample, "channels do not match") { $0.step.conv.groups += 3 }
                for far: WritableKeyPath<oc_conv, Int32> in [\.stride_h, \.stride_w, \.dilation_h, \.dilation_w] {
                    try refuse(sample, "reaches too far") { $0.step.conv[keyPath: far] = 1 << 29 }
                }
                for pad: WritableKeyPath<oc_conv, Int32> in [\.pad_top, \.pad_left] {
                    try accept(sample) { $0.step.conv[keyPath: pad] = 1 << 29 - 1 }
                    for wrong: Int32 in [1 << 29, -1, .min, .max] {
                        try refuse(sample, "reaches too far") { $0.step.conv[keyPath: pad] = wrong }
                    }
                }
                try zeroPoints(sample, [\.conv.in_zero, \.conv.out_zero])
                try clamps(sample, \.conv.clamp_min, \.conv.clamp_max)
                try scratch(sample)
                try multipliers(sample)
            }
            for kernel in [OC_KERNEL_DEPTHWISE, OC_KERNEL_DEPTHWISE_MULTIPLIED] {
                try refuse(.convolution(OC_KERNEL_CONV, set), "channels do not match") {
                    $0.step.kernel = kernel.rawValue
                }
            }
            try refuse(.convolution(OC_KERNEL_CONV, set), "input is a constant") {
                $0.step.in.0 = $0.constantTensor([UInt8](repeating: 0, count: 120))
            }
        }
    }

    @Test("Products of two activations")
    func product() throws {
        let sample = SampleStep.product
        let extents: [WritableKeyPath<oc_matrices, Int32>] = [\.batches, \.rows, \.depth, \.units]
        for extent in extents {
            for wrong: Int32 in [0, -1, .min] {
                try refuse(sample, "extent below 1") { $0.step.matrices[keyPath: extent] = wrong }
            }
            try refuse(sample, "build") { $0.step.matrices[keyPath: extent] += 1 }
            try refuse(sample, "build") { $0.step.matrices[keyPath: extent] = .max }
        }
        for batches: WritableKeyPath<oc_matrices, Int32> in [\.batches_a, \.batches_b] {
            for wrong: Int32 in [0, 3, -1] {
                try refuse(sample, "matrices do not match") { $0.step.matrices[keyPath: batches] = wrong }
            }
        }
        try zeroPoints(sample, [\.matrices.zero_a, \.matrices.zero_b, \.matrices.out_zero])
        try clamps(sample, \.matrices.clamp_min, \.matrices.clamp_max)
        try refuse(sample, "multiplier") { $0.step.matrices.multiplier = -1 }
        try accept(sample) { ($0.step.matrices.multiplier, $0.step.matrices.factor) = (-1, 0.25) }
        for wrong in [Double.nan, .infinity] {
            try refuse(sample, "factor is no number") { $0.step.matrices.factor = wrong }
        }
    }

    @Test("Filters with weights beyond int8")
    func wideFilters() throws {
        let sample = SampleStep.wideFilters
        try accept(sample) { ($0.step.conv.out_c, $0.step.out.bytes) = (8, 48) }
        try refuse(sample, "channels do not match") { ($0.step.conv.out_c, $0.step.out.bytes) = (7, 42) }
        for groups: Int32 in [2, 4, 6] {
            try refuse(sample, "channels do not match") { $0.step.conv.groups = groups }
        }
        try refuse(sample, "sizes") { $0.step.constants.bytes -= 4 }
        try refuse(sample, "sizes") { $0.step.conv.kernel_w = 2 }
        try refuse(sample, "build") { $0.step.conv.in_c = .max }
        for (word, wrong, reason) in [
            (0, -1, "channels do not match"), (0, 10, "channels do not match"), (2, -1, "multiplier"),
            (3, 40, "multiplier"), (4, 256, "weight is out of range"), (26, -256 & 0xffff, "weight is out of range"),
        ] as [(Int, Int32, String)] {
            try refuse(sample, reason) {
                let at = Int($0.step.constants.offset) + 4 * word
                for byte in 0..<4 { $0.weights[at + byte] = UInt8(truncatingIfNeeded: wrong >> Int32(8 * byte)) }
            }
        }
    }

    private func scratch(_ sample: SampleStep) throws {
        guard sample.step.scratch.space != 0 else { return }
        try refuse(sample, "scratch is too small") { $0.step.scratch.bytes -= 1 }
        try refuse(sample, "scratch is too small") { $0.step.scratch = oc_operand() }
        try refuse(sample, "scratch is too small") { $0.threads += 1 }
        try refuse(sample, "not aligned") {
            $0.arenaBytes += 64
            $0.step.scratch.offset += 32
        }
        try refuse(sample, "scratch lies over") { $0.step.scratch.offset = $0.step.in.0.offset }
        try refuse(sample, "scratch lies over") {
            let out = $0.step.out.offset
            $0.step.in.0.offset = UInt32($0.arenaBytes)
            $0.arenaBytes += 128
            $0.step.scratch.offset = out
        }
    }

    private func multipliers(_ sample: SampleStep) throws {
        let layout = ConvolutionLayout(sample.step.conv, kernel: sample.step.kernel, set: sample.set)
        let multiplier = layout.wordOffset(1, 0)
        let shift = layout.wordOffset(2, 0)
        try accept(sample) { $0.storeWord(.max, at: multiplier) }
        for wrong: Int32 in [-1, .min] {
            try refuse(sample, "multipliers") { $0.storeWord(wrong, at: multiplier) }
        }
        for right: Int32 in [-31, 30] { try accept(sample) { $0.storeWord(right, at: shift) } }
        for wrong: Int32 in [-32, 31, .min, .max] {
            try refuse(sample, "multipliers") { $0.storeWord(wrong, at: shift) }
        }
    }

    private func zeroPoints(_ sample: SampleStep, _ fields: [WritableKeyPath<oc_step, Int32>]) throws {
        for field in fields {
            for right: Int32 in [-128, 127] { try accept(sample) { $0.step[keyPath: field] = right } }
            for wrong: Int32 in [-129, 128, .min, .max] {
                try refuse(sample, "zero point") { $0.step[keyPath: field] = wrong }
            }
        }
    }

    private func clamps(
        _ sample: SampleStep, _ low: WritableKeyPath<oc_step, Int32>, _ high: WritableKeyPath<oc_step, Int32>
    ) throws {
        try accept(sample) { ($0.step[keyPath: low], $0.step[keyPath: high]) = (5, 5) }
        for wrong: (Int32, Int32) in [(6, 5), (-129, 127), (-128, 128), (.min, .max)] {
            try refuse(sample, "clamp") { ($0.step[keyPath: low], $0.step[keyPath: high]) = wrong }
        }
    }

    @Test("Matrix products")
    func matrix() throws {
        for extent: WritableKeyPath<oc_matrix, Int32> in [\.rows, \.depth, \.units] {
            try refuse(.matrix, "extent below 1") { $0.step.matrix[keyPath: extent] = 0 }
            for wrong: Int32 in [1, 100, .max] {
                try refuse(.matrix, "sizes") { $0.step.matrix[keyPath: extent] = wrong }
            }
        }
        try zeroPoints(.matrix, [\.matrix.in_zero, \.matrix.out_zero])
        try clamps(.matrix, \.matrix.clamp_min, \.matrix.clamp_max)
        // Factors of 3 units start at byte 16; the upper word of an infinite or invalid double.
        for upper: Int32 in [0x7ff0_0000, 0x7ff8_0000, -0x10_0000] {
            try refuse(.matrix, "no numbers") { $0.storeWord(upper, at: 16 + 4) }
            try refuse(.matrix, "no numbers") { $0.storeWord(upper, at: 16 + 16 + 4) }
        }
    }

    @Test("Elementwise kernels")
    func binary() throws {
        for kernel in Self.binaries {
            let sample = SampleStep.binary(kernel)
            try refuse(sample, "extent below 1") { $0.step.binary.dims.1 = 0 }
            try refuse(sample, "sizes") { $0.step.binary.dims.2 = 3 }
            try refuse(sample, "sizes") { $0.step.binary.dims.0 = .max }
            try refuse(sample, "negative stride") { $0.step.binary.stride_a.0 = -1 }
            try refuse(sample, "negative stride") { $0.step.binary.stride_b.4 = -1 }
            try refuse(sample, "past its operands") { $0.step.binary.stride_a.2 = 13 }
            try refuse(sample, "past its operands") { $0.step.binary.stride_b.2 = 1 }
            try refuse(sample, "past its operands") { $0.step.binary.stride_b.3 = .max }
            try refuse(sample, "past its operands") { $0.step.in.1 = oc_operand() }
            try refuse(sample, "no tensor") { $0.step.in.1.tensor = UInt32(OC_NO_TENSOR) }
            try refuse(sample, "not the tensor") { $0.step.in.1.tensor = 0 }
            try refuse(sample, "not the tensor") {
                $0.tensors[1].offset = 0; $0.step.in.1.offset = 0; $0.step.in.1.bytes = 2
            }
            // In place, each element must be the one that its result replaces.
            let inPlace: Change = { $0.step.in.0.offset = $0.step.out.offset }
            try accept(sample, inPlace)
            let transposed: [(Int32, Int32, Int32)] = [(12, 1, 3), (4, 8, 1), (0, 4, 1), (12, 4, 0)]
            for strides in transposed {
                try accept(sample) {
                    ($0.step.binary.stride_a.2, $0.step.binary.stride_a.3, $0.step.binary.stride_a.4) = strides
                }
                try refuse(sample, "over what it reads") {
                    inPlace(&$0)
                    ($0.step.binary.stride_a.2, $0.step.binary.stride_a.3, $0.step.binary.stride_a.4) = strides
                }
            }
            try refuse(sample, "over what it reads") { $0.step.in.1 = $0.step.out }
            try accept(sample) {
                $0.step.in.1 = $0.step.out
                $0.step.binary.stride_b = $0.step.binary.stride_a
            }
            try zeroPoints(sample, [\.binary.zero_a, \.binary.zero_b, \.binary.out_zero])
            try clamps(sample, \.binary.clamp_min, \.binary.clamp_max)
            for right: Int32 in [0, 22] { try accept(sample) { $0.step.binary.left_shift = right } }
            for wrong: Int32 in [-1, 23] { try refuse(sample, "left shift") { $0.step.binary.left_shift = wrong } }
            for field: WritableKeyPath<oc_binary, Int32> in [\.multiplier_a, \.multiplier_b, \.multiplier_out] {
                try refuse(sample, "multiplier") { $0.step.binary[keyPath: field] = -1 }
            }
            for field: WritableKeyPath<oc_binary, Int32> in [\.shift_a, \.shift_b, \.shift_out] {
                for right: Int32 in [-31, 30] { try accept(sample) { $0.step.binary[keyPath: field] = right } }
                for wrong: Int32 in [-32, 31] {
                    try refuse(sample, "multiplier") { $0.step.binary[keyPath: field] = wrong }
                }
            }
            try accept(sample) { $0.step.out.offset = $0.step.in.0.offset }
            try refuse(sample, "over what it reads") {
                $0.step.out.offset = $0.step.in.0.offset
                $0.step.in.0.bytes += 1
            }
        }
    }

    @Test("Pools")
    func pool() throws {
        let extents: [WritableKeyPath<oc_pool, Int32>] = [
            \.batches, \.in_h, \.in_w, \.channels, \.out_h, \.out_w, \.kernel_h, \.kernel_w, \.stride_h, \.stride_w,
        ]
        for kernel in [OC_KERNEL_AVERAGE_POOL, OC_KERNEL_MAX_POOL] {
            let sample = SampleStep.pool(kernel)
            for extent in extents {
                for wrong: Int32 in [0, -1] {
                    try refuse(sample, "extent below 1") { $0.step.pool[keyPath: extent] = wrong }
                }
            }
            for extent in extents.prefix(6) {
                for delta: Int32 in [-1, 1] {
                    try refuse(sample, "build") { $0.step.pool[keyPath: extent] += delta }
                }
            }
            for far in extents.suffix(4) {
                try refuse(sample, "reaches too far") { $0.step.pool[keyPath: far] = 1 << 29 }
            }
            for pad: WritableKeyPath<oc_pool, Int32> in [\.pad_top, \.pad_left] {
                for wrong: Int32 in [1 << 29, .min] {
                    try refuse(sample, "reaches too far") { $0.step.pool[keyPath: pad] = wrong }
                }
            }
            try clamps(sample, \.pool.clamp_min, \.pool.clamp_max)
            try accept(sample) { $0.step.pool.raised = 128 }
            for wrong: Int32 in [1, -128, .max] {
                try refuse(sample, "raises its values") { $0.step.pool.raised = wrong }
            }
            for (width, isTaken) in [(4095, true), (4096, false)] {
                let change: Change = {
                    $0.step.pool.batches = 1
                    ($0.step.pool.in_h, $0.step.pool.in_w, $0.step.pool.channels) = (2048, Int32(width), 1)
                    $0.step.in.0 = $0.arena(2048 * width)
                    $0.step.out.bytes = 6
                }
                if isTaken { try accept(sample, change) } else { try refuse(sample, "too large for its sum", change) }
            }
        }
    }

    @Test("Means")
    func mean() throws {
        try refuse(.mean, "extent below 1") { $0.step.mean.kept.0 = 0 }
        try refuse(.mean, "extent below 1") { $0.step.mean.reduced.2 = -1 }
        try refuse(.mean, "negative stride") { $0.step.mean.kept_stride.0 = -1 }
        try refuse(.mean, "negative stride") { $0.step.mean.reduced_stride.1 = -1 }
        try refuse(.mean, "past its input") { $0.step.mean.reduced_stride.2 += 1 }
        try refuse(.mean, "past its input") { $0.step.mean.kept_stride.1 = 16 }
        try refuse(.mean, "sizes") { $0.step.mean.kept.2 = 2 }
        try refuse(.mean, "sizes") { $0.step.mean.reduced.2 = 4 }
        try refuse(.mean, "sizes") { $0.step.mean.reduced.0 = 2 }
        try zeroPoints(.mean, [\.mean.in_zero, \.mean.out_zero])
        try refuse(.mean, "multiplier") { $0.step.mean.multiplier = -1 }
        for wrong: Int32 in [-32, 31] { try refuse(.mean, "multiplier") { $0.step.mean.shift = wrong } }
        try refuse(.mean, "too many elements") {
            $0.step.mean.kept = (1, 1, 1)
            $0.step.mean.reduced = (1, 1, 1 << 23)
            $0.step.mean.reduced_stride.2 = 1
            $0.step.in.0 = $0.arena(1 << 23)
            $0.step.out.bytes = 1
        }
    }
}
