import CBundle
import CKernels

/// How the constants of a depthwise convolution lie for the Arm sets with dot products, and the scratch it needs:
/// CKernels/dotprod/columns.h. Every eight channels are a block; the last block takes the last eight, so that some channels
/// may lie in two.
struct ColumnPacking {
    private static let lanes = 8
    private let geometry: oc_conv

    /// - Parameter geometry: one that `oc_columns_fit` accepts.
    init(_ geometry: oc_conv) { self.geometry = geometry }

    private var isLarge: Bool { geometry.kernel_h > 4 }
    private var channels: Int { Int(geometry.out_c) }
    private var blocks: Int { (channels + ColumnPacking.lanes - 1) / ColumnPacking.lanes }
    private var columnBytes: Int { isLarge ? 64 : 32 }
    private var blockBytes: Int { 12 * ColumnPacking.lanes + columnBytes * Int(geometry.kernel_w) }

    /// Bytes of all blocks, behind which lies a pixel of zero points.
    var channelBytes: Int64 {
        times((Int64(geometry.out_c) + Int64(ColumnPacking.lanes) - 1) / Int64(ColumnPacking.lanes), Int64(blockBytes))
    }

    /// The interleaved columns of one strip of rows.
    var scratchBytes: Int64 {
        var geometry = geometry
        return isLarge ? roundUp(times(oc_columns_of_row(&geometry), 64), to: 64) : 0
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
        let start = block * blockBytes + 12 * ColumnPacking.lanes + columnBytes * column
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

    /// Gives the last block its copies of the channels before it.
    func repeatChannels(in out: UnsafeMutableRawBufferPointer) {
        let last = blocks - 1
        for channel in channels - ColumnPacking.lanes..<last * ColumnPacking.lanes {
            for field in 0..<3 {
                let word = out.loadUnaligned(fromByteOffset: wordOffset(field, channel), as: Int32.self)
                out.storeBytes(of: word, toByteOffset: wordOffset(field, channel, in: last), as: Int32.self)
            }
            for k in 0..<Int(geometry.kernel_h) * Int(geometry.kernel_w) {
                out[weightOffset(channel, k, in: last)] = out[weightOffset(channel, k)]
            }
        }
    }
}
