import CBundle
import Engine
import Graph
import Reference

/// A bundle's steps beside the reference executor's nodes.
struct StepByStep {
    /// A tensor that both have, and the step after which the bundle's is complete.
    private struct Pair {
        var tensor: oc_tensor
        var reference: TensorID
        var name: String
    }

    private let graph: Graph
    /// The pairs to compare after each step.
    private let pairs: [[Pair]]
    private let origins: [String]
    /// Steps whose bytes are part of a compared tensor.
    private let coveredSteps: Int

    /// - Throws: where inputs and outputs of model and bundle do not correspond.
    init(_ engine: borrowing Engine, _ graph: Graph, model: String, bundle: String) throws(Failure) {
        self.graph = graph
        let view = engine.bundle.view
        origins = view.steps.map { view.string($0.name) }
        func same(_ tensor: oc_tensor, _ id: TensorID) -> Bool {
            let extents = tensor.extents
            return graph[id].type.rawValue == tensor.type
                && graph[id].shape == (0..<Int(tensor.rank)).map { Int(extents[$0]) }
        }
        let ports = [(view.inputs, graph.inputs), (view.outputs, graph.outputs)]
        for (indices, ids) in ports {
            guard indices.count == ids.count, zip(indices, ids).allSatisfy({ same(view.tensors[Int($0)], $1) }) else {
                throw Failure("\(bundle): its inputs or outputs are not those of \(model); build it again")
            }
        }
        // Outputs correspond by place, all else by name. Where several tensors share name, type and shape and not all of
        // them are in the bundle, nobody can tell which are, and none is compared.
        var partner: [Int: TensorID] = [:]
        for (index, id) in zip(view.outputs, graph.outputs) { partner[Int(index)] = id }
        let candidates = Dictionary(
            grouping: graph.tensors.indices.filter { graph[$0].constant == nil }, by: { graph[$0].name })
        let named = Dictionary(
            grouping: view.tensors.indices.filter { UInt32(view.tensors[$0].space) == OC_SPACE_ARENA.rawValue },
            by: { view.string(view.tensors[$0].name) })
        for (name, indices) in named {
            let ids = candidates[name] ?? []
            guard ids.count == indices.count else { continue }
            for (index, id) in zip(indices, ids) where partner[index] == nil && same(view.tensors[index], id) {
                partner[index] = id
            }
        }
        var pairs = [[Pair]](repeating: [], count: view.steps.count)
        for (index, id) in partner.sorted(by: { $0.key < $1.key }) {
            let tensor = view.tensors[index]
            guard let step = Self.completion(of: tensor, in: view.steps) else { continue }
            pairs[step].append(Pair(tensor: tensor, reference: id, name: view.string(tensor.name)))
        }
        self.pairs = pairs
        coveredSteps = view.steps.indices.count { step in
            pairs[step...].joined().contains { Self.writes(view.steps[step], into: $0.tensor, at: step) }
        }
        guard
            graph.outputs.indices.allSatisfy({ output in
                pairs.contains { $0.contains { $0.reference == graph.outputs[output] } }
            })
        else { throw Failure("\(bundle): no step writes one of its outputs; build it again") }
    }

    /// The step after which a tensor holds its value; nil for inputs.
    static func completion(of tensor: oc_tensor, in steps: UnsafeBufferPointer<oc_step>) -> Int? {
        steps.indices.last { writes(steps[$0], into: tensor, at: $0) }
    }

    /// Whether a step writes into a tensor's bytes while it lives. The step that reads it last may reuse them.
    static func writes(_ step: oc_step, into tensor: oc_tensor, at index: Int) -> Bool {
        guard tensor.first_step != UInt32(OC_NO_STEP), index >= Int(tensor.first_step) else { return false }
        let bytes = UInt64(tensor.offset)..<UInt64(tensor.offset) + UInt64(tensor.bytes)
        let written = UInt64(step.out.offset)..<UInt64(step.out.offset) + UInt64(step.out.bytes)
        return written.overlaps(bytes)
            && (tensor.last_step == UInt32(OC_NO_STEP) || index < Int(tensor.last_step)
                || index == Int(tensor.first_step))
    }

    /// Runs both on one input.
    /// - Parameters:
    ///   - raw: all inputs, in the model's types and order.
    ///   - progress: the reference's node, from 0, and how many there are.
    /// - Returns: what differs first, in words; nil where nothing does.
    func firstDifference(_ engine: borrowing Engine, _ raw: [UInt8], progress: (Int, Int) -> Void) -> String? {
        let activations = reference(raw, progress)
        engine.fillInputs(raw[...])
        for (index, expected) in pairs.enumerated() {
            engine.runStep(index)
            for pair in expected {
                guard let values = activations[pair.reference] else { continue }
                let flip = engine.flip(of: pair.tensor)
                let found = engine.bytes(of: pair.tensor).map { $0 ^ flip }
                guard found != values else { continue }
                return describe(index, pair, found: found, expected: values)
            }
        }
        return nil
    }

    /// Every activation, node by node.
    private func reference(_ raw: [UInt8], _ progress: (Int, Int) -> Void) -> [TensorID: [UInt8]] {
        var activations: [TensorID: [UInt8]] = [:]
        var rest = raw[...]
        for input in graph.inputs {
            activations[input] = Array(rest.prefix(graph[input].byteCount))
            rest = rest.dropFirst(graph[input].byteCount)
        }
        for (index, node) in graph.nodes.enumerated() {
            progress(index, graph.nodes.count)
            let inputs = Set(node.inputs.filter { graph[$0].constant == nil }).sorted()
            let piece = Graph(
                name: graph.name, tensors: graph.tensors, nodes: [node], inputs: inputs, outputs: node.outputs)
            let results = ReferenceExecutor(piece).outputs(inputs.map { activations[$0] ?? [] })
            for (output, bytes) in zip(node.outputs, results) { activations[output] = bytes }
        }
        return activations
    }

    private func describe(_ step: Int, _ pair: Pair, found: [UInt8], expected: [UInt8]) -> String {
        let width = max(graph[pair.reference].type.byteCount, 1)
        let first = (zip(found, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0) / width
        let count = stride(from: 0, to: found.count, by: width).count {
            found[$0..<$0 + width] != expected[$0..<$0 + width]
        }
        func value(_ bytes: [UInt8]) -> String {
            graph[pair.reference].type.text(of: bytes[first * width..<(first + 1) * width])
        }
        return
            "step \(step), \(origins[step]), is the first that differs: element \(first) of tensor '\(pair.name)' is "
            + "\(value(found)), not \(value(expected)); \(Format.grouped(count)) of \(Format.grouped(found.count / width)) "
            + "elements differ"
    }

    /// What was compared, a line each.
    func summary(inputs: Int) -> [String] {
        let tensors = pairs.reduce(0) { $0 + $1.count }
        let bytes = pairs.joined().reduce(0) { $0 + Int($1.tensor.bytes) }
        var table = Columns([.left, .right, .left])
        table.add(["inputs", Format.grouped(inputs), ""])
        table.add(["steps", Format.grouped(coveredSteps), "of \(Format.grouped(pairs.count)) compared"])
        table.add(["tensors", Format.grouped(tensors), "each input"])
        table.add(["bytes", Format.grouped(bytes), "each input, 0 differ"])
        return table.lines(indent: 2)
    }
}

extension ElementType {
    /// One element, little-endian, in digits.
    func text(of bytes: ArraySlice<UInt8>) -> String {
        let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch self {
        case .int8: return "\(Int8(truncatingIfNeeded: bits))"
        case .uint8: return "\(UInt8(truncatingIfNeeded: bits))"
        case .int32: return "\(Int32(truncatingIfNeeded: bits))"
        case .int64: return "\(Int64(truncatingIfNeeded: bits))"
        case .float32: return "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))"
        }
    }
}
