import CBundle

/// A convolution's constants for kernels that add up several int8 products in int16 before they widen the sum
/// (CKernels/rvv/conv.c).
///
/// A strip: int32 biases, multipliers and shifts of its channels; the weights, for each byte of the patch those of all
/// channels, where every row of the kernel is followed by zeros up to a multiple of four bytes; a byte for each four of
/// these, whose bit i says that a chain of products ends with the i-th, and zeros up to a multiple of 32 bytes.
struct ChainedStrips {
    private let outChannels: Int64
    private let rows: Int64
    private let rowBytes: Int64
    private let channels: Int64

    init(_ geometry: oc_conv, _ channels: Int64) {
        outChannels = Int64(geometry.out_c)
        rows = Int64(geometry.kernel_h)
        rowBytes = times(Int64(geometry.kernel_w), Int64(geometry.in_c))
        self.channels = channels
    }

    private var paddedRow: Int64 { roundUp(rowBytes, to: 4) }

    /// Weights of one channel, with the padding of rows.
    var depth: Int64 { times(rows, paddedRow) }

    private var endBytes: Int64 { roundUp(depth / 4, to: 32) }

    private func stripBytes(_ width: Int64) -> Int64 { plus(times(width, plus(12, depth)), endBytes) }

    var bytes: Int64 {
        let rest = outChannels % channels
        return plus(times(outChannels / channels, stripBytes(channels)), rest == 0 ? 0 : stripBytes(rest))
    }

    /// Where the strip of a channel begins, and how many channels it has.
    private func strip(of channel: Int) -> (offset: Int, width: Int) {
        let index = channel / Int(channels)
        return (index * Int(stripBytes(channels)), min(Int(channels), Int(outChannels) - index * Int(channels)))
    }

    /// Where a channel's bias (field 0), multiplier (1) or shift (2) lies.
    func wordOffset(_ field: Int, _ channel: Int) -> Int {
        let strip = strip(of: channel)
        return strip.offset + 4 * (field * strip.width + channel % Int(channels))
    }

    /// Where weight k of a channel's filter lies.
    func weightOffset(_ channel: Int, _ k: Int) -> Int {
        let strip = strip(of: channel)
        let padded = k / Int(rowBytes) * Int(paddedRow) + k % Int(rowBytes)
        return strip.offset + (12 + padded) * strip.width + channel % Int(channels)
    }

    /// Ends chains as late as int16 allows for any input, -128 to 127; a single product always fits.
    func writeEnds(into out: UnsafeMutableRawBufferPointer) {
        for first in stride(from: 0, to: Int(outChannels), by: Int(channels)) {
            let strip = strip(of: first)
            let weights = strip.offset + 12 * strip.width
            let ends = weights + Int(depth) * strip.width
            // Of each channel's chain: what positive and negative weights add up to.
            var sums = [(positive: Int, negative: Int)](repeating: (0, 0), count: strip.width)
            for k in 0..<Int(depth) {
                var fits = true
                for lane in 0..<strip.width {
                    let weight = Int(out.loadUnaligned(fromByteOffset: weights + k * strip.width + lane, as: Int8.self))
                    if weight > 0 { sums[lane].positive += weight } else { sums[lane].negative -= weight }
                    let (positive, negative) = sums[lane]
                    if 127 * positive + 128 * negative > 32767 || 128 * positive + 127 * negative > 32768 {
                        fits = false
                    }
                }
                guard !fits else { continue }
                out[ends + (k - 1) / 4] |= 1 << UInt8((k - 1) % 4)
                for lane in 0..<strip.width {
                    let weight = Int(out.loadUnaligned(fromByteOffset: weights + k * strip.width + lane, as: Int8.self))
                    sums[lane] = (max(weight, 0), max(-weight, 0))
                }
            }
        }
    }
}
