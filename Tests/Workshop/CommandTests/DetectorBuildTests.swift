import Foundation
import TestSupport
import Testing

@Suite struct DetectorBuildTests {
    @Test(
        "A detector with TensorFlow Lite's operator for boxes is built without it",
        arguments: [9, 3] as [UInt8], [false, true])
    func detectionOperator(type: UInt8, dequantizes: Bool) throws {
        let folder = try Folder()
        var model = DetectionModel()
        (model.type, model.dequantizes) = (type, dequantizes)
        try folder.write(model.file, to: "d.tflite")
        let build = try Command("build", "d.tflite", in: folder)
        #expect(build.code == 0 && build.errors.isEmpty, "\(build.errors)")
        // The file says what its boxes are: nothing is guessed.
        #expect(!build.text.contains("taken for"), "\(build.text)")
        let inspection = try Command("inspect", "d.ocellus", in: folder)
        #expect(inspection.code == 0 && inspection.text.contains("SSD"), "\(inspection.text)\(inspection.errors)")
    }

    private func folder(_ name: String) throws -> Folder {
        let folder = try Folder()
        let file = Checkout.file("Tests/Data/models/detectors/\(name).onnx")
        try folder.write(Array(Data(contentsOf: file)), to: "d.onnx")
        return folder
    }

    @Test(
        "A file that chooses among boxes is built without that",
        arguments: [
            ("end-to-end", "YOLO with distances"), ("suppressed", "YOLO with distances"),
            ("matrix", "YOLO with anchors (v5, v7)"), ("ssd", "SSD"),
        ])
    func selection(name: String, kind: String) throws {
        let folder = try folder(name)
        let build = try Command("build", "d.onnx", in: folder)
        #expect(build.code == 0 && build.text.contains("boards choose by scores themselves"), "\(build.errors)")
        #expect(!build.text.contains("not 8-bit"), "\(build.text)")
        let inspection = try Command("inspect", "d.ocellus", in: folder)
        #expect(inspection.text.contains(kind), "\(inspection.text)")
    }

    @Test("8 bits that tell too little are told")
    func coarse() throws {
        let folder = try Folder()
        let models = OperatorSuite.dataFolder.appendingPathComponent("models")
        func text(_ name: String) throws -> String {
            let build = try Command("build", models.appendingPathComponent(name).path, "-o", "d.ocellus", in: folder)
            #expect(build.code == 0, "\(build.errors)")
            return build.text
        }
        // Boxes and scores in one scale each for all that any picture gives.
        let coarse = try text("blazeface_short_int8.tflite")
        #expect(coarse.contains("note: this file's int8 outputs tell scores only in steps of 0."), "\(coarse)")
        #expect(coarse.contains("give the float model, and --calibrate"))
        #expect(try !text("blobs.onnx").contains("int8 outputs tell"))
    }

    @Test("A choice among boxes of no known kind says what can be had")
    func strange() throws {
        let folder = try folder("strange")
        let build = try Command("build", "d.onnx", in: folder)
        #expect(build.code != 0 && build.errors.contains("its last 2 nodes (NonMaxSuppression) choose among boxes"))
        #expect(build.errors.contains("--keep-outputs"), "\(build.errors)")
        #expect(try Command("build", "d.onnx", "--keep-outputs", in: folder).code == 0)
    }

    @Test("Anchors that are not in the file are named in the sensor file")
    func anchors() throws {
        let folder = try folder("encoded")
        func build(_ detector: String) throws -> Command {
            let sensor = """
                name: door
                model: d.onnx
                labels: [a, b, c]
                input: {mean: 0, std: 255}
                detector: \(detector)
                watch: [{label: a, on: 0.5}]
                """
            try folder.write(Array(sensor.utf8), to: "s.yaml")
            return try Command("build", "s.yaml", in: folder)
        }
        let alone = try Command("build", "d.onnx", in: folder)
        #expect(alone.code == 0 && alone.text.contains("720 boxes (8x8x9, 4x4x9) with 3 scores each"), "\(alone.text)")
        let unnamed = try build("{score: 0.4}")
        #expect(
            unnamed.code != 0 && unnamed.errors.contains("s.yaml:5")
                && unnamed.errors.contains("{anchors: {kind: ssd}}"), "\(unnamed.errors)")
        let named = try build("{score: 0.4, anchors: {kind: efficientdet, scale: 3}}")
        #expect(named.code == 0 && named.text.contains("SSD"), "\(named.errors)")
        let other = try build("{anchors: {kind: ssd}}")
        #expect(other.code != 0, "\(other.text)")
        #expect(
            other.errors.contains("makes 6, 6 anchors a place, and the model has 9, 9"), "\(other.errors)")
        #expect(try build("{anchors: {kind: ssd, octaves: 2}}").errors.contains("min_scale, max_scale, ratios alone"))
    }
}
