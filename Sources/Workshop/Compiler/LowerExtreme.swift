import CBundle
import Graph

/// REDUCE_MAX and REDUCE_MIN as maximum pools: over neighbouring axes at once, with all that lies inside them as channels.
extension Lowering {
    mutating func lowerExtreme(_ node: Node, axes: [Int], greatest: Bool) throws(CompileError) {
        var shape = graph[node.inputs[0]].shape
        var source = node.inputs[0]
        // The least of all is what is left when their order is turned round.
        if !greatest { source = turned(node, source, to: nil, shape) }
        var left = axes.filter { shape[$0] > 1 }
        if left.isEmpty { left = [axes[0]] }
        while let last = left.popLast() {
            var first = last
            while let next = left.last, shape[next + 1..<first].allSatisfy({ $0 == 1 }) { first = left.removeLast() }
            let reduced = shape[first...last].reduce(1, *)
            let (outer, inner) = (shape[..<first].reduce(1, *), shape[(last + 1)...].reduce(1, *))
            guard reduced < 1 << 23, outer < 1 << 28, inner < 1 << 28 else {
                throw CompileError("\(node.origin): reduces \(reduced) elements to one; fewer than 2^23 are supported")
            }
            for axis in first...last { shape[axis] = 1 }
            let isLast = left.isEmpty && greatest
            let target = isLast ? node.outputs[0] : added(like: source, shape)
            var p = oc_pool()
            (p.batches, p.channels, p.out_h, p.out_w) = (Int32(outer), Int32(inner), 1, 1)
            (p.in_h, p.in_w) = inner > 1 ? (Int32(reduced), 1) : (1, Int32(reduced))
            (p.kernel_h, p.kernel_w, p.stride_h, p.stride_w) = (p.in_h, p.in_w, 1, 1)
            (p.clamp_min, p.clamp_max) = (-128, 127)
            var step = DraftStep(OC_KERNEL_MAX_POOL, name: node.origin, inputs: [source], output: target)
            step.record.pool = p
            draft.steps.append(step)
            source = target
        }
        if !greatest { _ = turned(node, source, to: node.outputs[0], shape) }
    }

    /// A tensor of the elements' complements, -1 - x, in `target` or a new one.
    mutating func turned(_ node: Node, _ source: TensorID, to target: TensorID?, _ shape: [Int]) -> TensorID {
        let output = target ?? added(like: source, shape)
        var step = DraftStep(OC_KERNEL_TABLE, name: node.origin, inputs: [source], output: output)
        step.record.table.count = Int32(shape.reduce(1, *))
        step.constants = (0...255).map { ~UInt8($0) }
        draft.steps.append(step)
        return output
    }

    private mutating func added(like tensor: TensorID, _ shape: [Int]) -> TensorID {
        var copy = draft.graph[tensor]
        copy.name += "/reduced"
        copy.shape = shape
        copy.constant = nil
        return draft.graph.append(copy)
    }
}
