import Graph
import Reference
import TestSupport
import Testing

@testable import Heads

@Suite("Anchors that a file does not have")
struct AnchorPlanTests {
    /// SSD-MobileNet's levels.
    private static func head(_ levels: [(side: Int, anchors: Int)]) -> DetectorHead {
        var first = 0
        let made = levels.map { side, anchors -> DetectorHead.Level in
            defer { first += side * side * anchors }
            return DetectorHead.Level(
                rows: side, columns: side, strideX: 0, strideY: 0,
                priors: .init(repeating: .init(x: 0, y: 0, width: 0, height: 0), count: side * side * anchors),
                boxes: .init(0, first: 4 * first, placeStep: 4 * anchors, anchorStep: 4),
                scores: .init(1, first: 2 * first, placeStep: 2 * anchors, anchorStep: 2))
        }
        return DetectorHead(name: "", coder: .distances(bins: 1), levels: made, classes: 2)
    }

    private static func plan(_ sizes: AnchorPlan.Sizes) -> AnchorPlan {
        AnchorPlan(sizes: sizes, isVerticalFirst: true, positionFactor: 10, sizeFactor: 5, hasBackground: false)
    }

    private static func strides(_ sides: [Int], _ picture: Double) -> [(x: Double, y: Double)] {
        sides.map { (picture / Double($0), picture / Double($0)) }
    }

    /// Each as parts of the picture: middle, width, height.
    private static func parts(_ prior: DetectorHead.Prior, _ side: Double) -> [Double] {
        [prior.x, prior.y, prior.width, prior.height].map { $0 / side }
    }

    private func agree(_ a: [Double], _ b: [Double]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 }
    }

    @Test("SSD's are those of TensorFlow's published SSD-MobileNet, of which there are 1,917")
    func ssd() throws {
        let sides = [19, 10, 5, 3, 2, 1]
        var head = Self.head(sides.map { ($0, $0 == 19 ? 3 : 6) })
        try head.take(
            Self.plan(.ssd(least: 0.2, most: 0.95, ratios: [1, 2, 0.5, 3, 1 / 3])),
            strides: Self.strides(sides, 300), width: 300, height: 300)
        #expect(head.count == 1917)
        let first = head.levels[0].priors.map { Self.parts($0, 300) }
        #expect(agree(first[0], [0.026_315_789, 0.026_315_789, 0.1, 0.1]))
        #expect(agree(first[1], [0.026_315_789, 0.026_315_789, 0.282_842_712, 0.141_421_356]))
        #expect(agree(first[2], [0.026_315_789, 0.026_315_789, 0.141_421_356, 0.282_842_712]))
        let second = head.levels[1].priors.map { Self.parts($0, 300) }
        #expect(agree(second[0], [0.05, 0.05, 0.35, 0.35]))
        #expect(agree(second[1], [0.05, 0.05, 0.494_974_747, 0.247_487_373]))
        #expect(agree(second[5], [0.05, 0.05, 0.418_330_013, 0.418_330_013]))
        // Between the last and the whole picture.
        #expect(agree(Self.parts(head.levels[5].priors[5], 300), [0.5, 0.5, 0.974_679_434, 0.974_679_434]))
        #expect(abs(head.levels[1].priors[0].unitX - 10.5) < 1e-9)
    }

    @Test("EfficientDet's: three octaves in three ratios, in strides")
    func octaves() throws {
        let sides = [40, 20, 10, 5, 3]
        var head = Self.head(sides.map { ($0, 9) })
        try head.take(
            Self.plan(.octaves(scale: 3, octaves: 3, ratios: [1, 2, 0.5])), strides: Self.strides(sides, 320),
            width: 320, height: 320)
        #expect(head.count == 19206)
        let first = head.levels[0].priors.map { [$0.x, $0.y, $0.width, $0.height] }
        #expect(agree(first[0], [4, 4, 24, 24]))
        #expect(agree(first[1], [4, 4, 33.941_125_497, 16.970_562_748]))
        #expect(agree(first[3], [4, 4, 30.238_105_197, 30.238_105_197]))
        #expect(abs(head.levels[4].priors[0].x - 320 / 6) < 1e-9)
    }

    @Test("What does not fit the model is told")
    func mismatch() {
        func message(_ sizes: AnchorPlan.Sizes) -> String {
            var head = Self.head([(4, 2), (2, 3)])
            do throws(AnchorPlan.Mismatch) {
                try head.take(Self.plan(sizes), strides: Self.strides([4, 2], 64), width: 64, height: 64)
                return "fits"
            } catch { return error.problem }
        }
        let size = AnchorPlan.Extent(width: 8, height: 8)
        #expect(message(.listed(.init(repeating: size, count: 5))) == "fits")
        #expect(message(.listed([size])) == "lists 1 sizes, and the model has 2, 3 anchors a place")
        #expect(
            message(.octaves(scale: 4, octaves: 3, ratios: [1]))
                == "makes 3, 3 anchors a place, and the model has 2, 3")
    }

    @Test("Encodings become boxes by the anchors that are named")
    func encodings() throws {
        let graph = try DetectorFiles.graph("encoded")
        #expect(HeadRecognition.find(in: graph) == nil)
        let encodings = try #require(HeadRecognition.encodings(in: graph))
        #expect(encodings == .init(classes: 3, levels: [[8, 8, 9], [4, 4, 9]]) && encodings.boxes == 720)
        var plan = Self.plan(.octaves(scale: 4, octaves: 3, ratios: [1, 2, 0.5]))
        let finding = try HeadRecognition.find(in: graph, plan)
        let boxes = DetectorFiles.decoded(finding.head, graph)
        // What the file's outputs are for the same picture, decoded as such encodings are.
        let outputs = RealExecutor(graph).run([RealBuffer(DetectorFiles.picture)]).map(\.array)
        let (raw, scores) = (outputs[0], outputs[1])
        for index in stride(from: 0, to: 720, by: 7) {
            let level = index < 576 ? 0 : 1
            let (row, cells) = level == 0 ? (index, 8) : (index - 576, 4)
            let prior = finding.head.levels[level].priors[row % 9]
            let (place, step) = (row / 9, Double(64 / cells))
            let x = (Double(place % cells) + 0.5) * step + Double(raw[4 * index + 1]) / 10 * prior.width
            #expect(abs(boxes[index].x - x) < 1e-3)
            let height = DetectorHead.Curve.exponential(factor: prior.height).value(Double(raw[4 * index + 2]) / 5)
            #expect(abs(boxes[index].height - height) < 1e-3 * height)
            for kind in 0..<3 { #expect(abs(boxes[index].scores[kind] - Double(scores[3 * index + kind])) < 1e-5) }
        }
        plan.hasBackground = true
        #expect(try HeadRecognition.find(in: graph, plan).head.classes == 2)
        plan.sizes = .ssd(least: 0.2, most: 0.95, ratios: [1])
        #expect(throws: AnchorPlan.Mismatch("makes 2, 2 anchors a place, and the model has 9, 9")) {
            try HeadRecognition.find(in: graph, plan)
        }
    }

    @Test("A model with anchors of its own takes no others")
    func own() throws {
        let plan = Self.plan(.octaves(scale: 4, octaves: 3, ratios: [1, 2, 0.5]))
        #expect(throws: AnchorPlan.Mismatch("the model has its own (SSD); leave it out")) {
            try HeadRecognition.find(in: DetectorFiles.graph("ssd"), plan)
        }
        #expect(throws: AnchorPlan.Mismatch("the model does not end with encodings of boxes and scores")) {
            try HeadRecognition.find(in: DetectorFiles.graph("strange"), plan)
        }
    }
}
