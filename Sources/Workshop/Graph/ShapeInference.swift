/// Shape inference: what shape an operation's parameters and operands give each result. The claimed shape of a result must
/// be that one.
extension NodeCheck {
    func checkShapes() throws(GraphError) {
        switch node.operation {
        case .conv2D(let convolution): try checkConvolution(convolution)
        case .depthwiseConv2D(let convolution): try checkDepthwise(convolution)
        case .transposeConv(let convolution): try checkTransposeConvolution(convolution)
        case .fullyConnected: try checkFullyConnected()
        case .product(let product): try checkProduct(product)
        case .add, .sub, .mul, .div, .floorDivision, .floorRemainder, .squaredDifference, .minimum, .maximum:
            try expect(try broadcast(input(0).shape, input(1).shape))
        case .prelu:
            try expect(input(0).shape)
            try require(
                try broadcast(input(0).shape, input(1).shape) == input(0).shape,
                "alpha \(input(1).shape) does not broadcast to \(input(0).shape)")
        case .averagePool2D(let pool, _), .maxPool2D(let pool): try checkPool(pool)
        case .mean(let axes, let keepDims), .sum(let axes, let keepDims), .reduceExtreme(let axes, let keepDims, _):
            try checkReduction(axes, keepDims)
        case .pad(let before, let after, _): try checkPad(before, after)
        case .concatenation(let axis, _): try checkConcatenation(axis)
        case .reshape:
            try require(
                input(0).elementCount == output(0).elementCount,
                "cannot reshape \(input(0).shape) to \(output(0).shape)")
        case .softmax, .logSoftmax, .l2Normalization, .localResponse:
            try require(!input(0).shape.isEmpty, "a scalar has no dimension to normalize over")
            try expect(input(0).shape)
        case .unary, .quantize, .dequantize, .cast:
            try expect(input(0).shape)
        case .resizeBilinear, .resizeNearestNeighbor: try checkResize()
        case .transpose(let permutation): try checkTranspose(permutation)
        case .select(let indices): try checkSelection(indices)
        case .tile(let multiples): try checkTile(multiples)
        case .slice(let begin, let sizes, let strides): try checkSlice(begin, sizes, strides)
        case .split(let axis): try checkSplit(axis)
        case .pack(let axis): try checkPack(axis)
        case .unpack(let axis): try checkUnpack(axis)
        case .spaceToDepth(let blockSize): try checkSpaceToDepth(blockSize)
        case .depthToSpace(let blockSize): try checkDepthToSpace(blockSize)
        case .argMax(let axis, _):
            try requireAxis(axis, of: input(0))
            var shape = input(0).shape
            shape.remove(at: axis)
            try expect(shape)
        case .topK(let count):
            try require(
                !input(0).shape.isEmpty && (1...input(0).shape.last!).contains(count),
                "\(count) are not to be had along the last dimension of \(input(0).shape)")
            for result in 0...1 { try expect(input(0).shape.dropLast() + [count], result: result) }
        case .gather(let axis, let batchDimensions):
            try requireAxis(axis, of: input(0))
            let (shape, indices) = (input(0).shape, input(1).shape)
            try require(
                0 <= batchDimensions && batchDimensions <= axis
                    && shape.prefix(batchDimensions) == indices.prefix(batchDimensions),
                "\(batchDimensions) dimensions are not the same of \(shape) and \(indices)")
            try expect(Array(shape[..<axis]) + indices.dropFirst(batchDimensions) + shape[(axis + 1)...])
        case .gatherND:
            let (shape, indices) = (input(0).shape, input(1).shape)
            guard let depth = indices.last, depth <= shape.count else {
                throw fail("indices \(indices) do not fit \(shape)")
            }
            try expect(Array(indices.dropLast()) + shape.dropFirst(depth))
        }
    }

    private func expect(_ shape: [Int], result: Int = 0) throws(GraphError) {
        guard output(result).shape == shape else {
            throw fail("its operands give this result the shape \(shape)", tensor: node.outputs[result])
        }
    }

    private func requireRank(_ rank: Int, _ id: TensorID) throws(GraphError) {
        guard graph.tensors[id].shape.count == rank else { throw fail("must have \(rank) dimensions", tensor: id) }
    }

    private func requireAxis(_ axis: Int, of tensor: Tensor) throws(GraphError) {
        try require(tensor.shape.indices.contains(axis), "axis \(axis) does not exist in \(tensor.shape)")
    }

    private func broadcast(_ a: [Int], _ b: [Int]) throws(GraphError) -> [Int] {
        let rank = max(a.count, b.count)
        var shape = [Int](repeating: 1, count: rank)
        for dimension in 0..<rank {
            let left = dimension - (rank - a.count) >= 0 ? a[dimension - (rank - a.count)] : 1
            let right = dimension - (rank - b.count) >= 0 ? b[dimension - (rank - b.count)] : 1
            try require(left == right || left == 1 || right == 1, "shapes \(a) and \(b) do not broadcast")
            shape[dimension] = max(left, right)
        }
        return shape
    }

    // MARK: Windows

    /// Steps of a window along one dimension. All values are below 2^31 except `filter`, which dilation may raise to 2^62.
    private func windowCount(
        _ extent: Int, filter: Int, stride: Int, before: Int, after: Int, _ what: StaticString
    ) throws(GraphError) -> Int {
        let padded = extent + before + after
        try require(filter <= padded, "its window's \(what) \(filter) exceeds the padded input's \(padded)")
        return (padded - filter) / stride + 1
    }

    private func requireWindow(_ values: [Int], atLeast least: Int, _ what: StaticString) throws(GraphError) {
        try require(
            values.allSatisfy { (least...Int(Int32.max)).contains($0) },
            "\(what) \(values) must be at least \(least) and below 2^31")
    }

    private func checkPadding(_ padding: Padding) throws(GraphError) {
        try requireWindow([padding.top, padding.bottom, padding.left, padding.right], atLeast: 0, "paddings")
    }

    /// Height and width of the result of sliding `filter` over the first operand.
    private func slide(
        _ filter: [Int], _ convolution: Convolution
    ) throws(GraphError) -> [Int] {
        try requireWindow([convolution.strideHeight, convolution.strideWidth], atLeast: 1, "strides")
        try requireWindow([convolution.dilationHeight, convolution.dilationWidth], atLeast: 1, "dilations")
        try checkPadding(convolution.padding)
        let shape = input(0).shape
        let padding = convolution.padding
        return [
            try windowCount(
                shape[1], filter: (filter[0] - 1) * convolution.dilationHeight + 1, stride: convolution.strideHeight,
                before: padding.top, after: padding.bottom, "height"),
            try windowCount(
                shape[2], filter: (filter[1] - 1) * convolution.dilationWidth + 1, stride: convolution.strideWidth,
                before: padding.left, after: padding.right, "width"),
        ]
    }

    private func checkConvolution(_ convolution: Convolution) throws(GraphError) {
        for id in node.inputs.prefix(2) { try requireRank(4, id) }
        let shape = input(0).shape
        let weights = input(1).shape
        let groups = shape[3] / weights[3]
        try require(
            groups * weights[3] == shape[3] && weights[0] % max(groups, 1) == 0,
            "weights \(weights) do not fit an input of \(shape[3]) channels")
        try checkWeights(channels: weights[0], dimension: 0)
        try expect([shape[0]] + slide([weights[1], weights[2]], convolution) + [weights[0]])
    }

    private func checkDepthwise(_ convolution: Convolution) throws(GraphError) {
        for id in node.inputs.prefix(2) { try requireRank(4, id) }
        let shape = input(0).shape
        let weights = input(1).shape
        try require(
            weights[0] == 1 && weights[3] % shape[3] == 0,
            "weights \(weights) do not fit an input of \(shape[3]) channels")
        try checkWeights(channels: weights[3], dimension: 3)
        try expect([shape[0]] + slide([weights[1], weights[2]], convolution) + [weights[3]])
    }

    private func checkTransposeConvolution(_ convolution: TransposeConvolution) throws(GraphError) {
        for id in node.inputs.prefix(2) + node.outputs { try requireRank(4, id) }
        let shape = input(0).shape
        let weights = input(1).shape
        try requireWindow([convolution.strideHeight, convolution.strideWidth], atLeast: 1, "strides")
        try checkPadding(convolution.padding)
        try require(weights[3] == shape[3], "weights \(weights) do not fit an input of \(shape[3]) channels")
        try checkWeights(channels: weights[0], dimension: 0)
        let result = output(0).shape
        try expect([shape[0], result[1], result[2], weights[0]])
    }

    private func checkFullyConnected() throws(GraphError) {
        try requireRank(2, node.inputs[1])
        let weights = input(1).shape
        let elements = input(0).elementCount
        try require(
            elements % weights[1] == 0, "an input of \(elements) elements does not divide into rows of \(weights[1])")
        try checkWeights(channels: weights[0], dimension: 0)
        let flat = [elements / weights[1], weights[0]]
        guard output(0).shape != flat else { return }
        // With keep_num_dims, only the last dimension changes.
        let shape = input(0).shape
        guard shape.last == weights[1] else { return try expect(flat) }
        try expect(shape.dropLast() + [weights[0]])
    }

    private func checkProduct(_ product: Product) throws(GraphError) {
        let (left, right) = (input(0).shape, input(1).shape)
        guard let shape = ProductShape(left, right, product) else {
            throw fail("cannot multiply \(left) by \(right)")
        }
        // With keep_num_dims, only the last dimension changes.
        let keeps = product.isMatrix && left.last == shape.depth && output(0).shape.count == left.count
        try expect(keeps ? left.dropLast() + [shape.units] : shape.output)
    }

    private func checkPool(_ pool: Pool) throws(GraphError) {
        try requireRank(4, node.inputs[0])
        try requireWindow([pool.filterHeight, pool.filterWidth], atLeast: 1, "window")
        try requireWindow([pool.strideHeight, pool.strideWidth], atLeast: 1, "strides")
        try checkPadding(pool.padding)
        // Then no window lies in padding alone, where there is nothing to average.
        try require(
            max(pool.padding.top, pool.padding.bottom) < pool.filterHeight
                && max(pool.padding.left, pool.padding.right) < pool.filterWidth,
            "its padding is as large as its window")
        let shape = input(0).shape
        let height = try windowCount(
            shape[1], filter: pool.filterHeight, stride: pool.strideHeight, before: pool.padding.top,
            after: pool.padding.bottom, "height")
        let width = try windowCount(
            shape[2], filter: pool.filterWidth, stride: pool.strideWidth, before: pool.padding.left,
            after: pool.padding.right, "width")
        try expect([shape[0], height, width, shape[3]])
    }

    private func checkResize() throws(GraphError) {
        for id in node.inputs + node.outputs { try requireRank(4, id) }
        let shape = input(0).shape
        let result = output(0).shape
        try expect([shape[0], result[1], result[2], shape[3]])
        // Beyond 2^20, the reference kernel's 10-bit fixed-point positions leave int32.
        try require(
            [shape[1], shape[2], result[1], result[2]].allSatisfy { $0 <= 1 << 20 },
            "heights and widths above 2^20 are not supported")
    }

    // MARK: Movement

    private func checkReduction(_ axes: [Int], _ keepDims: Bool) throws(GraphError) {
        let shape = input(0).shape
        try require(!axes.isEmpty, "there is no axis to reduce")
        try require(zip(axes, axes.dropFirst()).allSatisfy { $0 < $1 }, "axes \(axes) must ascend")
        for axis in axes { try requireAxis(axis, of: input(0)) }
        var result: [Int] = []
        for (dimension, extent) in shape.enumerated() {
            if !axes.contains(dimension) { result.append(extent) } else if keepDims { result.append(1) }
        }
        try expect(result)
    }

    private func checkPad(_ before: [Int], _ after: [Int]) throws(GraphError) {
        let shape = input(0).shape
        try require(
            before.count == shape.count && after.count == shape.count, "needs one padding a dimension of \(shape)")
        try requireWindow(before + after, atLeast: 0, "paddings")
        try expect(shape.indices.map { before[$0] + shape[$0] + after[$0] })
    }

    private func checkConcatenation(_ axis: Int) throws(GraphError) {
        try requireAxis(axis, of: input(0))
        var result = input(0).shape
        for operand in node.inputs.indices.dropFirst() {
            var shape = input(operand).shape
            try require(shape.count == result.count, "shapes \(result) and \(shape) do not concatenate")
            result[axis] += shape[axis]
            shape[axis] = result[axis]
            try require(shape == result, "operand \(operand) of shape \(input(operand).shape) does not fit the others")
        }
        try expect(result)
    }

    private func checkTranspose(_ permutation: [Int]) throws(GraphError) {
        let shape = input(0).shape
        try require(
            permutation.sorted() == Array(shape.indices), "\(permutation) does not permute \(shape.count) dimensions")
        try expect(permutation.map { shape[$0] })
    }

    private func checkSelection(_ indices: [[Int]]) throws(GraphError) {
        let shape = input(0).shape
        try require(indices.count == shape.count, "needs a list of indices a dimension of \(shape)")
        var count = 1
        for (list, extent) in zip(indices, shape) {
            try require(
                !list.isEmpty && list.allSatisfy { (0..<extent).contains($0) },
                "its indices are not all among the \(extent) of their dimension")
            count = count.multipliedReportingOverflow(by: list.count).partialValue
        }
        try require(output(0).elementCount == count, "takes \(count) elements to a shape of \(output(0).shape)")
    }

    private func checkTile(_ multiples: [Int]) throws(GraphError) {
        let shape = input(0).shape
        try require(
            multiples.count == shape.count && multiples.allSatisfy { (1...GraphLimits.tensorBytes).contains($0) },
            "\(multiples) does not repeat \(shape.count) dimensions")
        // The claimed shape is within limits, so what is equal to it is.
        try expect(zip(shape, multiples).map { $0.multipliedReportingOverflow(by: $1).partialValue })
    }

    private func checkSlice(_ begin: [Int], _ sizes: [Int], _ strides: [Int]) throws(GraphError) {
        let shape = input(0).shape
        try require(
            begin.count == shape.count && sizes.count == shape.count && strides.count == shape.count,
            "needs one begin, size and stride a dimension of \(shape)")
        for (dimension, extent) in shape.enumerated() {
            let (span, overflow) = (sizes[dimension] - 1).multipliedReportingOverflow(by: strides[dimension])
            let (last, overflow2) = begin[dimension].addingReportingOverflow(span)
            try require(
                (1...extent).contains(sizes[dimension]) && strides[dimension] != 0
                    && (0..<extent).contains(begin[dimension]) && !overflow && !overflow2
                    && (0..<extent).contains(last),
                "its slice of dimension \(dimension) leaves the tensor \(shape)")
        }
        // Dimensions of extent 1 may have been dropped or inserted: the elements and their order stay.
        guard output(0).shape.filter({ $0 != 1 }) == sizes.filter({ $0 != 1 }) else { return try expect(sizes) }
    }

    private func checkSplit(_ axis: Int) throws(GraphError) {
        try requireAxis(axis, of: input(0))
        let whole = input(0).shape
        var rest = whole[axis]
        for result in node.outputs.indices {
            var shape = whole
            if output(result).shape.count == whole.count { shape[axis] = output(result).shape[axis] }
            rest -= shape[axis]
            try require(rest >= 0, "its results are more than the \(whole[axis]) of dimension \(axis)")
            try expect(shape, result: result)
        }
        try require(rest == 0, "its results lack \(rest) of the \(whole[axis]) of dimension \(axis)")
    }

    private func checkPack(_ axis: Int) throws(GraphError) {
        var shape = input(0).shape
        try require((0...shape.count).contains(axis), "axis \(axis) does not exist")
        for operand in node.inputs.indices {
            try require(input(operand).shape == shape, "operand \(operand) must have the shape \(shape) of the first")
        }
        shape.insert(node.inputs.count, at: axis)
        try expect(shape)
    }

    private func checkUnpack(_ axis: Int) throws(GraphError) {
        try requireAxis(axis, of: input(0))
        var shape = input(0).shape
        let count = shape.remove(at: axis)
        try require(node.outputs.count == count, "has \(node.outputs.count) results for \(count) indices")
        for result in node.outputs.indices { try expect(shape, result: result) }
    }

    private func checkSpaceToDepth(_ blockSize: Int) throws(GraphError) {
        try requireRank(4, node.inputs[0])
        try requireWindow([blockSize], atLeast: 1, "block size")
        let shape = input(0).shape
        try require(
            shape[1] % blockSize == 0 && shape[2] % blockSize == 0,
            "\(shape) does not divide into blocks of \(blockSize)")
        // A block that divides an extent is no larger than it, so the product cannot overflow.
        try expect([shape[0], shape[1] / blockSize, shape[2] / blockSize, shape[3] * blockSize * blockSize])
    }

    private func checkDepthToSpace(_ blockSize: Int) throws(GraphError) {
        try requireRank(4, node.inputs[0])
        try requireWindow([blockSize], atLeast: 1, "block size")
        let shape = input(0).shape
        let block = blockSize * blockSize
        try require(shape[3] % block == 0, "\(shape[3]) channels do not divide into blocks of \(block)")
        try expect([shape[0], shape[1] * blockSize, shape[2] * blockSize, shape[3] / block])
    }
}
