import CBundle
import Graph

/// BATCH_MATMUL, and FULLY_CONNECTED of two activations.
extension Lowering {
    mutating func lowerProduct(_ node: Node, _ product: Product) throws(CompileError) {
        let (left, right) = (graph[node.inputs[0]], graph[node.inputs[1]])
        guard let shape = ProductShape(left.shape, right.shape, product) else {
            preconditionFailure("\(node.origin): the graph was not validated")
        }
        let scaling = ProductScaling(
            product, left: quantization(left), right: quantization(right),
            output: quantization(graph[node.outputs[0]]))
        // The kernel wants what is multiplied side by side in both.
        let a = try turned(
            node, node.inputs[0], product.transposesLeft, [shape.leftBatches, shape.rows, shape.depth])
        let b = try turned(
            node, node.inputs[1], !product.transposesRight, [shape.rightBatches, shape.units, shape.depth])
        var p = oc_matrices()
        p.batches = Int32(shape.batches)
        (p.batches_a, p.batches_b) = (Int32(shape.leftBatches), Int32(shape.rightBatches))
        (p.rows, p.depth, p.units) = (Int32(shape.rows), Int32(shape.depth), Int32(shape.units))
        (p.zero_a, p.zero_b, p.out_zero) = (
            scaling.leftZeroPoint, scaling.rightZeroPoint, scaling.outputZeroPoint
        )
        (p.clamp_min, p.clamp_max) = (scaling.range.minimum, scaling.range.maximum)
        (p.multiplier, p.shift) = (scaling.multiplier.multiplier, scaling.multiplier.shift)
        p.factor = scaling.factor ?? 0
        var step = DraftStep(OC_KERNEL_MATRICES, name: node.origin, inputs: [a, b], output: node.outputs[0])
        step.record.matrices = p
        step.record.macs = UInt64(graph.macs(of: node))
        draft.steps.append(step)
    }

    /// Matrices of `shape`, `[batches, rows, columns]`; those of the operand are transposed where `isTransposed`.
    private mutating func turned(
        _ node: Node, _ operand: TensorID, _ isTransposed: Bool, _ shape: [Int]
    ) throws(CompileError) -> TensorID {
        guard isTransposed, shape[1] > 1, shape[2] > 1 else { return operand }
        var copy = graph[operand]
        copy.name += "/transposed"
        copy.shape = shape
        copy.constant = nil
        let target = draft.graph.append(copy)
        try self.copy(
            node, from: operand, strides: [shape[1] * shape[2], 1, shape[1]], to: target,
            targetStrides: [shape[1] * shape[2], shape[2], 1], dims: shape)
        return target
    }
}
