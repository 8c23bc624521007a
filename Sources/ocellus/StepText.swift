import CBundle

extension oc_step {
    /// What the operands' shapes do not say: windows, strides, paddings, clamps.
    var geometry: String {
        switch oc_kernel(rawValue: kernel) {
        case OC_KERNEL_CONV, OC_KERNEL_CONV_ADD, OC_KERNEL_CONV_GROUPED, OC_KERNEL_DEPTHWISE,
            OC_KERNEL_DEPTHWISE_MULTIPLIED,
            OC_KERNEL_TRANSPOSE_CONV:
            var parts = [
                window(conv.kernel_h, conv.kernel_w, conv.stride_h, conv.stride_w, conv.pad_top, conv.pad_left)
            ]
            if conv.dilation_h != 1 || conv.dilation_w != 1 {
                parts.append("dilation \(conv.dilation_h)x\(conv.dilation_w)")
            }
            if conv.groups != 1 && kernel == OC_KERNEL_CONV_GROUPED.rawValue { parts.append("\(conv.groups) groups") }
            return (parts + clamp(conv.clamp_min, conv.clamp_max)).joined(separator: ", ")
        case OC_KERNEL_AVERAGE_POOL, OC_KERNEL_MAX_POOL:
            let shape = window(pool.kernel_h, pool.kernel_w, pool.stride_h, pool.stride_w, pool.pad_top, pool.pad_left)
            return ([shape] + clamp(pool.clamp_min, pool.clamp_max)).joined(separator: ", ")
        case OC_KERNEL_MATRIX:
            return
                (["\(matrix.rows)x\(matrix.depth) by \(matrix.depth)x\(matrix.units)"]
                + clamp(matrix.clamp_min, matrix.clamp_max)).joined(separator: ", ")
        case OC_KERNEL_ADD, OC_KERNEL_MUL: return clamp(binary.clamp_min, binary.clamp_max).joined()
        case OC_KERNEL_SOFTMAX: return "\(softmax.rows) x \(softmax.depth)"
        case OC_KERNEL_FILL: return "value \(fill.value)"
        case OC_KERNEL_COPY:
            let dims = [copy.dims.0, copy.dims.1, copy.dims.2, copy.dims.3, copy.dims.4, copy.dims.5]
            return "\(Format.shape(dims.drop { $0 == 1 })) elements of \(Format.count(Int(copy.element_bytes), "byte"))"
        case OC_KERNEL_ARG_MAX: return "\(arg_max.outer) x \(arg_max.axis) x \(arg_max.inner)"
        default: return ""
        }
    }

    private func window(_ h: Int32, _ w: Int32, _ strideH: Int32, _ strideW: Int32, _ top: Int32, _ left: Int32)
        -> String
    {
        var text = "\(h)x\(w)"
        if strideH != 1 || strideW != 1 {
            text += " stride \(strideH == strideW ? "\(strideH)" : "\(strideH)x\(strideW)")"
        }
        if top != 0 || left != 0 { text += " pad \(top == left ? "\(top)" : "\(top),\(left)")" }
        return text
    }

    private func clamp(_ low: Int32, _ high: Int32) -> [String] {
        low == -128 && high == 127 ? [] : ["clamp \(low)...\(high)"]
    }
}
