import Foundation
import ONNXFormat
import SwiftProtobuf

/// Small models that are quantized by their files: a picture of 4x4x3, a convolution with 2 channels and ReLU, MaxPool, Flatten and
/// a matrix product.
package enum ONNXQuantizedSample {
    /// Its weights, by output channel, and their scales.
    package static let weights: [Int8] = (0..<54).map { Int8(($0 * 37) % 255 - 127) }
    package static let weightScales: [Float] = [0.01, 0.02]
    package static let bias: [Int32] = [1000, -200_000]
    /// Of the input, the convolution's result and the product's: scale and zero point of uint8.
    package static let scales: [(scale: Float, zeroPoint: Int32)] = [(1 / 255, 0), (0.05, 0), (0.1, 120)]

    private static func bytes(_ name: String, _ shape: [Int64], _ values: [Int], isSigned: Bool) -> Onnx_TensorProto {
        var tensor = Onnx_TensorProto()
        (tensor.name, tensor.dims, tensor.dataType) = (name, shape, isSigned ? 3 : 2)
        tensor.rawData = Data(values.map { UInt8(truncatingIfNeeded: $0) })
        return tensor
    }

    private static func constants(_ model: inout Onnx_ModelProto) {
        var bias = Onnx_TensorProto()
        (bias.name, bias.dims, bias.dataType, bias.int32Data) = ("b", [2], 6, self.bias)
        let matrix = (0..<40).map { ($0 * 29) % 200 - 100 }
        model.graph.initializer = [
            bytes("w", [2, 3, 3, 3], weights.map { Int($0) }, isSigned: true),
            bytes("wz", [2], [0, 0], isSigned: true), ONNXSample.reals("ws", [2], weightScales), bias,
            ONNXSample.reals("bs", [2], weightScales.map { $0 * scales[0].scale }),
            bytes("m", [8, 5], matrix, isSigned: true), bytes("mz", [], [0], isSigned: true),
            ONNXSample.reals("ms", [], [0.005]),
        ]
        for (index, scale) in scales.enumerated() {
            model.graph.initializer.append(ONNXSample.reals("s\(index)", [], [scale.scale]))
            model.graph.initializer.append(bytes("z\(index)", [], [Int(scale.zeroPoint)], isSigned: false))
        }
    }

    private static func pair(_ x: String, _ y: String, _ index: Int) -> [Onnx_NodeProto] {
        [
            ONNXSample.node("QuantizeLinear", [x, "s\(index)", "z\(index)"], y + "q"),
            ONNXSample.node("DequantizeLinear", [y + "q", "s\(index)", "z\(index)"], y),
        ]
    }

    /// float32 between QuantizeLinear and DequantizeLinear.
    package static func pairs() -> Onnx_ModelProto {
        var model = ONNXSample.model(input: [1, 3, 4, 4], output: "y")
        constants(&model)
        model.graph.node =
            pair("picture", "x", 0) + [
                ONNXSample.node("DequantizeLinear", ["w", "ws", "wz"], "wf", ["axis": 0]),
                ONNXSample.node("DequantizeLinear", ["b", "bs"], "bf", ["axis": 0]),
                ONNXSample.node("DequantizeLinear", ["m", "ms", "mz"], "mf"),
                ONNXSample.node("Conv", ["x", "wf", "bf"], "c", lists: ["pads": [1, 1, 1, 1]]),
                ONNXSample.node("Relu", ["c"], "r"),
            ] + pair("r", "t", 1) + [
                ONNXSample.node("MaxPool", ["t"], "p", lists: ["kernel_shape": [2, 2], "strides": [2, 2]])
            ] + pair("p", "u", 1) + [
                ONNXSample.node("Flatten", ["u"], "f"), ONNXSample.node("MatMul", ["f", "mf"], "g"),
            ] + pair("g", "y", 2)
        return model
    }

    /// The same in operators on quantized elements.
    package static func operators() -> Onnx_ModelProto {
        var model = ONNXSample.model(input: [1, 3, 4, 4], output: "y")
        constants(&model)
        // ReLU is where the range ends, as ONNX Runtime has it.
        model.graph.node = [
            ONNXSample.node("QuantizeLinear", ["picture", "s0", "z0"], "x"),
            ONNXSample.node(
                "QLinearConv", ["x", "s0", "z0", "w", "ws", "wz", "s1", "z1", "b"], "c", lists: ["pads": [1, 1, 1, 1]]),
            ONNXSample.node("MaxPool", ["c"], "p", lists: ["kernel_shape": [2, 2], "strides": [2, 2]]),
            ONNXSample.node("Flatten", ["p"], "f"),
            ONNXSample.node("QLinearMatMul", ["f", "s1", "z1", "m", "ms", "mz", "s2", "z2"], "g"),
            ONNXSample.node("DequantizeLinear", ["g", "s2", "z2"], "y"),
        ]
        return model
    }

    /// Weights of int8, and an input that is quantized by its own extent while the model runs.
    package static func dynamic() -> Onnx_ModelProto {
        var model = ONNXSample.model(input: [1, 3, 4, 4], output: "y")
        constants(&model)
        model.graph.initializer.append(ONNXSample.reals("w1", [], [0.01]))
        model.graph.initializer.append(bytes("w0", [], [0], isSigned: true))
        var quantize = ONNXSample.node("DynamicQuantizeLinear", ["picture"], "x")
        quantize.output = ["x", "xs", "xz"]
        model.graph.node = [
            quantize, ONNXSample.node("ConvInteger", ["x", "w", "xz", "w0"], "sums", lists: ["pads": [1, 1, 1, 1]]),
            ONNXSample.node("Cast", ["sums"], "c", ["to": 1]), ONNXSample.node("Mul", ["xs", "w1"], "scale"),
            ONNXSample.node("Mul", ["c", "scale"], "y"),
        ]
        return model
    }

    package static func file(_ model: Onnx_ModelProto) throws -> [UInt8] {
        [UInt8](try model.serializedBytes() as Data)
    }
}
