import CBundle
import Graph

/// Operators of float32 and int32, behind what is quantized. Few kernels serve: what is not one of them is several.
extension Lowering {
    /// - Returns: false for operators of int8, and for those that move bytes of any kind.
    mutating func lowerNumbers(_ node: Node) throws(CompileError) -> Bool {
        let output = graph[node.outputs[0]]
        switch node.operation {
        case .argMax(let axis, let least): return lowerPlaces(node, axis: axis, least: least)
        case .topK(let count):
            lowerTop(node, count: count)
            return true
        case .gather(let axis, let batches):
            lowerGather(node, axis: axis, batches: batches)
            return true
        case .gatherND:
            lowerGather(node)
            return true
        default: break
        }
        guard output.type == .float32 || output.type == .int32 else { return false }
        switch node.operation {
        case .add, .sub, .mul, .div, .minimum, .maximum, .prelu, .floorDivision, .floorRemainder, .squaredDifference:
            try lowerPair(node)
        case .unary(let function): try lowerFunction(node, function)
        case .cast(let offset): try lowerCast(node, offset: offset)
        case .softmax(let beta): lowerExponentials(node, beta: beta)
        case .logSoftmax: lowerExponentials(node, beta: nil)
        case .l2Normalization: try lowerLength(node)
        case .mean(let axes, _): try lowerReduction(node, axes: axes, .mean)
        case .sum(let axes, _): try lowerReduction(node, axes: axes, .sum)
        case .reduceExtreme(let axes, _, let greatest):
            try lowerReduction(node, axes: axes, greatest ? .greatest : .least)
        default: return false
        }
        return true
    }

    /// SUM of int8: elements as they are, summed as float32 without rounding.
    mutating func lowerSum(_ node: Node, axes: [Int]) throws(CompileError) {
        let (x, y) = (graph[node.inputs[0]], graph[node.outputs[0]])
        let count = axes.reduce(1) { $0 * x.shape[$1] }
        guard count < 1 << 16 else {
            throw CompileError("\(node.origin): sums \(count) elements; fewer than 65,536 are supported")
        }
        let parameters = SumOverAxes(input: quantization(x), output: quantization(y), count: count)
        let raw = converted(node, node.inputs[0], zero: 0)
        let sum = added(node, y.shape, .float32)
        try reduce(node, raw, axes: axes, OC_REDUCE_SUM, to: sum)
        let scaled = try real(OC_REAL_MULTIPLY, node, [sum, constant(parameters.scale)])
        let moved = try real(OC_REAL_ADD, node, [scaled, constant(parameters.offset)])
        var step = DraftStep(OC_KERNEL_QUANTIZE, name: node.origin, inputs: [moved], output: node.outputs[0])
        step.record.affine = oc_affine(
            count: Int32(y.elementCount), scale: 1, zero: parameters.outputZeroPoint, clamp_min: -128, clamp_max: 127)
        draft.steps.append(step)
    }

    // MARK: Element by element

    private mutating func lowerPair(_ node: Node) throws(CompileError) {
        let isReal = graph[node.outputs[0]].type == .float32
        func choose(_ real: oc_real_op, _ whole: oc_real_op) -> oc_real_op { isReal ? real : whole }
        let op: oc_real_op
        var limits = Activation.none.bounds
        switch node.operation {
        case .add(let activation): (op, limits) = (choose(OC_REAL_ADD, OC_WHOLE_ADD), activation.bounds)
        case .sub(let activation): (op, limits) = (choose(OC_REAL_SUBTRACT, OC_WHOLE_SUBTRACT), activation.bounds)
        case .mul(let activation): (op, limits) = (choose(OC_REAL_MULTIPLY, OC_WHOLE_MULTIPLY), activation.bounds)
        case .div(let activation): (op, limits) = (choose(OC_REAL_DIVIDE, OC_WHOLE_DIVIDE), activation.bounds)
        case .minimum: op = choose(OC_REAL_MINIMUM, OC_WHOLE_MINIMUM)
        case .maximum: op = choose(OC_REAL_MAXIMUM, OC_WHOLE_MAXIMUM)
        case .prelu: op = OC_REAL_SLOPE
        case .floorRemainder: op = OC_WHOLE_REMAINDER
        case .floorDivision:
            guard isReal else {
                op = OC_WHOLE_FLOOR_DIVIDE
                break
            }
            let quotient = try real(OC_REAL_DIVIDE, node, node.inputs)
            return try real(OC_REAL_FLOOR, node, [quotient], to: node.outputs[0])
        case .squaredDifference:
            let difference = try real(choose(OC_REAL_SUBTRACT, OC_WHOLE_SUBTRACT), node, node.inputs)
            return try real(
                choose(OC_REAL_MULTIPLY, OC_WHOLE_MULTIPLY), node, [difference, difference], to: node.outputs[0])
        default: preconditionFailure("\(node.operation.name) is not of two operands")
        }
        try real(op, node, node.inputs, to: node.outputs[0], limits: limits)
    }

    private mutating func lowerFunction(_ node: Node, _ function: UnaryFunction) throws(CompileError) {
        let x = node.inputs[0]
        let y = node.outputs[0]
        guard graph[y].type == .float32 else {
            switch function {
            case .square: try real(OC_WHOLE_MULTIPLY, node, [x, x], to: y)
            case .neg: try real(OC_WHOLE_SUBTRACT, node, [whole(0), x], to: y)
            default: try real(OC_WHOLE_MAXIMUM, node, [x, real(OC_WHOLE_SUBTRACT, node, [whole(0), x])], to: y)
            }
            return
        }
        switch function {
        case .exp: try real(OC_REAL_EXP, node, [x], to: y)
        case .log: try real(OC_REAL_LOG, node, [x], to: y)
        case .logistic: try real(OC_REAL_LOGISTIC, node, [x], to: y)
        case .tanh: try real(OC_REAL_TANH, node, [x], to: y)
        case .elu: try real(OC_REAL_ELU, node, [x], to: y)
        case .abs: try real(OC_REAL_MAGNITUDE, node, [x], to: y)
        case .sqrt: try real(OC_REAL_ROOT, node, [x], to: y)
        case .rsqrt: try real(OC_REAL_INVERSE_ROOT, node, [x], to: y)
        case .floor: try real(OC_REAL_FLOOR, node, [x], to: y)
        case .neg: try real(OC_REAL_MULTIPLY, node, [x, constant(-1)], to: y)
        case .square: try real(OC_REAL_MULTIPLY, node, [x, x], to: y)
        case .relu: try real(OC_REAL_KEEP, node, [x], to: y, limits: Activation.relu.bounds)
        case .relu6: try real(OC_REAL_KEEP, node, [x], to: y, limits: Activation.relu6.bounds)
        case .reluN1To1: try real(OC_REAL_KEEP, node, [x], to: y, limits: Activation.reluN1To1.bounds)
        case .leakyRelu(let alpha): try real(OC_REAL_SLOPE, node, [x, constant(alpha)], to: y)
        case .hardSwish:
            let gate = try real(OC_REAL_ADD, node, [x, constant(3)], limits: Activation.relu6.bounds)
            let product = try real(OC_REAL_MULTIPLY, node, [x, gate])
            try real(OC_REAL_DIVIDE, node, [product, constant(6)], to: y)
        case .gelu:
            // x / 2 (1 + tanh(c x (1 + 0.044715 x x))).
            let square = try real(OC_REAL_MULTIPLY, node, [x, x])
            let bent = try real(
                OC_REAL_ADD, node, [real(OC_REAL_MULTIPLY, node, [square, constant(0.044715)]), constant(1)])
            let scaled = try real(OC_REAL_MULTIPLY, node, [x, constant(UnaryFunction.approximateGeluScale)])
            let gate = try real(OC_REAL_TANH, node, [real(OC_REAL_MULTIPLY, node, [scaled, bent])])
            let half = try real(OC_REAL_MULTIPLY, node, [x, constant(0.5)])
            try real(OC_REAL_MULTIPLY, node, [half, real(OC_REAL_ADD, node, [gate, constant(1)])], to: y)
        default: preconditionFailure("\(function.name) has no form of float32: the graph was not validated")
        }
    }

    private mutating func lowerCast(_ node: Node, offset: Int32) throws(CompileError) {
        let (x, y) = (node.inputs[0], node.outputs[0])
        switch (graph[x].type, graph[y].type) {
        case (.float32, .int32): try real(OC_WHOLE_OF_REAL, node, [x], to: y)
        case (.int32, .float32): try real(OC_REAL_OF_WHOLE, node, [x], to: y)
        case (.float32, .float32), (.int32, .int32): try lowerReshape(node)
        case (_, .float32): _ = converted(node, x, zero: -offset, to: y)
        default: try real(OC_WHOLE_OF_REAL, node, [converted(node, x, zero: -offset)], to: y)
        }
    }

    /// Bytes less `zero` as float32.
    private mutating func converted(_ node: Node, _ x: TensorID, zero: Int32, to target: TensorID? = nil) -> TensorID {
        let output = target ?? added(node, graph[x].shape, .float32)
        var step = DraftStep(OC_KERNEL_DEQUANTIZE, name: node.origin, inputs: [x], output: output)
        step.record.affine = oc_affine(
            count: Int32(graph[x].elementCount), scale: 1, zero: zero, clamp_min: -128, clamp_max: 127)
        draft.steps.append(step)
        return output
    }

    // MARK: Many to one

    /// SOFTMAX along the last dimension; LOG_SOFTMAX without beta.
    private mutating func lowerExponentials(_ node: Node, beta: Float?) {
        let x = graph[node.inputs[0]]
        let depth = x.shape.last ?? 1
        var step = DraftStep(OC_KERNEL_REDUCE, name: node.origin, inputs: node.inputs, output: node.outputs[0])
        let op = beta == nil ? OC_REDUCE_LOG_SOFTMAX : OC_REDUCE_SOFTMAX
        step.record.reduce = oc_reduce(
            op: Int32(bitPattern: op.rawValue), outer: Int32(x.elementCount / depth), axis: Int32(depth), inner: 1,
            count: 1, beta: beta ?? 1)
        draft.steps.append(step)
    }

    private mutating func lowerLength(_ node: Node) throws(CompileError) {
        let x = node.inputs[0]
        let sum = added(node, Array(graph[x].shape.dropLast()) + [1], .float32)
        let squares = try real(OC_REAL_MULTIPLY, node, [x, x])
        try reduce(node, squares, axes: [graph[x].shape.count - 1], OC_REDUCE_SUM, to: sum)
        let length = try real(OC_REAL_ROOT, node, [sum], limits: 1e-6 ... .infinity)
        try real(OC_REAL_DIVIDE, node, [x, length], to: node.outputs[0])
    }

    private enum Reduction { case sum, mean, greatest, least }

    private mutating func lowerReduction(_ node: Node, axes: [Int], _ kind: Reduction) throws(CompileError) {
        let (x, y) = (node.inputs[0], node.outputs[0])
        switch kind {
        case .sum: try reduce(node, x, axes: axes, OC_REDUCE_SUM, to: y)
        case .greatest: try reduce(node, x, axes: axes, OC_REDUCE_MAX, to: y)
        case .mean:
            let sum = added(node, graph[y].shape, .float32)
            try reduce(node, x, axes: axes, OC_REDUCE_SUM, to: sum)
            let count = axes.reduce(1) { $0 * graph[x].shape[$1] }
            try real(OC_REAL_DIVIDE, node, [sum, constant(Float(count))], to: y)
        case .least:
            let turned = try real(OC_REAL_MULTIPLY, node, [x, constant(-1)])
            let greatest = added(node, graph[y].shape, .float32)
            try reduce(node, turned, axes: axes, OC_REDUCE_MAX, to: greatest)
            try real(OC_REAL_MULTIPLY, node, [greatest, constant(-1)], to: y)
        }
    }

    /// Neighbouring axes at once, the last first.
    private mutating func reduce(
        _ node: Node, _ x: TensorID, axes: [Int], _ op: oc_reduction, to y: TensorID
    ) throws(CompileError) {
        var (shape, source) = (graph[x].shape, x)
        var left = axes
        while let last = left.popLast() {
            var first = last
            while left.last == first - 1 { first = left.removeLast() }
            var r = oc_reduce()
            r.op = Int32(bitPattern: op.rawValue)
            r.outer = Int32(shape[..<first].reduce(1, *))
            r.axis = Int32(shape[first...last].reduce(1, *))
            r.inner = Int32(shape[(last + 1)...].reduce(1, *))
            r.count = 1
            for axis in first...last { shape[axis] = 1 }
            let target = left.isEmpty ? y : added(node, shape, .float32)
            var step = DraftStep(OC_KERNEL_REDUCE, name: node.origin, inputs: [source], output: target)
            step.record.reduce = r
            draft.steps.append(step)
            source = target
        }
    }

    /// ARG_MAX and ARG_MIN of others than int8, and ARG_MIN of int8.
    private mutating func lowerPlaces(_ node: Node, axis: Int, least: Bool) -> Bool {
        var x = node.inputs[0]
        let shape = graph[x].shape
        if graph[x].type == .int8 {
            guard least else { return false }
            x = turned(node, x, to: nil, shape)
        } else if least {
            // The least of all is what is left when their order is turned round.
            let isReal = graph[x].type == .float32
            guard
                let turned = try? isReal
                    ? real(OC_REAL_MULTIPLY, node, [x, constant(-1)])
                    : real(OC_WHOLE_SUBTRACT, node, [whole(-1), x])
            else { return false }
            x = turned
        }
        top(
            node, x, outer: shape[..<axis].reduce(1, *), axis: shape[axis], inner: shape[(axis + 1)...].reduce(1, *),
            count: 1, to: node.outputs[0])
        return true
    }

    private mutating func lowerTop(_ node: Node, count: Int) {
        let x = node.inputs[0]
        let depth = graph[x].shape.last ?? 1
        let rows = graph[x].elementCount / depth
        top(node, x, outer: rows, axis: depth, inner: 1, count: count, to: node.outputs[1])
        gather(
            node, x, node.outputs[1], outer: rows, count: count, extents: [depth], each: true, to: node.outputs[0])
    }

    private mutating func top(
        _ node: Node, _ x: TensorID, outer: Int, axis: Int, inner: Int, count: Int, to y: TensorID
    ) {
        var step = DraftStep(OC_KERNEL_REDUCE, name: node.origin, inputs: [x], output: y)
        step.record.reduce = oc_reduce(
            op: Int32(bitPattern: OC_REDUCE_TOP.rawValue), outer: Int32(outer), axis: Int32(axis), inner: Int32(inner),
            count: Int32(count), beta: 0)
        draft.steps.append(step)
    }

    // MARK: By index

    private mutating func lowerGather(_ node: Node, axis: Int, batches: Int) {
        let (shape, indices) = (graph[node.inputs[0]].shape, graph[node.inputs[1]].shape)
        let outer = shape[..<axis].reduce(1, *)
        // Between batches and axis, the same indices serve again.
        let repeated = shape[batches..<axis].reduce(1, *)
        let count = indices.dropFirst(batches).reduce(1, *)
        var chosen = node.inputs[1]
        if batches > 0, repeated > 1 {
            let batch = shape[..<batches].reduce(1, *)
            chosen = added(node, [batch, repeated, count], .int32)
            var step = DraftStep(OC_KERNEL_COPY, name: node.origin, inputs: [node.inputs[1]], output: chosen)
            var copy = oc_copy()
            copy.set(
                StridedCopy(
                    dims: [batch, repeated, count], source: [count, 0, 1], target: [repeated * count, count, 1]
                ).merged())
            copy.element_bytes = 4
            step.record.copy = copy
            draft.steps.append(step)
        }
        gather(
            node, node.inputs[0], chosen, outer: outer, count: count, extents: [shape[axis]], each: batches > 0,
            to: node.outputs[0])
    }

    private mutating func lowerGather(_ node: Node) {
        let (shape, indices) = (graph[node.inputs[0]].shape, graph[node.inputs[1]].shape)
        let depth = indices.last ?? 1
        gather(
            node, node.inputs[0], node.inputs[1], outer: 1, count: indices.dropLast().reduce(1, *),
            extents: Array(shape[..<depth]), each: false, to: node.outputs[0])
    }

    private mutating func gather(
        _ node: Node, _ x: TensorID, _ indices: TensorID, outer: Int, count: Int, extents: [Int], each: Bool,
        to y: TensorID
    ) {
        var step = DraftStep(OC_KERNEL_GATHER, name: node.origin, inputs: [x, indices], output: y)
        var g = oc_gather()
        (g.outer, g.count, g.depth, g.each) = (Int32(outer), Int32(count), Int32(extents.count), each ? 1 : 0)
        g.extents = (1, 1, 1, 1, 1, 1)
        withUnsafeMutableBytes(of: &g.extents) { raw in
            for (d, extent) in extents.enumerated() { raw.bindMemory(to: Int32.self)[d] = Int32(extent) }
        }
        step.record.gather = g
        draft.steps.append(step)
    }

    // MARK: Steps

    /// - Returns: a new tensor with what `op` makes of the operands.
    private mutating func real(
        _ op: oc_real_op, _ node: Node, _ inputs: [TensorID], limits: ClosedRange<Float> = -.infinity ... .infinity
    ) throws(CompileError) -> TensorID {
        var shape = graph[inputs[0]].shape
        for other in inputs.dropFirst() {
            let theirs = graph[other].shape
            let rank = max(shape.count, theirs.count)
            let (a, b) = (
                Array(repeating: 1, count: rank - shape.count) + shape,
                Array(repeating: 1, count: rank - theirs.count) + theirs
            )
            shape = zip(a, b).map { max($0, $1) }
        }
        let isReal = op.rawValue <= OC_REAL_OF_WHOLE.rawValue
        let output = added(node, shape, isReal ? .float32 : .int32)
        try real(op, node, inputs, to: output, limits: limits)
        return output
    }

    private mutating func real(
        _ op: oc_real_op, _ node: Node, _ inputs: [TensorID], to output: TensorID,
        limits: ClosedRange<Float> = -.infinity ... .infinity
    ) throws(CompileError) {
        let shape = graph[output].shape
        let broadcast = Broadcast(shape, graph[inputs[0]].shape, graph[inputs[inputs.count - 1]].shape)
        guard broadcast.dims.count <= Int(OC_BINARY_DIMS) else {
            throw CompileError(
                "\(node.origin): broadcasts along more than \(OC_BINARY_DIMS) dimensions; reshape its operands in the model"
            )
        }
        var r = oc_real()
        r.op = Int32(bitPattern: op.rawValue)
        withUnsafeMutableBytes(of: &r.dims) { fillWords($0, broadcast.dims, before: 1) }
        withUnsafeMutableBytes(of: &r.stride_a) { fillWords($0, broadcast.left, before: 0) }
        withUnsafeMutableBytes(of: &r.stride_b) { fillWords($0, broadcast.right, before: 0) }
        (r.low, r.high) = (limits.lowerBound, limits.upperBound)
        var step = DraftStep(OC_KERNEL_REAL, name: node.origin, inputs: inputs, output: output)
        step.record.real = r
        draft.steps.append(step)
    }

    private mutating func added(_ node: Node, _ shape: [Int], _ type: ElementType) -> TensorID {
        draft.graph.append(Tensor(name: "\(graph[node.outputs[0]].name)/part", shape: shape, type: type))
    }

    private mutating func constant(_ value: Float) -> TensorID {
        draft.graph.append(Tensor(name: "\(value)", shape: [], reals: [value]))
    }

    private mutating func whole(_ value: Int32) -> TensorID {
        let bytes = withUnsafeBytes(of: value.littleEndian) { Array($0) }
        return draft.graph.append(Tensor(name: "\(value)", shape: [], type: .int32, constant: bytes))
    }
}
