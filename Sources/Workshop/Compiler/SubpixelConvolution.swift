import Graph

/// TRANSPOSE_CONV as a convolution for each place of a stride x stride block of its output, whose results are then put side by side: all
/// outputs in one place see taps of their own, and no others.
///
/// W. Shi et al., "Is the deconvolution layer the same as a convolutional layer?", 2016 (the note to "Real-Time Single Image and Video
/// Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016).
extension Simplification {
    /// One place along one axis: input row y and tap k add to output row y * stride - padding + k, so that output row stride * y + place
    /// sees the taps `first`, `first + stride`, ...
    private struct Place {
        let first: Int
        /// Of the convolution: taps, rows before the first and behind the last.
        let taps: Int
        let before: Int
        let after: Int

        /// Nil where no convolution gives these rows.
        init?(_ place: Int, input: Int, output: Int, kernel: Int, stride: Int, padding: Int) {
            first = (place + padding) % stride
            taps = (kernel - first + stride - 1) / stride
            before = taps - 1 - (place + padding) / stride
            after = output / stride + taps - 1 - input - before
            // An output that ends before the input does is none of a convolution's.
            guard first < kernel, before >= 0, after >= 0, output % stride == 0 else { return nil }
        }
    }

    /// - Returns: how many became convolutions.
    static func spreadTransposedConvolutions(_ graph: inout Graph) -> Int {
        graph.replaceNodes(spread)
    }

    private static func spread(_ node: Node, in graph: inout Graph) -> [Node]? {
        guard case .transposeConv(let t) = node.operation, t.strideHeight == t.strideWidth, t.strideHeight > 1 else {
            return nil
        }
        let stride = t.strideHeight
        let weights = graph[node.inputs[1]]
        let output = graph[node.outputs[0]]
        let (x, y, w) = (graph[node.inputs[0]].shape, output.shape, weights.shape)
        guard let constant = weights.constant else { return nil }
        var rows: [Place] = []
        var columns: [Place] = []
        for place in 0..<stride {
            guard
                let row = Place(
                    place, input: x[1], output: y[1], kernel: w[1], stride: stride, padding: t.padding.top),
                let column = Place(
                    place, input: x[2], output: y[2], kernel: w[2], stride: stride, padding: t.padding.left)
            else { return nil }
            rows.append(row)
            columns.append(column)
        }

        var nodes: [Node] = []
        var results: [TensorID] = []
        let (channels, depth) = (w[0], w[3])
        for (number, (row, column)) in rows.flatMap({ row in columns.map { (row, $0) } }).enumerated() {
            // A convolution's taps run the other way.
            var taps: [UInt8] = []
            taps.reserveCapacity(channels * row.taps * column.taps * depth)
            for channel in 0..<channels {
                for ky in (0..<row.taps).reversed() {
                    for kx in (0..<column.taps).reversed() {
                        let (tapRow, tapColumn) = (row.first + ky * stride, column.first + kx * stride)
                        let source = ((channel * w[1] + tapRow) * w[2] + tapColumn) * depth
                        taps += constant[source..<source + depth]
                    }
                }
            }
            var filters = weights
            filters.shape = [channels, row.taps, column.taps, depth]
            filters.constant = taps
            var result = output
            result.name += "/\(number)"
            result.shape = [y[0], y[1] / stride, y[2] / stride, channels]
            results.append(graph.append(result))
            let convolution = Convolution(
                strideHeight: 1, strideWidth: 1,
                padding: Padding(top: row.before, bottom: row.after, left: column.before, right: column.after),
                activation: t.activation)
            let operands = [node.inputs[0], graph.append(filters)] + node.inputs.dropFirst(2)
            nodes.append(Node(.conv2D(convolution), inputs: operands, outputs: [results[number]], origin: node.origin))
        }
        var blocks = output
        blocks.name += "/blocks"
        blocks.shape = [y[0], y[1] / stride, y[2] / stride, stride * stride * channels]
        let joined = graph.append(blocks)
        nodes.append(Node(.concatenation(axis: 3, .none), inputs: results, outputs: [joined], origin: node.origin))
        nodes.append(
            Node(.depthToSpace(blockSize: stride), inputs: [joined], outputs: node.outputs, origin: node.origin))
        return nodes
    }
}
