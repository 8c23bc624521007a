import CBundle
import Graph

/// Elements that one processor takes at a time, and those of a step between that stay in its cache.
private let grain = 1 << 15
private let block = 1 << 10

/// Each element alone.
func map(_ x: RealOperand, _ function: UnaryFunction) -> RealBuffer {
    let result = RealBuffer(count: x.buffer.count)
    let (source, target) = (x.base, result.base)
    Parallel.perform(x.buffer.count, grain: grain) { part in
        for start in stride(from: part.lowerBound, to: part.upperBound, by: block) {
            let count = min(block, part.upperBound - start)
            function.evaluate(
                UnsafeBufferPointer(start: source + start, count: count),
                into: UnsafeMutableBufferPointer(start: target + start, count: count))
        }
    }
    return result
}

extension UnaryFunction {
    /// The function of each of a block's elements; `target` may be the same place.
    fileprivate func evaluate(_ source: UnsafeBufferPointer<Float>, into target: UnsafeMutableBufferPointer<Float>) {
        switch self {
        case .relu: source.mapByEights(into: target) { $0.atLeast(.zero) }
        case .relu6: source.mapByEights(into: target) { $0.atLeast(.zero).atMost(SIMD8(repeating: 6)) }
        case .leakyRelu(let alpha):
            source.mapByEights(into: target) { $0.replacing(with: $0 * alpha, where: $0 .< 0) }
        case .hardSwish:
            source.mapByEights(into: target) { $0 * ($0 + 3).atLeast(.zero).atMost(SIMD8(repeating: 6)) / 6 }
        case .exp: RealKernel.apply(OC_REAL_EXP, source, into: target)
        case .log: RealKernel.apply(OC_REAL_LOG, source, into: target)
        case .logistic: RealKernel.apply(OC_REAL_LOGISTIC, source, into: target)
        case .tanh: RealKernel.apply(OC_REAL_TANH, source, into: target)
        case .expression(let expression): expression.evaluate(source, into: target)
        default:
            let real = real
            for index in source.indices { target[index] = real(source[index]) }
        }
    }
}

extension Expression {
    fileprivate func evaluate(_ x: UnsafeBufferPointer<Float>, into target: UnsafeMutableBufferPointer<Float>) {
        switch self {
        case .x: if let base = x.baseAddress { target.baseAddress?.update(from: base, count: x.count) }
        case .constant(let value): target.update(repeating: value)
        case .function(let function, .x): function.evaluate(x, into: target)
        case .function(let function, let inner):
            inner.evaluate(x, into: target)
            function.evaluate(UnsafeBufferPointer(target), into: target)
        case .combined(let combination, let a, let b):
            withUnsafeTemporaryAllocation(of: Float.self, capacity: x.count) { right in
                // `right` is written whole before it is read.
                b.evaluate(x, into: right)
                a.evaluate(x, into: target)
                func combine(_ body: (Float, Float) -> Float) {
                    for index in x.indices { target[index] = body(target[index], right[index]) }
                }
                switch combination {
                case .sum: combine(+)
                case .difference: combine(-)
                case .product: combine(*)
                case .quotient: combine(/)
                case .minimum, .maximum: combine(combination.callAsFunction)
                }
            }
        }
    }
}
