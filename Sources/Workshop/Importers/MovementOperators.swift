import Graph

/// Operators that move, reduce or reorder elements. Numbers are the fields of the schema's option tables.
extension TFLiteOperator {
    func concatenation() throws(ImportError) -> Operation {
        let options = try options(10)
        let rank = try shape(0).count
        return .concatenation(
            axis: try axis(try options?.int32(0) ?? 0, rank: rank), try activation(options, field: 1))
    }

    func mean() throws(ImportError) -> Operation {
        let (axes, keepDims) = try reduction()
        return .mean(axes: axes, keepDims: keepDims)
    }

    func sum() throws(ImportError) -> Operation {
        let (axes, keepDims) = try reduction()
        return .sum(axes: axes, keepDims: keepDims)
    }

    func reduceExtreme(greatest: Bool) throws(ImportError) -> Operation {
        let (axes, keepDims) = try reduction()
        return .reduceExtreme(axes: axes, keepDims: keepDims, greatest: greatest)
    }

    private func reduction() throws(ImportError) -> (axes: [Int], keepDims: Bool) {
        let rank = try shape(0).count
        var axes: Set<Int> = []
        for value in try parameter(1, "axes") { axes.insert(try axis(value, rank: rank)) }
        return (axes.sorted(), try options(27)?.bool(0) ?? false)
    }

    /// MIRROR_PAD: what lies behind an edge is what lies before it, with the edge itself where it is symmetric.
    func mirrorPad() throws(ImportError) -> Operation {
        let shape = try selectableShape()
        let paddings = try parameter(1, "paddings", count: 2 * shape.count)
        let isSymmetric = try options(77)?.uint8(0) ?? 0 == 1
        var indices: [[Int]] = []
        for (dimension, extent) in shape.enumerated() {
            let (before, after) = (paddings[2 * dimension], paddings[2 * dimension + 1])
            let most = isSymmetric ? extent : extent - 1
            guard (0...max(most, 0)).contains(before), (0...max(most, 0)).contains(after) else {
                throw damaged("it pads \(before) and \(after) around \(extent) elements, which have fewer to mirror")
            }
            let step = isSymmetric ? 1 : 0
            indices.append(
                (0..<before).map { before - step - $0 } + Array(0..<extent) + (0..<after).map { extent - 2 + step - $0 }
            )
        }
        return .select(indices: indices)
    }

    func argMax(least: Bool = false) throws(ImportError) -> Operation {
        let axis = try axis(try parameter(1, "axis", count: 1)[0], rank: try shape(0).count)
        return .argMax(axis: axis, least: least)
    }

    func topK() throws(ImportError) -> Operation { .topK(count: try parameter(1, "k", count: 1)[0]) }

    /// REVERSE_V2 as a slice that walks backwards.
    func reverse() throws(ImportError) -> Operation {
        let shape = try shape(0)
        var (begin, strides) = (shape.map { _ in 0 }, shape.map { _ in 1 })
        for value in try parameter(1, "axes") {
            let axis = try axis(value, rank: shape.count)
            if shape[axis] > 1 { (begin[axis], strides[axis]) = (shape[axis] - 1, -1) }
        }
        return .slice(begin: begin, sizes: shape, strides: strides)
    }

    func pad(hasValue: Bool) throws(ImportError) -> Operation {
        let rank = try shape(0).count
        let paddings = try parameter(1, "paddings", count: 2 * rank)
        let value = try hasValue ? padValue() : padZero()
        return .pad(
            before: (0..<rank).map { paddings[2 * $0] }, after: (0..<rank).map { paddings[2 * $0 + 1] }, value: value)
    }

    /// PAD fills with what stands for 0 in the result.
    private func padZero() throws(ImportError) -> Double {
        guard let first = outputs.first else { throw damaged("has no result") }
        return try subgraph.imported(first).quantization.map { Double($0.zeroPoint) } ?? 0
    }

    /// PADV2 fills with an int8 or uint8 scalar in the result's quantization, or with a real number.
    private func padValue() throws(ImportError) -> Double {
        guard let first = outputs.first else { throw damaged("has no result") }
        let value = try subgraph.imported(try operand(2))
        guard let data = value.constant else {
            throw refuse("its padding value (operand 2) is computed by the model; only a constant is supported")
        }
        if subgraph.level == .real, let real = value.reals?.first, value.elementCount == 1 { return Double(real) }
        guard value.type == .int8 || value.type == .uint8, data.count == 1 else {
            throw refuse(
                "its padding value has type \(value.type) and shape \(value.shape); one int8 or uint8 is supported")
        }
        let result = try subgraph.imported(first)
        guard value.quantization == result.quantization else {
            throw refuse("its padding value is not quantized as its result")
        }
        return value.type == .uint8 ? Double(data[0]) : Double(Int8(bitPattern: data[0]))
    }

    func transpose() throws(ImportError) -> Operation {
        let rank = try shape(0).count
        var permutation: [Int] = []
        for value in try parameter(1, "permutation", count: rank) { permutation.append(try axis(value, rank: rank)) }
        return .transpose(permutation: permutation)
    }

    func tile() throws(ImportError) -> Operation {
        .tile(multiples: try parameter(1, "multiples", count: try shape(0).count))
    }

    func split() throws(ImportError) -> Operation {
        let parts = try options(35)?.int32(0) ?? 0
        let shape = try shape(1)
        let axis = try axis(try parameter(0, "axis", count: 1)[0], rank: shape.count)
        guard parts >= 1, shape[axis] % parts == 0 else {
            throw refuse("\(shape[axis]) does not split into \(parts) equal parts", ImportError.damaged)
        }
        return try split(axis, of: shape, into: [Int](repeating: shape[axis] / parts, count: parts))
    }

    func splitUnequally() throws(ImportError) -> Operation {
        let shape = try shape(0)
        let axis = try axis(try parameter(2, "axis", count: 1)[0], rank: shape.count)
        var sizes = try parameter(1, "sizes")
        // One may stand for what the others leave.
        if let open = sizes.firstIndex(of: -1) { sizes[open] = shape[axis] - sizes.reduce(1, +) }
        guard sizes.allSatisfy({ $0 >= 1 }) else {
            throw refuse("it splits \(shape[axis]) into \(sizes); parts without elements are not supported")
        }
        return try split(axis, of: shape, into: sizes)
    }

    private func split(_ axis: Int, of shape: [Int], into sizes: [Int]) throws(ImportError) -> Operation {
        guard sizes.count == outputs.count else {
            throw damaged("it splits into \(sizes.count) parts but has \(outputs.count) results")
        }
        for (size, output) in zip(sizes, outputs) {
            var part = shape
            part[axis] = size
            let claimed = try subgraph.tensor(output).shape
            guard claimed == part else {
                throw refuse("a result has the shape \(claimed) where its parameters ask for \(part)")
            }
        }
        return .split(axis: axis)
    }

    func pack() throws(ImportError) -> Operation {
        let options = try options(59)
        let count = try options?.int32(0) ?? 0
        guard count == inputs.count else { throw damaged("it packs \(count) values but has \(inputs.count) operands") }
        return .pack(axis: try axis(try options?.int32(1) ?? 0, rank: try shape(0).count + 1))
    }

    func unpack() throws(ImportError) -> Operation {
        let options = try options(64)
        let count = try options?.int32(0) ?? 0
        guard count == outputs.count else {
            throw damaged("it unpacks \(count) values but has \(outputs.count) results")
        }
        return .unpack(axis: try axis(try options?.int32(1) ?? 0, rank: try shape(0).count))
    }

    // MARK: Shapes

    private func requireResult(_ shape: [Int]) throws(ImportError) {
        let claimed = try outputShape()
        guard claimed == shape else {
            throw refuse("its result has the shape \(claimed) where its parameters ask for \(shape)")
        }
    }

    func reshape() throws(ImportError) -> Operation {
        let options = try options(17)
        // The operand wins over the option, which older files have instead.
        var target: [Int]
        if inputs.count > 1, inputs[1] != -1 {
            target = try parameter(1, "shape")
        } else {
            target = try options?.int32s(0, "the new shape") ?? []
            // Old files write a scalar's shape so.
            if target == [0] { target = [] }
        }
        if let open = target.firstIndex(of: -1) {
            let claimed = try outputShape()
            guard claimed.count == target.count else { return try requireMatch(target) }
            // The element counts are compared later.
            target[open] = claimed[open]
        }
        return try requireMatch(target)
    }

    private func requireMatch(_ target: [Int]) throws(ImportError) -> Operation {
        try requireResult(target)
        return .reshape
    }

    func squeeze() throws(ImportError) -> Operation {
        let shape = try shape(0)
        let listed = try options(30)?.int32s(0, "the squeezed dimensions") ?? []
        var dropped: Set<Int> = []
        for value in listed { dropped.insert(try axis(value, rank: shape.count)) }
        if listed.isEmpty { dropped = Set(shape.indices.filter { shape[$0] == 1 }) }
        guard dropped.allSatisfy({ shape[$0] == 1 }) else {
            throw damaged("it squeezes dimensions \(dropped.sorted()) of \(shape), which are not all 1")
        }
        try requireResult(shape.indices.filter { !dropped.contains($0) }.map { shape[$0] })
        return .reshape
    }

    func expandDims() throws(ImportError) -> Operation {
        var shape = try shape(0)
        let position = try axis(try parameter(1, "axis", count: 1)[0], rank: shape.count + 1)
        shape.insert(1, at: position)
        try requireResult(shape)
        return .reshape
    }
}
