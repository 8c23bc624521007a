import CBundle
import Graph

/// Operators that only move bytes: all of them are one strided copy, with a fill before it for padding, or no step at
/// all where the bytes already lie as wanted.
extension Lowering {
    /// A copy of `dims` elements, innermost last; strides in elements.
    mutating func copy(
        _ node: Node, from source: TensorID, start: Int = 0, strides: [Int], to target: TensorID, targetStart: Int = 0,
        targetStrides: [Int], dims: [Int]
    ) throws(CompileError) {
        let merged = StridedCopy(dims: dims, source: strides, target: targetStrides).merged()
        guard merged.dims.count <= Int(OC_COPY_DIMS) else {
            throw CompileError(
                "\(node.origin): moves data along more than \(OC_COPY_DIMS) dimensions; split the operation in the model"
            )
        }
        var step = DraftStep(OC_KERNEL_COPY, name: node.origin, inputs: [source], output: target)
        var c = oc_copy()
        c.set(merged)
        c.in_start = Int32(start)
        c.out_start = Int32(targetStart)
        c.element_bytes = Int32(graph[target].type.byteCount)
        step.record.copy = c
        draft.steps.append(step)
    }

    mutating func lowerPad(_ node: Node, before: [Int], value: Int32) throws(CompileError) {
        let input = node.inputs[0]
        let output = node.outputs[0]
        var fill = DraftStep(OC_KERNEL_FILL, name: node.origin, inputs: [], output: output)
        fill.record.fill.value = Int32(arenaByte(value, of: graph[output]))
        draft.steps.append(fill)
        let targetStrides = rowMajorStrides(graph[output].shape)
        try copy(
            node, from: input, strides: rowMajorStrides(graph[input].shape), to: output,
            targetStart: zip(before, targetStrides).reduce(0) { $0 + $1.0 * $1.1 }, targetStrides: targetStrides,
            dims: graph[input].shape)
    }

    /// Inputs next to each other along `axis`. Where nothing lies outside that axis, an input can be produced right in
    /// its place in the output.
    mutating func lowerConcatenation(_ node: Node, axis: Int) throws(CompileError) {
        let output = node.outputs[0]
        let targetStrides = rowMajorStrides(graph[output].shape)
        let contiguous = graph[output].shape[..<axis].allSatisfy { $0 == 1 }
        var start = 0
        for input in node.inputs {
            let shape = graph[input].shape
            let offset = start * graph[output].type.byteCount
            if contiguous && canPlace(input, in: output) {
                draft.views[input] = Draft.View(base: output, offset: offset)
                draft.note("concatenation by placement")
            } else {
                try copy(
                    node, from: input, strides: rowMajorStrides(shape), to: output, targetStart: start,
                    targetStrides: targetStrides,
                    dims: shape)
            }
            start += shape[axis] * targetStrides[axis]
        }
    }

    mutating func lowerPack(_ node: Node, axis: Int) throws(CompileError) {
        let output = node.outputs[0]
        var strides = rowMajorStrides(graph[output].shape)
        let step = strides.remove(at: axis)
        for (index, input) in node.inputs.enumerated() {
            let shape = graph[input].shape
            try copy(
                node, from: input, strides: rowMajorStrides(shape), to: output, targetStart: index * step,
                targetStrides: strides,
                dims: shape)
        }
    }

    /// The part of the input that starts at `start` with the given strides becomes an output: a view where it is one
    /// run of bytes, else a copy.
    mutating func extract(
        _ node: Node, from input: TensorID, start: Int, strides: [Int], dims: [Int], to output: TensorID
    ) throws(CompileError) {
        let dense = StridedCopy(dims: dims, source: strides, target: rowMajorStrides(dims)).merged()
        let isRun = dense.dims.count == 1 && dense.source[0] == 1
        if isRun && canView(input, as: output) {
            draft.views[output] = Draft.View(base: input, offset: start * graph[input].type.byteCount)
            draft.note("slice as a view")
        } else {
            try copy(
                node, from: input, start: start, strides: strides, to: output, targetStrides: rowMajorStrides(dims),
                dims: dims)
        }
    }

    mutating func lowerSlice(_ node: Node, begin: [Int], sizes: [Int], strides: [Int]) throws(CompileError) {
        let input = node.inputs[0]
        let inputStrides = rowMajorStrides(graph[input].shape)
        let start = zip(begin, inputStrides).reduce(0) { $0 + $1.0 * $1.1 }
        try extract(
            node, from: input, start: start, strides: zip(inputStrides, strides).map { $0 * $1 }, dims: sizes,
            to: node.outputs[0])
    }

    mutating func lowerSplit(_ node: Node, axis: Int) throws(CompileError) {
        let strides = rowMajorStrides(graph[node.inputs[0]].shape)
        var start = 0
        for output in node.outputs {
            let dims = graph[output].shape
            try extract(node, from: node.inputs[0], start: start, strides: strides, dims: dims, to: output)
            start += dims[axis] * strides[axis]
        }
    }

    mutating func lowerUnpack(_ node: Node, axis: Int) throws(CompileError) {
        var strides = rowMajorStrides(graph[node.inputs[0]].shape)
        let step = strides.remove(at: axis)
        for (index, output) in node.outputs.enumerated() {
            try extract(
                node, from: node.inputs[0], start: index * step, strides: strides, dims: graph[output].shape, to: output
            )
        }
    }

    mutating func lowerTranspose(_ node: Node, permutation: [Int]) throws(CompileError) {
        let strides = rowMajorStrides(graph[node.inputs[0]].shape)
        try extract(
            node, from: node.inputs[0], start: 0, strides: permutation.map { strides[$0] },
            dims: graph[node.outputs[0]].shape,
            to: node.outputs[0])
    }

    /// A copy for each run of evenly spaced indices, or for each combination of such where several dimensions have some.
    mutating func lowerSelection(_ node: Node, _ indices: [[Int]]) throws(CompileError) {
        let (input, output) = (node.inputs[0], node.outputs[0])
        let strides = rowMajorStrides(graph[input].shape)
        let targetStrides = rowMajorStrides(indices.map(\.count))
        let runs = indices.map(IndexRun.all)
        let count = runs.reduce(1) { $0.multipliedReportingOverflow(by: $1.count).partialValue }
        guard (1...4096).contains(count) else {
            throw CompileError(
                "\(node.origin): gathers \(count) pieces, each of which is a copy; at most 4,096 are supported")
        }
        var boxes: [[IndexRun]] = [[]]
        for choices in runs { boxes = boxes.flatMap { box in choices.map { box + [$0] } } }
        for box in boxes {
            let from = zip(box, strides).reduce(0) { $0 + $1.0.first * $1.1 }
            let steps = zip(box, strides).map { $0.step * $1 }
            if boxes.count == 1 {
                try extract(node, from: input, start: from, strides: steps, dims: box.map(\.count), to: output)
            } else {
                try copy(
                    node, from: input, start: from, strides: steps, to: output,
                    targetStart: zip(box, targetStrides).reduce(0) { $0 + $1.0.place * $1.1 },
                    targetStrides: targetStrides, dims: box.map(\.count))
            }
        }
    }

    /// Each repeated dimension is two, of which the outer one does not move on.
    mutating func lowerTile(_ node: Node, multiples: [Int]) throws(CompileError) {
        let shape = graph[node.inputs[0]].shape
        let strides = rowMajorStrides(shape)
        try extract(
            node, from: node.inputs[0], start: 0, strides: strides.flatMap { [0, $0] },
            dims: zip(multiples, shape).flatMap { [$0, $1] }, to: node.outputs[0])
    }

    /// Both block shuffles are a transpose of [N, H, by, W, bx, C] and [N, H, W, by, bx, C].
    mutating func lowerBlocks(_ node: Node, blockSize b: Int, spaceToDepth: Bool) throws(CompileError) {
        // The "deep" shape has the blocks in its channels, the "wide" one in its rows and columns.
        let deep = graph[spaceToDepth ? node.outputs[0] : node.inputs[0]].shape
        let channels = deep[3] / (b * b)
        let dims = [deep[0], deep[1], deep[2], b, b, channels]
        let deepStrides = rowMajorStrides(dims)
        let wide = rowMajorStrides([deep[0], deep[1], b, deep[2], b, channels])
        let wideStrides = [wide[0], wide[1], wide[3], wide[2], wide[4], wide[5]]
        // A row of blocks is b rows of the picture: seen so, each row goes into one row, and strips can go through.
        let picture = spaceToDepth ? node.inputs[0] : node.outputs[0]
        var rows = graph[picture]
        rows.shape = [deep[0], deep[1], b * deep[2], b * channels]
        let view = draft.graph.append(rows)
        draft.views[view] = Draft.View(base: picture, offset: 0)
        try copy(
            node, from: spaceToDepth ? view : node.inputs[0], strides: spaceToDepth ? wideStrides : deepStrides,
            to: spaceToDepth ? node.outputs[0] : view, targetStrides: spaceToDepth ? deepStrides : wideStrides,
            dims: dims)
    }

    mutating func lowerReshape(_ node: Node) throws(CompileError) {
        let input = node.inputs[0]
        let output = node.outputs[0]
        if canView(input, as: output) {
            draft.views[output] = Draft.View(base: input, offset: 0)
            draft.note("reshape without a copy")
        } else {
            let count = graph[input].elementCount
            try copy(node, from: input, strides: [1], to: output, targetStrides: [1], dims: [count])
        }
    }

    /// Whether `output` can be a view of `input`: not where a graph's input would become its output, since a caller
    /// may overwrite inputs while it reads outputs, nor for constants, which lie outside the arena.
    private func canView(_ input: TensorID, as output: TensorID) -> Bool {
        let base = draft.root(of: input).base
        return graph[base].constant == nil && !(draft.isOutput(output) && (draft.isInput(base) || draft.isOutput(base)))
    }

    /// Whether the step that makes `input` can write it inside `output` instead: it must own its bytes, and only once.
    private func canPlace(_ input: TensorID, in output: TensorID) -> Bool {
        graph[input].constant == nil && !draft.isInput(input) && !draft.isOutput(input) && draft.views[input] == nil
    }
}

/// Indices that are evenly spaced, and where they come in their list.
private struct IndexRun {
    var place: Int
    var first: Int
    var step: Int
    var count: Int

    /// As few as greed finds.
    static func all(of indices: [Int]) -> [IndexRun] {
        var runs: [IndexRun] = []
        var place = 0
        while place < indices.count {
            let step = place + 1 < indices.count ? indices[place + 1] - indices[place] : 1
            var end = place + 1
            while end < indices.count, indices[end] - indices[end - 1] == step { end += 1 }
            runs.append(IndexRun(place: place, first: indices[place], step: step, count: end - place))
            place = end
        }
        return runs
    }
}

/// A copy over several dimensions, reduced to as few as possible.
struct StridedCopy {
    var dims: [Int]
    var source: [Int]
    var target: [Int]

    /// Drops extents of 1 and joins neighbours that are contiguous on both sides; at least one dimension remains.
    func merged() -> StridedCopy {
        var result = StridedCopy(dims: [], source: [], target: [])
        for d in dims.indices where dims[d] != 1 {
            if let last = result.dims.indices.last, result.source[last] == source[d] * dims[d],
                result.target[last] == target[d] * dims[d]
            {
                result.dims[last] *= dims[d]
                result.source[last] = source[d]
                result.target[last] = target[d]
            } else {
                result.dims.append(dims[d])
                result.source.append(source[d])
                result.target.append(target[d])
            }
        }
        return result.dims.isEmpty ? StridedCopy(dims: [1], source: [1], target: [1]) : result
    }
}

extension oc_copy {
    /// Takes over extents and strides, of at most OC_COPY_DIMS dimensions.
    mutating func set(_ copy: StridedCopy) {
        withUnsafeMutableBytes(of: &dims) { fillWords($0, copy.dims, before: 1) }
        withUnsafeMutableBytes(of: &in_stride) { fillWords($0, copy.source, before: 0) }
        withUnsafeMutableBytes(of: &out_stride) { fillWords($0, copy.target, before: 0) }
    }
}

/// The last words of an array in a record, and a value for those before.
func fillWords(_ raw: UnsafeMutableRawBufferPointer, _ values: [Int], before: Int32) {
    let words = raw.bindMemory(to: Int32.self)
    let padding = words.count - values.count
    for d in 0..<padding { words[d] = before }
    for (d, value) in values.enumerated() { words[padding + d] = Int32(value) }
}
