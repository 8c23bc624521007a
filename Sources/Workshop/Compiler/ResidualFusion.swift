import CBundle
import Graph

/// Additions behind convolutions. The sum takes the place of the convolution's result, which is never written; where the
/// other operand is another tensor with channels padded on, the padding goes, too.
extension Draft {
    mutating func fuseResiduals() {
        var uses = useCounts()
        var producers: [TensorID: [Int]] = [:]
        for (index, step) in steps.enumerated() { producers[step.output, default: []].append(index) }
        var dropped: Set<Int> = []

        for index in steps.indices where steps[index].kernel == OC_KERNEL_ADD && steps[index].isPlainAddition {
            let operands = steps[index].inputs
            guard operands[0] != operands[1] else { continue }
            // The later convolution is the one behind which both operands are known.
            let candidates = [0, 1].compactMap { side -> (convolution: Int, side: Int)? in
                let operand = operands[side]
                guard let producer = producers[operand], producer.count == 1,
                    steps[producer[0]].kernel == OC_KERNEL_CONV,
                    producer[0] < index, uses[operand] == 1, views[operand] == nil,
                    graph[operand].type == .int8
                else { return nil }
                return (producer[0], side)
            }
            guard let (convolution, side) = candidates.max(by: { $0.convolution < $1.convolution }) else { continue }
            var addend = operands[1 - side]
            var channels = steps[convolution].record.conv.out_c
            var padding: [Int] = []
            if let pad = channelPad(producing: addend, producers, uses) {
                (addend, channels, padding) = (pad.source, pad.channels, pad.steps)
            }
            let isKnown = (producers[root(of: addend).base] ?? []).allSatisfy { $0 < convolution }
            guard graph[addend].constant == nil, graph[addend].type == .int8, isKnown else { continue }

            let sum = steps[index].record.binary
            var residual = oc_residual()
            residual.channels = channels
            residual.zero = side == 0 ? sum.zero_b : sum.zero_a
            (residual.out_zero, residual.left_shift) = (sum.out_zero, sum.left_shift)
            let first = (sum.multiplier_a, sum.shift_a)
            let second = (sum.multiplier_b, sum.shift_b)
            (residual.multiplier_a, residual.shift_a) = side == 0 ? first : second
            (residual.multiplier_b, residual.shift_b) = side == 0 ? second : first
            (residual.multiplier_out, residual.shift_out) = (sum.multiplier_out, sum.shift_out)
            (residual.clamp_min, residual.clamp_max) = (sum.clamp_min, sum.clamp_max)
            (residual.linear_a, residual.linear_b) =
                side == 0 ? (sum.linear_a, sum.linear_b) : (sum.linear_b, sum.linear_a)
            residual.linear_c = sum.linear_c
            // The addition is about the convolution's own zero point, or it is none of ours.
            guard steps[convolution].record.conv.out_zero == (side == 0 ? sum.zero_a : sum.zero_b) else { continue }

            steps[convolution].record.kernel = OC_KERNEL_CONV_ADD.rawValue
            steps[convolution].record.conv.residual = residual
            steps[convolution].inputs.append(addend)
            producers[steps[index].output] = [convolution]
            steps[convolution].output = steps[index].output
            steps[convolution].name += " and \(steps[index].name)"
            uses[operands[side]] = 0
            dropped.insert(index)
            dropped.formUnion(padding)
            note("addition into its convolution")
            if !padding.isEmpty { note("padded channels without a copy") }
        }
        steps = steps.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    }

    /// The steps that only append channels of zero points to `source`, where nothing but one addition reads the result.
    private func channelPad(
        producing tensor: TensorID, _ producers: [TensorID: [Int]], _ uses: [TensorID: Int]
    ) -> (source: TensorID, channels: Int32, steps: [Int])? {
        guard uses[tensor] == 1, views[tensor] == nil, let pair = producers[tensor], pair.count == 2,
            steps[pair[0]].kernel == OC_KERNEL_FILL, steps[pair[1]].kernel == OC_KERNEL_COPY
        else { return nil }
        let source = steps[pair[1]].inputs[0]
        let from = graph[source]
        let to = graph[tensor]
        guard from.type == .int8, from.constant == nil, from.quantization == to.quantization,
            from.shape.count == 4, to.shape.count == 4, from.shape.dropLast() == to.shape.dropLast(),
            steps[pair[1]].record.copy.out_start == 0, steps[pair[1]].record.copy.in_start == 0,
            let zero = to.quantization?.zeroPoint,
            steps[pair[0]].record.fill.value
                == Int32(UInt8(truncatingIfNeeded: zero) ^ UInt8(steps[pair[0]].record.flip))
        else { return nil }
        return (source, Int32(from.shape[3]), pair)
    }
}

extension DraftStep {
    /// An addition of two tensors of one shape.
    fileprivate var isPlainAddition: Bool {
        record.binary.subtract == 0 && inputs.count == 2 && mayReplace(input: 0) && mayReplace(input: 1)
    }
}
