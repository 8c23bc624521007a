import TestSupport
import Testing

@testable import Importers

/// Models that are not the int8 form for a CPU are called by their name in one line, with what to take instead.
@Suite struct ModelKindTests {
    private func message(_ file: ModelFile) -> String {
        do throws(ImportError) {
            _ = try TFLiteImporter.read(file.bytes, name: "m.tflite")
            return "imported"
        } catch {
            return error.description
        }
    }

    /// CONV_2D of 1x1 whose tensors have these of the schema's types: 0 float32, 1 float16, 3 uint8, 7 int16, 9 int8.
    static func convolution(_ activations: UInt8, _ weights: UInt8) -> ModelFile {
        let bytes = [0: 4, 1: 2, 7: 2][weights] ?? 1
        let constant = ModelFile.Tensor(
            name: "w", shape: [1, 1, 1, 1], type: weights, data: .init(repeating: 1, count: bytes))
        var file = ModelFile(
            3, from: [1, 2, 2, 1], to: [1, 2, 2, 1], constants: [constant],
            options: (1, [0: .uint8(1), 1: .int32(1), 2: .int32(1)]))
        file.tensors[0].type = activations
        file.tensors[1].type = activations
        return file
    }

    @Test("int16 models are named")
    func types() {
        let text = message(Self.convolution(7, 9))
        #expect(
            text.hasPrefix("m.tflite: a model with int16 activations (16x8 quantization); give the float model")
                && !text.contains("\n"), "\(text)")
    }

    @Test(
        "What an accelerator's compiler made is named with what it was made from",
        arguments: [
            ("edgetpu-custom-op", "compiled for the Edge TPU by edgetpu_compiler", "without _edgetpu in its name"),
            ("ethos-u", "compiled for an Ethos-U by Vela", "without _vela in its name"),
            (
                "XC_conv2d_v2", "compiled for xcore by the xcore optimizer",
                "take the .tflite that the xcore optimizer was given"
            ),
        ])
    func compiled(custom: String, program: String, remedy: String) {
        var file = ModelFile(19, from: [1, 4], to: [1, 4])
        file.operators[0] = .init(code: 32, custom: custom, inputs: [0], outputs: [1])
        let text = message(file)
        #expect(text.contains(program) && text.contains(remedy) && !text.contains("\n"), "\(text)")
    }

    @Test("An int8 model with an unknown operator still has it named, whatever else is in it")
    func int8() {
        var file = Self.convolution(9, 9)
        file.operators.append(.init(code: 32, custom: "Secret", inputs: [1], outputs: [1]))
        #expect(message(file).contains("CUSTOM 'Secret'"))
    }
}
