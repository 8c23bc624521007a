import CBundle
import Graph
import Kernels

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
            // A table into another type is no clamp, though it may leave every byte of this set's arena as it is: packed for
            // another set it would not.
            if let index = producer[input], uses[input] == 1,
                kept[index].kernel == OC_KERNEL_TABLE || graph[input].type == graph[step.output].type,
                kept[index].absorb(step.constants)
            {
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
    /// What a set's kernels read besides geometry and constants, when these no longer change.
    mutating func fillForms(for set: KernelSet) {
        for index in steps.indices {
            if let input = steps[index].inputs.first {
                steps[index].record.in.0.type = UInt16(graph[input].type.rawValue)
            }
            steps[index].record.out.type = UInt16(graph[steps[index].output].type.rawValue)
            steps[index].constants.withUnsafeBytes { set.fillForms(of: &steps[index].record, constants: $0) }
        }
    }

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
    fileprivate mutating func absorb(_ table: [UInt8]) -> Bool {
        switch record.contract.absorbs {
        case .table:
            constants = constants.map { table[Int($0)] }
            return true
        case .clamp(let clamp):
            guard let narrowed = narrow(clamp.read(record), to: table, flip: UInt8(record.flip)) else { return false }
            clamp.write(&record, narrowed)
            return true
        case .nothing:
            return false
        }
    }
}

/// A clamp's range with what a table makes of it, where that is max(low, min(high, x)) for all x of the range; else nil.
private func narrow(_ range: ClosedRange<Int32>, to table: [UInt8], flip: UInt8) -> ClosedRange<Int32>? {
    func value(_ x: Int32) -> Int32 {
        Int32(Int8(bitPattern: table[Int(UInt8(truncatingIfNeeded: x) ^ flip)] ^ flip))
    }
    let low = value(range.lowerBound)
    let high = value(range.upperBound)
    guard low <= high, range.contains(low), range.contains(high) else { return nil }
    for x in range where value(x) != max(low, min(high, x)) { return nil }
    return low...high
}
