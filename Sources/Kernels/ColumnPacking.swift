import CBundle
import CKernels

/// How the constants of a depthwise convolution lie for the Arm sets, and the scratch it needs: with dot products as
/// CKernels/dotprod/columns.h has it, without as CKernels/neon/depthwise.c. Every eight channels are a block; the last block
/// takes the last eight, so that some channels may lie in two.
struct ColumnPacking {
    private static let lanes = 8
    private let geometry: oc_conv
    private let hasDotProducts: Bool

    /// - Parameter geometry: one that `oc_columns_fit` accepts.
    init(_ geometry: oc_conv, dotProducts: Bool) {
        self.geometry = geometry
        hasDotProducts = dotProducts
    }

    private var isLarge: Bool { geometry.kernel_h > 4 }
    private var channels: Int { Int(geometry.out_c) }
    private var taps: Int { Int(geometry.kernel_h) * Int(geometry.kernel_w) }
    private var blocks: Int { (channels + ColumnPacking.lanes - 1) / ColumnPacking.lanes }
    private var columnBytes: Int { isLarge ? 64 : 32 }
    /// Two flags and padding follow the three words of each channel.
    private var headBytes: Int { 12 * ColumnPacking.lanes + 16 }
    private var blockBytes: Int {
        headBytes + (hasDotProducts ? columnBytes * Int(geometry.kernel_w) : ColumnPacking.lanes * taps)
    }

    /// Bytes of all blocks, behind which lies a pixel of zero points.
    var channelBytes: Int64 {
        times((Int64(geometry.out_c) + Int64(ColumnPacking.lanes) - 1) / Int64(ColumnPacking.lanes), Int64(blockBytes))
    }

    /// For 5x5 kernels: the interleaved columns of one strip of rows, or at least the rows of one row of output.
    var minimumScratchBytes: Int64 { isLarge ? scratchBytes(rows: hasDotProducts ? 8 : 5) : 0 }

    /// As many rows as stay in the first level of cache.
    var preferredScratchBytes: Int64 {
        guard isLarge && !hasDotProducts else { return minimumScratchBytes }
        var geometry = geometry
        let all = plus(times(Int64(geometry.out_h) - 1, Int64(geometry.stride_h)), 5)
        return scratchBytes(rows: max(5, min(all, 16 * 1024 / max(times(oc_columns_of_row(&geometry), 8), 1))))
    }

    private func scratchBytes(rows: Int64) -> Int64 {
        var geometry = geometry
        return roundUp(times(times(oc_columns_of_row(&geometry), 8), rows), to: 64)
    }

    private func lane(of channel: Int, in block: Int) -> Int {
        channel - min(block * ColumnPacking.lanes, channels - ColumnPacking.lanes)
    }

    private func wordOffset(_ field: Int, _ channel: Int, in block: Int) -> Int {
        block * blockBytes + 4 * (field * ColumnPacking.lanes + lane(of: channel, in: block))
    }

    private func weightOffset(_ channel: Int, _ k: Int, in block: Int) -> Int {
        let lane = lane(of: channel, in: block)
        let row = k / Int(geometry.kernel_w)
        let column = k % Int(geometry.kernel_w)
        guard hasDotProducts else {
            let tap = isLarge ? k : 3 * column + row
            return block * blockBytes + headBytes + ColumnPacking.lanes * tap + lane
        }
        let start = block * blockBytes + headBytes + columnBytes * column
        return isLarge ? start + 32 * (lane / 4) + 16 * (row / 4) + 4 * (lane % 4) + row % 4 : start + 4 * lane + row
    }

    /// Where a channel's bias (field 0), multiplier (1) or shift (2) lies.
    func wordOffset(_ field: Int, _ channel: Int) -> Int {
        wordOffset(field, channel, in: channel / ColumnPacking.lanes)
    }

    /// Where weight k of a channel's filter lies.
    func weightOffset(_ channel: Int, _ k: Int) -> Int {
        weightOffset(channel, k, in: channel / ColumnPacking.lanes)
    }

    /// Gives the last block its copies of the channels before it, then finds out where two products or scaled sums
    /// may overflow 16 bits.
    func finish(_ out: UnsafeMutableRawBufferPointer, _ fits: [Bool]) {
        let last = blocks - 1
        for channel in channels - ColumnPacking.lanes..<last * ColumnPacking.lanes {
            for field in 0..<3 {
                let word = out.loadUnaligned(fromByteOffset: wordOffset(field, channel), as: Int32.self)
                out.storeBytes(of: word, toByteOffset: wordOffset(field, channel, in: last), as: Int32.self)
            }
            for k in 0..<taps { out[weightOffset(channel, k, in: last)] = out[weightOffset(channel, k)] }
        }
        for block in 0..<blocks {
            let end = min((block + 1) * ColumnPacking.lanes, channels)
            out[block * blockBytes + headBytes - 12] = ArmPacking.mark(end - ColumnPacking.lanes..<end, fits)
            if !hasDotProducts { markPairs(in: block, out) }
        }
    }

    private func markPairs(in block: Int, _ out: UnsafeMutableRawBufferPointer) {
        var isExact: Int32 = 0
        let start = block * blockBytes + headBytes
        for tap in stride(from: 1, to: taps, by: 2) {
            for lane in 0..<ColumnPacking.lanes {
                let second = start + ColumnPacking.lanes * tap + lane
                if out[second] == 0x80 && out[second - ColumnPacking.lanes] == 0x80 { isExact = 1 }
            }
        }
        out.storeBytes(of: isExact, toByteOffset: start - 16, as: Int32.self)
    }
}
