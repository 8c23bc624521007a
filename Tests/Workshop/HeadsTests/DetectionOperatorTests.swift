import Graph
import Testing
import TestSupport

@testable import Heads
@testable import Importers

/// A picture of 4 x 4 pixels whose bytes are 12 boxes, three at each of four places, and their scores.
private struct DetectionModel {
    /// The schema's `TensorType`: 9 int8, 3 uint8, 0 float32.
    var type: UInt8 = 9
    /// Whether int8 results are dequantized before the operator, and anchors are kept as bytes.
    var dequantizes = false
    /// Anchors in parts of the picture: y, x, height, width.
    var anchors: [Float] = (0..<4).flatMap { place -> [Float] in
        let middle = [Float(place / 2) / 2 + 0.25, Float(place % 2) / 2 + 0.25]
        return [0.25, 0.5, 1].flatMap { middle + [$0, $0 / 2] }
    }
    var options = DetectionModel.options
    var extraOutput = false

    /// As the writer of FlatBuffers' own Python package makes them: 10 detections of 3 classes, overlap 0.6, scales 10 and 5.
    static let options = bytes(
        "6d61785f646574656374696f6e73006d61785f636c61737365735f7065725f646574656374696f6e006e6d735f73636f"
            + "72655f7468726573686f6c64006e6d735f696f755f7468726573686f6c64006e756d5f636c617373657300795f736361"
            + "6c6500785f7363616c6500685f7363616c6500775f7363616c65007573655f726567756c61725f6e6d73006465746563"
            + "74696f6e735f7065725f636c617373000b163794a4687d582d364750000000000f000000000000000100000000000000"
            + "0b000000000000006400000000000000000000000000144001000000000000000a00000000000000333333333333e33f"
            + "3a8c30e28e79453e03000000000000000000000000000000000000000000144000000000000024400000000000002440"
            + "070f07070f0f076b0f0f0f632701")

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map { UInt8($0 > 57 ? $0 - 87 : $0 - 48) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func bytes(_ floats: [Float]) -> [UInt8] {
        floats.withUnsafeBytes { Array($0) }
    }

    var file: [UInt8] {
        let isReal = type == 0
        let zero: Int64 = type == 9 ? -128 : 0
        var file = ModelFile(22, from: [1, 4, 4, 3], to: [1, 12, 4])
        func tensor(_ name: String, _ shape: [Int32], scale: Float, zero: Int64) -> ModelFile.Tensor {
            ModelFile.Tensor(
                name: name, shape: shape, type: type, scales: isReal ? [] : [scale],
                zeroPoints: isReal ? nil : [zero])
        }
        func real(_ name: String, _ shape: [Int32], data: [UInt8]? = nil) -> ModelFile.Tensor {
            ModelFile.Tensor(name: name, shape: shape, type: 0, data: data, scales: [])
        }
        file.tensors = [
            tensor("picture", [1, 4, 4, 3], scale: 0.1, zero: zero + 128),
            ModelFile.parameter([1, 12, 4]),
            tensor("boxes", [1, 12, 4], scale: 0.1, zero: zero + 128),
            tensor("scores", [1, 12, 4], scale: 1 / 256, zero: zero),
            real("found boxes", [1, 10, 4]), real("found classes", [1, 10]), real("found scores", [1, 10]),
            real("found count", [1]),
            real("anchors", [12, 4], data: Self.bytes(anchors)),
        ]
        file.operators = [
            .init(code: 22, inputs: [0, 1], outputs: [2]),
            .init(code: 14, inputs: [2], outputs: [3]),
        ]
        var read: [Int32] = [2, 3, 8]
        if dequantizes {
            file.tensors[8] = ModelFile.Tensor(
                name: "anchors", shape: [12, 4], type: 3, data: anchors.map { UInt8(($0 * 128).rounded()) },
                scales: [1 / 128])
            file.tensors += [
                real("real boxes", [1, 12, 4]), real("real scores", [1, 12, 4]), real("real anchors", [12, 4]),
            ]
            for (index, id) in [Int32(2), 3, 8].enumerated() {
                file.operators.append(.init(code: 6, inputs: [id], outputs: [Int32(9 + index)]))
            }
            read = [9, 10, 11]
        }
        var operation = ModelFile.Operator(
            code: 32, custom: "TFLite_Detection_PostProcess", inputs: read, outputs: [4, 5, 6, 7])
        operation.customOptions = options
        file.operators.append(operation)
        file.outputs = [4, 5, 6, 7] + (extraOutput ? [3] : [])
        return file.bytes
    }
}

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
