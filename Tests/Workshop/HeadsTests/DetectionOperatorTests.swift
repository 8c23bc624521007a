import Graph
import Testing
import TestSupport

@testable import Heads
@testable import Importers

@Suite("Detectors that end with TensorFlow Lite's operator for boxes")
struct DetectionOperatorTests {
    @Test("Boxes, scores and anchors of every kind of file", arguments: [9, 3, 0] as [UInt8], [false, true])
    func kinds(type: UInt8, dequantizes: Bool) throws {
        var model = DetectionModel()
        model.type = type
        model.dequantizes = dequantizes && type != 0
        var graph = try TFLiteImporter.read(model.file, name: "ssd.tflite")
        #expect(graph.level == (type == 0 ? .real : .quantized))
        let finding = try #require(HeadRecognition.find(in: graph))
        #expect(finding.isProved)
        #expect(finding.head.classes == 3 && finding.head.firstClass == 0)
        #expect(finding.head.overlap == 0.6 && finding.head.detections == 10 && finding.head.suppression == .anyClass)
        // 1e-8 in the file: whoever reads the boxes chooses.
        #expect(finding.head.score == 0.25)
        guard type != 0 else { return check(finding.head, graph) }
        let cut = graph.cut(at: finding.head)
        let head = try #require(cut)
        try graph.validate()
        // Bytes that are edges alone are left out.
        #expect(head.tensors.allSatisfy { graph[$0].type == .int8 })
        #expect(graph.outputs == head.tensors)
        check(head, graph)
    }

    /// What the operator's reference computes of a box and its anchor.
    private func check(_ head: DetectorHead, _ graph: Graph) {
        #expect(head.levels.map { [$0.rows, $0.columns, $0.anchors] } == [[2, 2, 3]])
        #expect(head.levels[0].strideX == 2 && head.levels[0].strideY == 2)
        let values = (0..<48).map { Float($0 % 11) / 4 - 1 }
        let scores = (0..<48).map { Float($0) / 48 }
        let decoded = HeadDecoder(head).decode { $0 == head.levels[0].boxes.tensor ? values : scores }
        let anchors = DetectionModel().anchors.map { Double($0) }
        for (box, found) in decoded.enumerated() {
            let raw = (0..<4).map { Double(values[4 * box + $0]) }
            let anchor = Array(anchors[4 * box..<4 * box + 4])
            #expect(abs(found.y - 4 * (raw[0] / 10 * anchor[2] + anchor[0])) < 1e-6)
            #expect(abs(found.x - 4 * (raw[1] / 10 * anchor[3] + anchor[1])) < 1e-6)
            #expect(abs(found.height - 4 * (exponential(raw[2] / 5) * anchor[2])) < 1e-6)
            #expect(abs(found.width - 4 * (exponential(raw[3] / 5) * anchor[3])) < 1e-6)
            // The background's score comes first.
            #expect(found.scores.map { Float($0) } == Array(scores[4 * box + 1..<4 * box + 4]))
        }
    }

    private func exponential(_ x: Double) -> Double { DetectorHead.Curve.exponential(factor: 1).value(x) }

    @Test("Anchors in no grid have a prior each")
    func lists() throws {
        var model = DetectionModel()
        for index in model.anchors.indices { model.anchors[index] += Float(index * index % 7) / 64 }
        let graph = try TFLiteImporter.read(model.file, name: "ssd.tflite")
        let head = try #require(HeadRecognition.find(in: graph)).head
        #expect(head.levels.map { [$0.rows, $0.columns, $0.anchors] } == [[1, 12, 1]])
        #expect(head.levels[0].strideX == 0 && head.levels[0].priors.count == 12)
        let decoded = HeadDecoder(head).decode { _ in [Float](repeating: 0, count: 48) }
        for (box, found) in decoded.enumerated() {
            #expect(abs(found.y - 4 * Double(model.anchors[4 * box])) < 1e-6)
            #expect(abs(found.width - 4 * Double(model.anchors[4 * box + 3])) < 1e-6)
        }
    }

    @Test("What the operator cannot be is refused")
    func refused() {
        func message(_ change: (inout DetectionModel) -> Void) -> String {
            var model = DetectionModel()
            change(&model)
            do throws(ImportError) {
                _ = try TFLiteImporter.read(model.file, name: "ssd.tflite")
                return "imported"
            } catch { return error.description }
        }
        #expect(message { $0.options = [1, 2] }.contains("no map in FlexBuffers' encoding"))
        #expect(message { $0.options = DetectionModel.bytes("610001030101010104022401") }.contains("num_classes"))
        #expect(message { $0.anchors = [0, 0, 1, 1] }.contains("holds 4 elements"))
        #expect(message { $0.anchors[3] = 1000 }.contains("no parts of a picture"))
        #expect(message { $0.extraOutput = true }.contains("TFLite_Detection_PostProcess"))
    }

    @Test("Numbers of a map, of every type and width")
    func maps() throws {
        let several = DetectionModel.bytes(
            "61006200630064006500047465787400660006131211100f08000000000000000d000000000000000100000000000000"
                + "0600000000000000fdffffffffffffff010000000000000070110100000000009a9999999999b93f4d00000000000000"
                + "0000000000000440076b070f140f362701")
        let map = try #require(FlexMap(several))
        #expect(["a", "b", "c", "d", "f"].map { map.number($0) } == [-3, 1, 70000, 0.1, 2.5])
        #expect(map.number("e") == nil && map.number("g") == nil)
        let apart = DetectionModel.bytes(
            "6900000090eefeff780000000000003e75000313040d03010315ff0f1a0822062401")
        let other = try #require(FlexMap(apart))
        #expect(["i", "x", "u"].map { other.number($0) } == [-70000, 0.125, 255])
        // A number alone.
        #expect(FlexMap([5, 4, 1]) == nil && FlexMap([]) == nil)
    }

    @Test("Damaged models are read or refused")
    func damaged() {
        let files = ([9, 3, 0] as [UInt8]).map { type -> (name: String, bytes: [UInt8]) in
            var model = DetectionModel()
            model.type = type
            return (name: "detector", bytes: model.file)
        }
        let run = MutationRun("detector", files: files, cases: 6_000) { bytes in
            do throws(ImportError) {
                _ = HeadRecognition.find(in: try TFLiteImporter.read(bytes, name: "damaged.tflite"))
                return true
            } catch { return false }
        }
        #expect(run.refused > run.cases / 5 && run.accepted > run.cases / 50)
        // The options by themselves.
        var accepted = 0
        for position in DetectionModel.options.indices {
            for value in [0, 1, 0x7f, 0x80, 0xff] as [UInt8] {
                var bytes = DetectionModel.options
                bytes[position] = value
                if FlexMap(bytes) != nil { accepted += 1 }
            }
            _ = FlexMap(Array(DetectionModel.options[..<position]))
            _ = FlexMap(Array(DetectionModel.options[position...]))
        }
        #expect(accepted > 100)
    }
}
