import Graph

/// ConvTranspose.
extension ONNXTranslator {
    /// Elements of weights at most, after zeros were put between them or beside them.
    private static let weightLimit = 1 << 24

    func transposedConvolution(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        if let line = try line(node, .convTranspose) { return line }
        let (x, input) = try picture(node)
        let (values, shape, given) = try weights(node, 1)
        let (stride, dilation) = (try pair(node, "strides"), try pair(node, "dilations"))
        let group = try node.whole("group", default: 1)
        guard shape.count == 4, shape.allSatisfy({ $0 >= 1 }), shape[0] == x.shape[1], (1...shape[0]).contains(group),
            shape[0] % group == 0
        else {
            throw node.damaged("weights \(shape) in \(group) groups do not fit an input \(x.shape)")
        }
        let filter = [(shape[2] - 1) * dilation[0] + 1, (shape[3] - 1) * dilation[1] + 1]
        let (size, padding) = try transposedSize(node, x, filter, stride)
        let channels = shape[1] * group
        let weight: TensorID
        if group == 1, dilation == [1, 1] {
            weight = try weights(
                given, permuted(values, shape, [1, 2, 3, 0]), [shape[1], shape[2], shape[3], shape[0]], axis: 1,
                dimension: 0, node)
        } else {
            // Zeros between the weights of a dilated filter, and between a group and the channels of others.
            let spread = [channels, filter[0], filter[1], shape[0]]
            guard let count = Self.count(spread), count <= Self.weightLimit else {
                throw node.refuse("its \(group) groups of filters \(filter) are too many")
            }
            var all = [Float](repeating: 0, count: count)
            let inGroup = shape[0] / group
            for (index, value) in values.enumerated() {
                let (column, row) = (index % shape[3], index / shape[3] % shape[2])
                let (o, i) = (index / shape[3] / shape[2] % shape[1], index / shape[3] / shape[2] / shape[1])
                let place = (i / inGroup * shape[1] + o) * filter[0] + row * dilation[0]
                all[(place * filter[1] + column * dilation[1]) * shape[0] + i] = value
            }
            weight = try weights(group == 1 ? given : nil, all, spread, axis: 1, dimension: 0, node)
        }
        let geometry = TransposeConvolution(strideHeight: stride[0], strideWidth: stride[1], padding: padding)
        return try emit(
            .transposeConv(geometry), [input, weight] + (try bias(node, 2, channels)), [x.shape[0], channels] + size,
            channelsLast: true, node)
    }

    /// Rows and columns of the result, and what is cut off around it.
    private func transposedSize(
        _ node: ONNXNode, _ x: ONNXValue, _ filter: [Int], _ stride: [Int]
    ) throws(ImportError) -> (size: [Int], padding: Padding) {
        let pads = node.wholes("pads") ?? [0, 0, 0, 0]
        let extra = node.wholes("output_padding") ?? [0, 0]
        let asked = node.wholes("output_shape").map { Array($0.suffix(2)) }
        guard pads.count == 4, extra.count == 2,
            (pads + extra + (asked ?? [])).allSatisfy({ (0...1 << 16).contains($0) }),
            asked.map({ $0.count == 2 }) ?? true
        else { throw node.refuse("its pads \(pads), output_padding \(extra) or output_shape are out of range") }
        let auto = node.text("auto_pad", default: "NOTSET")
        let isSame = auto == "SAME_UPPER" || auto == "SAME_LOWER"
        guard isSame || auto == "NOTSET" || auto == "VALID" else { throw node.damaged("auto_pad is \(auto)") }
        var (size, before, after): ([Int], [Int], [Int]) = ([], [], [])
        for axis in 0..<2 {
            let extent = x.shape[2 + axis]
            let reach = (extent - 1) * stride[axis] + filter[axis] + extra[axis]
            if isSame || asked != nil {
                let wanted = asked?[axis] ?? extent * stride[axis]
                let total = max(reach - wanted, 0)
                // What is left of an odd number goes where ONNX says.
                let first = auto == "SAME_UPPER" ? total / 2 : total - total / 2
                size.append(wanted)
                before.append(first)
                after.append(total - first)
            } else {
                let (first, last) = auto == "VALID" ? (0, 0) : (pads[axis], pads[2 + axis])
                size.append(reach - first - last)
                before.append(first)
                after.append(last)
            }
        }
        guard size.allSatisfy({ $0 >= 1 }) else { throw node.damaged("its result has no elements") }
        return (size, Padding(top: before[0], bottom: after[0], left: before[1], right: after[1]))
    }
}
