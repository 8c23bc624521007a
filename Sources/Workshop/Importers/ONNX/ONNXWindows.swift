import Graph

// MARK: Convolutions, pools, products

extension ONNXTranslator {
    func picture(_ node: ONNXNode) throws(ImportError) -> (value: ONNXValue, tensor: TensorID) {
        let value = try required(node, 0)
        guard value.shape.count == 4 else {
            throw node.refuse("its input has the shape \(value.shape); only pictures of four dimensions are supported")
        }
        return (value, try tensor(value, channelsLast: true, node))
    }

    /// Strides, dilations or window of two dimensions.
    func pair(_ node: ONNXNode, _ name: String, default value: [Int] = [1, 1]) throws(ImportError) -> [Int] {
        let found = node.wholes(name) ?? value
        guard found.count == 2, found.allSatisfy({ (1...1 << 16).contains($0) }) else {
            throw node.refuse("its \(name) are \(found); two numbers above 0 are supported")
        }
        return found
    }

    /// - Parameters:
    ///   - extents: height and width.
    ///   - filter: those of the window, dilation included.
    func padding(
        _ node: ONNXNode, _ extents: [Int], filter: [Int], stride: [Int]
    ) throws(ImportError) -> Padding {
        switch node.text("auto_pad", default: "NOTSET") {
        case "NOTSET":
            let pads = node.wholes("pads") ?? [0, 0, 0, 0]
            guard pads.count == 4, pads.allSatisfy({ (0...1 << 16).contains($0) }) else {
                throw node.refuse("its pads are \(pads)")
            }
            return Padding(top: pads[0], bottom: pads[2], left: pads[1], right: pads[3])
        case "VALID": return .zero
        case let same:
            guard same == "SAME_UPPER" || same == "SAME_LOWER" else { throw node.damaged("auto_pad is \(same)") }
            var (totals, before): ([Int], [Int]) = ([], [])
            for axis in 0..<2 {
                let covered = (extents[axis] - 1) / stride[axis] * stride[axis] + filter[axis]
                let total = max(covered - extents[axis], 0)
                totals.append(total)
                before.append(same == "SAME_UPPER" ? total / 2 : total - total / 2)
            }
            return Padding(
                top: before[0], bottom: totals[0] - before[0], left: before[1], right: totals[1] - before[1])
        }
    }

    func steps(_ extent: Int, _ filter: Int, _ stride: Int, _ padding: Int, _ node: ONNXNode) throws(ImportError)
        -> Int
    {
        guard filter <= extent + padding else {
            throw node.damaged("its window of \(filter) exceeds the \(extent + padding) elements it slides over")
        }
        return (extent + padding - filter) / stride + 1
    }

    func weights(
        _ node: ONNXNode, _ position: Int
    ) throws(ImportError) -> (values: [Float], shape: [Int], given: GivenQuantization?) {
        let value = try required(node, position)
        guard case .reals(let reals) = value.content else {
            throw node.refuse("its weights are computed by the model; only constants are supported")
        }
        return (reals, value.shape, value.quantization)
    }

    func bias(_ node: ONNXNode, _ position: Int, _ channels: Int) throws(ImportError) -> [TensorID] {
        guard let value = try operand(node, position) else { return [] }
        guard case .reals(let reals) = value.content, reals.count == channels else {
            throw node.refuse("its bias is no constant of \(channels) elements")
        }
        return [try constant(reals, [channels], node)]
    }

    func convolution(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        if let line = try line(node, .conv) { return line }
        let (x, input) = try picture(node)
        let (reals, shape, given) = try weights(node, 1)
        let group = try node.whole("group", default: 1)
        guard shape.count == 4, shape.allSatisfy({ $0 >= 1 }), (1...x.shape[1]).contains(group),
            shape[1] * group == x.shape[1], shape[0] % group == 0
        else {
            throw node.damaged("weights \(shape) in \(group) groups do not fit an input \(x.shape)")
        }
        let (stride, dilation) = (try pair(node, "strides"), try pair(node, "dilations"))
        let filter = [(shape[2] - 1) * dilation[0] + 1, (shape[3] - 1) * dilation[1] + 1]
        let padding = try padding(node, [x.shape[2], x.shape[3]], filter: filter, stride: stride)
        let geometry = Convolution(
            strideHeight: stride[0], strideWidth: stride[1], dilationHeight: dilation[0], dilationWidth: dilation[1],
            padding: padding)
        let result = [
            x.shape[0], shape[0],
            try steps(x.shape[2], filter[0], stride[0], padding.top + padding.bottom, node),
            try steps(x.shape[3], filter[1], stride[1], padding.left + padding.right, node),
        ]
        let isDepthwise = group == x.shape[1] && group > 1
        let operation: Operation = isDepthwise ? .depthwiseConv2D(geometry) : .conv2D(geometry)
        let weight =
            isDepthwise
            ? try weights(
                given, permuted(reals, shape, [1, 2, 3, 0]), [1, shape[2], shape[3], shape[0]], axis: 0, dimension: 3,
                node)
            : try weights(
                given, permuted(reals, shape, [0, 2, 3, 1]), [shape[0], shape[2], shape[3], shape[1]], axis: 0,
                dimension: 0, node)
        return try emit(operation, [input, weight] + (try bias(node, 2, shape[0])), result, channelsLast: true, node)
    }

    func pool(_ node: ONNXNode, isMax: Bool) throws(ImportError) -> ONNXValue {
        if let line = try line(node, isMax ? .maxPool : .averagePool) { return line }
        var (x, input) = try picture(node)
        let filter = try pair(node, "kernel_shape", default: [])
        let stride = try pair(node, "strides")
        let dilation = try pair(node, "dilations")
        guard node.proto.output.count == 1 else { throw node.refuse("indices of the greatest are not supported") }
        let reach = [(filter[0] - 1) * dilation[0] + 1, (filter[1] - 1) * dilation[1] + 1]
        var padding = try padding(node, [x.shape[2], x.shape[3]], filter: reach, stride: stride)
        let countsPadding = try node.whole("count_include_pad", default: 0) != 0
        let isCeiling = try node.whole("ceil_mode", default: 0) != 0
        // No window begins behind the picture.
        let ends = [x.shape[2] + padding.top, x.shape[3] + padding.left]
        if !isMax, countsPadding, padding != .zero {
            let shape = [
                x.shape[0], x.shape[1], x.shape[2] + padding.top + padding.bottom,
                x.shape[3] + padding.left + padding.right,
            ]
            let padded = try emit(
                .pad(
                    before: [0, padding.top, padding.left, 0], after: [0, padding.bottom, padding.right, 0], value: 0),
                [input], shape, channelsLast: true, node)
            (x, input) = (padded, try tensor(padded, channelsLast: true, node))
            padding = .zero
        }
        if isCeiling {
            // As many more rows and columns as the last window needs, if it begins before the end.
            func more(_ extent: Int, _ before: Int, _ after: Int, _ axis: Int) -> Int {
                let rest = (extent + before + after - reach[axis]) % stride[axis]
                guard rest > 0 else { return after }
                let last = extent + before + after - reach[axis] - rest + stride[axis]
                return last >= ends[axis] ? after : after + stride[axis] - rest
            }
            padding.bottom = more(x.shape[2], padding.top, padding.bottom, 0)
            padding.right = more(x.shape[3], padding.left, padding.right, 1)
        }
        if dilation != [1, 1] {
            return try dilatedPool(x, node, isMax: isMax, filter, stride, dilation, padding)
        }
        let geometry = Pool(
            filterHeight: filter[0], filterWidth: filter[1], strideHeight: stride[0], strideWidth: stride[1],
            padding: padding)
        let result = [
            x.shape[0], x.shape[1],
            try steps(x.shape[2], filter[0], stride[0], padding.top + padding.bottom, node),
            try steps(x.shape[3], filter[1], stride[1], padding.left + padding.right, node),
        ]
        return try emit(
            isMax ? .maxPool2D(geometry) : .averagePool2D(geometry, tiesUp: false), [input], result,
            channelsLast: true, node)
    }

    /// The elements of each window side by side, and a pool of those. A window's place outside of the picture is another of its own, which
    /// changes no maximum.
    private func dilatedPool(
        _ x: ONNXValue, _ node: ONNXNode, isMax: Bool, _ filter: [Int], _ stride: [Int], _ dilation: [Int],
        _ padding: Padding
    ) throws(ImportError) -> ONNXValue {
        guard isMax || padding == .zero else { throw node.refuse("dilations with padding are not supported") }
        var rows: [[Int]] = []
        for (axis, pads) in [(padding.top, padding.bottom), (padding.left, padding.right)].enumerated() {
            let extent = x.shape[2 + axis]
            let reach = (filter[axis] - 1) * dilation[axis] + 1
            let count = try steps(extent, reach, stride[axis], pads.0 + pads.1, node)
            guard count * filter[axis] <= 1 << 24 else { throw node.refuse("makes \(count) windows") }
            var places: [Int] = []
            for window in 0..<count {
                let all = (0..<filter[axis]).map { window * stride[axis] + $0 * dilation[axis] - pads.0 }
                guard let inside = all.first(where: { (0..<extent).contains($0) }) else {
                    throw node.refuse("has a window without elements")
                }
                places += all.map { (0..<extent).contains($0) ? $0 : inside }
            }
            rows.append(places)
        }
        let shape = [x.shape[0], x.shape[1], rows[0].count, rows[1].count]
        let indices = [Array(0..<shape[0]), Array(0..<shape[1])] + rows
        let input = try tensor(x, channelsLast: true, node)
        let order = ChannelsLast.order(4).map { indices[$0] }
        let taken = try emit(.select(indices: order), [input], shape, channelsLast: true, node)
        let geometry = Pool(
            filterHeight: filter[0], filterWidth: filter[1], strideHeight: filter[0], strideWidth: filter[1])
        return try emit(
            isMax ? .maxPool2D(geometry) : .averagePool2D(geometry, tiesUp: false),
            [try tensor(taken, channelsLast: true, node)],
            [shape[0], shape[1], shape[2] / filter[0], shape[3] / filter[1]], channelsLast: true, node)
    }

    func globalPool(_ node: ONNXNode, _ operation: Operation) throws(ImportError) -> ONNXValue {
        if let line = try line(node, ONNXOperator(node.proto) ?? .globalAveragePool) { return line }
        let (x, input) = try picture(node)
        return try emit(operation, [input], [x.shape[0], x.shape[1], 1, 1], channelsLast: true, node)
    }

    func gemm(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        var (a, b) = (try required(node, 0), try required(node, 1))
        if try node.whole("transA", default: 0) != 0 { a = try flipped(a, node) }
        if try node.whole("transB", default: 0) != 0 { b = try flipped(b, node) }
        guard a.shape.count == 2, b.shape.count == 2, a.shape[1] == b.shape[0] else {
            throw node.damaged("cannot multiply \(a.shape) by \(b.shape)")
        }
        let (alpha, beta) = (node.real("alpha", default: 1), node.real("beta", default: 1))
        if case .reals(let reals) = b.content, alpha != 1 {
            b = ONNXValue(shape: b.shape, content: .reals(reals.map { $0 * alpha }))
        }
        let units = b.shape[1]
        var addend = try operand(node, 2)
        if let given = addend, let reals = given.reals {
            addend = ONNXValue(shape: given.shape, content: .reals(reals.map { $0 * beta }))
        } else if let given = addend, beta != 1 {
            addend = try combine(given, number(beta), node, .mul(.none))
        }
        guard case .reals = b.content else {
            let product = try product(a, b, node)
            let scaled = alpha == 1 ? product : try combine(product, number(alpha), node, .mul(.none))
            return try addend.map { addend throws(ImportError) in try combine(scaled, addend, node, .add(.none)) }
                ?? scaled
        }
        // One number a column is a bias.
        guard let values = addend?.reals, let shape = addend?.shape, shape.dropLast().allSatisfy({ $0 == 1 }),
            values.count == units || values.count == 1
        else {
            let product = try product(a, b, node)
            return try addend.map { addend throws(ImportError) in try combine(product, addend, node, .add(.none)) }
                ?? product
        }
        let bias = values.count == 1 ? [Float](repeating: values[0], count: units) : values
        return try product(a, b, bias: bias, node)
    }

    /// A matrix with rows and columns exchanged.
    private func flipped(_ x: ONNXValue, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        guard x.shape.count == 2 else { throw node.damaged("cannot transpose \(x.shape)") }
        return try transposed(x, [1, 0], node)
    }

    func product(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        try product(try required(node, 0), try required(node, 1), node)
    }

    private func product(
        _ a: ONNXValue, _ b: ONNXValue, bias: [Float]? = nil, _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        if case .reals(let reals) = b.content, b.shape.count == 2, a.shape.count >= 2, a.shape.last == b.shape[0] {
            let weights = try weights(
                b.quantization, permuted(reals, b.shape, [1, 0]), [b.shape[1], b.shape[0]], axis: 1, dimension: 0, node)
            var operands = [try tensor(a, channelsLast: false, node), weights]
            if let bias { operands.append(try constant(bias, [bias.count], node)) }
            return try emit(.fullyConnected(.none), operands, a.shape.dropLast() + [b.shape[1]], node)
        }
        let product = Product(transposesLeft: false, transposesRight: false)
        guard let shape = ProductShape(a.shape, b.shape, product) else {
            throw node.refuse("cannot multiply \(a.shape) by \(b.shape)")
        }
        return try emit(
            .product(product), [try tensor(a, channelsLast: false, node), try tensor(b, channelsLast: false, node)],
            shape.output, node)
    }

    /// (x - mean) / sqrt(variance + epsilon) * scale + bias, as a factor and an addend a channel.
    /// LRN: of an even window the larger half lies behind the element.
    func localResponse(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (x, input) = try picture(node)
        let size = try node.whole("size", default: 0)
        guard (1...1 << 24).contains(size) else { throw node.damaged("its size is \(size)") }
        let local = LocalResponse(
            below: (size - 1) / 2, above: size / 2, scale: node.real("alpha", default: 1e-4) / Float(size),
            bias: node.real("bias", default: 1), beta: node.real("beta", default: 0.75))
        return try emit(.localResponse(local), [input], x.shape, channelsLast: true, node)
    }

    func batchNormalization(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        guard x.shape.count >= 2, try node.whole("training_mode", default: 0) == 0 else {
            throw node.refuse("is for training", "export the model for inference")
        }
        var constants: [[Float]] = []
        for position in 1...4 {
            guard let values = try required(node, position).reals, values.count == x.shape[1] else {
                throw node.refuse("its operand \(position) is no constant of \(x.shape[1]) elements")
            }
            constants.append(values)
        }
        let epsilon = node.real("epsilon", default: 1e-5)
        let factors = zip(constants[0], constants[3]).map { $0 / ($1 + epsilon).squareRoot() }
        let addends = factors.indices.map { constants[1][$0] - constants[2][$0] * factors[$0] }
        let isLast = x.shape.count >= 3
        let channels = [x.shape[1]]
        let scaled = try emit(
            .mul(.none), [try tensor(x, channelsLast: isLast, node), try constant(factors, channels, node)], x.shape,
            channelsLast: isLast, node)
        return try emit(
            .add(.none), [try tensor(scaled, channelsLast: isLast, node), try constant(addends, channels, node)],
            x.shape, channelsLast: isLast, node)
    }
}
