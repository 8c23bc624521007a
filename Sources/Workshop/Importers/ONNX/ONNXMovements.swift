import Graph

extension ONNXTranslator {
    func stored(_ value: ONNXValue, _ axis: Int) -> Int {
        value.isChannelsLast ? ChannelsLast.axis(axis, rank: value.shape.count) : axis
    }

    /// Numbers a dimension in the order of the value's tensor.
    func stored<Element>(_ value: ONNXValue, _ list: [Element]) -> [Element] {
        value.isChannelsLast ? ChannelsLast.order(list.count).map { list[$0] } : list
    }

    func own(_ value: ONNXValue, _ node: ONNXNode) throws(ImportError) -> TensorID {
        try tensor(value, channelsLast: value.isChannelsLast, node)
    }

    func concatenation(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        var operands: [ONNXValue] = []
        for position in node.proto.input.indices {
            let value = try required(node, position)
            // Without elements there is nothing to append.
            if value.count > 0 || node.proto.input.count == 1 { operands.append(value) }
        }
        guard let first = operands.first, !first.shape.isEmpty else { throw node.damaged("has nothing to append") }
        let axis = try axis(try node.whole("axis", default: 1), rank: first.shape.count, node)
        var shape = first.shape
        for value in operands.dropFirst() {
            guard value.shape.count == shape.count,
                shape.indices.allSatisfy({ $0 == axis || value.shape[$0] == shape[$0] })
            else { throw node.damaged("\(value.shape) does not fit \(first.shape)") }
            shape[axis] += value.shape[axis]
        }
        if let lists = operands.map(\.wholes) as? [[Int]], shape.count == 1 {
            return ONNXValue(shape: shape, content: .wholes(lists.flatMap(\.self)))
        }
        let channelsLast = operands.contains(where: \.isChannelsLast)
        var tensors: [TensorID] = []
        for value in operands { tensors.append(try tensor(value, channelsLast: channelsLast, node)) }
        let at = channelsLast ? ChannelsLast.axis(axis, rank: shape.count) : axis
        return try emit(.concatenation(axis: at, .none), tensors, shape, channelsLast: channelsLast, node)
    }

    func split(_ node: ONNXNode) throws(ImportError) -> [ONNXValue] {
        let x = try required(node, 0)
        let axis = try axis(try node.whole("axis", default: 0), rank: x.shape.count, node)
        let parts = node.proto.output.count
        var sizes = try wholes(node, 1, "sizes") ?? node.wholes("split") ?? []
        if sizes.isEmpty {
            let size = (x.shape[axis] + parts - 1) / max(parts, 1)
            sizes = (0..<parts).map { min(size, x.shape[axis] - $0 * size) }
        }
        guard sizes.count == parts, sizes.allSatisfy({ (0...x.shape[axis]).contains($0) }),
            sizes.reduce(0, +) == x.shape[axis]
        else {
            throw node.damaged("\(x.shape[axis]) does not split into \(sizes)")
        }
        var start = 0
        var results: [ONNXValue] = []
        for size in sizes {
            var begins = [Int](repeating: 0, count: x.shape.count)
            var shape = x.shape
            (begins[axis], shape[axis]) = (start, size)
            results.append(try block(x, begins, shape, [Int](repeating: 1, count: shape.count), node))
            start += size
        }
        return results
    }

    /// - Parameters: in ONNX's order.
    func block(
        _ x: ONNXValue, _ begins: [Int], _ shape: [Int], _ steps: [Int], _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        // Nothing is a constant.
        if !x.isConstant, shape.contains(0) { return ONNXValue(shape: shape, content: .reals([])) }
        if x.isConstant {
            return try taken(
                x, shape.indices.map { axis in (0..<shape[axis]).map { begins[axis] + $0 * steps[axis] } }, node)
        }
        return try emit(
            .slice(begin: stored(x, begins), sizes: stored(x, shape), strides: stored(x, steps)), [try own(x, node)],
            shape, channelsLast: x.isChannelsLast, node)
    }

    func slice(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let starts = try wholes(node, 1, "starts") ?? node.wholes("starts") ?? []
        let ends = try wholes(node, 2, "ends") ?? node.wholes("ends") ?? []
        let axes = try wholes(node, 3, "axes") ?? node.wholes("axes") ?? Array(starts.indices)
        let strides = try wholes(node, 4, "steps") ?? [Int](repeating: 1, count: starts.count)
        guard starts.count == ends.count, starts.count == axes.count, starts.count == strides.count else {
            throw node.damaged("its starts, ends, axes and steps are not as many")
        }
        var (begins, shape, steps) = ([Int](repeating: 0, count: x.shape.count), x.shape, x.shape.map { _ in 1 })
        for index in axes.indices {
            let axis = try axis(axes[index], rank: x.shape.count, node)
            let (extent, step) = (x.shape[axis], strides[index])
            guard step != 0, step > -(1 << 31), step < 1 << 31 else { throw node.damaged("a step is \(step)") }
            func clamped(_ value: Int) -> Int {
                let at = value < 0 ? value.addingReportingOverflow(extent).partialValue : value
                return step > 0 ? min(max(at, 0), extent) : min(max(at, -1), extent - 1)
            }
            let start = clamped(starts[index])
            // Further below than any dimension goes is before its first element.
            let end = ends[index] < -extent ? (step > 0 ? 0 : -1) : clamped(ends[index])
            let count = step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step
            (begins[axis], shape[axis], steps[axis]) = (start, max(count, 0), step)
        }
        return try block(x, begins, shape, steps, node)
    }

    func pad(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        let rank = x.shape.count
        var pads = try wholes(node, 1, "pads") ?? node.wholes("pads") ?? []
        if let named = try wholes(node, 3, "axes") {
            var all = [Int](repeating: 0, count: 2 * rank)
            guard pads.count == 2 * named.count else { throw node.damaged("its pads and axes are not as many") }
            for (place, given) in named.enumerated() {
                let axis = try axis(given, rank: rank, node)
                (all[axis], all[rank + axis]) = (pads[place], pads[named.count + place])
            }
            pads = all
        }
        guard pads.count == 2 * rank, pads.allSatisfy({ (-1 << 24...1 << 24).contains($0) }) else {
            throw node.refuse("its pads are \(pads)")
        }
        // Below 0 they cut.
        if pads.contains(where: { $0 < 0 }) { return try cut(x, pads, node) }
        let (before, after) = (Array(pads[..<rank]), Array(pads[rank...]))
        let shape = (0..<rank).map { before[$0] + x.shape[$0] + after[$0] }
        let mode = node.text("mode", default: "constant")
        if mode == "constant" {
            let value = try operand(node, 2)?.reals?.first ?? node.real("value", default: 0)
            return try emit(
                .pad(before: stored(x, before), after: stored(x, after), value: Double(value)), [try own(x, node)],
                shape, channelsLast: x.isChannelsLast, node)
        }
        var indices: [[Int]] = []
        for dimension in 0..<rank {
            let last = x.shape[dimension] - 1
            let list = (-before[dimension]..<x.shape[dimension] + after[dimension]).map { at in
                mode == "edge" ? min(max(at, 0), last) : at < 0 ? -at : at > last ? 2 * last - at : at
            }
            guard mode == "edge" || mode == "reflect", list.allSatisfy({ (0...last).contains($0) }) else {
                throw node.refuse("mode \(mode) with pads \(pads) is not supported")
            }
            indices.append(list)
        }
        return try emit(
            .select(indices: stored(x, indices)), [try own(x, node)], shape, channelsLast: x.isChannelsLast, node)
    }

    /// What remains where pads are below 0, where all are 0 or below.
    private func cut(_ x: ONNXValue, _ pads: [Int], _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let rank = x.shape.count
        let shape = (0..<rank).map { x.shape[$0] + pads[$0] + pads[rank + $0] }
        guard pads.allSatisfy({ $0 <= 0 }), shape.allSatisfy({ $0 >= 1 }) else {
            throw node.refuse("its pads are \(pads); of both signs they are not supported")
        }
        return try block(x, pads[..<rank].map { -$0 }, shape, shape.map { _ in 1 }, node)
    }

    func gather(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (x, index) = (try required(node, 0), try required(node, 1))
        let axis = try axis(try node.whole("axis", default: 0), rank: x.shape.count, node)
        guard let given = index.wholes else { throw node.refuse("its indices are computed by the model") }
        let list = given.map { $0 < 0 ? $0 + x.shape[axis] : $0 }
        guard !list.isEmpty, list.allSatisfy({ x.shape[axis] > $0 && $0 >= 0 }) else {
            throw node.damaged("indices \(given) are not among \(x.shape[axis])")
        }
        var shape = x.shape
        shape[axis] = list.count
        let final = Array(shape[..<axis]) + index.shape + Array(shape[(axis + 1)...])
        var indices = x.shape.map { Array(0..<$0) }
        indices[axis] = list
        if x.isConstant { return try reshaped(try taken(x, indices, node), to: final, node) }
        let taken = try emit(
            .select(indices: stored(x, indices)), [try own(x, node)], shape, channelsLast: x.isChannelsLast, node)
        return try reshaped(taken, to: final, node)
    }

    /// Elements of a constant, by indices of each dimension.
    private func taken(_ x: ONNXValue, _ indices: [[Int]], _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let shape = indices.map(\.count)
        // As many as of activations: a small file may name few elements often.
        guard let count = Self.count(shape), count <= 1 << 24 else { throw node.refuse("makes a constant of \(shape)") }
        try claim(count, node)
        let strides = rowMajorStrides(x.shape)
        var places = [0]
        for (dimension, list) in indices.enumerated() {
            places = places.flatMap { start in list.map { start + $0 * strides[dimension] } }
        }
        var result = x
        result.shape = shape
        switch x.content {
        case .reals(let reals): result.content = .reals(places.map { reals[$0] })
        case .wholes(let wholes): result.content = .wholes(places.map { wholes[$0] })
        case .activation: throw node.damaged("is no constant")
        }
        // Scales a channel do not follow.
        if x.quantization?.axis != nil { result.quantization = nil }
        return result
    }

    func transpose(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        return try transposed(x, node.wholes("perm") ?? Array(x.shape.indices.reversed()), node)
    }

    func transposed(_ x: ONNXValue, _ permutation: [Int], _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let rank = x.shape.count
        guard permutation.sorted() == Array(0..<rank) else {
            throw node.damaged("\(permutation) does not permute \(rank)")
        }
        let shape = permutation.map { x.shape[$0] }
        if x.isConstant { try claim(x.count, node) }
        switch x.content {
        case .reals(let reals):
            var result = x
            (result.shape, result.content) = (shape, .reals(permuted(reals, x.shape, permutation)))
            result.quantization?.axis = x.quantization?.axis.flatMap { permutation.firstIndex(of: $0) }
            return result
        case .wholes(let wholes):
            var result = x
            (result.shape, result.content) = (shape, .wholes(permuted(wholes, x.shape, permutation)))
            return result
        case .activation(let id):
            let held = x.isChannelsLast ? ChannelsLast.order(rank) : Array(0..<rank)
            // Where the tensor lies so already, in either order.
            if permutation == held { return ONNXValue(shape: shape, content: .activation(id)) }
            if rank >= 3, ChannelsLast.order(rank).map({ permutation[$0] }) == held {
                return ONNXValue(shape: shape, content: .activation(id), isChannelsLast: true)
            }
            return try emit(
                .transpose(permutation: permutation.map { held.firstIndex(of: $0) ?? 0 }), [id], shape, node)
        }
    }

    func blocks(_ node: ONNXNode) throws(ImportError) -> (x: ONNXValue, input: TensorID, size: Int) {
        let x = try required(node, 0)
        let size = try node.whole("blocksize", default: 0)
        guard x.shape.count == 4, (1...1 << 10).contains(size) else { throw node.damaged("blocks of \(size)") }
        return (x, try tensor(x, channelsLast: true, node), size)
    }

    func depthToSpace(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (x, input, size) = try blocks(node)
        let block = size * size
        guard x.shape[1] % block == 0 else { throw node.damaged("\(x.shape[1]) channels are no blocks of \(size)") }
        let channels = x.shape[1] / block
        var source = input
        if node.text("mode", default: "DCR") == "CRD" {
            // Channel c * block + place becomes place * channels + c.
            let order = (0..<x.shape[1]).map { $0 % channels * block + $0 / channels }
            let moved = try emit(
                .select(indices: [x.shape[0], x.shape[2], x.shape[3]].map { Array(0..<$0) } + [order]), [input],
                x.shape,
                channelsLast: true, node)
            source = try tensor(moved, channelsLast: true, node)
        }
        return try emit(
            .depthToSpace(blockSize: size), [source],
            [x.shape[0], channels, x.shape[2] * size, x.shape[3] * size], channelsLast: true, node)
    }

    func spaceToDepth(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (x, input, size) = try blocks(node)
        guard x.shape[2] % size == 0, x.shape[3] % size == 0 else {
            throw node.damaged("\(x.shape) is no blocks of \(size)")
        }
        return try emit(
            .spaceToDepth(blockSize: size), [input],
            [x.shape[0], x.shape[1] * size * size, x.shape[2] / size, x.shape[3] / size], channelsLast: true, node)
    }

    /// ArgMax, and ArgMin as that of the negated elements.
    func argMax(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = node.type == "ArgMin" ? try unary(.neg, node) : try required(node, 0)
        let axis = try axis(try node.whole("axis", default: 0), rank: x.shape.count, node)
        guard try node.whole("select_last_index", default: 0) == 0 else {
            throw node.refuse("select_last_index is not supported")
        }
        var shape = x.shape
        shape.remove(at: axis)
        let index = try emit(
            .argMax(axis: axis), [try tensor(x, channelsLast: false, node)], shape, node, type: .int64)
        guard try node.whole("keepdims", default: 1) != 0, case .activation(let id) = index.content else {
            return index
        }
        shape.insert(1, at: axis)
        return try emit(.reshape, [id], shape, node, type: .int64)
    }
}
