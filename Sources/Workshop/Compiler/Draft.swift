import CBundle
import Graph
import Kernels

/// A step before it has addresses: its record holds kernel and geometry, its operands are still tensors of the graph.
struct DraftStep {
    var record: oc_step
    /// Where it comes from, as reports show it.
    var name: String
    var inputs: [TensorID]
    var output: TensorID
    /// For each input the part of it that is read; empty, or nil: all of it.
    var inputSlices: [Slice?] = []
    /// The part of the output that is written; nil: all of it.
    var outputSlice: Slice?
    /// What the kernel reads besides its inputs, as it lies in the weights section.
    var constants: [UInt8] = []
    /// Arena bytes that one worker needs while the step runs, a multiple of 64.
    var scratchBytes = 0

    /// A run of bytes within a tensor.
    struct Slice {
        var offset: Int
        var bytes: Int

        init(rows: Range<Int>, rowBytes: Int) {
            offset = rows.lowerBound * rowBytes
            bytes = rows.count * rowBytes
        }
    }

    init(_ kernel: oc_kernel, name: String, inputs: [TensorID], output: TensorID) {
        record = oc_step()
        record.kernel = kernel.rawValue
        self.name = name
        self.inputs = inputs
        self.output = output
    }

    var kernel: oc_kernel { oc_kernel(rawValue: record.kernel) }

    /// Whether it is one strip of an operator, or moves rows for one.
    var isStrip: Bool { outputSlice != nil }

    /// Whether the output may take the place of input `index`: each byte of the output depends on the input's byte at
    /// the same place alone, and on none before or after.
    func mayReplace(input index: Int) -> Bool { record.contract.mayReplace(record, index) }
}

/// What lowering makes of a graph: steps in order, and tensors that are merely views of others.
struct Draft {
    var graph: Graph
    var steps: [DraftStep] = []
    /// A tensor that lies inside another one, `offset` bytes from its start. Never chained in a circle.
    var views: [TensorID: View] = [:]
    /// What was folded or fused, for the report.
    var notes: [String: Int] = [:]
    /// What runs in strips, in order.
    var strips: [StripNote] = []

    struct View {
        var base: TensorID
        var offset: Int
    }

    init(_ graph: Graph) { self.graph = graph }

    mutating func note(_ what: String) { notes[what, default: 0] += 1 }

    /// The tensor that holds the bytes of `id`, and where in it they start.
    func root(of id: TensorID) -> View {
        var view = View(base: id, offset: 0)
        while let next = views[view.base] { view = View(base: next.base, offset: view.offset + next.offset) }
        return view
    }

    func isInput(_ id: TensorID) -> Bool { graph.inputs.contains(id) }
    func isOutput(_ id: TensorID) -> Bool { graph.outputs.contains(id) }
}
