import Foundation
import Graph
import TestSupport
import Testing

@testable import Boards

/// `detector.anchors` of a sensor file.
@Suite struct AnchorTests {
    private static let folder: String = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("ocellus-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try? Data("not looked at".utf8).write(to: url.appendingPathComponent("model.tflite"))
        return url.path
    }()

    private func read(
        _ anchors: String, labels: SensorFile.ModelLabels = { _, _, _ in nil }
    ) throws(ConfigurationError) -> AnchorPlan? {
        let text = "name: door\nmodel: model.tflite\ndetector: {anchors: \(anchors)}\n"
        return try SensorFile(yaml: text, path: Self.folder + "/sensor.yaml", modelLabels: labels).detector?.anchors
    }

    private func refusal(_ anchors: String) -> String {
        do throws(ConfigurationError) {
            _ = try read(anchors)
            return "read"
        } catch { return error.description }
    }

    @Test("Each kind has the numbers that it is published with")
    func kinds() throws {
        #expect(
            try read("{kind: ssd}")
                == AnchorPlan(
                    sizes: .ssd(least: 0.2, most: 0.95, ratios: [1, 2, 1 / 2, 3, 1 / 3]), isVerticalFirst: true,
                    positionFactor: 10, sizeFactor: 5, hasBackground: true))
        #expect(
            try read("{kind: efficientdet, scale: 3}")
                == AnchorPlan(
                    sizes: .octaves(scale: 3, octaves: 3, ratios: [1, 2, 1 / 2]), isVerticalFirst: true,
                    positionFactor: 1, sizeFactor: 1, hasBackground: false))
        #expect(
            try read("{kind: listed, sizes: [[8, 16], [4, 4]], factors: [10, 5], order: yxhw, background: true}")
                == AnchorPlan(
                    sizes: .listed([.init(width: 8, height: 16), .init(width: 4, height: 4)]), isVerticalFirst: true,
                    positionFactor: 10, sizeFactor: 5, hasBackground: true))
    }

    @Test("What is wrong is named with its key")
    func refused() {
        #expect(refusal("{scale: 3}").contains("kind"))
        #expect(refusal("{kind: efficient-det}").contains("expected ssd, efficientdet or listed"))
        #expect(refusal("{kind: ssd, octaves: 2}").contains("anchors of the kind ssd have min_scale, max_scale"))
        #expect(refusal("{kind: ssd, min_scale: 0.9, max_scale: 0.2}").contains("it is below min_scale (0.9)"))
        #expect(refusal("{kind: ssd, ratios: [0]}").contains("ratios"))
        #expect(refusal("{kind: efficientdet, factors: [1]}").contains("factors"))
        #expect(refusal("{kind: listed}").contains("sizes"))
        #expect(refusal("{kind: listed, sizes: [[8, 0]]}").contains("a width and a height above 0"))
        #expect(refusal("{kind: ssd, colour: red}").contains("colour"))
    }

    @Test("Whoever is asked for a model's labels is told of its anchors")
    func labels() throws {
        var asked: [AnchorPlan?] = []
        let plan = try read("{kind: efficientdet}") { _, _, anchors in
            asked.append(anchors)
            return nil
        }
        #expect(asked == [plan] && plan != nil)
    }
}
