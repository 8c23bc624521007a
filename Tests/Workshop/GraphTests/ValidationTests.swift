import Graph
import Testing

/// `Graph.validate()` refuses what later stages could not bear, and names it.
@Suite struct ValidationTests {
    private static let quantization = Quantization(scale: 0.5, zeroPoint: 3)

    private func int8(_ name: String, _ shape: [Int]) -> Tensor {
        Tensor(name: name, shape: shape, type: .int8, quantization: Self.quantization)
    }

    private func weights(_ shape: [Int]) -> Tensor {
        Tensor(
            name: "w", shape: shape, type: .int8, quantization: Quantization(scale: 0.1, zeroPoint: 0),
            constant: [UInt8](repeating: 0x80, count: shape.reduce(1, *)))
    }

    private func bias(_ count: Int) -> Tensor {
        Tensor(name: "b", shape: [count], type: .int32, constant: [UInt8](repeating: 0, count: 4 * count))
    }

    /// 3x3 convolution of 8x8x2 to 6x6x4, then RELU.
    private func sound() -> Graph {
        Graph(
            name: "sound",
            tensors: [
                int8("x", [1, 8, 8, 2]), weights([4, 3, 3, 2]), bias(4), int8("c", [1, 6, 6, 4]),
                int8("y", [1, 6, 6, 4]),
            ],
            nodes: [
                Node(
                    .conv2D(Convolution(strideHeight: 1, strideWidth: 1)), inputs: [0, 1, 2], outputs: [3],
                    origin: "first"),
                Node(.unary(.relu), inputs: [3], outputs: [4], origin: "second"),
            ], inputs: [0], outputs: [4])
    }

    private func problem(_ graph: Graph) -> String {
        do throws(GraphError) {
            try graph.validate()
            return "valid"
        } catch {
            return error.description
        }
    }

    /// The sound graph after a change.
    private func problem(_ change: (inout Graph) -> Void) -> String {
        var graph = sound()
        change(&graph)
        return problem(graph)
    }

    /// What validation says of the sound graph after a change: "valid", or a part of the message.
    private func expect(
        _ expected: String, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout Graph) -> Void
    ) {
        let text = problem(change)
        #expect(
            text == expected || (expected != "valid" && text.contains(expected)), "\(text)",
            sourceLocation: sourceLocation)
    }

    /// One operation on int8 tensors of these shapes.
    private func problem(_ operation: Operation, _ inputs: [[Int]], _ outputs: [[Int]]) -> String {
        let tensors = (inputs + outputs).enumerated().map { int8("t\($0.offset)", $0.element) }
        let split = inputs.count
        return problem(
            Graph(
                name: "one", tensors: tensors,
                nodes: [
                    Node(
                        operation, inputs: Array(0..<split), outputs: Array(split..<tensors.count), origin: "node")
                ], inputs: Array(0..<split), outputs: Array(split..<tensors.count)))
    }

    @Test("Scales of weights and biases may be 0, tiny or large; those of activations may not")
    func weightScales() {
        for scale: Float in [1.08e9, 1e30, .greatestFiniteMagnitude] {
            expect("has scale \(scale), which makes a multiplier of 2^30 or more") {
                $0.tensors[1].quantization?.scales = [scale]
            }
        }
        expect("valid") { $0.tensors[1].quantization?.scales = [1.07e9] }
        for scale: Float in [0, .leastNonzeroMagnitude, 7.6e-26, 1e-13] {
            expect("valid") { $0.tensors[1].quantization?.scales = [scale] }
            expect("valid") { graph in
                graph.tensors[1].quantization = Quantization(
                    scales: [0.1, scale, 0.1, 0], zeroPoints: [0, 0, 0, 0], dimension: 0)
            }
            expect("valid") { $0.tensors[2].quantization = Quantization(scale: scale, zeroPoint: 0) }
            expect(scale == 0 ? "above 0" : "outside the supported") { $0.tensors[3].quantization?.scales = [scale] }
        }
        for scale: Float in [-0.1, .infinity, .nan] {
            expect("must be finite and not below 0") { $0.tensors[1].quantization?.scales = [scale] }
        }
        // Weights that are something else as well.
        expect("above 0") { graph in
            graph.tensors[1].quantization?.scales = [0]
            graph.tensors.append(graph.tensors[1])
            graph.tensors[5].constant = nil
            graph.nodes.append(Node(.unary(.relu), inputs: [1], outputs: [5], origin: "third"))
        }
    }

    @Test func soundGraphIsValid() {
        // Its weights are all -128, which the reference kernels take.
        #expect(problem(sound()) == "valid")
        #expect(sound().macs == 6 * 6 * 4 * 3 * 3 * 2)
    }

    @Test func indicesAndOrderAreChecked() {
        expect("first reads tensor index 9; there are 5 tensors") { $0.nodes[0].inputs[0] = 9 }
        expect("second has tensor index -1; there are 5 tensors") { $0.nodes[1].outputs[0] = -1 }
        expect("reads tensor 'c' int8 [1, 6, 6, 4] before anything writes it") { $0.nodes.swapAt(0, 1) }
        expect("second writes tensor 'c' int8 [1, 6, 6, 4], which has a value") { $0.nodes[1].outputs = [3] }
        expect("which is a constant") { $0.nodes[1].outputs = [1] }
        expect("which has a value already") { $0.inputs = [0, 0] }
        expect("the model has no input") { $0.inputs = [] }
        expect("the model has no output") { $0.outputs = [] }
        expect("valid") { $0.outputs.append(1) }
        expect("tensor index 7 of 5") { $0.outputs = [7] }
        expect("'y' int8 [1, 6, 6, 4] is never written") { $0.nodes.removeLast() }
    }

    @Test func tensorsAreChecked() {
        expect("every extent must be at least 1") { $0.tensors[0].shape = [1, 8, 0, 2] }
        expect("larger than 2^31-1 bytes") { $0.tensors[0].shape = [Int.max, Int.max] }
        expect("holds 71 bytes of data where its shape takes 72") { $0.tensors[1].constant?.removeLast() }
        expect("has 7 dimensions") { $0.tensors[0].shape = [1, 1, 1, 1, 1, 1, 1] }
        expect("0 scales and 1 zero points") { $0.tensors[0].quantization?.scales = [] }
        expect("outside -128...127") { $0.tensors[0].quantization?.zeroPoints = [-129] }
        expect("finite and above 0") { $0.tensors[0].quantization?.scales = [.infinity] }
        expect("finite and above 0") { $0.tensors[0].quantization?.scales = [-1] }
        expect("outside the supported") { $0.tensors[0].quantization?.scales = [1e20] }
        expect("tensor 'x' int8 [1, 8, 8, 2]: has no scale") { $0.tensors[0].quantization = nil }
        expect("only weights may have one a channel") {
            $0.tensors[0].quantization = Quantization(scales: [1, 1], zeroPoints: [0, 0], dimension: 3)
        }
        expect("quantized dimension must be 0") { $0.tensors[0].quantization?.dimension = 1 }
    }

    @Test func weightsAreChecked() {
        expect("weights must be constant") {
            $0.tensors[1].constant = nil
            $0.inputs.append(1)
        }
        expect("weights have no scale") { $0.tensors[1].quantization = nil }
        expect("must have zero point 0") { $0.tensors[1].quantization?.zeroPoints = [1] }
        expect("2 scales along dimension 3; 4 along dimension 0, or one, are needed") {
            $0.tensors[1].quantization = Quantization(scales: [1, 1], zeroPoints: [0, 0], dimension: 3)
        }
        expect("valid") {
            $0.tensors[1].quantization = Quantization(
                scales: [1, 1, 1, 1], zeroPoints: [0, 0, 0, 0], dimension: 0)
        }
        expect("the bias must have 4 elements") { $0.tensors[2] = bias(5) }
        expect("the bias must have zero point 0") { $0.tensors[2].quantization = Quantization(scale: 1, zeroPoint: 1) }
        expect("before anything writes it") { $0.tensors[2] = int8("b", [4]) }
        expect("valid") { $0.nodes[0].inputs.removeLast() }
        expect("has 1 operands") { $0.nodes[0].inputs = [0] }
    }

    @Test func windowsAreChecked() {
        func convolution(_ change: (inout Convolution) -> Void) -> String {
            problem {
                var convolution = Convolution(strideHeight: 1, strideWidth: 1)
                change(&convolution)
                $0.nodes[0].operation = .conv2D(convolution)
            }
        }
        #expect(convolution { $0.strideHeight = 0 }.contains("strides [0, 1] must be at least 1"))
        #expect(convolution { $0.dilationWidth = -1 }.contains("dilations [1, -1] must be at least 1"))
        #expect(convolution { $0.padding.top = -1 }.contains("paddings"))
        #expect(convolution { $0.dilationHeight = Int(Int32.max) }.contains("exceeds the padded input's 8"))
        #expect(convolution { $0.strideWidth = 2 }.contains("give this result the shape [1, 6, 3, 4]"))
        expect("do not fit an input of 2 channels") { $0.tensors[1] = weights([4, 3, 3, 3]) }
        expect("valid") { $0.tensors[1] = weights([4, 3, 3, 1]) }
        let pool = Pool(
            filterHeight: 2, filterWidth: 2, strideHeight: 1, strideWidth: 1,
            padding: Padding(top: 2, bottom: 0, left: 0, right: 0))
        #expect(
            problem(.maxPool2D(pool), [[1, 4, 4, 1]], [[1, 5, 3, 1]]).contains("padding is as large as its window"))
    }

    @Test func shapesOfMovementsAreChecked() {
        #expect(problem(.add(.none), [[1, 4, 1, 3], [5, 1]], [[1, 4, 5, 3]]) == "valid")
        #expect(problem(.add(.none), [[4], [3]], [[4]]).contains("shapes [4] and [3] do not broadcast"))
        #expect(problem(.concatenation(axis: 1, .none), [[2, 3], [2, 4]], [[2, 7]]) == "valid")
        #expect(
            problem(.concatenation(axis: 1, .none), [[2, 3], [3, 4]], [[2, 7]]).contains("does not fit the others"))
        #expect(problem(.concatenation(axis: 2, .none), [[2, 3]], [[2, 3]]).contains("axis 2 does not exist"))
        #expect(problem(.concatenation(axis: 1, .relu), [[2, 3], [2, 4]], [[2, 7]]).contains("fused activation"))
        #expect(problem(.mean(axes: [1, 0], keepDims: false), [[2, 3]], [[]]).contains("must ascend"))
        #expect(problem(.mean(axes: [0, 1], keepDims: true), [[2, 3]], [[1, 1]]) == "valid")
        #expect(problem(.transpose(permutation: [0, 0]), [[2, 3]], [[2, 2]]).contains("does not permute"))
        #expect(
            problem(.slice(begin: [1], sizes: [3], strides: [Int.max]), [[4]], [[3]]).contains("leaves the tensor"))
        #expect(problem(.slice(begin: [3], sizes: [4], strides: [-1]), [[4]], [[4]]) == "valid")
        #expect(problem(.slice(begin: [3], sizes: [5], strides: [-1]), [[4]], [[5]]).contains("leaves the tensor"))
        #expect(problem(.slice(begin: [0, 2], sizes: [3, 1], strides: [1, 1]), [[3, 4]], [[3]]) == "valid")
        #expect(problem(.split(axis: 0), [[5]], [[2], [2]]).contains("lack 1 of the 5 of dimension 0"))
        #expect(problem(.split(axis: 0), [[5]], [[3], [3]]).contains("more than the 5 of dimension 0"))
        #expect(problem(.pack(axis: 1), [[2], [2], [2]], [[2, 3]]) == "valid")
        #expect(problem(.pack(axis: 2), [[2], [2]], [[2, 2]]).contains("axis 2 does not exist"))
        #expect(problem(.unpack(axis: 0), [[2, 3]], [[3]]).contains("1 results for 2 indices"))
        #expect(problem(.spaceToDepth(blockSize: 3), [[1, 4, 4, 1]], [[1, 1, 1, 9]]).contains("does not divide"))
        #expect(problem(.depthToSpace(blockSize: 2), [[1, 2, 3, 8]], [[1, 4, 6, 2]]) == "valid")
        #expect(problem(.pad(before: [1], after: [0], value: 200), [[2]], [[3]]).contains("200.0 is not an int8"))
        #expect(problem(.pad(before: [1], after: [], value: 0), [[2]], [[3]]).contains("one padding a dimension"))
        #expect(
            problem(
                .resizeBilinear(alignCorners: true, halfPixelCenters: true, asFloats: false), [[1, 2, 2, 1]],
                [[1, 4, 4, 1]]
            )
            .contains("exclude each other"))
        #expect(
            problem(
                .resizeNearestNeighbor(alignCorners: false, halfPixelCenters: false), [[1, 2, 2, 1]], [[1, 4, 4, 2]]
            )
            .contains("give this result the shape [1, 4, 4, 1]"))
    }

    @Test func scalesThatReferenceKernelsRefuseAreRefused() {
        func relation(_ operation: Operation, input: Float, output: Float) -> String {
            let tensors = [input, output].map {
                Tensor(
                    name: "t", shape: [1, 2, 2, 1], type: .int8, quantization: Quantization(scale: $0, zeroPoint: 0))
            }
            let operands = operation == .add(.none) ? [0, 0] : [0]
            return problem(
                Graph(
                    name: "one", tensors: tensors,
                    nodes: [Node(operation, inputs: operands, outputs: [1], origin: "node")], inputs: [0], outputs: [1])
            )
        }
        #expect(relation(.add(.none), input: 1, output: 0x1p-18) == "valid")
        #expect(relation(.add(.none), input: 1, output: 0x1p-19).contains("output's scale is too small"))
        #expect(relation(.unary(.hardSwish), input: 1, output: 0x1p-6) == "valid")
        #expect(relation(.unary(.hardSwish), input: 1, output: 0x1p-7).contains("output's scale is too small"))
        #expect(relation(.unary(.logistic), input: 1, output: 1 / 256) == "valid")
        #expect(relation(.unary(.logistic), input: 1, output: 1 / 255).contains("must have scale 1/256"))
        #expect(relation(.softmax(beta: 1), input: 1, output: 1 / 256).contains("zero point -128"))
        #expect(relation(.softmax(beta: 0), input: 1, output: 1 / 256).contains("beta 0.0 is out of range"))
        #expect(relation(.concatenation(axis: 0, .none), input: 1, output: 2).contains("does not rescale"))
        let pool = Pool(filterHeight: 1, filterWidth: 1, strideHeight: 1, strideWidth: 1)
        #expect(relation(.averagePool2D(pool, tiesUp: false), input: 1, output: 1.0000005) == "valid")
        #expect(relation(.averagePool2D(pool, tiesUp: false), input: 1, output: 1.00001).contains("does not rescale"))
        #expect(relation(.reshape, input: 1, output: 2) == "valid", "bytes are copied, as the reference does")
    }

    @Test func sizesAreBounded() {
        // Each tensor is in bounds, all together are not.
        let tensors = (0..<4).map { int8("t\($0)", [1 << 30, 2 - $0 % 2]) }
        #expect(
            problem(Graph(name: "large", tensors: tensors, inputs: [0, 1, 2, 3], outputs: [0]))
                .contains("larger than 2^31-1"))
        let smaller = (0..<5).map { int8("t\($0)", [1 << 30]) }
        #expect(
            problem(Graph(name: "large", tensors: smaller, inputs: [0, 1, 2, 3, 4], outputs: [0]))
                .contains("activations take 5368709120 bytes"))
        // A filter of 2^20 elements at nearly 2^30 places, twice.
        let side = (1 << 15) - (1 << 10) + 1
        let heavy = Graph(
            name: "heavy",
            tensors: [
                int8("x", [1, 1 << 15, 1 << 15, 1]), weights([2, 1 << 10, 1 << 10, 1]), int8("y", [1, side, side, 2]),
            ],
            nodes: [
                Node(
                    .conv2D(Convolution(strideHeight: 1, strideWidth: 1)), inputs: [0, 1], outputs: [2], origin: "node")
            ], inputs: [0], outputs: [2])
        #expect(problem(heavy) == "node: the model needs more than 2^50 multiply-accumulates up to here")
    }

    @Test func elementTypesAreChecked() {
        expect("first: no kernel takes int8, int8, int32 to uint8") { $0.tensors[3].type = .uint8 }
        let float = Tensor(name: "f", shape: [2], type: .float32)
        let graph = Graph(
            name: "edges", tensors: [float, int8("q", [2]), float],
            nodes: [
                Node(.quantize, inputs: [0], outputs: [1], origin: "in"),
                Node(.dequantize, inputs: [1], outputs: [2], origin: "out"),
            ], inputs: [0], outputs: [2])
        #expect(problem(graph) == "valid")
    }
}
