import Graph
import Testing

@testable import Heads

@Suite("What detector a graph is")
struct HeadRecognitionTests {
    @Test("YOLOv8: distributions, and scores beside them", arguments: [false, true])
    func distributions(corners: Bool) throws {
        let graph = DetectorGraph.branches(side: 64, classes: 7, bins: 16, corners: corners)
        try graph.validate()
        let finding = try #require(HeadRecognition.find(in: graph))
        #expect(finding.isProved && finding.isDecoded)
        #expect(finding.head.coder == .distances(bins: 16))
        #expect(finding.head.classes == 7)
        #expect(finding.head.levels.map(\.strideX) == [8, 16, 32])
        #expect(finding.head.levels.map(\.places) == [64, 16, 4])
        #expect(finding.head.levels[0].priors[0].x == 4)
        #expect(finding.head.tensors.count == 6)
    }

    @Test("YOLOv6 and 26: distances; boxes that have as many numbers as there are classes")
    func distances() throws {
        for classes in [4, 1, 80] {
            let graph = DetectorGraph.branches(side: 64, classes: classes, bins: 1)
            let finding = try #require(HeadRecognition.find(in: graph), "\(classes) classes")
            #expect(finding.isProved && finding.head.coder == .distances(bins: 1))
            #expect(finding.head.classes == classes)
            // Layers come in pairs, boxes first.
            #expect(finding.head.levels.allSatisfy { $0.boxes.tensor < $0.scores.tensor })
        }
    }

    @Test("YOLOX: what it leaves undecoded is taken for its like")
    func decoupled() throws {
        for classes in [1, 3] {
            let finding = try #require(
                HeadRecognition.find(in: DetectorGraph.decoupled(side: 64, classes: classes)))
            #expect(finding.head.name == "YOLOX" && !finding.isProved && finding.isDecoded)
            #expect(finding.head.classes == classes)
            #expect(finding.head.levels.allSatisfy { $0.objectness != nil })
            #expect(finding.picture.isBlueFirst && finding.picture.std == [1])
        }
    }

    @Test("YOLOX whose layers are its outputs: a level's boxes have as many numbers as the finer level has places")
    func layers() throws {
        for classes in [1, 3, 80] {
            let graph = DetectorGraph.decoupled(side: 64, classes: classes, apart: true)
            let finding = try #require(HeadRecognition.find(in: graph))
            #expect(
                finding.head.name == "YOLOX" && finding.head.classes == classes && !finding.isProved,
                "\(finding.head.name), \(finding.head.classes)")
            #expect(!finding.isDecoded)
        }
    }

    @Test("YOLOv5: anchors are those of the model's own decoding")
    func anchors() throws {
        let sizes: [[(Float, Float)]] = [
            [(10, 13), (16, 30), (33, 23)], [(30, 61), (62, 45), (59, 119)], [(116, 90), (156, 198), (373, 326)],
        ]
        let graph = DetectorGraph.anchors(side: 64, classes: 2, sizes: sizes)
        try graph.validate()
        let finding = try #require(HeadRecognition.find(in: graph))
        #expect(finding.isProved && finding.head.classes == 2)
        let found = finding.head.levels.map { $0.priors.map { [Int($0.width.rounded()), Int($0.height.rounded())] } }
        #expect(found == sizes.map { $0.map { [Int($0.0), Int($0.1)] } })
    }

    @Test("Boxes that are decoded otherwise are not taken for what their shapes say")
    func others() throws {
        var graph = DetectorGraph.branches(side: 64, classes: 7, bins: 16)
        // Middles in the corners of places, not in their midst.
        let grid = graph.tensors.indices.first { graph[$0].constant != nil && graph[$0].shape == [1, 2, 84] }
        let id = try #require(grid)
        let reals = graph[id].reals ?? []
        graph[id] = Tensor(name: graph[id].name, shape: graph[id].shape, reals: reals.map { $0 - 0.5 })
        #expect(HeadRecognition.find(in: graph) == nil)
        // A classifier.
        var made = DetectorGraph(side: 64)
        let layer = made.layer(stride: 32, channels: 10)
        let mean = made.add(.mean(axes: [1, 2], keepDims: false), [layer], [1, 10])
        made.graph.outputs = [made.add(.softmax(beta: 1), [mean], [1, 10])]
        #expect(HeadRecognition.find(in: made.graph) == nil)
    }

    @Test("An int8 graph is cut where boxes begin, whatever puts its layers together")
    func cutting() throws {
        let real = DetectorGraph.branches(side: 64, classes: 7, bins: 16)
        let finding = try #require(HeadRecognition.find(in: real))
        var graph = real
        let layers = finding.head.tensors
        // As the quantizer writes it: an int8 tensor of the same name before the float one.
        for id in layers {
            let inner = graph.append(
                Tensor(
                    name: graph[id].name, shape: graph[id].shape, type: .int8,
                    quantization: Quantization(scale: 0.1, zeroPoint: 3)))
            guard let index = graph.nodes.firstIndex(where: { $0.outputs == [id] }) else { continue }
            graph.nodes[index].outputs = [inner]
            graph.nodes.insert(
                Node(.dequantize, inputs: [inner], outputs: [id], origin: "dequantize"), at: index + 1)
        }
        let placed = graph.cut(at: finding.head, of: real)
        let head = try #require(placed)
        #expect(graph.outputs == head.tensors && head.tensors.allSatisfy { graph[$0].type == .int8 })
        #expect(head.levels.map(\.boxes.placeStep) == [64, 64, 64])
        #expect(graph.nodes.count == 6)
    }
}
