import Graph

/// One operator of the file, with access to what its conversion needs.
struct TFLiteOperator {
    let table: Table
    let subgraph: TFLiteSubgraph
    let code: TFLiteModel.OperatorCode
    /// Tensor indices of the file; -1 for an optional operand left out.
    let inputs: [Int]
    let outputs: [Int]

    init(_ table: Table, in subgraph: TFLiteSubgraph) throws(ImportError) {
        self.table = table
        self.subgraph = subgraph
        let codes = subgraph.model.operatorCodes
        let index = try table.uint32(0)
        guard index < codes.count else {
            throw table.damaged("operator code \(index) does not exist; there are \(codes.count)")
        }
        code = codes[index]
        inputs = try table.int32s(1, "the inputs")
        outputs = try table.int32s(2, "the outputs")
    }

    var name: String { TFLiteSchema.operatorName(code.code) }
    var origin: String { "\(table.place) (\(name))" }

    func refuse(_ problem: String, _ remedy: String = ImportError.reconvert) -> ImportError {
        ImportError(
            file: table.buffer.file, offset: table.start, problem: "\(origin): \(problem)", remedy: remedy)
    }

    func damaged(_ problem: String) -> ImportError { refuse(problem, ImportError.damaged) }

    /// Tensor index of a data or parameter operand.
    func operand(_ position: Int) throws(ImportError) -> Int {
        guard position < inputs.count, inputs[position] >= 0 else { throw damaged("operand \(position) is missing") }
        return inputs[position]
    }

    func shape(_ position: Int) throws(ImportError) -> [Int] {
        try subgraph.tensor(try operand(position)).shape
    }

    func outputShape() throws(ImportError) -> [Int] {
        guard let first = outputs.first else { throw damaged("has no result") }
        return try subgraph.tensor(first).shape
    }

    /// Shape of an operand that must have four dimensions of at least 1.
    func imageShape(_ position: Int) throws(ImportError) -> [Int] {
        try image(try subgraph.tensor(try operand(position)))
    }

    func outputImageShape() throws(ImportError) -> [Int] {
        guard let first = outputs.first else { throw damaged("has no result") }
        return try image(try subgraph.tensor(first))
    }

    private func image(_ tensor: TFLiteTensor) throws(ImportError) -> [Int] {
        guard tensor.shape.count == 4, tensor.shape.allSatisfy({ $0 >= 1 }) else {
            throw tensor.refuse("has the shape \(tensor.shape) where \(origin) needs four fixed dimensions")
        }
        return tensor.shape
    }

    /// The constant integers of a parameter operand, such as axes or paddings.
    func parameter(_ position: Int, _ what: StaticString, count: Int? = nil) throws(ImportError) -> [Int] {
        guard let values = try subgraph.integers(try operand(position)) else {
            throw refuse("its \(what) (operand \(position)) is computed by the model; only a constant is supported")
        }
        if let count, values.count != count {
            throw refuse("its \(what) has \(values.count) elements where \(count) are needed", ImportError.damaged)
        }
        return values
    }

    /// The operator's options, nil when the writer left them all at their defaults.
    /// - Parameter type: which member of the schema's union `BuiltinOptions` they must be.
    func options(_ type: UInt8) throws(ImportError) -> Table? {
        let actual = try table.uint8(3)
        guard actual != 0 else { return nil }
        guard actual == type else {
            throw damaged("its options are of kind \(actual); kind \(type) belongs to this operator")
        }
        return try table.table(4, Place("the options of operator", table.place.index))
    }

    /// A negative axis counts from the end.
    func axis(_ value: Int, rank: Int) throws(ImportError) -> Int {
        // Within int64, and far from its ends once in range.
        guard (-rank..<rank).contains(value) else {
            throw damaged("axis \(value) does not exist in \(rank) dimensions")
        }
        return value < 0 ? value + rank : value
    }

    /// A function that the reference has of numbers alone.
    func real(_ function: UnaryFunction) throws(ImportError) -> Operation {
        let type = try subgraph.importedType(try operand(0))
        guard type != .int8, type != .uint8 else {
            throw refuse("int8 is not supported, as the reference has no such kernel")
        }
        return .unary(function)
    }

    func activation(_ options: Table?, field: Int) throws(ImportError) -> Activation {
        guard let code = try options?.uint8(field) else { return .none }
        guard let activation = Activation(rawValue: code) else {
            throw refuse("the fused activation \(code) is not supported")
        }
        return activation
    }

    /// Why this operator cannot be imported, in the words of the message that lists all such; nil when it can be.
    func unsupported(_ unknownTypes: inout Set<String>) throws(ImportError) -> String? {
        var signatures: [String] = []
        for list in [inputs, outputs] {
            var names: [String] = []
            for index in list where index != -1 {
                let tensor = try subgraph.tensor(index)
                if try subgraph.importedType(index) == nil { unknownTypes.insert(tensor.typeName) }
                names.append(tensor.typeName)
            }
            let shown = names.prefix(6).joined(separator: ", ")
            signatures.append(names.count > 6 ? "\(shown) and \(names.count - 6) more" : shown)
        }
        let custom = code.customName.map { " '\($0)'" } ?? ""
        let signature =
            "\(name)\(custom) version \(code.version) (\(signatures[0]) -> \(signatures[1]))"
        guard let support = OperatorSupport.of(code), support.levels.contains(subgraph.level) else { return signature }
        guard code.version <= support.version else {
            return "\(signature), newer than the supported version \(support.version)"
        }
        var types: [[ElementType]] = []
        for list in [try support.dataInputs(self), outputs] {
            var known: [ElementType] = []
            for index in list {
                guard let type = try subgraph.importedType(index) else { return signature }
                known.append(type)
            }
            types.append(known)
        }
        // One that cannot be converted is refused by itself, with its own reason.
        let operation: Operation
        do throws(ImportError) { operation = try support.convert(self) } catch { return nil }
        if operation.types.accepts(inputs: types[0], outputs: types[1], at: subgraph.level) { return nil }
        guard subgraph.level == .quantized else { return signature }
        // What works on uint8 works on int8 when it is imported.
        let signed = types.map { $0.map { $0 == .uint8 ? ElementType.int8 : $0 } }
        return operation.types.accepts(inputs: signed[0], outputs: signed[1], at: .quantized) ? nil : signature
    }

    func node() throws(ImportError) -> Node {
        guard let support = OperatorSupport.of(code) else { throw refuse("is not supported") }
        let dataInputs = try support.dataInputs(self)
        return Node(try support.convert(self), inputs: dataInputs, outputs: outputs, origin: origin)
    }
}
