import Graph
import Testing

@testable import Heads

@Suite("Grids of cells")
struct CellTests {
    /// A network that says of each cell what is in it, as FOMO does.
    private func graph(
        side: Int = 96, stride: Int = 8, classes: Int = 3, kernel: Int = 1, channelsFirst: Bool = false,
        isFinal: Bool = true, growing: Bool = false
    ) throws -> Graph {
        var made = DetectorGraph(side: side)
        var x = made.layer(stride: growing ? 2 * stride : stride, channels: 4)
        var shape = made.graph[x].shape
        if growing {
            shape = [1, 2 * shape[1], 2 * shape[2], 4]
            x = made.add(
                .resizeBilinear(alignCorners: false, halfPixelCenters: true, asFloats: false), [x], shape)
        }
        shape[3] = classes
        if kernel == 3 { shape = [1, shape[1] - 2, shape[2] - 2, classes] }
        let weights = made.constant(
            [classes, kernel, kernel, 4], (0..<classes * kernel * kernel * 4).map { Float($0 % 5) / 4 - 0.5 })
        x = made.add(.conv2D(Convolution(strideHeight: 1, strideWidth: 1)), [x, weights], shape)
        if isFinal { x = made.add(.softmax(beta: 1), [x], shape) }
        if channelsFirst {
            x = made.add(.transpose(permutation: [0, 3, 1, 2]), [x], [1, classes, shape[1], shape[2]])
        }
        made.graph.outputs = [x]
        try made.graph.validate()
        return made.graph
    }

    @Test("A softmax of each cell is taken for FOMO, and nobody calls that proved", arguments: [false, true])
    func recognized(channelsFirst: Bool) throws {
        for (side, stride) in [(96, 8), (160, 8), (100, 8), (128, 16)] {
            let finding = try #require(
                HeadRecognition.find(in: graph(side: side, stride: stride, channelsFirst: channelsFirst)))
            #expect(!finding.isProved && finding.head.coder == .cells && finding.head.suppression == .fuse)
            #expect(finding.head.classes == 3 && finding.head.firstClass == 1 && finding.head.score == 0.5)
            let level = finding.head.levels[0]
            #expect(level.rows == (side + stride - 1) / stride && level.strideX == Double(stride))
            // The first cell is the picture's corner.
            let prior = level.prior(place: 0, anchor: 0)
            #expect(prior.x == Double(stride) / 2 && prior.width == Double(stride))
        }
    }

    @Test("What may as well be a segmentation is not, unless somebody says so")
    func others() throws {
        for (name, graph) in [
            ("a grid of 4 pixels", try graph(stride: 4)), ("no softmax", try graph(isFinal: false)),
            ("cells that look at their neighbours", try graph(side: 128, stride: 8, kernel: 3)),
            ("one that becomes finer", try graph(growing: true)), ("many classes", try graph(classes: 33)),
        ] {
            #expect(HeadRecognition.find(in: graph) == nil, "\(name)")
            let named = try #require(HeadRecognition.cells(in: graph, output: 0, areLogits: false), "\(name)")
            #expect(named.isProved && named.head.coder == .cells && named.head.firstClass == 1)
        }
        // No background where there is one class alone.
        let one = try #require(HeadRecognition.cells(in: graph(classes: 1, isFinal: false), output: 0, areLogits: true))
        #expect(one.head.firstClass == 0 && one.head.scoreCurve == .sigmoid(factor: 1, offset: 0))
    }

    @Test(
        "An int8 file ends where its softmax does, whatever its output is",
        arguments: [ElementType.int8, .uint8, .float32])
    func quantized(output: ElementType) throws {
        var graph = Graph(name: "cells")
        func tensor(_ shape: [Int], _ type: ElementType, scale: Float? = nil, zero: Int32 = 0, ones: Bool = false)
            -> TensorID
        {
            let count = shape.reduce(1, *) * (type == .int32 ? 4 : 1)
            return graph.append(
                Tensor(
                    name: "tensor \(graph.tensors.count)", shape: shape, type: type,
                    quantization: scale.map { Quantization(scale: $0, zeroPoint: zero) },
                    constant: ones ? [UInt8](repeating: type == .int32 ? 0 : 1, count: count) : nil))
        }
        func layer(_ x: TensorID, stride: Int, _ shape: [Int]) -> TensorID {
            let depth = graph[x].shape[3]
            let weights = tensor([shape[3], 1, 1, depth], .int8, scale: 0.01, ones: true)
            let scale = (graph[x].quantization?.scale ?? 1) * 0.01
            let bias = tensor([shape[3]], .int32, scale: scale, ones: true)
            let result = tensor(shape, .int8, scale: 0.05)
            graph.nodes.append(
                Node(
                    .conv2D(Convolution(strideHeight: stride, strideWidth: stride)), inputs: [x, weights, bias],
                    outputs: [result], origin: "layer"))
            return result
        }
        graph.inputs = [tensor([1, 96, 96, 1], .int8, scale: 1 / 255, zero: -128)]
        let logits = layer(layer(graph.inputs[0], stride: 8, [1, 12, 12, 8]), stride: 1, [1, 12, 12, 2])
        let scores = tensor([1, 12, 12, 2], .int8, scale: 1 / 256, zero: -128)
        graph.nodes.append(Node(.softmax(beta: 1), inputs: [logits], outputs: [scores], origin: "softmax"))
        graph.outputs = [scores]
        if output != .int8 {
            let isReal = output == .float32
            graph.outputs = [tensor([1, 12, 12, 2], output, scale: isReal ? nil : 1 / 256)]
            graph.nodes.append(
                Node(isReal ? .dequantize : .quantize, inputs: [scores], outputs: graph.outputs, origin: "end"))
        }
        try graph.validate()
        let finding = try #require(HeadRecognition.find(in: graph))
        #expect(finding.head.coder == .cells && finding.head.classes == 2)
        let cut = graph.cut(at: finding.head)
        let head = try #require(cut)
        #expect(graph.outputs == head.tensors && graph[head.tensors[0]].type == .int8 && graph.nodes.count == 3)
    }

    @Test("What has no cells is none, whoever says so")
    func refused() throws {
        #expect(HeadRecognition.cells(in: try graph(stride: 1), output: 0, areLogits: false) == nil)
        #expect(HeadRecognition.cells(in: try graph(), output: 1, areLogits: false) == nil)
        var made = DetectorGraph(side: 64)
        let mean = made.add(.mean(axes: [1, 2], keepDims: false), [made.layer(stride: 32, channels: 10)], [1, 10])
        made.graph.outputs = [made.add(.softmax(beta: 1), [mean], [1, 10])]
        #expect(HeadRecognition.cells(in: made.graph, output: 0, areLogits: false) == nil)
    }
}
