import Graph

/// SLICE and STRIDED_SLICE, resolved to what each dimension takes.
extension TFLiteOperator {
    func slice() throws(ImportError) -> Operation {
        let shape = try shape(0)
        guard shape.allSatisfy({ $0 >= 1 }) else { throw refuse("its input's shape \(shape) is not fixed") }
        let begin = try parameter(1, "begin", count: shape.count)
        var sizes = try parameter(2, "size", count: shape.count)
        for dimension in shape.indices where sizes[dimension] == -1 {
            guard (0..<shape[dimension]).contains(begin[dimension]) else {
                throw damaged("it begins at \(begin), outside the tensor \(shape)")
            }
            sizes[dimension] = shape[dimension] - begin[dimension]
        }
        let claimed = try outputShape()
        guard claimed == sizes else { throw refuse("its result has the shape \(claimed) where sizes are \(sizes)") }
        return .slice(begin: begin, sizes: sizes, strides: [Int](repeating: 1, count: shape.count))
    }

    /// GATHER; of constant indices as a selection.
    func gather() throws(ImportError) -> Operation {
        let options = try options(23)
        let shape = try selectableShape()
        let batchDimensions = try options?.int32(1) ?? 0
        let axis = try axis(try options?.int32(0) ?? 0, rank: shape.count)
        guard try !subgraph.isComputed(try operand(1)) else {
            let rank = try self.shape(1).count
            return .gather(
                axis: axis, batchDimensions: batchDimensions < 0 ? batchDimensions + rank : batchDimensions)
        }
        guard batchDimensions == 0 else {
            throw refuse("constant indices of their own for each batch are not supported")
        }
        let chosen = try parameter(1, "indices")
        guard !chosen.isEmpty, chosen.allSatisfy({ (0..<shape[axis]).contains($0) }) else {
            throw damaged("its indices \(chosen) are not all among the \(shape[axis]) of dimension \(axis)")
        }
        var result = shape
        result.replaceSubrange(axis...axis, with: try self.shape(1))
        let claimed = try outputShape()
        guard claimed == result else {
            throw refuse("its result has the shape \(claimed) where its parameters ask for \(result)")
        }
        return .select(indices: shape.indices.map { $0 == axis ? chosen : Array(0..<shape[$0]) })
    }

    /// BROADCAST_TO: what repeats is selected again; new dimensions repeat the first one's.
    func broadcast() throws(ImportError) -> Operation {
        let shape = try selectableShape()
        let target = try parameter(1, "shape")
        let claimed = try outputShape()
        let added = target.count - shape.count
        guard claimed == target, added >= 0, !shape.isEmpty, target.allSatisfy({ (1...1 << 20).contains($0) }),
            zip(shape, target.dropFirst(added)).allSatisfy({ $0 == $1 || $0 == 1 })
        else { throw refuse("\(shape) does not broadcast to \(target), as \(claimed)") }
        var indices = zip(shape, target.dropFirst(added)).map { extent, count in
            extent == 1 ? [Int](repeating: 0, count: count) : Array(0..<extent)
        }
        var repeats = 1
        for count in target.prefix(added) { repeats = min(repeats * count, 1 << 20) }
        guard repeats * indices[0].count <= 1 << 20 else { throw refuse("it repeats more than 1,048,576 times") }
        indices[0] = (0..<repeats).flatMap { _ in indices[0] }
        return .select(indices: indices)
    }

    func gatherND() throws(ImportError) -> Operation {
        if let indices = try subgraph.integers(try operand(1)) {
            let (shape, depth) = (try shape(0), try self.shape(1).last ?? 1)
            guard depth >= 1, depth <= shape.count,
                indices.enumerated().allSatisfy({ (0..<shape[$0 % depth]).contains($1) })
            else { throw damaged("its indices are not all within \(shape)") }
        }
        return .gatherND
    }

    /// The input's, where there is room for a list of each dimension's indices, however small the file is.
    func selectableShape() throws(ImportError) -> [Int] {
        let shape = try shape(0)
        guard shape.allSatisfy({ $0 >= 1 }) else { throw refuse("its input's shape \(shape) is not fixed") }
        guard shape.allSatisfy({ $0 <= 1 << 20 }) else {
            throw refuse("its input's shape is \(shape); dimensions of at most 1,048,576 are supported")
        }
        return shape
    }

    /// What one dimension of the input contributes.
    private struct Range {
        var begin: Int
        var size: Int
        var stride: Int
    }

    /// The masks of the schema's `StridedSliceOptions`; bit i belongs to entry i of begin, end and strides.
    private struct Masks {
        var begin: Int
        var end: Int
        var ellipsis: Int
        var newAxis: Int
        var shrink: Int

        static func has(_ mask: Int, _ bit: Int) -> Bool { mask >> bit & 1 == 1 }
    }

    func stridedSlice() throws(ImportError) -> Operation {
        let options = try options(32)
        guard try options?.bool(5) != true else { throw refuse("ends given as offsets are not supported") }
        let masks = Masks(
            begin: try options?.int32(0) ?? 0, end: try options?.int32(1) ?? 0, ellipsis: try options?.int32(2) ?? 0,
            newAxis: try options?.int32(3) ?? 0, shrink: try options?.int32(4) ?? 0)
        let shape = try shape(0)
        guard shape.allSatisfy({ $0 >= 1 }) else { throw refuse("its input's shape \(shape) is not fixed") }
        let begin = try parameter(1, "begin")
        let end = try parameter(2, "end", count: begin.count)
        let strides = try parameter(3, "strides", count: begin.count)
        guard begin.count <= 31 else { throw damaged("it has \(begin.count) indices; 31 are possible") }
        let ellipses = begin.indices.filter { Masks.has(masks.ellipsis, $0) }
        let inserted = begin.indices.filter { Masks.has(masks.newAxis, $0) && !ellipses.contains($0) }
        let hidden = shape.count - (begin.count - inserted.count - ellipses.count)
        guard ellipses.count <= 1, hidden >= ellipses.count else {
            throw refuse("its \(begin.count) indices do not fit \(shape.count) dimensions")
        }

        var ranges: [Range] = []
        var result: [Int] = []
        func takeWhole(_ count: Int) {
            for _ in 0..<count {
                let extent = shape[ranges.count]
                ranges.append(Range(begin: 0, size: extent, stride: 1))
                result.append(extent)
            }
        }
        for entry in begin.indices {
            if ellipses.contains(entry) {
                takeWhole(hidden)
            } else if inserted.contains(entry) {
                result.append(1)
            } else {
                let range = try range(
                    extent: shape[ranges.count], begin: begin[entry], end: end[entry], stride: strides[entry],
                    entry: entry, masks)
                ranges.append(range)
                if !Masks.has(masks.shrink, entry) { result.append(range.size) }
            }
        }
        takeWhole(shape.count - ranges.count)
        let claimed = try outputShape()
        guard claimed == result else {
            throw refuse("its result has the shape \(claimed) where its parameters ask for \(result)")
        }
        return .slice(
            begin: ranges.map(\.begin), sizes: ranges.map(\.size), strides: ranges.map(\.stride))
    }

    private func range(
        extent: Int, begin: Int, end: Int, stride: Int, entry: Int, _ masks: Masks
    ) throws(ImportError) -> Range {
        let numbers = [begin, end, stride]
        guard numbers.allSatisfy({ (Int(Int32.min)...Int(Int32.max)).contains($0) }), stride != 0 else {
            throw damaged("index \(entry) has begin, end and stride \(numbers)")
        }
        // The places a walk may start or stop at: one past either end for a stop.
        let places = stride > 0 ? 0...extent : -1...extent - 1
        func resolve(_ value: Int) -> Int {
            let fromStart = value < 0 ? value + extent : value
            return min(max(fromStart, places.lowerBound), places.upperBound)
        }
        let first = Masks.has(masks.begin, entry) ? (stride > 0 ? 0 : extent - 1) : resolve(begin)
        if Masks.has(masks.shrink, entry) {
            guard stride > 0, (0..<extent).contains(first) else {
                throw damaged("index \(entry) takes element \(begin) of \(extent)")
            }
            return Range(begin: first, size: 1, stride: 1)
        }
        let stop = Masks.has(masks.end, entry) ? (stride > 0 ? extent : -1) : resolve(end)
        let span = stride > 0 ? stop - first : first - stop
        guard span > 0 else { throw refuse("index \(entry) takes no element of \(extent)") }
        let size = (span - 1) / abs(stride) + 1
        return Range(begin: first, size: size, stride: size == 1 ? 1 : stride)
    }
}
