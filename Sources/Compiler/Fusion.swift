import CBundle
import Graph

/// Byte tables that need no step of their own. All three rewrites are exact: they compose what the steps compute.
extension Draft {
    /// - A table that changes nothing becomes a view of its input.
    /// - A table after a table becomes one table.
    /// - A table that only clamps narrows the clamp of the step before it.
    mutating func fuseTables() {
        var kept: [DraftStep] = []
        var producer: [TensorID: Int] = [:]
        let uses = useCounts()
        for step in steps {
            guard step.kernel == OC_KERNEL_TABLE else {
                producer[step.output] = kept.count
                kept.append(step)
                continue
            }
            let input = step.inputs[0]
            if step.constants.indices.allSatisfy({ step.constants[$0] == UInt8($0) }),
                graph[input].type == graph[step.output].type,
                isViewable(input, as: step.output)
            {
                views[step.output] = View(base: input, offset: 0)
                note("table that changes nothing")
                continue
            }
            if let index = producer[input], uses[input] == 1, kept[index].absorb(step.constants) {
                kept[index].output = step.output
                producer[step.output] = index
                note(kept[index].kernel == OC_KERNEL_TABLE ? "table into a table" : "activation into its producer")
                continue
            }
            producer[step.output] = kept.count
            kept.append(step)
        }
        steps = kept
    }

    /// Whether `output` may share all of `input`'s bytes: not when a graph output would be a graph input, or twice, nor when
    /// `output` has its place inside another tensor already.
    private func isViewable(_ input: TensorID, as output: TensorID) -> Bool {
        let base = root(of: input).base
        return graph[base].constant == nil && views[output] == nil
            && !(isOutput(output) && (isInput(base) || isOutput(base)))
    }

    /// How many steps, views and graph outputs read each tensor.
    func useCounts() -> [TensorID: Int] {
        var uses: [TensorID: Int] = [:]
        for step in steps { for input in step.inputs { uses[input, default: 0] += 1 } }
        for (id, view) in views {
            uses[view.base, default: 0] += 1
            // A tensor placed inside another one must keep its own bytes there.
            uses[id, default: 0] += 1
        }
        for output in graph.outputs { uses[output, default: 0] += 1 }
        return uses
    }
}

extension DraftStep {
    /// Takes over a table that is applied to this step's results; false where that cannot be done exactly.
    mutating func absorb(_ table: [UInt8]) -> Bool {
        let flip = UInt8(record.flip)
        switch kernel {
        case OC_KERNEL_TABLE:
            constants = constants.map { table[Int($0)] }
            return true
        case OC_KERNEL_CONV, OC_KERNEL_CONV_GROUPED, OC_KERNEL_DEPTHWISE, OC_KERNEL_DEPTHWISE_MULTIPLIED,
            OC_KERNEL_TRANSPOSE_CONV:
            guard let clamp = Clamp(table, flip: flip, within: record.conv.clamp_min...record.conv.clamp_max) else {
                return false
            }
            (record.conv.clamp_min, record.conv.clamp_max) = (clamp.low, clamp.high)
            return true
        case OC_KERNEL_MATRIX:
            guard let clamp = Clamp(table, flip: flip, within: record.matrix.clamp_min...record.matrix.clamp_max) else {
                return false
            }
            (record.matrix.clamp_min, record.matrix.clamp_max) = (clamp.low, clamp.high)
            return true
        case OC_KERNEL_ADD, OC_KERNEL_MUL:
            guard let clamp = Clamp(table, flip: flip, within: record.binary.clamp_min...record.binary.clamp_max) else {
                return false
            }
            (record.binary.clamp_min, record.binary.clamp_max) = (clamp.low, clamp.high)
            return true
        default:
            return false
        }
    }
}

/// A table that is max(low, min(high, x)) for all x that its producer gives.
private struct Clamp {
    let low: Int32
    let high: Int32

    init?(_ table: [UInt8], flip: UInt8, within range: ClosedRange<Int32>) {
        func value(_ x: Int32) -> Int32 {
            Int32(Int8(bitPattern: table[Int(UInt8(truncatingIfNeeded: x) ^ flip)] ^ flip))
        }
        low = value(range.lowerBound)
        high = value(range.upperBound)
        guard low <= high, range.contains(low), range.contains(high) else { return nil }
        for x in range where value(x) != max(low, min(high, x)) { return nil }
    }
}
