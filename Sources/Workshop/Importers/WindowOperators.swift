import Graph

/// Convolutions, pools and matrix products. Numbers are the fields of the schema's option tables.
extension TFLiteOperator {
    /// SAME or VALID, as the schema's enum `Padding` codes them.
    private func isSame(_ options: Table?) throws(ImportError) -> Bool {
        switch try options?.uint8(0) ?? 0 {
        case 0: return true
        case 1: return false
        case let code: throw damaged("padding scheme \(code) is neither SAME nor VALID")
        }
    }

    private func positive(_ options: Table?, _ field: Int, default value: Int32 = 0, _ what: StaticString)
        throws(ImportError) -> Int
    {
        let number = try options?.int32(field, default: value) ?? Int(value)
        guard number > 0 else { throw damaged("its \(what) is \(number)") }
        return number
    }

    /// Rows or columns that SAME adds before and after: the result has `extent / stride` steps, rounded up, and an odd
    /// total puts one more after than before.
    private func samePadding(_ extent: Int, filter: Int, stride: Int) -> (before: Int, after: Int) {
        let steps = (extent - 1) / stride + 1
        let total = max((steps - 1) * stride + filter - extent, 0)
        return (total / 2, total - total / 2)
    }

    private func padding(_ options: Table?, _ image: [Int], filter: [Int], stride: [Int]) throws(ImportError) -> Padding
    {
        guard try isSame(options) else { return .zero }
        let rows = samePadding(image[1], filter: filter[0], stride: stride[0])
        let columns = samePadding(image[2], filter: filter[1], stride: stride[1])
        return Padding(top: rows.before, bottom: rows.after, left: columns.before, right: columns.after)
    }

    func convolution(optionsType: UInt8, activation field: Int, dilationWidth: Int) throws(ImportError) -> Convolution {
        let options = try options(optionsType)
        let image = try imageShape(0)
        let weights = try imageShape(1)
        var result = Convolution(
            strideHeight: try positive(options, 2, "vertical stride"),
            strideWidth: try positive(options, 1, "horizontal stride"),
            dilationHeight: try positive(options, dilationWidth + 1, default: 1, "vertical dilation"),
            dilationWidth: try positive(options, dilationWidth, default: 1, "horizontal dilation"),
            activation: try activation(options, field: field))
        result.padding = try padding(
            options, image,
            filter: [
                (weights[1] - 1) * result.dilationHeight + 1, (weights[2] - 1) * result.dilationWidth + 1,
            ],
            stride: [result.strideHeight, result.strideWidth])
        return result
    }

    func pool() throws(ImportError) -> Pool {
        let options = try options(5)
        let image = try imageShape(0)
        var result = Pool(
            filterHeight: try positive(options, 4, "window height"),
            filterWidth: try positive(options, 3, "window width"),
            strideHeight: try positive(options, 2, "vertical stride"),
            strideWidth: try positive(options, 1, "horizontal stride"),
            activation: try activation(options, field: 5))
        result.padding = try padding(
            options, image, filter: [result.filterHeight, result.filterWidth],
            stride: [result.strideHeight, result.strideWidth])
        return result
    }

    /// LOCAL_RESPONSE_NORMALIZATION.
    func localResponse() throws(ImportError) -> Operation {
        let options = try options(13)
        let radius = try options?.int32(0) ?? 0
        guard radius >= 0 else { throw damaged("its radius is \(radius)") }
        return .localResponse(
            LocalResponse(
                below: radius, above: radius, scale: try options?.float(2) ?? 0, bias: try options?.float(1) ?? 0,
                beta: try options?.float(3) ?? 0))
    }

    /// Operands: output shape, weights, input, optional bias. Paddings are those of the convolution that maps the output
    /// back to the input's grid.
    func transposeConvolution() throws(ImportError) -> Operation {
        let options = try options(49)
        let weights = try imageShape(1)
        let image = try outputImageShape()
        let shape = try parameter(0, "output shape", count: 4)
        guard shape == image else { throw refuse("its result has the shape \(image) where \(shape) is asked for") }
        var result = TransposeConvolution(
            strideHeight: try positive(options, 2, "vertical stride"),
            strideWidth: try positive(options, 1, "horizontal stride"),
            activation: try activation(options, field: 3))
        result.padding = try padding(
            options, image, filter: [weights[1], weights[2]], stride: [result.strideHeight, result.strideWidth])
        return .transposeConv(result)
    }

    /// MediaPipe's Convolution2DTransposeBias: operands as of CONV_2D, options as the C structure of TRANSPOSE_CONV.
    func customTransposeConvolution() throws(ImportError) -> Operation {
        let data = try table.vector(5, elementBytes: 1, "the custom options")?.bytes() ?? []
        func word(_ index: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(data[4 * index + $1]) << (8 * $1) }
        }
        guard data.count >= 12, [1, 2].contains(word(0)), word(1) >= 1, word(2) >= 1 else {
            throw damaged("its custom options are not a padding and two strides")
        }
        let image = try outputImageShape()
        let weights = try imageShape(1)
        var result = TransposeConvolution(strideHeight: word(2), strideWidth: word(1))
        // 1 is SAME.
        if word(0) == 1 {
            let rows = samePadding(image[1], filter: weights[1], stride: result.strideHeight)
            let columns = samePadding(image[2], filter: weights[2], stride: result.strideWidth)
            result.padding = Padding(
                top: rows.before, bottom: rows.after, left: columns.before, right: columns.after)
        }
        return .transposeConv(result)
    }

    func fullyConnected() throws(ImportError) -> Operation {
        let options = try options(8)
        let format = try options?.uint8(1) ?? 0
        guard format == 0 else { throw refuse("weights format \(format) is not supported") }
        let keepsDimensions = try options?.bool(2) ?? false
        let result = try outputShape()
        guard keepsDimensions || result.count == 2 else {
            throw damaged("its result has the shape \(result); without keep_num_dims it must have two dimensions")
        }
        if keepsDimensions {
            let image = try shape(0)
            guard result.count == image.count else {
                throw damaged("its result has the shape \(result); with keep_num_dims it must keep those of \(image)")
            }
        }
        let activation = try activation(options, field: 0)
        if try !subgraph.isConstant(try operand(1)) {
            return .product(
                Product(transposesLeft: false, transposesRight: true, isMatrix: true, activation: activation))
        }
        return .fullyConnected(activation)
    }

    /// BATCH_MATMUL of two activations.
    func batchProduct() throws(ImportError) -> Operation {
        let options = try options(101)
        return .product(
            Product(
                transposesLeft: try options?.bool(0) ?? false, transposesRight: try options?.bool(1) ?? false))
    }

    func resize(
        optionsType: UInt8, alignCorners: Int
    ) throws(ImportError) -> (alignCorners: Bool, halfPixelCenters: Bool) {
        let options = try options(optionsType)
        let size = try parameter(1, "size", count: 2)
        let image = try outputImageShape()
        guard size == [image[1], image[2]] else {
            throw refuse("its result has the shape \(image) where height and width \(size) are asked for")
        }
        return (try options?.bool(alignCorners) ?? false, try options?.bool(alignCorners + 1) ?? false)
    }
}
