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
}
