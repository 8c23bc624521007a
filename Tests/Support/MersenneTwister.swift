/// MT19937 (Matsumoto and Nishimura, 1998), seeded as numpy's `RandomState(seed)` is.
public struct MersenneTwister {
    private var state: [UInt32]
    private var position = 624

    public init(seed: UInt32) {
        state = [seed]
        for i in 1..<624 {
            let last = state[i - 1]
            state.append(1_812_433_253 &* (last ^ last >> 30) &+ UInt32(i))
        }
    }

    public mutating func next() -> UInt32 {
        if position == 624 { refill() }
        var y = state[position]
        position += 1
        y ^= y >> 11
        y ^= y << 7 & 0x9d2c_5680
        y ^= y << 15 & 0xefc6_0000
        return y ^ y >> 18
    }

    private mutating func refill() {
        for i in 0..<624 {
            let y = state[i] & 0x8000_0000 | state[(i + 1) % 624] & 0x7fff_ffff
            state[i] = state[(i + 397) % 624] ^ y >> 1 ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
        }
        position = 0
    }

    /// The bytes of `RandomState(seed).randint(-128, 128, count).astype(int8)`: the low eight bits of a draw, minus 128.
    public static func int8Bytes(seed: UInt32, count: Int) -> [UInt8] {
        var generator = MersenneTwister(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) ^ 0x80 }
    }
}
