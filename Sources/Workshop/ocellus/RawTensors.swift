import Bundle
import CBundle
import Engine
import Foundation
import Graph

/// A tensor of a bundle as messages and reports describe it.
struct TensorDescription: Codable {
    var name: String
    var shape: [Int]
    var type: String
    var bytes: Int
    /// 0: not quantized.
    var scale: Float
    var zeroPoint: Int32

    /// "input [1x96x96x1] int8, 9216 bytes"
    var text: String { "'\(name)' [\(Format.shape(shape))] \(type), \(Format.count(bytes, "byte"))" }
}

extension TensorDescription {
    init(_ tensor: oc_tensor, in view: BundleView) {
        let extents = tensor.extents
        self.init(
            name: view.string(tensor.name), shape: (0..<Int(tensor.rank)).map { Int(extents[$0]) },
            type: ElementType(rawValue: tensor.type)?.name ?? "unknown", bytes: Int(tensor.bytes), scale: tensor.scale,
            zeroPoint: tensor.zero_point)
    }
}

extension ElementType {
    var name: String { "\(self)" }
}

extension Engine {
    func describe(_ tensor: oc_tensor) -> TensorDescription { TensorDescription(tensor, in: bundle.view) }

    var inputBytes: Int { (0..<inputCount).reduce(0) { $0 + Int(inputTensor($1).bytes) } }

    /// All inputs' bytes, which a file has one after another.
    func inputs(readFrom path: String) throws(Failure) -> [UInt8] {
        let raw = try WholeFile.read(path)
        guard raw.count == inputBytes else {
            let inputs = (0..<inputCount).map { describe(inputTensor($0)).text }
            throw Failure(
                "\(path): has \(Format.count(raw.count, "byte")), but the model's inputs take "
                    + "\(Format.grouped(inputBytes)): \(inputs.joined(separator: ", then "))")
        }
        return raw
    }

    /// Fills all inputs from bytes in the model's types and order.
    /// - Parameter raw: `inputBytes` bytes.
    func fillInputs(_ raw: ArraySlice<UInt8>) {
        var rest = raw
        for index in 0..<inputCount {
            let bytes = rest.prefix(Int(inputTensor(index).bytes))
            bytes.withUnsafeBytes { write($0, toInput: index) }
            rest = rest.dropFirst(bytes.count)
        }
    }

    /// One output in the model's type.
    func rawOutput(_ index: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(outputTensor(index).bytes))
        bytes.withUnsafeMutableBytes { read(output: index, into: $0) }
        return bytes
    }
}

extension Engine {
    /// One output as real numbers.
    func reals(ofOutput index: Int) -> [Float] {
        OutputSummary.values(rawOutput(index), describe(outputTensor(index))).map { Float($0) }
    }

    /// All that an output's elements can stand for; nil where they are no 8-bit ones, nor dequantized from one tensor of such.
    func range(ofOutput index: Int) -> ClosedRange<Float>? {
        let view = bundle.view
        let tensor = outputTensor(index)
        guard UInt32(tensor.type) == OC_TYPE_FLOAT32.rawValue else { return tensor.range }
        let writers = view.steps.indices.filter { StepByStep.writes(view.steps[$0], into: tensor, at: $0) }
        guard writers.count == 1, view.steps[writers[0]].kernel == OC_KERNEL_DEQUANTIZE.rawValue else { return nil }
        let source = Int(view.steps[writers[0]].in.0.tensor)
        return view.tensors.indices.contains(source) ? view.tensors[source].range : nil
    }
}

extension oc_tensor {
    /// All that its elements can stand for, with the half steps beyond; nil where it is not quantized to 8 bits.
    var range: ClosedRange<Float>? {
        let levels: ClosedRange<Float>
        switch UInt32(type) {
        case OC_TYPE_INT8.rawValue: levels = -128...127
        case OC_TYPE_UINT8.rawValue: levels = 0...255
        default: return nil
        }
        guard scale > 0 else { return nil }
        let zero = Float(zero_point)
        return (levels.lowerBound - zero - 0.5) * scale...(levels.upperBound - zero + 0.5) * scale
    }
}

/// The values that an output took, as real numbers where it is quantized.
struct OutputSummary: Codable {
    var tensor: TensorDescription
    var min: Double
    var max: Double

    init(_ tensor: TensorDescription, raw: [UInt8]) {
        self.tensor = tensor
        let values = Self.values(raw, tensor).filter(\.isFinite)
        min = values.min() ?? 0
        max = values.max() ?? 0
    }

    static func values(_ raw: [UInt8], _ tensor: TensorDescription) -> [Double] {
        func real(_ value: Int) -> Double {
            tensor.scale == 0 ? Double(value) : Double(tensor.scale) * Double(value - Int(tensor.zeroPoint))
        }
        switch tensor.type {
        case "int8": return raw.map { real(Int(Int8(bitPattern: $0))) }
        case "uint8": return raw.map { real(Int($0)) }
        case "int32": return raw.littleEndian(Int32.self).map { real(Int($0)) }
        case "int64": return raw.littleEndian(Int64.self).map { Double($0) }
        default: return raw.littleEndianFloats.map { Double($0) }
        }
    }
}
