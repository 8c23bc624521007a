import Graph
import Reference
import TestSupport
import Testing

@testable import Quantization

/// A head as YOLOv8's: boxes as distributions over bins and scores of two levels, joined and parted again.
@Suite struct DetectorHeadTests {
    private static let (bins, classes) = (4, 3)

    /// - Parameter levels: the places of each.
    private static func head(_ random: inout MersenneTwister, levels: [Int] = [4, 2]) -> Graph {
        var graph = Graph(name: "head", level: .real)
        func tensor(_ name: String, _ shape: [Int]) -> TensorID {
            graph.append(Tensor(name: name, shape: shape, type: .float32))
        }
        func add(_ operation: Operation, _ inputs: [TensorID], _ shape: [Int], _ name: String) -> TensorID {
            let id = tensor(name, shape)
            graph.nodes.append(Node(operation, inputs: inputs, outputs: [id], origin: name))
            return id
        }
        func constant(_ shape: [Int], _ values: [Float]) -> TensorID {
            graph.append(Tensor(name: "c", shape: shape, reals: values))
        }
        let depth = 4 * bins + classes
        let all = levels.reduce(0) { $0 + $1 * $1 }
        var rows: [TensorID] = []
        for (number, side) in levels.enumerated() {
            let x = tensor("x\(number)", [1, side, side, 8])
            graph.inputs.append(x)
            func conv(_ channels: Int, _ name: String) -> TensorID {
                let weights = constant([channels, 1, 1, 8], (0..<channels * 8).map { _ in random.real() - 0.5 })
                let bias = constant([channels], (0..<channels).map { _ in random.real() })
                return add(
                    .conv2D(Convolution(strideHeight: 1, strideWidth: 1, padding: .zero, activation: .none)),
                    [x, weights, bias], [1, side, side, channels], name)
            }
            let joined = add(
                .concatenation(axis: 3, .none), [conv(4 * bins, "boxes\(number)"), conv(classes, "scores\(number)")],
                [1, side, side, depth], "joined\(number)")
            rows.append(add(.reshape, [joined], [1, side * side, depth], "rows\(number)"))
        }
        let whole = add(.concatenation(axis: 1, .none), rows, [1, all, depth], "whole")
        let (boxes, scores) = (tensor("boxes", [1, all, 4 * bins]), tensor("scores", [1, all, classes]))
        graph.nodes.append(Node(.split(axis: 2), inputs: [whole], outputs: [boxes, scores], origin: "split"))
        let places = add(.reshape, [boxes], [1, all, 4, bins], "bins")
        let probabilities = add(.softmax(beta: 1), [places], [1, all, 4, bins], "softmax")
        let sides = add(
            .conv2D(Convolution(strideHeight: 1, strideWidth: 1, padding: .zero, activation: .none)),
            [probabilities, constant([1, 1, 1, bins], (0..<bins).map { Float($0) })], [1, all, 4, 1], "sides")
        let flat = add(.reshape, [sides], [1, all, 4], "flat")
        let pixels = add(.mul(.none), [flat, constant([1], [32])], [1, all, 4], "pixels")
        let certain = add(.unary(.logistic), [scores], [1, all, classes], "certain")
        graph.outputs = [add(.concatenation(axis: 2, .none), [pixels, certain], [1, all, 4 + classes], "output")]
        return graph
    }

    @Test("What is joined and parted again is put together part by part, and boxes are real")
    func apart() throws {
        var random = MersenneTwister(seed: 5)
        let real = Self.head(&random)
        try real.validate()
        var prepared = real
        for pass in Preparation.passes { _ = try pass.run(&prepared, validates: true) }
        #expect(!prepared.nodes.contains { if case .split = $0.operation { true } else { false } })
        #expect(
            !prepared.tensors.indices.contains { id in
                prepared[id].shape.last == 4 * Self.bins + Self.classes
                    && prepared.nodes.contains { $0.outputs.contains(id) }
            })
        let inputs = real.inputs.map { id in
            RealBuffer((0..<real[id].elementCount).map { _ in random.real() * 4 - 2 })
        }
        let (a, b) = (RealExecutor(real).run(inputs)[0].array, RealExecutor(prepared).run(inputs)[0].array)
        for (x, y) in zip(a, b) { #expect((x - y).magnitude < 1e-4) }
        let tail = RealTail(prepared)
        let names = Set(tail.nodes.map { prepared.nodes[$0].origin })
        #expect(names.isSuperset(of: ["softmax", "sides", "pixels", "output"]))
        #expect(names.isDisjoint(with: ["certain", "scores0", "boxes0"]))
    }

    @Test("A part that something else reads whole stays in it")
    func shared() throws {
        var random = MersenneTwister(seed: 6)
        var real = Self.head(&random)
        let whole = try #require(real.nodes.first { $0.origin == "whole" }).outputs[0]
        let more = real.append(Tensor(name: "more", shape: real[whole].shape, type: .float32))
        real.nodes.append(Node(.unary(.logistic), inputs: [whole], outputs: [more], origin: "more"))
        real.outputs.append(more)
        #expect(Preparation.takeConcatenationsApart(&real) == 0)
    }

    @Test("Boxes are known to a fraction of a pixel")
    func accuracy() throws {
        var random = MersenneTwister(seed: 7)
        let real = Self.head(&random)
        let samples = Samples(count: 12) { index in
            var random = MersenneTwister(seed: 100 + UInt32(index))
            return real.inputs.map { id in
                RealBuffer((0..<real[id].elementCount).map { _ in random.real() * 4 - 2 })
            }
        }
        let result = try Quantizer.quantize(real, samples: samples)
        // Of 96 pixels, 256 levels are 0.4 each, and every operation's rounding adds to that.
        let worst = result.losses.filter { ["sides", "pixels"].contains($0.origin) }.map(\.signalToNoise).min() ?? 0
        #expect(worst > 38, "\(worst) dB")
        for node in result.graph.nodes where ["softmax", "pixels"].contains(node.origin) {
            #expect(result.graph[node.outputs[0]].type == .float32)
        }
    }
}

extension MersenneTwister {
    /// From 0 to 1.
    fileprivate mutating func real() -> Float { Float(next() >> 8) / Float(1 << 24) }
}
