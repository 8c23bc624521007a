/// A detector that ends with TensorFlow Lite's operator for boxes: a picture of 4 x 4 pixels whose bytes are 12 boxes, three at each of
/// four places, and their scores.
package struct DetectionModel {
    /// The schema's `TensorType`: 9 int8, 3 uint8, 0 float32.
    package var type: UInt8 = 9
    /// Whether int8 results are dequantized before the operator, and anchors are kept as bytes.
    package var dequantizes = false
    /// Anchors in parts of the picture: y, x, height, width.
    package var anchors: [Float] = (0..<4).flatMap { place -> [Float] in
        let middle = [Float(place / 2) / 2 + 0.25, Float(place % 2) / 2 + 0.25]
        return [0.25, 0.5, 1].flatMap { middle + [$0, $0 / 2] }
    }
    package var options = DetectionModel.options
    package var extraOutput = false

    /// As the writer of FlatBuffers' own Python package makes them: 10 detections of 3 classes, overlap 0.6, scales 10 and 5.
    package static let options = bytes(
        "6d61785f646574656374696f6e73006d61785f636c61737365735f7065725f646574656374696f6e006e6d735f73636f"
            + "72655f7468726573686f6c64006e6d735f696f755f7468726573686f6c64006e756d5f636c617373657300795f736361"
            + "6c6500785f7363616c6500685f7363616c6500775f7363616c65007573655f726567756c61725f6e6d73006465746563"
            + "74696f6e735f7065725f636c617373000b163794a4687d582d364750000000000f000000000000000100000000000000"
            + "0b000000000000006400000000000000000000000000144001000000000000000a00000000000000333333333333e33f"
            + "3a8c30e28e79453e03000000000000000000000000000000000000000000144000000000000024400000000000002440"
            + "070f07070f0f076b0f0f0f632701")

    package static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map { UInt8($0 > 57 ? $0 - 87 : $0 - 48) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func bytes(_ floats: [Float]) -> [UInt8] {
        floats.withUnsafeBytes { Array($0) }
    }

    package init() {}

    package var file: [UInt8] {
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
