import Graph

/// A tensor as the file describes it, before it is known whether its type is supported.
struct TFLiteTensor {
    let table: Table
    let name: String
    /// As stored: extents of -1 or 0 are refused when the tensor is used as data.
    let shape: [Int]
    /// The schema's `TensorType`.
    let typeCode: Int
    let bufferIndex: Int

    init(_ table: Table) throws(ImportError) {
        self.table = table
        shape = try table.int32s(0, "the shape")
        typeCode = Int(Int8(bitPattern: try table.uint8(1)))
        bufferIndex = try table.uint32(2)
        name = try table.string(3) ?? ""
    }

    var typeName: String { TFLiteSchema.typeName(typeCode) }

    /// Nil for types that the graph cannot hold.
    var type: ElementType? {
        switch typeCode {
        case 0: .float32
        case 2: .int32
        case 3: .uint8
        case 4: .int64
        case 9: .int8
        default: nil
        }
    }

    func refuse(_ problem: String, _ remedy: String = ImportError.reconvert) -> ImportError {
        ImportError(
            file: table.buffer.file, offset: table.start, problem: "\(table.place) '\(name)': \(problem)",
            remedy: remedy)
    }

    /// The graph's form of the tensor.
    func imported(from model: TFLiteModel) throws(ImportError) -> Tensor {
        guard let type else { throw refuse("element type \(typeName) is not supported") }
        try checkForm(isSparse: try table.position(6, size: 4) != nil)
        return Tensor(
            name: name, shape: shape, type: type, quantization: try quantization(),
            constant: try model.data(bufferIndex, of: table))
    }

    /// Its form in a real graph: float32 whatever a constant is kept as, and whole numbers as they are.
    func importedReal(from model: TFLiteModel) throws(ImportError) -> Tensor {
        let sparsity = try table.table(6, Place("the sparsity of tensor", table.place.index))
        try checkForm(isSparse: false)
        let data = try model.data(bufferIndex, of: table)
        guard let data else {
            guard let type, type != .int8, type != .uint8 else {
                throw refuse("has element type \(typeName) in a model that computes in float32")
            }
            return Tensor(name: name, shape: shape, type: type)
        }
        if typeCode == 2 || typeCode == 4, let type {
            return Tensor(name: name, shape: shape, type: type, constant: data)
        }
        var reals = try reals(data)
        if let sparsity { reals = try SparseTensor(sparsity, shape: shape, tensor: self).dense(reals) }
        guard reals.count == shape.reduce(1, *) else {
            throw refuse(
                "holds \(reals.count) elements where its shape \(shape) takes more or fewer", ImportError.damaged)
        }
        guard reals.allSatisfy(\.isFinite) else {
            throw refuse("holds numbers that are not finite", "train or export the model again")
        }
        return Tensor(name: name, shape: shape, reals: reals)
    }

    private func checkForm(isSparse: Bool) throws(ImportError) {
        guard try !table.bool(5) else {
            throw refuse("is a variable, which keeps its value between runs; that is not supported")
        }
        guard !isSparse else {
            throw refuse("is sparse; that is not supported", "export the model again with dense weights")
        }
        guard shape.count <= GraphLimits.rank else {
            throw refuse("has \(shape.count) dimensions; at most \(GraphLimits.rank) are supported")
        }
        guard shape.allSatisfy({ $0 >= 1 }) else {
            throw refuse("the shape \(shape) is not fixed or has no elements")
        }
        var elements = 1
        for extent in shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= GraphLimits.tensorBytes else { throw refuse("is larger than 2^31-1 bytes") }
            elements = product
        }
    }

    /// What the stored elements of a constant stand for, in the file's order.
    private func reals(_ data: [UInt8]) throws(ImportError) -> [Float] {
        switch typeCode {
        case 0: return data.littleEndianFloats
        case 1: return data.littleEndian(UInt16.self).map { Float(Float16(bitPattern: $0)) }
        case 3, 9:
            guard let quantization = try quantization() else {
                throw refuse("has no scale in a model that computes in float32")
            }
            let inner: Int
            if quantization.isPerChannel {
                guard shape.indices.contains(quantization.dimension),
                    shape[quantization.dimension] == quantization.scales.count
                else {
                    throw refuse(
                        "has \(quantization.scales.count) scales along dimension \(quantization.dimension)",
                        ImportError.damaged)
                }
                inner = shape[(quantization.dimension + 1)...].reduce(1, *)
            } else {
                inner = max(data.count, 1)
            }
            return data.indices.map { index in
                let channel = index / inner % quantization.scales.count
                let element = typeCode == 3 ? Int32(data[index]) : Int32(Int8(bitPattern: data[index]))
                return quantization.scales[channel] * Float(element &- quantization.zeroPoints[channel])
            }
        default: throw refuse("element type \(typeName) is not supported")
        }
    }

    private func quantization() throws(ImportError) -> Quantization? {
        guard let table = try table.table(4, Place("the quantization of tensor", self.table.place.index)) else {
            return nil
        }
        guard try table.uint8(4) == 0 else {
            throw refuse("uses custom or blockwise quantization, which is not supported")
        }
        guard let scaleVector = try table.vector(2, elementBytes: 4, "the scales"), scaleVector.count > 0 else {
            return nil
        }
        let scales = try scaleVector.floats()
        let zeroPoints = try table.vector(3, elementBytes: 8, "the zero points")?.int64s() ?? []
        guard scales.count == zeroPoints.count else {
            throw refuse("has \(scales.count) scales but \(zeroPoints.count) zero points", ImportError.damaged)
        }
        var narrow: [Int32] = []
        narrow.reserveCapacity(zeroPoints.count)
        for zeroPoint in zeroPoints {
            guard let value = Int32(exactly: zeroPoint) else {
                throw refuse("zero point \(zeroPoint) is out of range", ImportError.damaged)
            }
            narrow.append(value)
        }
        guard scales.count > 1 else { return Quantization(scales: scales, zeroPoints: narrow) }
        var dimension = try table.int32(6)
        // Old converters copied the weights' dimension to one-dimensional biases, where only dimension 0 can be meant.
        if shape.count == 1, dimension > 0 { dimension = 0 }
        return Quantization(scales: scales, zeroPoints: narrow, dimension: dimension)
    }
}
