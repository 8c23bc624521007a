import Graph

/// Comparisons and choices among constants, which exporters write to compute shapes.
extension ONNXTranslator {
    /// Of two constants, 1 where it holds.
    func comparison(_ type: ONNXOperator, _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (a, b) = (try required(node, 0), try required(node, 1))
        guard let x = a.reals, let y = b.reals else { throw node.refuse("compares activations") }
        let (shape, lefts, rights) = try broadcast(a, b, node)
        // Whole numbers are beyond float's precision.
        if let m = a.wholes, let n = b.wholes {
            return ONNXValue(
                shape: shape, content: .wholes(zip(lefts, rights).map { Self.holds(type, m[$0], n[$1]) ? 1 : 0 }))
        }
        return ONNXValue(
            shape: shape, content: .wholes(zip(lefts, rights).map { Self.holds(type, x[$0], y[$1]) ? 1 : 0 }))
    }

    private static func holds<Number: Comparable & Numeric>(_ type: ONNXOperator, _ a: Number, _ b: Number) -> Bool {
        switch type {
        case .equal: a == b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .and: a != 0 && b != 0
        case .xor: (a != 0) != (b != 0)
        default: a != 0 || b != 0
        }
    }

    func not(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let x = try required(node, 0)
        guard let wholes = x.wholes else { throw node.refuse("of activations is not supported") }
        return ONNXValue(shape: x.shape, content: .wholes(wholes.map { $0 == 0 ? 1 : 0 }))
    }

    /// Where: of two constants by a third.
    func choice(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (condition, a, b) = (try required(node, 0), try required(node, 1), try required(node, 2))
        guard let chosen = condition.wholes else { throw node.refuse("its condition is computed by the model") }
        // All of one operand, as of a mask that hides nothing.
        if chosen.allSatisfy({ $0 != 0 }) || chosen.allSatisfy({ $0 == 0 }), let first = chosen.first {
            let taken = first != 0 ? a : b
            if taken.shape == condition.shape || condition.count == 1 { return taken }
        }
        let (between, conditions, firsts) = try broadcast(condition, a, node)
        let (shape, places, seconds) = try broadcast(ONNXValue(shape: between, content: .wholes([])), b, node)
        func picked<Element>(_ x: [Element], _ y: [Element]) -> [Element] {
            zip(places, seconds).map { chosen[conditions[$0]] != 0 ? x[firsts[$0]] : y[$1] }
        }
        if let x = a.wholes, let y = b.wholes { return ONNXValue(shape: shape, content: .wholes(picked(x, y))) }
        guard let x = a.reals, let y = b.reals else { throw node.refuse("chooses among activations") }
        return ONNXValue(shape: shape, content: .reals(picked(x, y)))
    }

    /// Mod: of the divisor's sign, or with fmod the dividend's.
    func remainder(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        let (a, b) = (try required(node, 0), try required(node, 1))
        let isTruncated = try node.whole("fmod", default: 0) != 0
        let (shape, lefts, rights) = try broadcast(a, b, node)
        if let x = a.wholes, let y = b.wholes {
            guard y.allSatisfy({ $0 != 0 && $0 != -1 }) else { throw node.refuse("divides by 0 or -1") }
            return ONNXValue(
                shape: shape,
                content: .wholes(
                    zip(lefts, rights).map { left, right in
                        let rest = x[left] % y[right]
                        return rest != 0 && !isTruncated && (rest < 0) != (y[right] < 0) ? rest + y[right] : rest
                    }))
        }
        guard let x = a.reals, let y = b.reals else { throw node.refuse("of activations is not supported") }
        return ONNXValue(
            shape: shape,
            content: .reals(zip(lefts, rights).map { x[$0].truncatingRemainder(dividingBy: y[$1]) }))
    }

    func size(_ node: ONNXNode) throws(ImportError) -> ONNXValue {
        ONNXValue(shape: [], content: .wholes([try required(node, 0).count]))
    }
}
