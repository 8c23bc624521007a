import CBundle
import CKernels
import Graph
import Kernels

/// Operators that compute.
extension Lowering {
    /// Kernels count rows and columns in int32: the last window must end, and its padding begin, within 2^29 of the origin.
    func checkReach(_ node: Node, _ count: Int, _ stride: Int, _ filter: Int, _ dilation: Int, _ padding: Int)
        throws(CompileError)
    {
        // Each factor is below 2^31, so neither product overflows.
        guard count * stride < 1 << 28, filter * dilation < 1 << 28, padding < 1 << 28 else {
            throw CompileError(
                "\(node.origin): its strides, dilations or paddings reach over 2^28 rows or columns; no kernel goes so far"
            )
        }
    }

    /// FULLY_CONNECTED.
    mutating func lowerMatrix(_ node: Node) throws(CompileError) {
        let weights = graph[node.inputs[1]]
        let scaling = MatrixScaling(node, in: graph)
        var m = oc_matrix()
        (m.units, m.depth) = (Int32(weights.shape[0]), Int32(weights.shape[1]))
        m.rows = Int32(graph[node.inputs[0]].elementCount / weights.shape[1])
        (m.in_zero, m.out_zero) = (scaling.inputZeroPoint, scaling.outputZeroPoint)
        (m.clamp_min, m.clamp_max) = (scaling.range.minimum, scaling.range.maximum)
        let layout = MatrixLayout(m, set: set)
        guard layout.constantBytes < 1 << 31 else {
            throw CompileError("\(node.origin): its weights are too large; a bundle holds at most 2 GiB of weights")
        }
        var step = DraftStep(OC_KERNEL_MATRIX, name: node.origin, inputs: [node.inputs[0]], output: node.outputs[0])
        step.record.matrix = m
        step.record.macs = UInt64(graph.macs(of: node))
        step.constants = layout.pack(
            weights: weights.weightValues.map { Int8(clamping: $0) },
            bias: bias(of: node, count: scaling.factors.count), factors: scaling.factors)
        draft.steps.append(step)
    }

    /// Zeros where the node has no bias.
    func bias(of node: Node, count: Int) -> [Int32] {
        guard node.inputs.count > 2, let bytes = graph[node.inputs[2]].constant else {
            return [Int32](repeating: 0, count: count)
        }
        return bytes.withUnsafeBytes { raw in
            (0..<count).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
    }

    /// ADD, SUB, MUL, MINIMUM, MAXIMUM and PRELU.
    mutating func lowerBinary(_ node: Node) throws(CompileError) {
        let left = graph[node.inputs[0]]
        let right = graph[node.inputs[1]]
        let output = graph[node.outputs[0]]
        var b = oc_binary()
        (b.clamp_min, b.clamp_max) = (-128, 127)
        let kernel: oc_kernel
        switch node.operation {
        case .add(let activation), .sub(let activation):
            kernel = OC_KERNEL_ADD
            let p = SumParameters(
                left: quantization(left), right: quantization(right), output: quantization(output),
                activation: activation)
            (b.zero_a, b.zero_b, b.out_zero, b.left_shift) = (
                p.leftZeroPoint, p.rightZeroPoint, p.outputZeroPoint, SumParameters.headroom
            )
            (b.multiplier_a, b.shift_a) = (p.leftMultiplier.multiplier, p.leftMultiplier.shift)
            (b.multiplier_b, b.shift_b) = (p.rightMultiplier.multiplier, p.rightMultiplier.shift)
            (b.multiplier_out, b.shift_out) = (p.outputMultiplier.multiplier, p.outputMultiplier.shift)
            (b.clamp_min, b.clamp_max) = (p.range.minimum, p.range.maximum)
            if case .sub = node.operation { b.subtract = 1 }
            oc_find_linear_sum(&b)
        case .mul(let activation):
            kernel = OC_KERNEL_MUL
            let p = ProductParameters(
                left: quantization(left), right: quantization(right), output: quantization(output),
                activation: activation)
            (b.zero_a, b.zero_b, b.out_zero) = (p.leftZeroPoint, p.rightZeroPoint, p.outputZeroPoint)
            (b.multiplier_out, b.shift_out) = (p.multiplier.multiplier, p.multiplier.shift)
            (b.clamp_min, b.clamp_max) = (p.range.minimum, p.range.maximum)
        case .prelu:
            kernel = OC_KERNEL_PRELU
            let p = PreluParameters(input: quantization(left), alpha: quantization(right), output: quantization(output))
            (b.zero_a, b.zero_b, b.out_zero) = (p.inputZeroPoint, p.alphaZeroPoint, p.outputZeroPoint)
            (b.multiplier_a, b.shift_a) = (p.identity.multiplier, p.identity.shift)
            (b.multiplier_out, b.shift_out) = (p.slope.multiplier, p.slope.shift)
        case .minimum: kernel = OC_KERNEL_MINIMUM
        case .maximum: kernel = OC_KERNEL_MAXIMUM
        default: preconditionFailure("\(node.operation.name) is not elementwise")
        }
        let broadcast = Broadcast(output.shape, left.shape, right.shape)
        guard broadcast.dims.count <= Int(OC_BINARY_DIMS) else {
            throw CompileError(
                "\(node.origin): broadcasts along more than \(OC_BINARY_DIMS) dimensions; reshape its operands in the model"
            )
        }
        b.set(broadcast)
        var step = DraftStep(kernel, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        step.record.binary = b
        draft.steps.append(step)
    }

    mutating func lowerPool(_ node: Node, _ pool: Pool, _ kernel: oc_kernel, raised: Int32) throws(CompileError) {
        let x = graph[node.inputs[0]].shape
        let output = graph[node.outputs[0]]
        try checkReach(node, output.shape[1], pool.strideHeight, pool.filterHeight, 1, pool.padding.top)
        try checkReach(node, output.shape[2], pool.strideWidth, pool.filterWidth, 1, pool.padding.left)
        guard x[1] * x[2] < 1 << 23 else {
            throw CompileError("\(node.origin): pools an image of 2^23 pixels or more, whose sum may leave int32")
        }
        let range = ActivationRange(pool.activation, type: .int8, quantization: quantization(output))
        var p = oc_pool()
        (p.batches, p.in_h, p.in_w, p.channels) = (Int32(x[0]), Int32(x[1]), Int32(x[2]), Int32(x[3]))
        (p.out_h, p.out_w) = (Int32(output.shape[1]), Int32(output.shape[2]))
        (p.kernel_h, p.kernel_w) = (Int32(pool.filterHeight), Int32(pool.filterWidth))
        (p.stride_h, p.stride_w) = (Int32(pool.strideHeight), Int32(pool.strideWidth))
        (p.pad_top, p.pad_left) = (Int32(pool.padding.top), Int32(pool.padding.left))
        (p.clamp_min, p.clamp_max) = (range.minimum, range.maximum)
        p.raised = raised
        var step = DraftStep(kernel, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        step.record.pool = p
        draft.steps.append(step)
    }

    mutating func lowerMean(_ node: Node, axes: [Int]) throws(CompileError) {
        let input = graph[node.inputs[0]]
        // Neighbouring dimensions of the same kind join; at most three of each kind remain in six dimensions.
        var kept: [(extent: Int, stride: Int)] = []
        var reduced: [(extent: Int, stride: Int)] = []
        var lastWasReduced: Bool?
        for (d, stride) in rowMajorStrides(input.shape).enumerated() where input.shape[d] != 1 {
            let isReduced = axes.contains(d)
            var group = isReduced ? reduced : kept
            if lastWasReduced == isReduced, let last = group.indices.last {
                group[last] = (group[last].extent * input.shape[d], stride)
            } else {
                group.append((input.shape[d], stride))
            }
            if isReduced { reduced = group } else { kept = group }
            lastWasReduced = isReduced
        }
        guard kept.count <= Int(OC_MEAN_DIMS), reduced.count <= Int(OC_MEAN_DIMS) else {
            throw CompileError(
                "\(node.origin): its axes alternate more than \(OC_MEAN_DIMS) times; transpose in the model")
        }
        let count = axes.reduce(1) { $0 * input.shape[$1] }
        guard count < 1 << 23 else {
            throw CompileError("\(node.origin): a mean over \(count) elements; from 2^23 on its sum may leave int32")
        }
        let parameters = MeanParameters(
            input: quantization(input), output: quantization(graph[node.outputs[0]]), count: count)
        kept = Array(repeating: (1, 0), count: Int(OC_MEAN_DIMS) - kept.count) + kept
        reduced = Array(repeating: (1, 0), count: Int(OC_MEAN_DIMS) - reduced.count) + reduced
        var m = oc_mean()
        m.kept = (Int32(kept[0].extent), Int32(kept[1].extent), Int32(kept[2].extent))
        m.kept_stride = (Int32(kept[0].stride), Int32(kept[1].stride), Int32(kept[2].stride))
        m.reduced = (Int32(reduced[0].extent), Int32(reduced[1].extent), Int32(reduced[2].extent))
        m.reduced_stride = (Int32(reduced[0].stride), Int32(reduced[1].stride), Int32(reduced[2].stride))
        (m.in_zero, m.out_zero) = (parameters.inputZeroPoint, parameters.outputZeroPoint)
        (m.multiplier, m.shift) = (parameters.multiplier.multiplier, parameters.multiplier.shift)
        var step = DraftStep(OC_KERNEL_MEAN, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        step.record.mean = m
        draft.steps.append(step)
    }

    mutating func lowerSoftmax(_ node: Node, beta: Float) {
        let input = graph[node.inputs[0]]
        var step = DraftStep(OC_KERNEL_SOFTMAX, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        let depth = input.shape.last ?? 1
        step.record.softmax = oc_softmax(rows: Int32(input.elementCount / depth), depth: Int32(depth))
        step.constants = SoftmaxParameters(input: quantization(input), beta: beta).exponentials.withUnsafeBytes {
            Array($0)
        }
        draft.steps.append(step)
    }

    mutating func lowerNormalization(_ node: Node, _ local: LocalResponse) {
        let input = graph[node.inputs[0]]
        let depth = input.shape.last ?? 1
        let parameters = LocalResponseParameters(
            local, input: quantization(input), output: quantization(graph[node.outputs[0]]), channels: depth)
        var step = DraftStep(OC_KERNEL_NORMALIZE, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        step.record.normalize = oc_normalize(
            rows: Int32(input.elementCount / depth), depth: Int32(depth), below: Int32(parameters.below),
            above: Int32(parameters.above), in_zero: parameters.inputZeroPoint, out_zero: parameters.outputZeroPoint,
            shift: parameters.shift)
        step.constants = parameters.factors.withUnsafeBytes { Array($0) }
        draft.steps.append(step)
    }

    /// Every 8-bit function of one element is a table; where it changes nothing, the output is the input.
    mutating func lowerTable(_ node: Node) throws(CompileError) {
        let input = graph[node.inputs[0]]
        let output = graph[node.outputs[0]]
        guard let table = LookupTable(node.operation, input: input, output: output) else {
            throw CompileError(
                "\(node.origin): cannot be computed from \(input.type) to \(output.type); quantize the model fully to int8"
            )
        }
        var step = DraftStep(OC_KERNEL_TABLE, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        // Both sides of the table are bytes as they lie in the arena.
        let inFlip = UInt8(flip(of: input))
        let outFlip = UInt8(flip(of: output))
        step.constants = (0...255).map { table.bytes[Int(UInt8($0) ^ inFlip)] ^ outFlip }
        step.record.table.count = Int32(input.elementCount)
        draft.steps.append(step)
    }

    mutating func lowerQuantize(_ node: Node) throws(CompileError) {
        let input = graph[node.inputs[0]]
        let output = graph[node.outputs[0]]
        guard input.type == .float32 else { return try lowerTable(node) }
        let quantizer = FloatQuantizer(type: output.type, quantization: quantization(output))
        var step = DraftStep(OC_KERNEL_QUANTIZE, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        step.record.affine = oc_affine(
            count: Int32(input.elementCount), scale: quantizer.scale, zero: quantizer.zeroPoint,
            clamp_min: quantizer.range.minimum,
            clamp_max: quantizer.range.maximum)
        draft.steps.append(step)
    }

    mutating func lowerDequantize(_ node: Node) {
        let input = graph[node.inputs[0]]
        var step = DraftStep(OC_KERNEL_DEQUANTIZE, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        step.record.affine = oc_affine(
            count: Int32(input.elementCount), scale: quantization(input).scale, zero: quantization(input).zeroPoint,
            clamp_min: -128,
            clamp_max: 127)
        draft.steps.append(step)
    }

    mutating func lowerBilinear(_ node: Node, alignCorners: Bool, halfPixelCenters: Bool, asFloats: Bool) {
        let (x, y) = (graph[node.inputs[0]].shape, graph[node.outputs[0]].shape)
        var words: [Int32] = []
        for d in 1...2 {
            if asFloats {
                let axis = FloatAxis(
                    input: x[d], output: y[d], alignCorners: alignCorners, halfPixelCenters: halfPixelCenters)
                for i in 0..<y[d] {
                    let bits = Int32(bitPattern: axis.fraction[i].bitPattern)
                    words += [Int32(axis.lower[i]), Int32(axis.upper[i]), bits]
                }
            } else {
                let axis = BilinearAxis(
                    input: x[d], output: y[d], alignCorners: alignCorners, halfPixelCenters: halfPixelCenters)
                for i in 0..<y[d] {
                    // Between an element and itself every fraction gives that element, however far past the edge.
                    let fraction = axis.lower[i] == axis.upper[i] ? 0 : axis.fraction[i]
                    words += [Int32(axis.lower[i]), Int32(axis.upper[i]), Int32(fraction)]
                }
            }
        }
        lowerResize(node, OC_KERNEL_RESIZE_BILINEAR, words, asFloats: asFloats ? 1 : 0)
    }

    mutating func lowerNearest(_ node: Node, alignCorners: Bool, halfPixelCenters: Bool) {
        let (x, y) = (graph[node.inputs[0]].shape, graph[node.outputs[0]].shape)
        let words = [1, 2].flatMap { d in
            NearestAxis(input: x[d], output: y[d], alignCorners: alignCorners, halfPixelCenters: halfPixelCenters)
                .source.map { Int32($0) }
        }
        lowerResize(node, OC_KERNEL_RESIZE_NEAREST, words, asFloats: 0)
    }

    private mutating func lowerResize(_ node: Node, _ kernel: oc_kernel, _ words: [Int32], asFloats: Int32) {
        let (x, y) = (graph[node.inputs[0]].shape, graph[node.outputs[0]].shape)
        var step = DraftStep(kernel, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        step.record.resize = oc_resize(
            batches: Int32(x[0]), in_h: Int32(x[1]), in_w: Int32(x[2]), channels: Int32(x[3]), out_h: Int32(y[1]),
            out_w: Int32(y[2]), as_floats: asFloats)
        step.constants = words.withUnsafeBytes { Array($0) }
        draft.steps.append(step)
    }

    mutating func lowerArgMax(_ node: Node, axis: Int) {
        let shape = graph[node.inputs[0]].shape
        var step = DraftStep(OC_KERNEL_ARG_MAX, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        step.record.arg_max = oc_arg_max(
            outer: Int32(shape[..<axis].reduce(1, *)), axis: Int32(shape[axis]),
            inner: Int32(shape[(axis + 1)...].reduce(1, *)))
        draft.steps.append(step)
    }

    /// A validated graph quantizes every tensor that gets here.
    func quantization(_ tensor: Tensor) -> Quantization {
        guard let quantization = tensor.quantization else {
            preconditionFailure("\(tensor.name): the graph was not validated")
        }
        return quantization
    }
}

/// The strides of two operands that are broadcast to one shape, over as few dimensions as possible.
struct Broadcast {
    private(set) var dims: [Int] = []
    private(set) var left: [Int] = []
    private(set) var right: [Int] = []

    init(_ shape: [Int], _ leftShape: [Int], _ rightShape: [Int]) {
        let a = broadcastStrides(leftShape, rank: shape.count)
        let b = broadcastStrides(rightShape, rank: shape.count)
        for d in shape.indices where shape[d] != 1 {
            if let last = dims.indices.last, left[last] == a[d] * shape[d], right[last] == b[d] * shape[d] {
                dims[last] *= shape[d]
                left[last] = a[d]
                right[last] = b[d]
            } else {
                dims.append(shape[d])
                left.append(a[d])
                right.append(b[d])
            }
        }
        if dims.isEmpty { (dims, left, right) = ([1], [1], [1]) }
    }
}

extension oc_binary {
    /// Takes over extents and strides, of at most OC_BINARY_DIMS dimensions.
    mutating func set(_ broadcast: Broadcast) {
        withUnsafeMutableBytes(of: &dims) { fillWords($0, broadcast.dims, before: 1) }
        withUnsafeMutableBytes(of: &stride_a) { fillWords($0, broadcast.left, before: 0) }
        withUnsafeMutableBytes(of: &stride_b) { fillWords($0, broadcast.right, before: 0) }
    }
}
