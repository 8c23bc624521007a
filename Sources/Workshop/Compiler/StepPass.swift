import Graph
import Kernels

/// A rewrite of steps, by name, when the graph is lowered.
struct StepPass: Sendable {
    /// What it does, as reports name it.
    let name: String
    let needs: String
    let ensures: String
    let body: @Sendable (inout Draft, KernelSet) -> Void

    /// In this order.
    static let all: [StepPass] = [
        StepPass(
            name: "tables into their neighbours", needs: "",
            ensures:
                "no table changes nothing, follows another that it alone reads, or only clamps what a step before gives",
            body: { draft, _ in draft.fuseTables() }),
        StepPass(
            name: "additions into convolutions", needs: "tables are fused; the kernel set adds residuals",
            ensures: "a convolution that an addition alone reads adds the other operand, where that is there before",
            body: { draft, set in if set.addsResiduals { draft.fuseResiduals() } }),
        StepPass(
            name: "copies of copies", needs: "additions are fused, which takes padded channels out",
            ensures: "no tensor is written and read by copies alone, where both are one walk",
            body: { draft, _ in draft.fuseCopies() }),
        StepPass(
            name: "forms of arithmetic", needs: "geometry and constants no longer change",
            ensures: "each step has the form that its kernel set's loops read",
            body: { draft, set in draft.fillForms(for: set) }),
    ]
}

extension Draft {
    /// Applies a rewrite; where debugging, the steps are checked behind it.
    /// - Parameter traces: whether what changed is named.
    mutating func rewrite(
        _ name: String, needs: String, ensures: String, traces: Bool, _ body: (inout Draft) -> Void
    ) throws(CompileError) -> PassRun {
        let noted = notes.values.reduce(0, +)
        let count = steps.count
        let before = traces ? described : []
        body(&self)
        if PassRun.isDebugging { try check(after: name) }
        return PassRun(
            name, level: "steps", needs: needs, ensures: ensures, applied: notes.values.reduce(0, +) - noted,
            counts: (count, steps.count), before: before, after: traces ? described : [])
    }

    /// Each step reads what was there before it, and all outputs are written.
    func check(after pass: String) throws(CompileError) {
        var written = Set(graph.inputs.map { root(of: $0).base })
        func expect(_ id: TensorID, _ reader: String) throws(CompileError) {
            let base = root(of: id).base
            guard graph[base].constant == nil, !written.contains(base) else { return }
            throw CompileError(
                "after '\(pass)' \(reader) reads tensor '\(graph[base].name)' before a step writes it; please report it"
            )
        }
        for step in steps {
            for input in step.inputs { try expect(input, step.name) }
            written.insert(root(of: step.output).base)
        }
        for id in graph.outputs { try expect(id, "the end") }
    }

    /// Where each step comes from, and all that it is.
    private var described: [(origin: String, what: String)] {
        steps.map { step in
            let record = withUnsafeBytes(of: step.record) { $0.map { String($0, radix: 16) }.joined(separator: " ") }
            return (step.name, "\(step.inputs) \(step.output) \(record) \(step.constants.hashValue)")
        }
    }
}
