/// Steele, Lea and Flood's SplitMix64: the same checks on every machine.
struct RandomNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func number(_ range: ClosedRange<Int32>) -> Int32 {
        range.lowerBound + Int32(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// True once in `count` times.
    mutating func oneIn(_ count: UInt64) -> Bool { next() % count == 0 }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<count { bytes.append(UInt8(truncatingIfNeeded: next())) }
        return bytes
    }

    /// Any byte as a weight; now and then an extreme, where sums are largest.
    mutating func weight() -> Int8 {
        let bits = next()
        return bits & 0xf00 == 0 ? (bits & 1 == 0 ? -128 : 127) : Int8(truncatingIfNeeded: bits)
    }

    /// What most multipliers are: 2^30 to 2^31.
    mutating func multiplier() -> Int32 { number((1 << 30)...(.max - 1)) }

    /// An exponent, now and then one that no trained model has, where results wrap.
    mutating func shift(_ usual: ClosedRange<Int32>) -> Int32 { oneIn(48) ? number(0...25) : number(usual) }

    /// Channel counts around the edges of registers.
    mutating func channels() -> Int32 {
        switch next() % 3 {
        case 0: [8, 16, 24, 32, 48, 64][Int(next() % 6)]
        case 1: number(1...17)
        default: number(1...70)
        }
    }

    /// Zero points of an input and of the output, and the clamp.
    mutating func ranges() -> (zero: Int32, out: Int32, low: Int32, high: Int32) {
        let zero = number(-128...127)
        let out = number(-128...127)
        switch next() % 5 {
        case 0: return (zero, out, -128, 127)
        case 1: return (zero, -128, -128, 127)  // rectified, as most layers are
        case 2: return (zero, out, out, 127)
        case 3: return (zero, out, out, number(out...127))
        default:
            let low = number(-128...100)
            return (zero, out, low, number(low...127))
        }
    }
}
