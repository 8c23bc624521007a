import Graph

/// Whole numbers that the model computes from shapes, which are fixed here: what converters leave of `x.shape[0]` in a RESHAPE
/// or a resize. They are worked out while the model is read, so that what is computed from them is a parameter like another.
extension TFLiteOperator {
    /// More is no shape.
    private static let limit = 1024

    /// The values of its result; nil where it is none of these operators, or what it computes from is not known.
    func folded() -> [Int]? {
        do throws(ImportError) {
            guard outputs.count == 1, try isWhole(outputs[0]), let values = try folding() else { return nil }
            let claimed = try outputShape()
            let fits = claimed.allSatisfy { (0...Self.limit).contains($0) } && values.count <= Self.limit
            return fits && claimed.reduce(1, *) == values.count && values.allSatisfy(inRange) ? values : nil
        } catch {
            // Whoever reads the operator itself says what is wrong with it.
            return nil
        }
    }

    private func isWhole(_ tensor: Int) throws(ImportError) -> Bool {
        let type = try subgraph.tensor(tensor).type
        return type == .int32 || type == .int64
    }

    /// Results beyond the type would wrap.
    private func inRange(_ value: Int) -> Bool { Int32(exactly: value) != nil }

    private func folding() throws(ImportError) -> [Int]? {
        switch name {
        case "SHAPE":
            let shape = try shape(0)
            return shape.allSatisfy { $0 >= 1 } ? shape : nil
        case "RANK": return [try shape(0).count]
        case "CAST", "RESHAPE", "SQUEEZE", "EXPAND_DIMS": return try numbers(0)
        case "STRIDED_SLICE": return try part(stridedSlice)
        case "SLICE": return try part(slice)
        case "GATHER": return try gathered()
        case "PACK", "CONCATENATION": return try joined()
        case "FILL": return try filled()
        case "RANGE": return try counted()
        case "REDUCE_PROD": return try reduced(1) { $0.multipliedReportingOverflow(by: $1) }
        case "SUM": return try reduced(0) { $0.addingReportingOverflow($1) }
        case "NEG": return try numbers(0)?.map { -$0 }
        case "MAXIMUM": return try paired { (max($0, $1), false) }
        case "MINIMUM": return try paired { (min($0, $1), false) }
        case "ADD": return try paired(options: 11) { $0.addingReportingOverflow($1) }
        case "SUB": return try paired(options: 28) { $0.subtractingReportingOverflow($1) }
        case "MUL": return try paired(options: 21) { $0.multipliedReportingOverflow(by: $1) }
        case "FLOOR_DIV": return try paired { (floorOfQuotient($0, $1), $1 == 0) }
        case "FLOOR_MOD": return try paired { ($1 == 0 ? 0 : $0 - floorOfQuotient($0, $1) * $1, $1 == 0) }
        case "DIV": return try paired(options: 29) { ($1 == 0 ? 0 : $0 / $1, $1 == 0) }
        default: return nil
        }
    }

    /// An operand's numbers; nil where they are not known, or not whole.
    private func numbers(_ position: Int) throws(ImportError) -> [Int]? {
        let tensor = try operand(position)
        guard try isWhole(tensor) else { return nil }
        return try subgraph.integers(tensor)
    }

    /// What SLICE or STRIDED_SLICE takes of a list.
    private func part(_ resolve: () throws(ImportError) -> Operation) throws(ImportError) -> [Int]? {
        guard let values = try numbers(0), try shape(0) == [values.count],
            case .slice(let begin, let sizes, let strides) = try resolve()
        else { return nil }
        return (0..<sizes[0]).map { values[begin[0] + $0 * strides[0]] }
    }

    private func gathered() throws(ImportError) -> [Int]? {
        let options = try options(23)
        guard let values = try numbers(0), let indices = try numbers(1), try shape(0) == [values.count],
            [0, -1].contains(try options?.int32(0) ?? 0), try options?.int32(1) ?? 0 == 0,
            indices.allSatisfy({ values.indices.contains($0) })
        else { return nil }
        return indices.map { values[$0] }
    }

    /// PACK of single numbers, or CONCATENATION of lists.
    private func joined() throws(ImportError) -> [Int]? {
        var all: [Int] = []
        for position in inputs.indices {
            guard try shape(position).count == (name == "PACK" ? 0 : 1), let values = try numbers(position) else {
                return nil
            }
            all += values
        }
        return all
    }

    private func filled() throws(ImportError) -> [Int]? {
        guard let dimensions = try numbers(0), let value = try numbers(1), value.count == 1,
            dimensions.allSatisfy({ (0...Self.limit).contains($0) }), dimensions.count <= 2
        else { return nil }
        let count = dimensions.reduce(1, *)
        return count <= Self.limit ? [Int](repeating: value[0], count: count) : nil
    }

    private func counted() throws(ImportError) -> [Int]? {
        guard let start = try numbers(0)?.first, let limit = try numbers(1)?.first, let delta = try numbers(2)?.first,
            delta != 0, [start, limit, delta].allSatisfy(inRange), abs(limit - start) / abs(delta) <= Self.limit
        else { return nil }
        return Array(stride(from: start, to: limit, by: delta))
    }

    /// All numbers of a list in one.
    private func reduced(
        _ first: Int, _ combine: (Int, Int) -> (partialValue: Int, overflow: Bool)
    ) throws(ImportError) -> [Int]? {
        guard let values = try numbers(0), try shape(0) == [values.count], let axes = try numbers(1), !axes.isEmpty
        else {
            return nil
        }
        var all = first
        for value in values {
            let step = combine(all, value)
            guard !step.overflow else { return nil }
            all = step.partialValue
        }
        return [all]
    }

    /// Number by number, one of the operands perhaps single.
    /// - Parameter options: their kind, where a fused activation is their first field.
    private func paired(
        options kind: UInt8? = nil, _ combine: (Int, Int) -> (partialValue: Int, overflow: Bool)
    ) throws(ImportError) -> [Int]? {
        if let kind, try activation(options(kind), field: 0) != .none { return nil }
        guard let a = try numbers(0), let b = try numbers(1), a.count == b.count || a.count == 1 || b.count == 1 else {
            return nil
        }
        var results: [Int] = []
        for index in 0..<(a.count == 1 ? b.count : a.count) {
            let step = combine(a.count == 1 ? a[0] : a[index], b.count == 1 ? b[0] : b[index])
            guard !step.overflow else { return nil }
            results.append(step.partialValue)
        }
        return results
    }

    private func floorOfQuotient(_ a: Int, _ b: Int) -> Int {
        guard b != 0 else { return 0 }
        let (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
        return rest != 0 && (rest < 0) != (b < 0) ? quotient - 1 : quotient
    }
}
