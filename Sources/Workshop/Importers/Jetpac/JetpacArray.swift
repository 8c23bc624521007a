import Graph

/// The numbers of a Jetpac buffer: 32-bit floats as they are, or 16 or 8 bits each between a least and a greatest value.
struct JetpacArray {
    /// Outermost first; their product is the number of values.
    let shape: [Int]
    let values: [Float]
    private let source: JetpacDictionary

    /// - Throws: where the claimed sizes and the bytes that are there do not agree, or a value is not finite.
    init(_ source: JetpacDictionary) throws(ImportError) {
        self.source = source
        let reader = source.reader
        let bits = try source.whole("float_bits")
        guard [8, 16, 32].contains(bits) else {
            throw reader.fail("\(source.what) has \(bits) bits a number; 32, 16 and 8 exist", at: source.offset)
        }
        var shape: [Int] = []
        for tag in try source.list("dims") { shape.append(try reader.whole(tag, "a size of \(source.what)")) }
        guard (1...5).contains(shape.count) else {
            throw reader.fail("\(source.what) has \(shape.count) dimensions; 1 to 5 exist", at: source.offset)
        }
        self.shape = shape
        let payload = try Self.payload(source, isReal: bits == 32)
        // Elements that a tag of 4 GiB cannot hold are never counted.
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            count = overflow ? Int.max : product
        }
        let (needed, overflow) = count.multipliedReportingOverflow(by: bits / 8)
        // Writers fill 16- and 8-bit data with NULs to a multiple of 4.
        guard !overflow, needed > 0, payload.count == needed || (bits < 32 && payload.count == (needed + 3) / 4 * 4)
        else {
            throw reader.fail(
                "\(source.what) has \(payload.count) bytes of data, which are no \(shape) numbers of \(bits) bits",
                at: source.offset)
        }
        values = try Self.values(source, payload.lowerBound..<payload.lowerBound + needed, bits)
        guard values.allSatisfy(\.isFinite) else {
            throw reader.fail("\(source.what) has numbers that are not finite", at: source.offset)
        }
    }

    private static func payload(_ source: JetpacDictionary, isReal: Bool) throws(ImportError) -> Range<Int> {
        let key = isReal ? "data" : "quantized_data"
        guard let tag = source.values[key] else {
            throw source.reader.fail("\(source.what) has no '\(key)'", at: source.offset)
        }
        guard tag.kind == (isReal ? .reals : .bytes) else {
            throw source.reader.fail(
                "'\(key)' of \(source.what): a \(tag.kind.rawValue) where a \(isReal ? "FARY" : "BLOB") belongs",
                at: tag.offset)
        }
        return tag.payload
    }

    /// `min + q * (max - min) / 2^bits`, each step in float; the greatest value itself is never reached.
    private static func values(
        _ source: JetpacDictionary, _ range: Range<Int>, _ bits: Int
    ) throws(ImportError) -> [Float] {
        let bytes = source.reader.bytes
        if bits == 32 { return Array(bytes[range]).littleEndianFloats }
        let (low, high) = (try source.real("min"), try source.real("max"))
        let step = (high - low) / (bits == 8 ? 0x1p8 : 0x1p16)
        if bits == 8 { return bytes[range].map { low + Float($0) * step } }
        return stride(from: range.lowerBound, to: range.upperBound, by: 2).map {
            low + Float(UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8) * step
        }
    }

    /// Fails where there are not so many values.
    func expect(_ count: Int, _ what: String) throws(ImportError) {
        guard values.count == count else {
            throw source.reader.fail("\(source.what) has \(values.count) numbers; \(what)", at: source.offset)
        }
    }

    /// A matrix of weights with the inputs of each output together, `[outputs, inputs]`.
    /// - Parameter isTransposed: it lies so in the file; else `[inputs, outputs]`.
    func matrix(outputs: Int, inputs: Int, isTransposed: Bool) throws(ImportError) -> [Float] {
        // No product of the two is needed, which might leave Int.
        guard values.count % outputs == 0, values.count / outputs == inputs else {
            throw source.reader.fail(
                "\(source.what) has \(values.count) numbers, which are no \(inputs) for each of \(outputs) outputs",
                at: source.offset)
        }
        let expected = isTransposed ? [outputs, inputs] : [inputs, outputs]
        if shape.count == 2, shape != expected {
            throw source.reader.fail(
                "\(source.what) has the shape \(shape) where \(expected) belongs "
                    + "(\(isTransposed ? "" : "not ")transposed)", at: source.offset)
        }
        return isTransposed ? values : transposed(values, rows: inputs, columns: outputs)
    }
}
