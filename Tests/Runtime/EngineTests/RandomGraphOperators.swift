import Graph
import TestSupport

/// The operators, each on tensors that are there already.
extension RandomGraph {
    mutating func addNode() {
        switch random.below(20) {
        case 0, 1: addConvolution()
        case 2: addTransposeConvolution()
        case 3: addMatrix()
        case 4, 5, 6: addBinary()
        case 7: addPool()
        case 8: addMean()
        case 9: addPad()
        case 10, 11, 12: addConcatenation()
        case 13: addReshape()
        case 14, 15: addUnary()
        case 16: addResize()
        case 17: addTransposeOrBlocks()
        case 18: addSlice()
        default: addParts()
        }
    }

    /// Operators that make each row from a few others.
    mutating func addRowNode() {
        switch random.below(12) {
        case 0, 1, 2, 3, 4, 5: addConvolution()
        case 6, 7: addBinary()
        case 8: addPool()
        case 9: addConcatenation()
        case 10: addPad()
        default: addUnary()
        }
    }

    private mutating func window(_ extent: Int) -> (filter: Int, stride: Int, dilation: Int) {
        if isTall { return (1 + random.below(min(extent, 5)), chance(3) ? 2 : 1, chance(6) ? 2 : 1) }
        return (1 + random.below(3), 1 + random.below(3), chance(4) ? 2 : 1)
    }

    private mutating func addConvolution() {
        var x = pickImage()
        if chance(3) { x = addPad(x, isZero: true) }
        let shape = graph[x].shape
        let (high, wide) = (window(shape[1]), window(shape[2]))
        let padding = Padding(
            top: random.below(2), bottom: random.below(2), left: random.below(2), right: random.below(2))
        let depthwise = chance(2)
        let (kh, kw) = (high.filter, wide.filter)
        func count(_ extent: Int, _ w: (filter: Int, stride: Int, dilation: Int), _ pad: Int) -> Int {
            (extent + pad - ((w.filter - 1) * w.dilation + 1)) / w.stride + 1
        }
        let geometry = Convolution(
            strideHeight: high.stride, strideWidth: wide.stride, dilationHeight: high.dilation,
            dilationWidth: wide.dilation, padding: padding, activation: activation())
        var out = [
            shape[0], count(shape[1], high, padding.top + padding.bottom),
            count(shape[2], wide, padding.left + padding.right),
        ]
        guard out[1] > 0, out[2] > 0 else { return }
        let q = near(x)
        if depthwise {
            let filters = shape[3] * (chance(3) ? 2 : 1)
            out.append(filters)
            let inputs = [x, weights([1, kh, kw, filters], along: 3)] + bias(filters)
            add(.depthwiseConv2D(geometry), inputs, out, q)
        } else {
            let groups = chance(4) && shape[3] % 2 == 0 ? 2 : 1
            let filters = channels() * groups
            out.append(filters)
            let inputs = [x, weights([filters, kh, kw, shape[3] / groups], along: 0)] + bias(filters)
            add(.conv2D(geometry), inputs, out, q)
        }
    }

    private mutating func addTransposeConvolution() {
        let x = pickImage()
        let shape = graph[x].shape
        let stride = 1 + random.below(3)
        let kernel = 1 + random.below(3)
        let padding = Padding(top: random.below(2), bottom: 0, left: random.below(2), right: 0)
        let filters = channels()
        let filter = weights([filters, kernel, kernel, shape[3]], along: 0, mayBeUnsigned: false)
        let inputs = [x, filter] + bias(filters)
        let geometry = TransposeConvolution(
            strideHeight: stride, strideWidth: stride, padding: padding, activation: activation())
        let out = [shape[0], shape[1] * stride + random.below(2), shape[2] * stride + random.below(2), filters]
        add(.transposeConv(geometry), inputs, out, near(x))
    }

    private mutating func addMatrix() {
        let x = pick()
        let count = graph[x].elementCount
        let depth = [graph[x].shape.last ?? 1, count, 1][random.below(3)]
        let units = channels()
        let other = pick()
        let product = Product(
            transposesLeft: chance(2), transposesRight: chance(2), isMatrix: chance(3), activation: .none)
        if let shape = ProductShape(graph[x].shape, graph[other].shape, product) {
            add(.product(product), [x, other], shape.output, near(x))
            return
        }
        let inputs = [x, weights([units, depth], along: 0)] + bias(units)
        add(.fullyConnected(activation()), inputs, [count / depth, units], near(x))
    }

    private mutating func addBinary() {
        let x = pick()
        let shape = graph[x].shape
        var other = x
        switch random.below(5) {
        case 0: break
        case 1:
            // The part of the first operand that repeats over the rest.
            let sizes = shape.map { chance(2) ? $0 : 1 }
            let begin = zip(shape, sizes).map { random.below($0 - $1 + 1) }
            let strides = [Int](repeating: 1, count: shape.count)
            other = add(.slice(begin: begin, sizes: sizes, strides: strides), [x], sizes, graph[x].quantization)
        case 2:
            let sizes = shape.map { chance(2) ? $0 : 1 }
            other = tensor(sizes, quantization(), constant: bytes(sizes.reduce(1, *)))
        default:
            let same = pool.filter { graph[$0].shape == shape }
            other = same[random.below(same.count)]
        }
        let flip = chance(3)
        let inputs = flip ? [other, x] : [x, other]
        let a = activation()
        switch random.below(7) {
        case 0, 1, 2: add(.add(a), inputs, shape, near(x))
        case 3: add(.sub(a), inputs, shape, near(x))
        case 4: add(.mul(a), inputs, shape, near(x))
        case 5: add(chance(2) ? .minimum : .maximum, inputs, shape, graph[x].quantization)
        default:
            let sizes = shape.map { chance(2) ? $0 : 1 }
            let alpha = tensor(sizes, quantization(), constant: bytes(sizes.reduce(1, *)))
            add(.prelu, [x, alpha], shape, near(x))
        }
    }

    private mutating func addPool() {
        let x = pickImage()
        let shape = graph[x].shape
        let filter = [1 + random.below(min(3, shape[1])), 1 + random.below(min(3, shape[2]))]
        let stride = [1 + random.below(3), 1 + random.below(3)]
        let pad = filter.map { random.below($0) }
        let geometry = Pool(
            filterHeight: filter[0], filterWidth: filter[1], strideHeight: stride[0], strideWidth: stride[1],
            padding: Padding(top: pad[0], bottom: 0, left: 0, right: pad[1]), activation: activation())
        let out = [
            shape[0], (shape[1] + pad[0] - filter[0]) / stride[0] + 1, (shape[2] + pad[1] - filter[1]) / stride[1] + 1,
            shape[3],
        ]
        add(
            chance(2) ? .averagePool2D(geometry, tiesUp: chance(2)) : .maxPool2D(geometry), [x], out,
            graph[x].quantization)
    }

    private mutating func addMean() {
        let x = pick()
        let shape = graph[x].shape
        let axes = shape.indices.filter { _ in chance(2) }
        let keep = chance(2)
        let out = shape.indices.compactMap { axes.contains($0) ? (keep ? 1 : nil) : shape[$0] }
        guard !axes.isEmpty else { return }
        if chance(3) {
            add(.reduceExtreme(axes: axes, keepDims: keep, greatest: chance(2)), [x], out, graph[x].quantization)
        } else {
            add(.mean(axes: axes, keepDims: keep), [x], out, near(x))
        }
    }

    private mutating func addPad() {
        let x = pick()
        guard !graph[x].shape.isEmpty else { return }
        _ = addPad(x, isZero: chance(2))
    }

    private mutating func addPad(_ x: TensorID, isZero: Bool) -> TensorID {
        let shape = graph[x].shape
        let isImage = isZero && shape.count == 4
        func few(_ d: Int) -> Int { isImage && (d == 0 || d == 3) ? 0 : random.below(3) }
        let before = shape.indices.map(few)
        let after = shape.indices.map(few)
        let zero = graph[x].quantization?.zeroPoint ?? 0
        let out = shape.indices.map { before[$0] + shape[$0] + after[$0] }
        let value = isZero ? zero : Int32(random.below(256)) - 128
        return add(.pad(before: before, after: after, value: Double(value)), [x], out, graph[x].quantization)
    }

    private mutating func addConcatenation() {
        var x = pick()
        let shape = graph[x].shape
        guard !shape.isEmpty else { return }
        if chance(3) { x = add(.unary(.relu6), [x], shape, graph[x].quantization) }
        let axis = chance(2) ? 0 : random.below(shape.count)
        var inputs = [x]
        for _ in 0..<random.below(3) {
            let fitting = pool.filter { id in
                let other = graph[id].shape
                return other.count == shape.count && graph[id].quantization == graph[x].quantization
                    && other.indices.allSatisfy { $0 == axis || other[$0] == shape[$0] }
            }
            inputs.append(fitting[random.below(fitting.count)])
        }
        if chance(4) { inputs.append(tensor(shape, graph[x].quantization, constant: bytes(graph[x].elementCount))) }
        var out = shape
        out[axis] = inputs.reduce(0) { $0 + graph[$1].shape[axis] }
        add(.concatenation(axis: axis, .none), inputs, out, graph[x].quantization)
    }

    private mutating func addReshape() {
        let x = pick()
        let count = graph[x].elementCount
        let factor = [2, 3, 4, 5, 1].first { count % $0 == 0 } ?? 1
        let shape = [[count], [1, factor, 1, count / factor], [factor, count / factor]][random.below(3)]
        add(.reshape, [x], shape, graph[x].quantization)
    }

    private mutating func addUnary() {
        let x = pick()
        let shape = graph[x].shape
        let probability = Quantization(scale: 1 / 256, zeroPoint: -128)
        switch random.below(14) {
        case 0 where !shape.isEmpty: add(.softmax(beta: chance(2) ? 1 : 0.5), [x], shape, probability)
        case 1: add(.unary(.logistic), [x], shape, probability)
        case 2: add(.unary(.tanh), [x], shape, Quantization(scale: 1 / 128, zeroPoint: 0))
        case 3: add(.unary(.hardSwish), [x], shape, near(x))
        case 4: add(.unary(.relu), [x], shape, near(x))
        case 5: add(.unary(.relu6), [x], shape, near(x))
        case 6: add(.unary(.reluN1To1), [x], shape, near(x))
        case 7: add(.unary(.leakyRelu(alpha: chance(2) ? 0.1 : -0.5)), [x], shape, near(x))
        case 8: add(.unary(.gelu(approximate: chance(2))), [x], shape, near(x))
        case 9: add(.unary(.exp), [x], shape, quantization())
        case 10: add(.unary(.abs), [x], shape, near(x))
        case 12 where !shape.isEmpty:
            let local = LocalResponse(
                below: random.below(4), above: random.below(4), scale: chance(2) ? 1e-4 : 0.3, bias: chance(2) ? 1 : 2,
                beta: chance(2) ? 0.75 : 0.5)
            add(.localResponse(local), [x], shape, near(x))
        case 11:
            let middle = add(.quantize, [x], shape, quantization(), type: .uint8)
            add(.quantize, [middle], shape, near(x))
        default: add(.quantize, [x], shape, near(x))
        }
    }

    private mutating func addResize() {
        let x = pickImage()
        let shape = graph[x].shape
        let out = [shape[0], 1 + random.below(8), 1 + random.below(8), shape[3]]
        let (align, half) = [(false, false), (true, false), (false, true)][random.below(3)]
        add(
            chance(2)
                ? .resizeBilinear(alignCorners: align, halfPixelCenters: half, asFloats: chance(2))
                : .resizeNearestNeighbor(alignCorners: align, halfPixelCenters: half), [x], out, graph[x].quantization)
    }

    private mutating func addTransposeOrBlocks() {
        let x = chance(2) ? pick() : pickImage()
        let shape = graph[x].shape
        let q = graph[x].quantization
        if shape.count == 4, chance(2) {
            if shape[3] % 4 == 0 {
                add(.depthToSpace(blockSize: 2), [x], [shape[0], shape[1] * 2, shape[2] * 2, shape[3] / 4], q)
            } else if shape[1] % 2 == 0, shape[2] % 2 == 0 {
                add(.spaceToDepth(blockSize: 2), [x], [shape[0], shape[1] / 2, shape[2] / 2, shape[3] * 4], q)
            }
            return
        }
        var permutation = Array(shape.indices)
        permutation.shuffle(using: &random)
        add(.transpose(permutation: permutation), [x], permutation.map { shape[$0] }, q)
    }

    private mutating func addSlice() {
        let x = pick()
        let shape = graph[x].shape
        if chance(4), !shape.isEmpty {
            let chosen = random.below(shape.count)
            let indices = shape.indices.map { dimension in
                dimension == chosen
                    ? (0...random.below(5)).map { _ in random.below(shape[dimension]) } : Array(0..<shape[dimension])
            }
            add(.select(indices: indices), [x], indices.map(\.count), graph[x].quantization)
            return
        }
        var begin: [Int] = []
        var sizes: [Int] = []
        var strides: [Int] = []
        for extent in shape {
            let stride = chance(4) ? [-1, 2, -2][random.below(3)] : 1
            let first = chance(2) ? 0 : random.below(extent)
            let room = stride > 0 ? (extent - 1 - first) / stride : first / -stride
            begin.append(first)
            strides.append(stride)
            sizes.append(chance(2) ? room + 1 : 1 + random.below(room + 1))
        }
        add(.slice(begin: begin, sizes: sizes, strides: strides), [x], sizes, graph[x].quantization)
    }

    /// SPLIT, UNPACK, PACK and ARG_MAX.
    private mutating func addParts() {
        let x = pick()
        let shape = graph[x].shape
        guard !shape.isEmpty else { return }
        let axis = random.below(shape.count)
        var rest = shape
        let extent = rest.remove(at: axis)
        let q = graph[x].quantization
        switch random.below(4) {
        case 0:
            let parts = [2, 3, 1].first { extent % $0 == 0 } ?? 1
            var part = shape
            part[axis] /= parts
            add(.split(axis: axis), [x], outputs: (0..<parts).map { _ in tensor(part, q) })
        case 1:
            add(.unpack(axis: axis), [x], outputs: (0..<extent).map { _ in tensor(rest, q) })
        case 2 where shape.count < 6:
            let same = pool.filter { graph[$0].shape == shape && graph[$0].quantization == q }
            let other = same[random.below(same.count)]
            var out = shape
            out.insert(2, at: axis)
            add(.pack(axis: axis), chance(2) ? [x, other] : [other, x], out, q)
        default:
            add(.argMax(axis: axis), [x], rest, nil, type: chance(2) ? .int32 : .int64)
        }
    }
}
