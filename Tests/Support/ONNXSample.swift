import Foundation
import ONNXFormat
import SwiftProtobuf

/// Small models.
package enum ONNXSample {
    /// One picture in, of any size where an extent is 0.
    package static func model(input shape: [Int64], output: String) -> Onnx_ModelProto {
        var model = Onnx_ModelProto()
        var opset = Onnx_OperatorSetIdProto()
        opset.version = 13
        (model.irVersion, model.opsetImport) = (8, [opset])
        var input = Onnx_ValueInfoProto()
        input.name = "picture"
        input.type.tensorType.elemType = 1
        input.type.tensorType.shape.dim = shape.map { extent in
            var dimension = Onnx_TensorShapeProto.Dimension()
            if extent > 0 { dimension.dimValue = extent } else { dimension.dimParam = "open" }
            return dimension
        }
        model.graph.input = [input]
        var result = Onnx_ValueInfoProto()
        result.name = output
        model.graph.output = [result]
        return model
    }

    package static func node(
        _ type: String, _ inputs: [String], _ output: String, _ numbers: [String: Int64] = [:],
        lists: [String: [Int64]] = [:]
    ) -> Onnx_NodeProto {
        var node = Onnx_NodeProto()
        (node.opType, node.name, node.input, node.output) = (type, "n", inputs, [output])
        for (name, value) in numbers.sorted(by: { $0.key < $1.key }) {
            var attribute = Onnx_AttributeProto()
            (attribute.name, attribute.type, attribute.i) = (name, .int, value)
            node.attribute.append(attribute)
        }
        for (name, values) in lists.sorted(by: { $0.key < $1.key }) {
            var attribute = Onnx_AttributeProto()
            (attribute.name, attribute.type, attribute.ints) = (name, .ints, values)
            node.attribute.append(attribute)
        }
        return node
    }

    package static func reals(_ name: String, _ shape: [Int64], _ values: [Float]) -> Onnx_TensorProto {
        var tensor = Onnx_TensorProto()
        (tensor.name, tensor.dataType, tensor.dims, tensor.floatData) = (name, 1, shape, values)
        return tensor
    }

    package static func wholes(_ name: String, _ values: [Int64]) -> Onnx_TensorProto {
        var tensor = Onnx_TensorProto()
        (tensor.name, tensor.dataType, tensor.dims, tensor.int64Data) = (name, 7, [Int64(values.count)], values)
        return tensor
    }

    /// Convolution, batch normalization, pools, matrix, softmax on 8x8x3.
    package static func classifier() -> Onnx_ModelProto {
        var model = model(input: [0, 3, 8, 8], output: "scores")
        func values(_ count: Int) -> [Float] { (0..<count).map { Float(($0 * 37) % 19) / 19 - 0.4 } }
        model.graph.initializer = [
            reals("w", [4, 3, 3, 3], values(108)), reals("scale", [4], [1, 2, 0.5, 1]), reals("shift", [4], values(4)),
            reals("mean", [4], values(4)), reals("variance", [4], [1, 0.5, 2, 1]), reals("m", [5, 4], values(20)),
            reals("b", [5], values(5)),
        ]
        model.graph.node = [
            node("Conv", ["picture", "w"], "t1", lists: ["pads": [1, 1, 1, 1], "strides": [1, 1]]),
            node("BatchNormalization", ["t1", "scale", "shift", "mean", "variance"], "t2"),
            node("Relu", ["t2"], "t3"),
            node("MaxPool", ["t3"], "t4", lists: ["kernel_shape": [2, 2], "strides": [2, 2]]),
            node("GlobalAveragePool", ["t4"], "t5"),
            node("Flatten", ["t5"], "t6"),
            node("Gemm", ["t6", "m", "b"], "t7", ["transB": 1]),
            node("Softmax", ["t7"], "scores", ["axis": 1]),
        ]
        return model
    }

    /// The classifier as a file.
    package static var bytes: [UInt8] {
        get throws { [UInt8](try classifier().serializedBytes() as Data) }
    }
}
