import Boards
import Graph

extension Graph {
    /// The graph whose inputs that a sensor file gives values are constants with them. What remains is the picture.
    public func holding(_ sensor: SensorFile) throws(CompileError) -> Graph {
        guard !sensor.inputs.isEmpty else { return self }
        var graph = self
        for input in sensor.inputs {
            let key = "inputs.\(input.name)"
            guard let id = graph.inputs.first(where: { graph[$0].name == input.name }) else {
                let names = graph.inputs.map { "'\(graph[$0].name)'" }.joined(separator: ", ")
                throw CompileError(sensor.refusal(key, "the model has no such input; it has \(names)"))
            }
            let tensor = graph[id]
            guard input.values.count == 1 || input.values.count == tensor.elementCount else {
                throw CompileError(
                    sensor.refusal(
                        key,
                        "\(input.values.count) numbers, but the input has the shape \(tensor.shape); give one for all or "
                            + "\(tensor.elementCount)"))
            }
            var bytes: [UInt8] = []
            for value in input.values {
                guard let element = tensor.element(value) else {
                    throw CompileError(
                        sensor.refusal(key, "\(value) is outside what the input can hold, \(tensor.extent)"))
                }
                bytes += element
            }
            graph[id].constant =
                input.values.count == 1 ? (0..<tensor.elementCount).flatMap { _ in bytes } : bytes
            graph.inputs.removeAll { $0 == id }
        }
        guard !graph.inputs.isEmpty else {
            throw CompileError(
                sensor.refusal("inputs", "every input has a value; leave out the one that takes the picture"))
        }
        do throws(GraphError) { try graph.validate() } catch {
            throw CompileError(sensor.refusal("inputs", "the model does not take a constant there: \(error.problem)"))
        }
        return graph
    }
}

extension Tensor {
    /// A real number as one element, little-endian; nil where the type cannot hold it.
    fileprivate func element(_ real: Double) -> [UInt8]? {
        func little<Integer: FixedWidthInteger>(_ value: Integer?) -> [UInt8]? {
            value.map { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        }
        let quantized: Double? = quantization.map { (real / Double($0.scale)).rounded() + Double($0.zeroPoint) }
        switch type {
        case .int8: return little(Int8(exactly: quantized ?? real))
        case .uint8: return little(UInt8(exactly: quantized ?? real))
        case .int32: return little(Int32(exactly: real))
        case .int64: return little(Int64(exactly: real))
        case .float32: return Float(real).isFinite ? little(Float(real).bitPattern) : nil
        }
    }

    /// The real numbers that `element` takes.
    fileprivate var extent: String {
        func real(_ element: Int32) -> Double {
            quantization.map { Double($0.scale) * Double(element - $0.zeroPoint) } ?? Double(element)
        }
        switch type {
        case .int8: return "\(real(-128)) to \(real(127))"
        case .uint8: return "\(real(0)) to \(real(255))"
        case .int32, .int64: return "whole numbers (\(type))"
        case .float32: return "a float32"
        }
    }
}
