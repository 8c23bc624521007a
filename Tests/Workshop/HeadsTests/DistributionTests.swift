import Graph
import Testing

@testable import Heads

@Suite("Detectors that leave distributions to whoever reads them")
struct DistributionTests {
    @Test("NanoDet-Plus: scores before distances, middles in the corners of places, four levels", arguments: [64, 416])
    func nano(side: Int) throws {
        let graph = DetectorGraph.nano(side: side, classes: 20)
        try graph.validate()
        let finding = try #require(HeadRecognition.find(in: graph))
        #expect(finding.head.name == "NanoDet" && !finding.isProved)
        #expect(finding.head.coder == .distances(bins: 8) && finding.head.classes == 20)
        // 416 is no multiple of 64: the last places are half outside.
        #expect(finding.head.levels.map(\.strideX) == [8, 16, 32, 64])
        #expect(finding.head.levels.map(\.columns) == [8, 16, 32, 64].map { (side + $0 - 1) / $0 })
        #expect(finding.head.levels.allSatisfy { $0.priors[0].x == 0 && $0.priors[0].unitX == $0.strideX })
        #expect(finding.head.levels.allSatisfy { $0.boxes.first == 20 && $0.scores.first == 0 })
        #expect(finding.picture.isBlueFirst && finding.picture.mean == [103.53, 116.28, 123.675])
    }

    @Test("Rows of raw numbers alone are NanoDet's, not those of anchors that nobody knows")
    func raw() throws {
        let finding = try #require(
            HeadRecognition.find(in: DetectorGraph.nano(side: 64, classes: 80, hasSigmoid: false)))
        #expect(finding.head.name == "NanoDet" && finding.head.classes == 80)
        // Three anchors' numbers as YOLOv5's layers have them.
        var made = DetectorGraph(side: 64)
        let layers = [8, 16, 32].map { made.layer(stride: $0, channels: 3 * 7) }
        made.graph.outputs = layers.map { made.planes($0) }
        #expect(HeadRecognition.find(in: made.graph) == nil)
    }

    @Test("PicoDet: outputs a level, middles in the midst of places")
    func pico() throws {
        let graph = DetectorGraph.perLevel(side: 96, classes: 80, bins: 8, strides: [8, 16, 32, 64])
        try graph.validate()
        let finding = try #require(HeadRecognition.find(in: graph))
        #expect(finding.head.name == "PicoDet" && !finding.isProved)
        #expect(finding.head.coder == .distances(bins: 8) && finding.head.classes == 80)
        #expect(finding.head.levels.map(\.strideX) == [8, 16, 32, 64])
        #expect(finding.head.levels.allSatisfy { $0.priors[0].x == $0.strideX / 2 })
        #expect(finding.head.tensors.count == 8 && finding.isDecoded)
        #expect(!finding.picture.isBlueFirst && finding.picture.std[0] == 58.395)
    }

    @Test("YOLOv8 with outputs a level")
    func levels() throws {
        let graph = DetectorGraph.perLevel(side: 64, classes: 5, bins: 16, strides: [8, 16, 32])
        let finding = try #require(HeadRecognition.find(in: graph))
        #expect(finding.head.coder == .distances(bins: 16) && finding.head.classes == 5)
        #expect(finding.head.name.hasPrefix("YOLO"))
    }
}
