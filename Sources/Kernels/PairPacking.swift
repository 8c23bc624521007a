import CBundle
import CKernels

/// How the constants of a convolution with short filters lie for plain NEON on AArch64: CKernels/neon/pairs.c. Every sixteen
/// channels are a block; the last block takes the last sixteen, so that some channels may lie in two.
struct PairPacking {
    private static let lanes = Int(OC_PAIR_CHANNELS)
    private let channels: Int
    private let length: Int

    /// - Parameter geometry: one that `oc_pairs_fit` accepts.
    init(_ geometry: oc_conv) {
        channels = Int(geometry.out_c)
        length = Int(geometry.kernel_h) * Int(geometry.kernel_w) * Int(geometry.in_c)
    }

    private var blocks: Int { (channels + PairPacking.lanes - 1) / PairPacking.lanes }
    private var pairs: Int { Int(oc_pair_count(Int32(length))) }
    private var headBytes: Int { 4 * Int(OC_PAIR_WORDS) }
    private var pairBytes: Int { 2 * PairPacking.lanes }
    private var blockBytes: Int { headBytes + pairs * pairBytes }

    var constantBytes: Int64 { Int64(blocks) * Int64(blockBytes) }

    private func lane(of channel: Int, in block: Int) -> Int {
        channel - min(block * PairPacking.lanes, channels - PairPacking.lanes)
    }

    private func wordOffset(_ field: Int, _ channel: Int, in block: Int) -> Int {
        block * blockBytes + 4 * (field * PairPacking.lanes + lane(of: channel, in: block))
    }

    private func weightOffset(_ channel: Int, _ k: Int, in block: Int) -> Int {
        block * blockBytes + headBytes + k / 2 * pairBytes + 2 * lane(of: channel, in: block) + k % 2
    }

    /// Where a channel's bias (field 0), multiplier (1) or shift (2) lies.
    func wordOffset(_ field: Int, _ channel: Int) -> Int {
        wordOffset(field, channel, in: channel / PairPacking.lanes)
    }

    /// Where weight k of a channel's filter lies.
    func weightOffset(_ channel: Int, _ k: Int) -> Int {
        weightOffset(channel, k, in: channel / PairPacking.lanes)
    }

    /// Gives the last block its copies of the channels before it, then finds out which products, and which scaled
    /// sums, fit 16 bits.
    func finish(_ out: UnsafeMutableRawBufferPointer, _ fits: [Bool]) {
        let last = blocks - 1
        for channel in channels - PairPacking.lanes..<last * PairPacking.lanes {
            for field in 0..<3 {
                let word = out.loadUnaligned(fromByteOffset: wordOffset(field, channel), as: Int32.self)
                out.storeBytes(of: word, toByteOffset: wordOffset(field, channel, in: last), as: Int32.self)
            }
            for k in 0..<length { out[weightOffset(channel, k, in: last)] = out[weightOffset(channel, k)] }
        }
        for block in 0..<blocks {
            markUnits(in: block, out)
            let end = min((block + 1) * PairPacking.lanes, channels)
            let flag = block * blockBytes + 4 * (3 * PairPacking.lanes + 2)
            out[flag] = ArmPacking.mark(end - PairPacking.lanes..<end, fits)
        }
    }

    private func markUnits(in block: Int, _ out: UnsafeMutableRawBufferPointer) {
        let weights = block * blockBytes + headBytes
        var isExact: Int32 = 0
        var bits: UInt32 = 0
        for first in stride(from: 0, to: pairs, by: Int(OC_PAIR_UNIT)) {
            var fits = true
            for lane in 0..<pairBytes {
                var all = LaneSum()
                var two = LaneSum()
                for pair in first..<min(first + Int(OC_PAIR_UNIT), pairs) {
                    let weight = Int8(bitPattern: out[weights + pair * pairBytes + lane])
                    if pair % 2 == 0 { two = LaneSum() }
                    all.add(weight)
                    two.add(weight)
                    if !two.fits { isExact = 1 }
                }
                if !all.fits { fits = false }
            }
            if fits { bits |= 1 << UInt32(first / Int(OC_PAIR_UNIT)) }
        }
        let flags = block * blockBytes + 4 * 3 * PairPacking.lanes
        out.storeBytes(of: isExact, toByteOffset: flags, as: Int32.self)
        out.storeBytes(of: bits, toByteOffset: flags + 4, as: UInt32.self)
    }
}
