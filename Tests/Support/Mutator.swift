/// Damages files the way disks, networks and enemies do, the same way every time for the same seed.
public struct Mutator {
    private var random: SplitMix64

    public init(seed: UInt64) { random = SplitMix64(state: seed) }

    /// A damaged copy of `original`: one or a few changes of random kinds, or now and then random bytes altogether.
    public mutating func mutate(_ original: [UInt8]) -> [UInt8] {
        if random.below(64) == 0 {
            let count = random.below(2 * original.count + 16)
            // Keeping the head gets the noise past the magic.
            let head = random.below(2) == 0 ? 0 : min(8, original.count)
            return original.prefix(head) + (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        var bytes = original
        repeat { change(&bytes) } while random.below(2) == 0
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let position = self.position(in: bytes)
        switch random.below(16) {
        case 0:
            bytes.removeLast(bytes.count - position)
        case 1, 2:
            bytes[position] ^= 1 << UInt8(random.below(8))
        case 3:
            bytes[position] = UInt8(truncatingIfNeeded: random.next())
        case 4, 5, 6:
            store(interestingWord(bytes.count), at: position & ~3, in: &bytes)
        case 7:
            store(interestingWord(bytes.count), at: position, in: &bytes)
        case 8, 9, 10:
            // Nudges an offset, a length or a field of a vtable.
            let delta = UInt32(truncatingIfNeeded: random.below(65) - 32)
            let at = position & ~(random.below(2) == 0 ? 3 : 1)
            store(word(at: at, in: bytes) &+ delta, at: at, in: &bytes)
        case 11:
            store(word(at: random.below(bytes.count) & ~3, in: bytes), at: position & ~3, in: &bytes)
        case 12:
            let other = random.below(bytes.count) & ~3
            let (first, second) = (word(at: position & ~3, in: bytes), word(at: other, in: bytes))
            store(second, at: position & ~3, in: &bytes)
            store(first, at: other, in: &bytes)
        case 13:
            for index in position..<min(position + 1 + random.below(16), bytes.count) { bytes[index] = 0 }
        case 14:
            bytes.removeSubrange(position..<min(position + 1 + random.below(16), bytes.count))
        default:
            let end = min(position + 1 + random.below(64), bytes.count)
            bytes.insert(contentsOf: bytes[position..<end], at: random.below(bytes.count))
        }
    }

    /// Headers and tables gather at both ends of a file, so those are hit more often than the middle.
    private mutating func position(in bytes: [UInt8]) -> Int {
        let window = min(512, bytes.count)
        switch random.below(3) {
        case 0: return random.below(window)
        case 1: return bytes.count - 1 - random.below(window)
        default: return random.below(bytes.count)
        }
    }

    /// Numbers where readers slip: signs, powers of two, and this file's own size.
    private mutating func interestingWord(_ size: Int) -> UInt32 {
        let fixed: [UInt32] = [
            0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 33, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000,
            0xffffff, 0x1000_0000, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe,
            0xffff_ffff, 0x7f80_0000, 0x7fc0_0000, 0xff80_0000, 0x0000_0001, 0x0080_0000,
        ]
        let sizes = [size, size - 1, size + 1, size - 4, size + 4, size / 2, -size, size * 2]
        let choice = random.below(fixed.count + sizes.count)
        return choice < fixed.count ? fixed[choice] : UInt32(truncatingIfNeeded: sizes[choice - fixed.count])
    }

    private func word(at position: Int, in bytes: [UInt8]) -> UInt32 {
        var word: UInt32 = 0
        for index in 0..<4 where position + index < bytes.count {
            word |= UInt32(bytes[position + index]) << UInt32(8 * index)
        }
        return word
    }

    private func store(_ word: UInt32, at position: Int, in bytes: inout [UInt8]) {
        for index in 0..<4 where position + index < bytes.count {
            bytes[position + index] = UInt8(truncatingIfNeeded: word >> UInt32(8 * index))
        }
    }
}

/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
public struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    public init(state: UInt64) { self.state = state }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// Uniform enough for tests in `0..<limit`; `limit` is at least 1.
    public mutating func below(_ limit: Int) -> Int { Int(truncatingIfNeeded: next() % UInt64(limit)) }
}
