import CBundle
import Compiler
import Engine
import Graph
import Kernels
import Reference
import TestSupport
import Testing

/// What the compiler makes other operations of gives the reference's bytes: transposed convolutions as one convolution of each
/// place, groups as convolutions of their own, copies of copies as one copy.
@Suite struct RewritingTests {
    /// Makes a graph of operations one behind another.
    private struct Maker {
        var random: SplitMix64
        var graph = Graph(name: "rewriting")
        static let quantization = Quantization(scale: 0.05, zeroPoint: -3)

        init(seed: UInt64, _ shape: [Int]) {
            random = SplitMix64(state: seed)
            graph.inputs = [tensor(shape)]
        }

        mutating func tensor(_ shape: [Int]) -> TensorID {
            graph.tensors.append(
                Tensor(
                    name: "t\(graph.tensors.count)", shape: shape, type: .int8, quantization: Self.quantization))
            return graph.tensors.count - 1
        }

        mutating func weights(_ shape: [Int]) -> TensorID {
            let scales = (0..<shape[0]).map { _ in Float(1 + random.below(100)) / 20_000 }
            graph.tensors.append(
                Tensor(
                    name: "w", shape: shape, type: .int8,
                    quantization: Quantization(
                        scales: scales, zeroPoints: Array(repeating: 0, count: shape[0]), dimension: 0),
                    constant: (0..<shape.reduce(1, *)).map { _ in UInt8(truncatingIfNeeded: random.next()) }))
            // -128 is no weight of TFLite's scheme.
            let last = graph.tensors.count - 1
            graph.tensors[last].constant = graph.tensors[last].constant?.map { $0 == 128 ? 127 : $0 }
            return last
        }

        mutating func bias(_ count: Int) -> TensorID {
            let values = (0..<count).map { _ in Int32(random.below(2000)) - 1000 }
            graph.tensors.append(
                Tensor(
                    name: "b", shape: [count], type: .int32,
                    constant: values.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }))
            return graph.tensors.count - 1
        }

        @discardableResult
        mutating func add(_ operation: Operation, _ inputs: [TensorID], _ shape: [Int]) -> TensorID {
            let output = tensor(shape)
            graph.nodes.append(Node(operation, inputs: inputs, outputs: [output], origin: operation.name))
            graph.outputs = [output]
            return output
        }
    }

    /// Compiles for every set and compares; returns the kernels of the steps for the portable one.
    private static func kernels(of graph: Graph, threads: Int = 1) throws -> [oc_kernel] {
        try graph.validate()
        var random = SplitMix64(state: 7)
        let inputs = graph.inputs.map { id in
            (0..<graph[id].byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        let expected = ReferenceExecutor(graph).outputs(inputs)
        var kernels: [oc_kernel] = []
        for set in availableSets {
            let engine = try Engine(bundle: try compile(graph, set, threads: threads).bundle)
            #expect(engine.infer(inputs) == expected, "\(set): \(graph.nodes.map { "\($0.operation)" })")
            if set == .scalar { kernels = engine.bundle.view.steps.map { oc_kernel($0.kernel) } }
        }
        return kernels
    }

    @Test("Transposed convolutions of every kernel, stride and padding", arguments: 1...5, 2...3)
    func transposedConvolutions(kernel: Int, stride: Int) throws {
        for padding in 0..<min(kernel, 3) {
            var maker = Maker(seed: UInt64(kernel * 10 + stride), [1, 5, 4, 9])
            let filters = 6
            let geometry = TransposeConvolution(
                strideHeight: stride, strideWidth: stride,
                padding: Padding(top: padding, bottom: 0, left: padding / 2, right: 0), activation: .none)
            let operands = [0, maker.weights([filters, kernel, kernel, 9]), maker.bias(filters)]
            maker.add(.transposeConv(geometry), operands, [1, 5 * stride, 4 * stride, filters])
            let kernels = try Self.kernels(of: maker.graph)
            if kernel >= stride, padding == 0 {
                #expect(!kernels.contains(OC_KERNEL_TRANSPOSE_CONV))
                #expect(kernels.filter { $0 == OC_KERNEL_CONV }.count == stride * stride)
                #expect(kernels.count <= 2 * stride * stride, "one copy of each place at most")
            }
        }
    }

    /// And how many convolutions that makes of 1x1 and of 3x3; 0: a depthwise one.
    @Test(
        "Groups of any number and width",
        arguments: [
            (2, 8, 8, 1, 1), (3, 9, 16, 1, 3), (4, 16, 10, 1, 4), (2, 4, 4, 1, 1), (16, 2, 2, 1, 2), (12, 1, 1, 0, 0),
            (5, 1, 3, 0, 0), (7, 2, 1, 1, 1),
        ])
    func groups(count: Int, depth: Int, filters: Int, pointwise: Int, spatial: Int) throws {
        for (kernel, stride) in [(1, 1), (3, 1), (3, 2)] {
            var maker = Maker(seed: UInt64(count * 100 + depth), [1, 6, 7, count * depth])
            let geometry = Convolution(
                strideHeight: stride, strideWidth: stride,
                padding: Padding(top: kernel / 2, bottom: kernel / 2, left: kernel / 2, right: kernel / 2),
                activation: .relu)
            let operands = [0, maker.weights([count * filters, kernel, kernel, depth]), maker.bias(count * filters)]
            maker.add(.conv2D(geometry), operands, [1, (5 + stride) / stride, (6 + stride) / stride, count * filters])
            let kernels = try Self.kernels(of: maker.graph)
            let convolutions = kernels.filter { $0 == OC_KERNEL_CONV }.count
            #expect(convolutions == (kernel == 1 ? pointwise : spatial))
            #expect(kernels.contains(OC_KERNEL_DEPTHWISE) == (pointwise == 0))
        }
    }

    @Test("A shuffle of channels is one copy")
    func shuffle() throws {
        var maker = Maker(seed: 1, [1, 4, 4, 12])
        let split = maker.add(.reshape, [0], [1, 4, 4, 3, 4])
        let turned = maker.add(.transpose(permutation: [0, 1, 2, 4, 3]), [split], [1, 4, 4, 4, 3])
        let joined = maker.add(.reshape, [turned], [1, 4, 4, 12])
        let turnedBack = maker.add(.transpose(permutation: [0, 2, 1, 3]), [joined], [1, 4, 4, 12])
        maker.add(.depthToSpace(blockSize: 2), [turnedBack], [1, 8, 8, 3])
        #expect(try Self.kernels(of: maker.graph) == [OC_KERNEL_COPY])
    }

    @Test("Chains of random movements", arguments: 0..<60)
    func movements(seed: Int) throws {
        var maker = Maker(seed: UInt64(seed) &* 977, [1, 4, 6, 8])
        var id = 0
        for _ in 0..<2 + maker.random.below(5) {
            let shape = maker.graph[id].shape
            switch maker.random.below(5) {
            case 0:
                let permutation = [[0, 2, 1, 3], [0, 3, 1, 2], [0, 1, 3, 2]][maker.random.below(3)]
                id = maker.add(.transpose(permutation: permutation), [id], permutation.map { shape[$0] })
            case 1 where shape[3] % 4 == 0:
                id = maker.add(.depthToSpace(blockSize: 2), [id], [1, shape[1] * 2, shape[2] * 2, shape[3] / 4])
            case 2 where shape[1] % 2 == 0 && shape[2] % 2 == 0:
                id = maker.add(.spaceToDepth(blockSize: 2), [id], [1, shape[1] / 2, shape[2] / 2, shape[3] * 4])
            case 3:
                let axis = 1 + maker.random.below(3)
                guard shape[axis] % 2 == 0 else { continue }
                var half = shape
                half[axis] /= 2
                let parts = [maker.tensor(half), maker.tensor(half)]
                maker.graph.nodes.append(Node(.split(axis: axis), inputs: [id], outputs: parts, origin: "split"))
                id = maker.add(.concatenation(axis: axis, .none), parts.reversed(), shape)
            default:
                let begin = shape.map { $0 > 2 ? 1 : 0 }
                let sizes = zip(shape, begin).map { $0 - $1 }
                id = maker.add(.slice(begin: begin, sizes: sizes, strides: [1, 1, 1, 1]), [id], sizes)
            }
        }
        guard !maker.graph.nodes.isEmpty else { return }
        _ = try Self.kernels(of: maker.graph, threads: 1 + seed % 2)
    }
}
