/// A packing of which some channels are a block.
protocol BlockPacking {
    /// Weights of a channel's filter.
    var filterLength: Int { get }
    /// Where a channel's bias (field 0), multiplier (1) or shift (2) lies.
    func wordOffset(_ field: Int, _ channel: Int) -> Int
    /// Where weight k of a channel's filter lies.
    func weightOffset(_ channel: Int, _ k: Int) -> Int
}

extension BlockPacking {
    /// Whether all sums that these channels' weights allow fit 16 bits when they are scaled, before the zero point comes on;
    /// then kernels need not saturate them. Channels that do not shift to the right count for nothing.
    func scaledSumsFit(_ channels: Range<Int>, _ out: UnsafeMutableRawBufferPointer) -> Bool {
        for channel in channels {
            let bias = Int64(out.loadUnaligned(fromByteOffset: wordOffset(0, channel), as: Int32.self))
            let multiplier = Int64(out.loadUnaligned(fromByteOffset: wordOffset(1, channel), as: Int32.self))
            let shift = Int64(out.loadUnaligned(fromByteOffset: wordOffset(2, channel), as: Int32.self))
            var least = bias
            var most = bias
            for k in 0..<filterLength {
                let weight = Int64(Int8(bitPattern: out[weightOffset(channel, k)]))
                least -= weight > 0 ? 128 * weight : -127 * weight
                most += weight > 0 ? 127 * weight : -128 * weight
            }
            guard least >= Int64(Int32.min), most <= Int64(Int32.max) else { return false }
            // One less than there is room for: kernels round ties of negative sums in two ways.
            let scaled = ((least * multiplier) >> (31 - shift), (most * multiplier) >> (31 - shift))
            guard scaled.0 > -32768, scaled.1 < 32766 else { return false }
        }
        return true
    }
}
