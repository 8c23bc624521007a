import CBundle
import CKernels

/// How the constants of a convolution lie for the plain NEON sets, and the scratch it needs: CKernels/neon/conv.c. Every
/// four channels are a block; the last block takes the last four, so that some channels may lie in two.
struct ChainPacking {
    private static let lanes = Int(OC_CHAIN_CHANNELS)
    private let geometry: oc_conv
    private let length: Int64

    init(_ geometry: oc_conv) {
        self.geometry = geometry
        length = times(times(Int64(geometry.kernel_h), Int64(geometry.kernel_w)), Int64(geometry.in_c))
    }

    private var channels: Int { Int(geometry.out_c) }
    private var blocks: Int { (channels + ChainPacking.lanes - 1) / ChainPacking.lanes }
    private var groups: Int { Int(oc_chain_groups(Int32(length))) }
    private var octets: Int { Int(oc_chain_octets(Int32(length))) }
    private var headBytes: Int { 4 * Int(OC_CHAIN_WORDS) }
    private var blockBytes: Int { headBytes + ChainPacking.lanes * Int(oc_chain_weights(Int32(length))) }

    /// Saturates, unlike the offsets within, which are asked for constants that were found to have this size.
    var constantBytes: Int64 {
        guard length < Int64(Int32.max) / 8 else { return .max }
        return times(Int64(geometry.out_c) / 4 + (geometry.out_c % 4 == 0 ? 0 : 1), Int64(blockBytes))
    }

    private var isDense: Bool {
        var geometry = geometry
        return oc_input_is_dense(&geometry) != 0
    }

    var minimumScratchBytes: Int64 { scratchBytes(patches: 4) }

    /// Patches stay in the first level of cache while all blocks walk over them.
    var preferredScratchBytes: Int64 {
        let pixels = times(Int64(geometry.batches), times(Int64(geometry.out_h), Int64(geometry.out_w)))
        let enough = min(16 * 1024 / max(length, 1), 64)
        return scratchBytes(patches: max(4, min(roundUp(pixels, to: 4), enough / 4 * 4)))
    }

    /// Patches have 16 bytes behind them.
    private func scratchBytes(patches: Int64) -> Int64 {
        isDense ? 0 : roundUp(times(roundUp(plus(length, 16), to: 16), patches), to: 64)
    }

    private func lane(of channel: Int, in block: Int) -> Int {
        channel - max(0, min(block * ChainPacking.lanes, channels - ChainPacking.lanes))
    }

    private func wordOffset(_ field: Int, _ channel: Int, in block: Int) -> Int {
        block * blockBytes + 4 * (field * ChainPacking.lanes + lane(of: channel, in: block))
    }

    private func weightOffset(_ channel: Int, _ k: Int, in block: Int) -> Int {
        let lane = lane(of: channel, in: block)
        let whole = 32 * groups
        let start = block * blockBytes + headBytes + ChainPacking.lanes * (k < whole ? k / 32 * 32 : whole)
        return k < whole ? start + 32 * lane + k % 32 : start + 8 * octets * lane + k - whole
    }

    /// Where a channel's bias (field 0), multiplier (1) or shift (2) lies.
    func wordOffset(_ field: Int, _ channel: Int) -> Int {
        wordOffset(field, channel, in: channel / ChainPacking.lanes)
    }

    /// Where weight k of a channel's filter lies.
    func weightOffset(_ channel: Int, _ k: Int) -> Int {
        weightOffset(channel, k, in: channel / ChainPacking.lanes)
    }

    /// Gives the last block its copies of the channels before it, then finds out which chains are safe, and which
    /// scaled sums fit 16 bits.
    func finish(_ out: UnsafeMutableRawBufferPointer, _ fits: [Bool]) {
        let last = blocks - 1
        for channel in max(0, channels - ChainPacking.lanes)..<max(0, last * ChainPacking.lanes) {
            for field in 0..<3 {
                let word = out.loadUnaligned(fromByteOffset: wordOffset(field, channel), as: Int32.self)
                out.storeBytes(of: word, toByteOffset: wordOffset(field, channel, in: last), as: Int32.self)
            }
            for k in 0..<Int(length) { out[weightOffset(channel, k, in: last)] = out[weightOffset(channel, k)] }
        }
        for block in 0..<blocks {
            markChains(in: block, out)
            let end = min((block + 1) * ChainPacking.lanes, channels)
            let flag = block * blockBytes + 4 * (3 * ChainPacking.lanes + 1)
            out[flag] = ArmPacking.mark(max(0, end - ChainPacking.lanes)..<end, fits)
        }
    }

    private func markChains(in block: Int, _ out: UnsafeMutableRawBufferPointer) {
        let flags = block * blockBytes + 4 * 3 * ChainPacking.lanes
        let weights = block * blockBytes + headBytes
        var isExact: Int32 = 0
        var bits: UInt64 = 0
        for group in 0..<groups + (octets > 0 ? 1 : 0) {
            let octets = group < groups ? 4 : octets
            var fits = true
            for lane in 0..<ChainPacking.lanes {
                let start = weights + ChainPacking.lanes * 32 * group + lane * 8 * octets
                for column in 0..<8 {
                    var all = LaneSum()
                    var two = LaneSum()
                    for octet in 0..<octets {
                        let weight = Int8(bitPattern: out[start + 8 * octet + column])
                        // Chains of two are an even octet and the next.
                        if octet % 2 == 0 { two = LaneSum() }
                        all.add(weight)
                        two.add(weight)
                        if !two.fits { isExact = 1 }
                    }
                    if !all.fits { fits = false }
                }
            }
            if fits && group < Int(OC_CHAIN_BITS) { bits |= 1 << UInt64(group) }
        }
        out.storeBytes(of: isExact, toByteOffset: flags, as: Int32.self)
        out.storeBytes(of: bits, toByteOffset: flags + 8, as: UInt64.self)
    }
}

/// What the products of some weights with any int8 values may add up to.
struct LaneSum {
    private var positive = 0
    private var negative = 0

    mutating func add(_ weight: Int8) {
        if weight > 0 { positive += Int(weight) } else { negative -= Int(weight) }
    }

    /// Whether 16 bits always hold it.
    var fits: Bool { 127 * positive + 128 * negative <= 32767 && 128 * positive + 127 * negative <= 32768 }
}
