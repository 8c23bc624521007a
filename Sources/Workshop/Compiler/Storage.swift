import CBundle
import Graph

/// Where each tensor of a draft lies: activations and scratch in the arena, constant operands in the weights section.
struct Storage {
    /// Byte offset of every activation in the arena.
    private(set) var arenaOffsets: [TensorID: Int] = [:]
    /// Byte offset of each step's scratch; nil where it needs none.
    private(set) var scratchOffsets: [Int?]
    private(set) var arenaBytes: Int
    /// The most bytes alive at one step: no plan needs fewer.
    private(set) var floor: Int
    /// Activations whose bytes took the place of an input's.
    private(set) var inPlace = 0

    /// - Parameter kept: activations that are read after the last step, besides the outputs.
    init(_ draft: Draft, keeping kept: [TensorID], threads: Int) {
        let lifetimes = Lifetimes(draft, keeping: kept)
        let first = lifetimes.first
        var last = lifetimes.last

        // In place: an output takes over the buffer of an input that dies at this step and has the same size.
        var home: [TensorID: TensorID] = [:]
        func owner(_ id: TensorID) -> TensorID {
            var id = id
            while let next = home[id] { id = next }
            return id
        }
        for (index, step) in draft.steps.enumerated() {
            let output = draft.root(of: step.output)
            guard output.base == step.output, first[output.base] == index, !step.isStrip else { continue }
            for (position, input) in step.inputs.enumerated() where draft.graph[input].constant == nil {
                let source = draft.root(of: input)
                let holder = owner(source.base)
                guard source.offset == 0, step.mayReplace(input: position), last[holder] == index,
                    draft.graph[source.base].byteCount == draft.graph[output.base].byteCount,
                    draft.graph[holder].byteCount == draft.graph[output.base].byteCount
                else { continue }
                // Another operand in the same buffer, such as a slice of this one that repeats, would be overwritten while
                // it is still read; unless it is the same bytes in the same order.
                let isAlone = step.inputs.indices.allSatisfy { other in
                    let view = draft.root(of: step.inputs[other])
                    return other == position || draft.graph[view.base].constant != nil || owner(view.base) != holder
                        || (view.offset == 0 && step.mayReplace(input: other))
                }
                guard isAlone else { continue }
                home[output.base] = holder
                last[holder] = last[output.base]
                inPlace += 1
                break
            }
        }

        var buffers: [ArenaBuffer] = []
        var bufferOf: [TensorID: Int] = [:]
        for root in first.keys.sorted() where home[root] == nil {
            guard let begin = first[root], let end = last[root] else { continue }
            bufferOf[root] = buffers.count
            buffers.append(ArenaBuffer(bytes: draft.graph[root].byteCount, first: begin, last: end))
        }
        var scratchBuffers: [Int?] = []
        for (index, step) in draft.steps.enumerated() {
            guard step.scratchBytes > 0 else {
                scratchBuffers.append(nil)
                continue
            }
            scratchBuffers.append(buffers.count)
            buffers.append(ArenaBuffer(bytes: step.scratchBytes * threads, first: index, last: index))
        }

        let plan = ArenaPlan(buffers)
        arenaBytes = plan.bytes
        floor = plan.floor
        scratchOffsets = scratchBuffers.map { $0.map { plan.offsets[$0] } }
        for id in draft.graph.tensors.indices {
            let view = draft.root(of: id)
            guard first[view.base] != nil, let buffer = bufferOf[owner(view.base)] else { continue }
            arenaOffsets[id] = plan.offsets[buffer] + view.offset
        }
    }
}

/// First write and last read of each tensor that has bytes of its own, over all its views. -1 is the time before the first
/// step, the number of steps that after the last.
struct Lifetimes {
    private(set) var first: [TensorID: Int] = [:]
    private(set) var last: [TensorID: Int] = [:]

    /// - Parameter kept: activations that are read after the last step, besides the outputs.
    init(_ draft: Draft, keeping kept: [TensorID]) {
        for input in draft.graph.inputs { touch(input, -1, draft) }
        for (index, step) in draft.steps.enumerated() {
            touch(step.output, index, draft)
            for input in step.inputs { touch(input, index, draft) }
        }
        for output in draft.graph.outputs + kept { touch(output, draft.steps.count, draft) }
    }

    private mutating func touch(_ id: TensorID, _ step: Int, _ draft: Draft) {
        guard draft.graph[id].constant == nil else { return }
        let root = draft.root(of: id).base
        first[root] = min(first[root] ?? step, step)
        last[root] = max(last[root] ?? step, step)
    }
}
