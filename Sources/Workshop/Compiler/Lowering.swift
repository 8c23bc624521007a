import CBundle
import Graph
import Kernels

/// Turns the nodes of a validated graph into steps for one kernel set.
struct Lowering {
    var draft: Draft
    let set: KernelSet

    var graph: Graph { draft.graph }

    init(_ graph: Graph, set: KernelSet) {
        draft = Draft(graph)
        self.set = set
    }

    static func lower(_ graph: Graph, set: KernelSet) throws(CompileError) -> Draft {
        var lowering = Lowering(graph, set: set)
        for node in graph.nodes { try lowering.lower(node) }
        try lowering.copyTrivialOutputs()
        return lowering.draft
    }

    private mutating func lower(_ node: Node) throws(CompileError) {
        if try lowerNumbers(node) { return }
        switch node.operation {
        case .conv2D, .depthwiseConv2D, .transposeConv: try lowerConvolution(node)
        case .fullyConnected: try lowerMatrix(node)
        case .product(let product): try lowerProduct(node, product)
        case .add, .sub, .mul, .minimum, .maximum, .prelu: try lowerBinary(node)
        case .averagePool2D(let pool, let tiesUp):
            try lowerPool(node, pool, OC_KERNEL_AVERAGE_POOL, raised: tiesUp ? 128 : 0)
        case .maxPool2D(let pool): try lowerPool(node, pool, OC_KERNEL_MAX_POOL, raised: 0)
        case .mean(let axes, _): try lowerMean(node, axes: axes)
        case .reduceExtreme(let axes, _, let greatest): try lowerExtreme(node, axes: axes, greatest: greatest)
        case .pad(let before, _, let value): try lowerPad(node, before: before, value: Int32(value))
        case .concatenation(let axis, _): try lowerConcatenation(node, axis: axis)
        case .reshape: try lowerReshape(node)
        case .softmax(let beta): lowerSoftmax(node, beta: beta)
        case .unary: try lowerTable(node)
        case .quantize: try lowerQuantize(node)
        case .dequantize: lowerDequantize(node)
        case .resizeBilinear(let align, let half, let asFloats):
            lowerBilinear(node, alignCorners: align, halfPixelCenters: half, asFloats: asFloats)
        case .resizeNearestNeighbor(let align, let half):
            lowerNearest(node, alignCorners: align, halfPixelCenters: half)
        case .transpose(let permutation): try lowerTranspose(node, permutation: permutation)
        case .select(let indices): try lowerSelection(node, indices)
        case .tile(let multiples): try lowerTile(node, multiples: multiples)
        case .slice(let begin, let sizes, let strides):
            try lowerSlice(node, begin: begin, sizes: sizes, strides: strides)
        case .split(let axis): try lowerSplit(node, axis: axis)
        case .pack(let axis): try lowerPack(node, axis: axis)
        case .unpack(let axis): try lowerUnpack(node, axis: axis)
        case .spaceToDepth(let block): try lowerBlocks(node, blockSize: block, spaceToDepth: true)
        case .depthToSpace(let block): try lowerBlocks(node, blockSize: block, spaceToDepth: false)
        case .argMax(let axis, _): lowerArgMax(node, axis: axis)
        case .localResponse(let local): lowerNormalization(node, local)
        case .sum(let axes, _): try lowerSum(node, axes: axes)
        case .div, .floorDivision, .floorRemainder, .squaredDifference, .cast, .logSoftmax, .l2Normalization, .topK,
            .gather, .gatherND:
            preconditionFailure("\(node.operation.name) has no integer form")
        }
    }

    /// Outputs are what steps write: one that is an input, or constant, becomes a copy of it.
    private mutating func copyTrivialOutputs() throws(CompileError) {
        for place in graph.outputs.indices {
            let source = graph.outputs[place]
            guard graph[source].constant != nil || draft.isInput(source) else { continue }
            var output = graph[source]
            output.constant = nil
            let id = graph.tensors.count
            draft.graph.tensors.append(output)
            draft.graph.outputs[place] = id
            let node = Node(.reshape, inputs: [source], outputs: [id], origin: "output '\(output.name)'")
            let strides = rowMajorStrides(output.shape)
            try copy(node, from: source, strides: strides, to: id, targetStrides: strides, dims: output.shape)
        }
    }

    /// What int8 values of a tensor are XORed with in the arena.
    func flip(of tensor: Tensor) -> UInt32 { tensor.type == .int8 ? set.flip : 0 }

    /// A quantized element as it lies in the arena.
    func arenaByte(_ value: Int32, of tensor: Tensor) -> UInt8 {
        UInt8(truncatingIfNeeded: value) ^ UInt8(flip(of: tensor))
    }
}
