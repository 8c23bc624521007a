import CBundle
import CKernels
import Graph
import Kernels

/// Convolutions: a step of the set's packing, and one more where some filters' weights are beyond int8.
extension Lowering {
    /// CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV.
    mutating func lowerConvolution(_ node: Node) throws(CompileError) {
        let input = node.inputs[0]
        let output = node.outputs[0]
        let weights = graph[node.inputs[1]]
        let x = graph[input].shape
        let y = graph[output].shape
        let w = weights.shape
        let scaling = AccumulatorScaling(node, in: graph)

        // A depthwise convolution of one channel is an ordinary one, for which there are better kernels.
        var isSingleChannel = false
        if case .depthwiseConv2D = node.operation { isSingleChannel = x[3] == 1 && y[3] > 1 }

        var c = oc_conv()
        var kernel = OC_KERNEL_CONV
        (c.stride_h, c.stride_w, c.dilation_h, c.dilation_w, c.groups) = (1, 1, 1, 1, 1)
        switch node.operation {
        case .transposeConv(let t):
            kernel = OC_KERNEL_TRANSPOSE_CONV
            try checkReach(node, y[1], t.strideHeight, w[1], 1, t.padding.top)
            try checkReach(node, y[2], t.strideWidth, w[2], 1, t.padding.left)
            setImages(&c, x, y)
            (c.kernel_h, c.kernel_w) = (Int32(w[1]), Int32(w[2]))
            (c.stride_h, c.stride_w) = (Int32(t.strideHeight), Int32(t.strideWidth))
            (c.pad_top, c.pad_left) = (Int32(t.padding.top), Int32(t.padding.left))
        case .conv2D(let v), .depthwiseConv2D(let v):
            try checkReach(node, y[1], v.strideHeight, w[1], v.dilationHeight, v.padding.top)
            try checkReach(node, y[2], v.strideWidth, w[2], v.dilationWidth, v.padding.left)
            setImages(&c, x, y)
            (c.kernel_h, c.kernel_w) = (Int32(w[1]), Int32(w[2]))
            (c.stride_h, c.stride_w) = (Int32(v.strideHeight), Int32(v.strideWidth))
            (c.dilation_h, c.dilation_w) = (Int32(v.dilationHeight), Int32(v.dilationWidth))
            (c.pad_top, c.pad_left) = (Int32(v.padding.top), Int32(v.padding.left))
            if case .depthwiseConv2D = node.operation, !isSingleChannel { kernel = OC_KERNEL_DEPTHWISE }
        default:
            preconditionFailure("\(node.operation.name) has no accumulators")
        }
        (c.in_zero, c.out_zero) = (scaling.inputZeroPoint, scaling.outputZeroPoint)
        (c.clamp_min, c.clamp_max) = (scaling.range.minimum, scaling.range.maximum)

        var step = DraftStep(kernel, name: node.origin, inputs: [input], output: output)
        step.record.conv = c
        step.record.macs = UInt64(graph.macs(of: node))
        let layout = ConvolutionLayout(c, kernel: kernel.rawValue, set: set)
        guard layout.filterLength < 1 << 28, layout.constantBytes < 1 << 31, layout.preferredScratchBytes < 1 << 30
        else {
            throw CompileError("\(node.origin): its filters are too large; a bundle holds at most 2 GiB of weights")
        }
        step.scratchBytes = Int(layout.preferredScratchBytes)
        let bias = bias(of: node, count: scaling.multipliers.count)
        let multiplier = scaling.multipliers.map(\.multiplier)
        let shift = scaling.multipliers.map(\.shift)
        var values = weights.weightValues
        if isSingleChannel { values = transposed(values, rows: w[1] * w[2], columns: w[3]) }
        step.constants = layout.pack(
            weights: values.map { Int8(clamping: $0) }, bias: bias, multiplier: multiplier, shift: shift)
        draft.steps.append(step)
        if kernel == OC_KERNEL_DEPTHWISE { values = transposed(values, rows: w[1] * w[2], columns: w[3]) }
        try addWideFilters(node, step, filters: values, bias: bias, multiplier: multiplier, shift: shift)
    }

    /// Computes anew the channels of `step` whose weights do not fit int8.
    /// - Parameter filters: one behind the other.
    private mutating func addWideFilters(
        _ node: Node, _ step: DraftStep, filters: [Int16], bias: [Int32], multiplier: [Int32], shift: [Int32]
    ) throws(CompileError) {
        let length = filters.count / multiplier.count
        let wide = multiplier.indices.filter { channel in
            filters[channel * length..<(channel + 1) * length].contains { Int8(exactly: $0) == nil }
        }
        guard !wide.isEmpty else { return }
        guard step.kernel != OC_KERNEL_TRANSPOSE_CONV else {
            throw CompileError(
                "\(node.origin): weights beyond int8, of which its kernel has none; quantize the model to int8")
        }
        var copy = DraftStep(
            OC_KERNEL_CONV_WIDE, name: "\(step.name), wide filters", inputs: step.inputs, output: step.output)
        copy.record.conv = step.record.conv
        copy.record.conv.groups = step.kernel == OC_KERNEL_DEPTHWISE ? step.record.conv.in_c : 1
        for channel in wide {
            let head = oc_wide_filter(
                channel: Int32(channel), bias: bias[channel], multiplier: multiplier[channel], shift: shift[channel])
            withUnsafeBytes(of: head) { copy.constants += $0 }
            filters[channel * length..<(channel + 1) * length].withUnsafeBytes { copy.constants += $0 }
            if length % 2 != 0 { copy.constants += [0, 0] }
        }
        draft.note("convolution with wide filters")
        draft.steps.append(copy)
    }

    private func setImages(_ c: inout oc_conv, _ x: [Int], _ y: [Int]) {
        (c.batches, c.in_h, c.in_w, c.in_c) = (Int32(x[0]), Int32(x[1]), Int32(x[2]), Int32(x[3]))
        (c.out_h, c.out_w, c.out_c) = (Int32(y[1]), Int32(y[2]), Int32(y[3]))
    }
}
