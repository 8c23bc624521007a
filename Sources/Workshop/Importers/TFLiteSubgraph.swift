import Graph

/// One subgraph: its tensors, read when first needed, and its operators.
final class TFLiteSubgraph {
    let model: TFLiteModel
    private let table: Table
    private let tensors: Vector
    private let operators: Vector?
    private var known: [Int: TFLiteTensor] = [:]
    /// Whole numbers of constants, and of what is computed from shapes.
    private var constants: [Int: [Int]] = [:]
    /// Operators whose result is known without running them.
    private var folded: Set<Int> = []
    /// Results that are a constant in another form, with the tensor that holds it.
    private var sources: [Int: Int] = [:]
    private(set) var level = Level.quantized
    /// What boxes are made with at the end; nil: nothing.
    private var detection: DetectionOperator?

    init(_ model: TFLiteModel, _ table: Table) throws(ImportError) {
        self.model = model
        self.table = table
        guard let tensors = try table.vector(0, elementBytes: 4, "the tensors") else {
            throw table.damaged("it has no tensors")
        }
        self.tensors = tensors
        operators = try table.vector(3, elementBytes: 4, "the operators")
    }

    private var operatorCount: Int { operators?.count ?? 0 }

    func tensor(_ index: Int) throws(ImportError) -> TFLiteTensor {
        if let tensor = known[index] { return tensor }
        guard (0..<tensors.count).contains(index) else {
            throw table.damaged("tensor \(index) does not exist; there are \(tensors.count)")
        }
        let tensor = try TFLiteTensor(tensors.table(index, "tensor"))
        known[index] = tensor
        return tensor
    }

    private func readOperator(_ index: Int) throws(ImportError) -> TFLiteOperator {
        guard let operators else { throw table.damaged("operator \(index) does not exist") }
        return try TFLiteOperator(operators.table(index, "operator"), in: self)
    }

    /// Works out what the model computes from shapes.
    func foldShapes() throws(ImportError) {
        for index in 0..<operatorCount {
            let op = try readOperator(index)
            guard let values = op.folded() else { continue }
            constants[op.outputs[0]] = values
            folded.insert(index)
        }
    }

    /// Leaves out the operator that makes boxes, where that is all that outputs come of.
    func findDetection() throws(ImportError) {
        let outputs = try table.int32s(2, "the outputs")
        for index in 0..<operatorCount {
            let op = try readOperator(index)
            guard op.code.customName == DetectionOperator.name, Set(outputs).isSubset(of: op.outputs) else { continue }
            let detection = try DetectionOperator(op)
            self.detection = detection
            folded.insert(index)
            // Anchors may be kept as bytes.
            let anchors = try detection.anchors
            for other in 0..<index {
                let op = try readOperator(other)
                guard op.name == "DEQUANTIZE", op.outputs == [anchors], let input = op.inputs.first else { continue }
                guard try isConstant(input) else { continue }
                sources[anchors] = input
                folded.insert(other)
            }
        }
    }

    /// What the detector's operator does with the outputs of a graph that ends before it.
    private func head(of graph: Graph) throws(ImportError) -> DetectorHead? {
        guard let detection, let input = graph.inputs.first, graph[input].shape.count == 4 else { return nil }
        let index = try detection.anchors
        let anchors = try tensor(sources[index] ?? index).importedReal(from: model)
        guard let reals = anchors.reals else {
            throw try tensor(index).refuse("has anchors that are computed by the model; only constants are supported")
        }
        let results = graph.outputs.map { (id: $0, shape: graph[$0].shape) }
        return try detection.head(
            results[0], results[1], anchors: reals, width: graph[input].shape[2], height: graph[input].shape[1])
    }

    /// Finds out whether the model computes in float32, and takes weights that it keeps in a smaller form for what they are.
    func findLevel() throws(ImportError) {
        var operators: [TFLiteOperator] = []
        for index in 0..<operatorCount { operators.append(try readOperator(index)) }
        guard case .real? = try ModelKind(operators) else { return }
        level = .real
        for (index, op) in operators.enumerated() where ["DEQUANTIZE", "DENSIFY"].contains(op.name) {
            guard let input = op.inputs.first, let output = op.outputs.first, try isConstant(input) else { continue }
            sources[output] = sources[input] ?? input
            folded.insert(index)
        }
    }

    func isConstant(_ index: Int) throws(ImportError) -> Bool {
        if sources[index] != nil { return true }
        let tensor = try tensor(index)
        return try model.data(tensor.bufferIndex, of: tensor.table) != nil
    }

    /// The graph's form of a tensor.
    func imported(_ index: Int) throws(ImportError) -> Tensor {
        var tensor: Tensor
        switch level {
        case .quantized: tensor = try self.tensor(index).imported(from: model)
        case .real: tensor = try self.tensor(sources[index] ?? index).importedReal(from: model)
        }
        if let values = constants[index], tensor.constant == nil { tensor.constant = tensor.type.bytes(values) }
        return tensor
    }

    /// The type that a tensor has in the graph; nil where it can hold none of it.
    func importedType(_ index: Int) throws(ImportError) -> ElementType? {
        let tensor = try tensor(index)
        guard level == .real, try isConstant(index), [1, 3, 9].contains(tensor.typeCode) else { return tensor.type }
        return .float32
    }

    /// Throws one error that names what the model is, where it is none of those that are taken, or else every operator that
    /// cannot be imported, and every element type.
    func refuseUnsupported() throws(ImportError) {
        var counts: [String: Int] = [:]
        var types: Set<String> = []
        var operators: [TFLiteOperator] = []
        for index in 0..<operatorCount {
            let op = try readOperator(index)
            operators.append(op)
            if folded.contains(index) { continue }
            if let reason = try op.unsupported(&types) { counts[reason, default: 0] += 1 }
        }
        guard !counts.isEmpty else { return }
        if let refusal = try ModelKind(operators)?.refusal {
            throw ImportError(file: model.file.file, problem: refusal.problem, remedy: refusal.remedy)
        }
        let named = "unsupported element types: \(types.sorted().joined(separator: ", "))"
        throw .unsupported(
            counts, of: operatorCount, "operators", file: model.file.file,
            remedy: level == .real
                ? "export the model again without these:"
                : "export the model again with full int8 quantization and without these:",
            further: types.isEmpty ? [] : [named])
    }

    func graph(named name: String) throws(ImportError) -> Graph {
        let inputs = try table.int32s(1, "the inputs")
        var outputs = try table.int32s(2, "the outputs")
        if let detection { outputs = try detection.results }
        var nodes: [Node] = []
        var starts: [Int] = []
        var used = Set(inputs + outputs)
        for index in 0..<operatorCount where !folded.contains(index) {
            let op = try readOperator(index)
            let node = try op.node()
            used.formUnion(node.inputs)
            used.formUnion(node.outputs)
            nodes.append(node)
            starts.append(op.table.start)
        }
        // Parameter tensors and unused ones stay behind.
        let order = used.sorted()
        var imported: [Tensor] = []
        var identifiers: [Int: TensorID] = [:]
        for index in order {
            identifiers[index] = imported.count
            imported.append(try self.imported(index))
        }
        func renumber(_ indices: [Int]) -> [TensorID] { indices.compactMap { identifiers[$0] } }
        for index in nodes.indices {
            nodes[index].inputs = renumber(nodes[index].inputs)
            nodes[index].outputs = renumber(nodes[index].outputs)
        }
        var graph = Graph(
            name: name, level: level, tensors: imported, nodes: nodes, inputs: renumber(inputs),
            outputs: renumber(outputs))
        // Nodes before the file's own, and tensors behind, are edges of a uint8 model.
        var edges = 0
        if level == .quantized, graph.computesUnsigned {
            edges = graph.inputs.count { graph[$0].type == .uint8 }
            graph = graph.withSignedBytes()
        }
        do {
            try graph.validate()
        } catch {
            let node = error.node.map { $0 - edges }
            let offset: Int? =
                if let node { starts.indices.contains(node) ? starts[node] : nil } else if let id = error.tensor {
                    order.indices.contains(id) ? known[order[id]]?.table.start : nil
                } else { nil }
            throw ImportError(
                file: model.file.file, offset: offset, problem: error.problem,
                remedy: error.remedy ?? ImportError.reconvert)
        }
        graph.head = try head(of: graph)
        return graph
    }

    /// Whether the model computes a tensor of int32 or int64.
    func isComputed(_ index: Int) throws(ImportError) -> Bool {
        guard constants[index] == nil, try !isConstant(index) else { return false }
        let tensor = try tensor(index)
        return !tensor.shape.contains(0) || tensor.bufferIndex == 0
    }

    /// The values of a constant int32 or int64 tensor; nil when it is not constant.
    func integers(_ index: Int) throws(ImportError) -> [Int]? {
        if let values = constants[index] { return values }
        let tensor = try tensor(index)
        guard let data = try model.data(tensor.bufferIndex, of: tensor.table) else {
            // A constant without elements has no data either.
            return tensor.shape.contains(0) && tensor.bufferIndex != 0 ? [] : nil
        }
        let width: Int
        switch tensor.type {
        case .int32: width = 4
        case .int64: width = 8
        default: throw tensor.refuse("is a parameter of type \(tensor.typeName); int32 or int64 is supported")
        }
        // Most have two numbers a dimension at most; indices are as many as there are to choose.
        guard tensor.shape.count <= 3, tensor.shape.allSatisfy({ (0...1 << 16).contains($0) }),
            tensor.shape.reduce(width, *) == data.count
        else {
            throw tensor.refuse(
                "is a parameter of shape \(tensor.shape) with \(data.count) bytes of data", ImportError.damaged)
        }
        let values = stride(from: 0, to: data.count, by: width).map { offset in
            var value: UInt64 = 0
            for byte in 0..<width { value |= UInt64(data[offset + byte]) << UInt64(8 * byte) }
            return width == 4 ? Int(Int32(truncatingIfNeeded: value)) : Int(Int64(bitPattern: value))
        }
        constants[index] = values
        return values
    }
}
