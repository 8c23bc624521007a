import Foundation
import Graph

/// LOCAL_RESPONSE_NORMALIZATION across the last dimension.
func normalize(_ x: RealOperand, _ local: LocalResponse) -> RealBuffer {
    let result = RealBuffer(count: x.buffer.count)
    let depth = x.shape.last ?? 1
    Parallel.perform(x.buffer.count / depth, grain: max(1, (1 << 13) / depth)) { rows in
        for row in rows {
            let (source, target) = (x.base + row * depth, result.base + row * depth)
            // A running sum in double: what leaves it leaves nothing behind that a float could show.
            var sum = 0.0
            var next = 0
            for channel in 0..<depth {
                let window = local.window(channel, of: depth)
                while next <= window.upperBound {
                    sum += Double(source[next]) * Double(source[next])
                    next += 1
                }
                let left = window.lowerBound - 1
                if left >= 0 { sum -= Double(source[left]) * Double(source[left]) }
                let base = Double(local.bias) + Double(local.scale) * max(sum, 0)
                target[channel] = Float(Double(source[channel]) * pow(base, -Double(local.beta)))
            }
        }
    }
    return result
}
