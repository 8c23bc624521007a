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

    func transposedConvolution(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (x, input) = try picture(node)
        let (reals, shape, given) = try weights(node, 1)
        let stride = try pair(node, "strides")
        guard shape.count == 4, shape.allSatisfy({ $0 >= 1 }), shape[0] == x.shape[1] else {
            throw node.damaged("weights \(shape) do not fit an input \(x.shape)")
        }
        guard try node.whole("group", default: 1) == 1, try pair(node, "dilations") == [1, 1],
            node.text("auto_pad", default: "NOTSET") == "NOTSET"
        else { throw node.refuse("groups, dilations and auto_pad are not supported here") }
        let pads = node.wholes("pads") ?? [0, 0, 0, 0]
        let extra = node.wholes("output_padding") ?? [0, 0]
        guard pads.count == 4, extra.count == 2, (pads + extra).allSatisfy({ (0...1 << 16).contains($0) }),
            !node.has("output_shape")
        else { throw node.refuse("its pads \(pads) or its output_shape are not supported") }
        var size: [Int] = []
        for axis in 0..<2 {
            let reach = (x.shape[2 + axis] - 1) * stride[axis] + shape[2 + axis] + extra[axis]
            size.append(reach - pads[axis] - pads[2 + axis])
        }
        guard size.allSatisfy({ $0 >= 1 }) else { throw node.damaged("its result has no elements") }
        let geometry = TransposeConvolution(
            strideHeight: stride[0], strideWidth: stride[1],
            padding: Padding(top: pads[0], bottom: pads[2], left: pads[1], right: pads[3]))
        let weight = try weights(
            given, permuted(reals, shape, [1, 2, 3, 0]), [shape[1], shape[2], shape[3], shape[0]], axis: 1,
            dimension: 0,
            node)
        return try emit(
            .transposeConv(geometry), [input, weight] + (try bias(node, 2, shape[1])),
            [x.shape[0], shape[1]] + size, channelsLast: true, node)
    }

    func pool(_ node: ONNXNode, isMax: Bool) throws(ImportError) -> ONNXValue {
        var (x, input) = try picture(node)
        let filter = try pair(node, "kernel_shape", default: [])
        let stride = try pair(node, "strides")
        guard try pair(node, "dilations") == [1, 1], node.proto.output.count == 1 else {
            throw node.refuse("dilations and indices are not supported here")
        }
        var padding = try padding(node, [x.shape[2], x.shape[3]], filter: filter, stride: stride)
        let countsPadding = try node.whole("count_include_pad", default: 0) != 0
        let isCeiling = try node.whole("ceil_mode", default: 0) != 0
        if !isMax, countsPadding, padding != .zero {
            guard !isCeiling else { throw node.refuse("ceil_mode with count_include_pad is not supported") }
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
                let rest = (extent + before + after - filter[axis]) % stride[axis]
                guard rest > 0 else { return after }
                let last = extent + before + after - filter[axis] - rest + stride[axis]
                return last >= extent + before ? after : after + stride[axis] - rest
            }
            padding.bottom = more(x.shape[2], padding.top, padding.bottom, 0)
            padding.right = more(x.shape[3], padding.left, padding.right, 1)
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

    func globalPool(_ node: ONNXNode, _ operation: Operation) throws(ImportError) -> ONNXValue {
        let (x, input) = try picture(node)
        return try emit(operation, [input], [x.shape[0], x.shape[1], 1, 1], channelsLast: true, node)
    }

    func gemm(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let (reals, shape, given) = try weights(node, 1)
        guard try node.whole("transA", default: 0) == 0 else { throw node.refuse("transA is not supported") }
        let isTransposed = try node.whole("transB", default: 0) != 0
        guard x.shape.count == 2, shape.count == 2, shape[isTransposed ? 1 : 0] == x.shape[1] else {
            throw node.damaged("cannot multiply \(x.shape) by \(shape)")
        }
        let alpha = node.real("alpha", default: 1)
        let rows = (isTransposed ? reals : permuted(reals, shape, [1, 0])).map { $0 * alpha }
        let units = shape[isTransposed ? 0 : 1]
        let matrix = try weights(
            alpha == 1 ? given : nil, rows, [units, x.shape[1]], axis: isTransposed ? 0 : 1, dimension: 0, node)
        var operands = [try tensor(x, channelsLast: false, node), matrix]
        if let addend = try operand(node, 2) {
            guard let values = addend.reals, [1, units].contains(values.count) else {
                throw node.refuse("its addend is no constant of \(units) elements")
            }
            let beta = node.real("beta", default: 1)
            let all = values.count == 1 ? [Float](repeating: values[0], count: units) : values
            operands.append(try constant(all.map { $0 * beta }, [units], node))
        }
        return try emit(.fullyConnected(.none), operands, [x.shape[0], units], node)
    }

    func product(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (a, b) = (try required(node, 0), try required(node, 1))
        if case .reals(let reals) = b.content, b.shape.count == 2, a.shape.count >= 2, a.shape.last == b.shape[0] {
            let weights = try weights(
                b.quantization, permuted(reals, b.shape, [1, 0]), [b.shape[1], b.shape[0]], axis: 1, dimension: 0, node)
            return try emit(
                .fullyConnected(.none), [try tensor(a, channelsLast: false, node), weights],
                a.shape.dropLast() + [b.shape[1]], node)
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
