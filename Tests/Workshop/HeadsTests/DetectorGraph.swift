import Graph

/// Networks with a detector's last layers, and the operations behind them as exporters write them.
struct DetectorGraph {
    var graph: Graph
    private var count = 0

    /// - Parameter side: of the picture.
    init(side: Int) {
        graph = Graph(name: "detector", level: .real)
        graph.inputs = [graph.append(Tensor(name: "images", shape: [1, side, side, 3], type: .float32))]
    }

    private mutating func tensor(_ shape: [Int]) -> TensorID {
        count += 1
        return graph.append(Tensor(name: "tensor \(count)", shape: shape, type: .float32))
    }

    mutating func constant(_ shape: [Int], _ values: [Float]) -> TensorID {
        count += 1
        return graph.append(Tensor(name: "constant \(count)", shape: shape, reals: values))
    }

    mutating func add(_ operation: Operation, _ inputs: [TensorID], _ shape: [Int]) -> TensorID {
        let result = tensor(shape)
        graph.nodes.append(Node(operation, inputs: inputs, outputs: [result], origin: "operator \(count)"))
        return result
    }

    /// A layer on the picture: one place every `stride` pixels.
    mutating func layer(stride: Int, channels: Int) -> TensorID {
        // The last place may be a part.
        let side = (graph[graph.inputs[0]].shape[1] + stride - 1) / stride
        let weights = (0..<channels * 3).map { Float($0 % 7) / 16 - 0.2 }
        return add(
            .conv2D(Convolution(strideHeight: stride, strideWidth: stride)),
            [graph.inputs[0], constant([channels, 1, 1, 3], weights)], [1, side, side, channels])
    }

    /// `[1, rows, columns, channels]` as `[1, channels, places]`.
    mutating func planes(_ layer: TensorID) -> TensorID {
        let shape = graph[layer].shape
        let turned = add(.transpose(permutation: [0, 3, 1, 2]), [layer], [1, shape[3], shape[1], shape[2]])
        return add(.reshape, [turned], [1, shape[3], shape[1] * shape[2]])
    }

    mutating func concatenate(_ parts: [TensorID], axis: Int) -> TensorID {
        var shape = graph[parts[0]].shape
        shape[axis] = parts.reduce(0) { $0 + graph[$1].shape[axis] }
        return add(.concatenation(axis: axis, .none), parts, shape)
    }

    mutating func rows(_ x: TensorID, _ range: Range<Int>) -> TensorID {
        let shape = graph[x].shape
        return add(
            .slice(begin: [0, range.lowerBound, 0], sizes: [1, range.count, shape[2]], strides: [1, 1, 1]), [x],
            [1, range.count, shape[2]])
    }

    mutating func unary(_ function: UnaryFunction, _ x: TensorID) -> TensorID {
        add(.unary(function), [x], graph[x].shape)
    }

    mutating func binary(_ operation: Operation, _ a: TensorID, _ b: TensorID) -> TensorID {
        let (one, other) = (graph[a].shape, graph[b].shape)
        return add(operation, [a, b], one.count >= other.count ? one : other)
    }

    /// Middles of places, in units of `stride`, and strides, by level: `[1, 2, places]` and `[1, 1, places]`.
    mutating func grid(_ strides: [Int], offset: Float, times: Bool = false) -> (middles: TensorID, strides: TensorID) {
        let picture = graph[graph.inputs[0]].shape[1]
        var (x, y, all): ([Float], [Float], [Float]) = ([], [], [])
        for stride in strides {
            let side = picture / stride
            for place in 0..<side * side {
                x.append((Float(place % side) + offset) * (times ? Float(stride) : 1))
                y.append((Float(place / side) + offset) * (times ? Float(stride) : 1))
                all.append(Float(stride))
            }
        }
        return (constant([1, 2, x.count], x + y), constant([1, 1, x.count], all))
    }

    /// Boxes by distances (1 bin) or distributions, scores by sigmoid: YOLOv6, v8, 11.
    static func branches(side: Int, classes: Int, bins: Int, corners: Bool = false) -> Graph {
        var made = DetectorGraph(side: side)
        let strides = [8, 16, 32]
        var (boxes, scores): ([TensorID], [TensorID]) = ([], [])
        for stride in strides {
            boxes.append(made.planes(made.layer(stride: stride, channels: 4 * bins)))
            scores.append(made.planes(made.layer(stride: stride, channels: classes)))
        }
        var sides = made.concatenate(boxes, axis: 2)
        let count = made.graph[sides].shape[2]
        if bins > 1 {
            let apart = made.add(.reshape, [sides], [1, 4, bins, count])
            let last = made.add(.transpose(permutation: [0, 3, 1, 2]), [apart], [1, count, 4, bins])
            let weights = made.add(.softmax(beta: 1), [last], [1, count, 4, bins])
            let numbers = made.constant([1, 1, 1, bins], (0..<bins).map { Float($0) })
            let mean = made.add(
                .conv2D(Convolution(strideHeight: 1, strideWidth: 1)), [weights, numbers], [1, count, 4, 1])
            let turned = made.add(.transpose(permutation: [0, 2, 1, 3]), [mean], [1, 4, count, 1])
            sides = made.add(.reshape, [turned], [1, 4, count])
        }
        let grid = made.grid(strides, offset: 0.5)
        let first = made.binary(.sub(.none), grid.middles, made.rows(sides, 0..<2))
        let last = made.binary(.add(.none), grid.middles, made.rows(sides, 2..<4))
        var box: TensorID
        if corners {
            box = made.concatenate([first, last], axis: 1)
        } else {
            let half = made.constant([], [0.5])
            let middle = made.binary(.mul(.none), made.binary(.add(.none), first, last), half)
            box = made.concatenate([middle, made.binary(.sub(.none), last, first)], axis: 1)
        }
        box = made.binary(.mul(.none), box, grid.strides)
        let all = made.concatenate([box, made.unary(.logistic, made.concatenate(scores, axis: 2))], axis: 1)
        made.graph.outputs = [all]
        return made.graph
    }

    /// Objectness in a layer of its own; boxes are left to whoever reads them.
    /// - Parameter apart: the layers are the outputs.
    static func decoupled(side: Int, classes: Int, apart: Bool = false) -> Graph {
        var made = DetectorGraph(side: side)
        if apart {
            made.graph.outputs = [8, 16, 32].flatMap { stride in
                [4, 1, classes].map { made.layer(stride: stride, channels: $0) }
            }
            return made.graph
        }
        let levels = [8, 16, 32].map { stride -> TensorID in
            let boxes = made.layer(stride: stride, channels: 4)
            let object = made.unary(.logistic, made.layer(stride: stride, channels: 1))
            let scores = made.unary(.logistic, made.layer(stride: stride, channels: classes))
            return made.planes(made.concatenate([boxes, object, scores], axis: 3))
        }
        let all = made.concatenate(levels, axis: 2)
        let shape = made.graph[all].shape
        made.graph.outputs = [made.add(.transpose(permutation: [0, 2, 1]), [all], [1, shape[2], shape[1]])]
        return made.graph
    }

    /// Three anchors a place, all in one layer: YOLOv5.
    static func anchors(side: Int, classes: Int, sizes: [[(Float, Float)]]) -> Graph {
        var made = DetectorGraph(side: side)
        let values = 5 + classes
        let levels = zip([8, 16, 32], sizes).map { stride, anchors -> TensorID in
            let layer = made.layer(stride: stride, channels: anchors.count * values)
            let cells = side / stride
            let places = cells * cells
            let apart = made.add(.reshape, [layer], [1, places, anchors.count, values])
            let turned = made.add(.transpose(permutation: [0, 2, 1, 3]), [apart], [1, anchors.count, places, values])
            let rows = made.add(.reshape, [turned], [1, anchors.count * places, values])
            let ready = made.unary(.logistic, rows)
            func part(_ range: Range<Int>) -> TensorID {
                made.add(
                    .slice(
                        begin: [0, 0, range.lowerBound], sizes: [1, anchors.count * places, range.count],
                        strides: [1, 1, 1]), [ready], [1, anchors.count * places, range.count])
            }
            var (grid, extents): ([Float], [Float]) = ([], [])
            for anchor in anchors {
                for place in 0..<places {
                    grid += [place % cells, place / cells].map { (Float($0) - 0.5) * Float(stride) }
                    extents += [4 * anchor.0, 4 * anchor.1]
                }
            }
            let shape = [1, anchors.count * places, 2]
            let twice = made.constant([], [2 * Float(stride)])
            let middle = made.binary(
                .add(.none), made.binary(.mul(.none), part(0..<2), twice), made.constant(shape, grid))
            let square = made.unary(.square, part(2..<4))
            let size = made.binary(.mul(.none), square, made.constant(shape, extents))
            return made.concatenate([middle, size, part(4..<values)], axis: 2)
        }
        made.graph.outputs = [made.concatenate(levels, axis: 1)]
        return made.graph
    }
}
