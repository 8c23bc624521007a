import Foundation
import ONNXFormat
import SwiftProtobuf

/// A detector of the form of BlazeFace's short range that sees white: a box of 24x24 pixels for every white cell of 8x8.
package enum DetectorSample {
    package static let side = 128

    package static func bytes() throws -> [UInt8] {
        var model = ONNXSample.model(input: [1, 3, 128, 128], output: "boxes")
        var scores = Onnx_ValueInfoProto()
        scores.name = "scores"
        model.graph.output.append(scores)
        // Two anchors a place of 8 pixels, six of 16; x, y, width, height and six key points each.
        for (level, cell, anchors) in [("a", Int64(8), 2), ("b", 16, 6)] {
            model.graph.node.append(
                ONNXSample.node(
                    "AveragePool", ["picture"], level, lists: ["kernel_shape": [cell, cell], "strides": [cell, cell]]))
            let box: [Float] = [0, 0, 24, 24] + [Float](repeating: 0, count: 12)
            branch(
                &model, "\(level)-boxes", of: level, values: 16,
                weights: [Float](repeating: 0, count: 3 * 16 * anchors),
                biases: (0..<anchors).flatMap { _ in box })
            // The first anchor of the fine grid alone sees anything: pixels are -1 to 1.
            let seen: [Float] = level == "a" ? [4, 4, 4] : [0, 0, 0]
            branch(
                &model, "\(level)-scores", of: level, values: 1,
                weights: seen + [Float](repeating: 0, count: 3 * (anchors - 1)),
                biases: [level == "a" ? 0 : -12] + [Float](repeating: -12, count: anchors - 1))
        }
        for kind in ["boxes", "scores"] {
            model.graph.node.append(ONNXSample.node("Concat", ["a-\(kind)", "b-\(kind)"], kind, ["axis": 1]))
        }
        return [UInt8](try model.serializedBytes() as Data)
    }

    /// A convolution whose channels become rows of so many values.
    private static func branch(
        _ model: inout Onnx_ModelProto, _ name: String, of input: String, values: Int64, weights: [Float],
        biases: [Float]
    ) {
        let channels = Int64(biases.count)
        model.graph.initializer += [
            ONNXSample.reals("\(name)-w", [channels, 3, 1, 1], weights),
            ONNXSample.reals("\(name)-b", [channels], biases),
            ONNXSample.wholes("\(name)-s", [1, -1, values]),
        ]
        model.graph.node += [
            ONNXSample.node("Conv", [input, "\(name)-w", "\(name)-b"], "\(name)-c"),
            ONNXSample.node("Transpose", ["\(name)-c"], "\(name)-t", lists: ["perm": [0, 2, 3, 1]]),
            ONNXSample.node("Reshape", ["\(name)-t", "\(name)-s"], name),
        ]
    }

    /// A black picture with white cells, PPM.
    /// - Parameter isWhite: of a cell's column and row, 0 to 15.
    package static func picture(_ isWhite: (_ column: Int, _ row: Int) -> Bool) -> [UInt8] {
        var bytes = Array("P6\n\(side) \(side)\n255\n".utf8)
        for y in 0..<side {
            for x in 0..<side { bytes += [UInt8](repeating: isWhite(x / 8, y / 8) ? 255 : 0, count: 3) }
        }
        return bytes
    }
}
