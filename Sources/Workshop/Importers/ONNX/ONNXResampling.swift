import Foundation
import Graph

/// How one dimension is resized: for each result the elements that it is made of, and what each counts.
struct ONNXResampling {
    let input: Int
    let output: Int
    /// Results for one element, as the file says it.
    let scale: Double
    let transform: String
    /// Of tf_crop_and_resize: where the result begins and ends, as parts of the input.
    var region = (start: 0.0, end: 1.0)

    /// Where a result lies in the input.
    func position(_ index: Int) -> Double {
        let (from, to, at) = (Double(input), Double(output), Double(index))
        switch transform {
        // The scale's own extent, which may be no whole number.
        case "align_corners": return output > 1 ? at * (from - 1) / (from * scale - 1) : 0
        case "asymmetric": return at / scale
        case "pytorch_half_pixel": return output > 1 ? (at + 0.5) / scale - 0.5 : 0
        case "half_pixel_symmetric":
            let adjusted = to / (from * scale)
            return from / 2 * (1 - adjusted) + (at + 0.5) / scale - 0.5
        case "tf_half_pixel_for_nn": return (at + 0.5) / scale
        case "tf_crop_and_resize":
            return output > 1
                ? region.start * (from - 1) + at * (region.end - region.start) * (from - 1) / (to - 1)
                : 0.5 * (region.start + region.end) * (from - 1)
        default: return (at + 0.5) / scale - 0.5
        }
    }

    /// Whether a result of a region lies beyond the input, where another value stands for it.
    func isBeyond(_ index: Int) -> Bool {
        guard transform == "tf_crop_and_resize" else { return false }
        let position = position(index)
        return position < 0 || position > Double(input - 1)
    }

    /// Keys' cubic with a parameter, or a triangle.
    private static func weight(_ distance: Double, cubic: Double?) -> Double {
        let x = abs(distance)
        guard let a = cubic else { return max(1 - x, 0) }
        if x <= 1 { return (a + 2) * x * x * x - (a + 3) * x * x + 1 }
        return x < 2 ? a * (x * x * x - 5 * x * x + 8 * x - 4) : 0
    }

    /// `[output, input]`.
    /// - Parameters:
    ///   - cubic: the parameter of cubic resampling; nil: linear.
    ///   - isFiltered: what is made smaller is blurred before (antialias).
    ///   - excludes: elements outside of the input do not count; else those at its ends count for them.
    func matrix(cubic: Double?, isFiltered: Bool, excludes: Bool) -> [Float] {
        var matrix = [Float](repeating: 0, count: output * input)
        let stretch = isFiltered ? max(1 / scale, 1) : 1
        let reach = (cubic == nil ? 1 : 2) * stretch
        for row in 0..<output where !isBeyond(row) {
            let position = position(row)
            let first = Int((position - reach).rounded(.down))
            let last = Int((position + reach).rounded(.up))
            var weights: [(index: Int, weight: Double)] = []
            for index in first...last {
                let weight = Self.weight((Double(index) - position) / stretch, cubic: cubic)
                guard weight != 0, !excludes || (0..<input).contains(index) else { continue }
                weights.append((min(max(index, 0), input - 1), weight))
            }
            let sum = weights.reduce(0) { $0 + $1.weight }
            guard sum != 0 else { continue }
            for (index, weight) in weights { matrix[row * input + index] += Float(weight / sum) }
        }
        return matrix
    }
}

extension ONNXTranslator {
    /// Each of rows and columns multiplied by a matrix: resampling of any kind.
    func resampled(
        _ x: ONNXValue, _ axes: [Int: [Float]], _ size: [Int], _ node: ONNXNode
    ) throws(ImportError) -> ONNXValue {
        var result = x
        for (axis, matrix) in axes.sorted(by: { $0.key > $1.key }) {
            guard x.shape[axis] * size[axis] <= 1 << 22 else {
                throw node.refuse("resizes \(x.shape[axis]) elements to \(size[axis]) by weights, which are too many")
            }
            // The dimension goes last, and back.
            let rank = result.shape.count
            var order = Array(0..<rank)
            order.swapAt(axis, rank - 1)
            let moved = try swapped(result, order, node)
            var shape = moved.shape
            shape[rank - 1] = size[axis]
            let weights = try constant(matrix, [size[axis], x.shape[axis]], node)
            let product = try emit(
                .fullyConnected(.none), [try tensor(moved, channelsLast: false, node), weights], shape, node)
            result = try swapped(product, order, node)
        }
        return result
    }

    private func swapped(_ x: ONNXValue, _ order: [Int], _ node: ONNXNode) throws(ImportError) -> ONNXValue {
        if order == Array(order.indices) { return x }
        return try emit(
            .transpose(permutation: order), [try tensor(x, channelsLast: false, node)], order.map { x.shape[$0] },
            node)
    }
}
