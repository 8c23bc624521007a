import Graph
import Reference

/// int8 weights and int32 bias of one convolution or matrix product, while they are fitted.
struct QuantizedWeights {
    private let scales: WeightScales
    private let input: Float
    /// `[channels, depth]`.
    private var levels: [Int8]
    /// Zeros, until they are set.
    private var bias: [Int32]

    /// Each weight rounded to nearest.
    init(_ scales: WeightScales, input: Float) {
        self.scales = scales
        self.input = input
        levels = scales.rows.indices.map { index in
            let scale = scales.scales[index / scales.depth]
            return Int8(min(max((scales.rows[index] / scale).rounded(), -127), 127))
        }
        bias = [Int32](repeating: 0, count: scales.channels)
    }

    /// Rounds the weights anew for the inputs that they meet.
    /// - Parameter inputs: rows of inputs for all sums, or for each channel its own.
    mutating func learn(_ inputs: [RealBuffer]) {
        guard !inputs.isEmpty, inputs.allSatisfy({ $0.count > 0 }) else { return }
        let (channels, depth) = (scales.channels, scales.depth)
        // Groups of channels read different inputs.
        let group = channels / inputs.count
        guard group * inputs.count == channels else { return }
        var rows = scales.rows
        rows.withUnsafeMutableBufferPointer { rows in
            levels.withUnsafeMutableBufferPointer { levels in
                guard let rows = rows.baseAddress, let levels = levels.baseAddress else { return }
                for (number, buffer) in inputs.enumerated() {
                    let rounding = buffer.withElements { Rounding(inputs: $0, depth: depth) }
                    Parallel.perform(group, grain: max(1, (1 << 20) / (depth * depth))) { part in
                        for channel in part {
                            let at = number * group + channel
                            rounding.round(rows + at * depth, scale: scales.scales[at], into: levels + at * depth)
                        }
                    }
                }
            }
        }
    }

    mutating func setBias(_ values: [Float]) {
        bias = values.indices.map { channel in
            let quotient = Double(values[channel]) / (Double(input) * Double(scales.scales[channel]))
            return Int32(min(max(quotient.rounded(), -0x1p30), 0x1p30))
        }
    }

    /// What the weights stand for, as the operation lays them out.
    var reals: [Float] {
        scales.laidOut(levels.indices.map { Float(levels[$0]) * scales.scales[$0 / scales.depth] })
    }

    var biasReals: [Float] { bias.indices.map { Float(bias[$0]) * input * scales.scales[$0] } }

    /// The tensors of the quantized graph.
    func tensors(_ name: String, shape: [Int], dimension: Int) -> (weights: Tensor, bias: Tensor) {
        let weights = Tensor(
            name: name, shape: shape, type: .int8,
            quantization: Quantization(
                scales: scales.scales, zeroPoints: [Int32](repeating: 0, count: scales.channels),
                dimension: scales.channels > 1 ? dimension : 0),
            constant: scales.laidOut(levels).map { UInt8(bitPattern: $0) })
        let bias = Tensor(
            name: name + " bias", shape: [scales.channels], type: .int32,
            quantization: Quantization(
                scales: scales.scales.map { $0 * input }, zeroPoints: [Int32](repeating: 0, count: scales.channels)),
            constant: ElementType.int32.bytes(bias.map { Int($0) }))
        return (weights, bias)
    }
}
