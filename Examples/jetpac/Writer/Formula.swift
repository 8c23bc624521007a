/// Numbers that look random and follow from a text, the same on every machine: SplitMix64 (G. Steele et al., 2014), its state
/// begun with the text's FNV-1a hash.
public struct Formula {
    private var state: UInt64

    public init(_ text: String) {
        state = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// Evenly spread between plus and minus `extent`, in steps of 2^-23 of it.
    public mutating func reals(_ count: Int, extent: Float) -> [Float] {
        (0..<count).map { _ in (Float(Int(next() >> 40) - 1 << 23) * 0x1p-23) * extent }
    }

    /// `count` numbers of 8 or 16 bits, little-endian.
    public mutating func bytes(_ count: Int, bits: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * bits / 8)
        for _ in 0..<count {
            let word = next() >> UInt64(64 - bits)
            bytes.append(UInt8(truncatingIfNeeded: word))
            if bits == 16 { bytes.append(UInt8(word >> 8)) }
        }
        return bytes
    }
}
