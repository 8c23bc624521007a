import Graph

extension Graph {
    /// Ends a quantized graph where a detector's raw numbers are: whatever comes behind them is left out.
    /// - Parameters:
    ///   - head: of this graph, or of the real graph that it was made of.
    ///   - source: that real graph, by whose tensors' names those of this are found; nil: the head is of this graph.
    /// - Returns: the head with the tensors that are outputs now; nil where numbers that it reads are not 8-bit anywhere.
    public mutating func cut(at head: DetectorHead, of source: Graph? = nil) -> DetectorHead? {
        var named: [String: TensorID] = [:]
        for id in tensors.indices where tensors[id].constant == nil {
            // The 8-bit form of a tensor has the same name as its real one.
            if let other = named[tensors[id].name], tensors[other].type != .float32 { continue }
            named[tensors[id].name] = id
        }
        var head = head
        for index in head.levels.indices {
            let level = head.levels[index]
            func byte(_ field: DetectorHead.Field) -> DetectorHead.Field? {
                guard let source else { return byteField(field, in: field.tensor) }
                return named[source[field.tensor].name].flatMap { byteField(field, in: $0) }
            }
            guard let boxes = byte(level.boxes),
                let scores = byte(level.scores) ?? quantizedScores(level.scores, named, source)
            else { return nil }
            (head.levels[index].boxes, head.levels[index].scores) = (boxes, scores)
            if let field = level.objectness {
                guard let found = byte(field) else { return nil }
                head.levels[index].objectness = found
            }
            if let field = level.points {
                guard let found = byte(field) else { return nil }
                head.levels[index].points = found
            }
        }
        outputs = head.tensors
        _ = removeDeadNodes()
        return head
    }

    /// Scores that a graph computes in float32, as of a softmax before boxes and scores are put together: 8-bit ones are made of them.
    private mutating func quantizedScores(
        _ field: DetectorHead.Field, _ named: [String: TensorID], _ source: Graph?
    ) -> DetectorHead.Field? {
        guard let id = source.map({ named[$0[field.tensor].name] }) ?? field.tensor,
            let node = nodes.first(where: { $0.outputs.contains(id) }), case .softmax = node.operation,
            tensors[id].type == .float32
        else { return nil }
        var field = field
        let known = nodes.first { $0.inputs == [id] && $0.operation == .quantize && outputs.contains($0.outputs[0]) }
        if let known {
            field.tensor = known.outputs[0]
            return field
        }
        field.tensor = append(
            Tensor(
                name: tensors[id].name + " scores", shape: tensors[id].shape, type: .int8,
                quantization: Quantization(scale: 1 / 256, zeroPoint: -128)))
        nodes.append(Node(.quantize, inputs: [id], outputs: [field.tensor], origin: node.origin))
        outputs.append(field.tensor)
        return field
    }

    /// The elements of a field, from its first on, in the 8-bit tensor that they were before they were dequantized and put together.
    private func byteField(_ field: DetectorHead.Field, in tensor: TensorID) -> DetectorHead.Field? {
        var field = field
        field.tensor = tensor
        while tensors[field.tensor].type == .float32 {
            guard let node = nodes.first(where: { $0.outputs.contains(field.tensor) }) else { return nil }
            switch node.operation {
            case .dequantize, .reshape: field.tensor = node.inputs[0]
            case .concatenation(let axis, .none) where tensors[field.tensor].shape[..<axis].allSatisfy({ $0 == 1 }):
                guard var part = node.inputs.first else { return nil }
                for id in node.inputs.dropFirst() where field.first >= tensors[part].elementCount {
                    field.first -= tensors[part].elementCount
                    part = id
                }
                field.tensor = part
            default: return nil
            }
        }
        // The edge of a model of uint8 has the same bytes, each 128 higher.
        if let node = nodes.first(where: { $0.outputs.contains(field.tensor) }), case .quantize = node.operation,
            tensors[field.tensor].type == .uint8, tensors[node.inputs[0]].type == .int8,
            tensors[field.tensor].quantization?.scale == tensors[node.inputs[0]].quantization?.scale
        {
            field.tensor = node.inputs[0]
        }
        return tensors[field.tensor].quantization == nil ? nil : field
    }
}
