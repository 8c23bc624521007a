import CBundle
import CKernels

/// How the constants of a convolution lie for the Arm sets with dot products (groups of 4 bytes) or matrix products (of 8),
/// and the scratch it needs: CKernels/dotprod/panels.h. Blocks of 4, 8 or 12 channels hold biases, multipliers, shifts, then
/// for each group of the patch each channel's weights; every channel takes the same bytes, also those past the end.
struct PanelPacking {
    private let geometry: oc_conv
    private let group: Int64
    private let length: Int64

    init(_ geometry: oc_conv, _ group: Int64) {
        self.geometry = geometry
        self.group = group
        length = times(times(Int64(geometry.kernel_h), Int64(geometry.kernel_w)), Int64(geometry.in_c))
    }

    private var paddedLength: Int64 { roundUp(length, to: group) }

    private var blockBytes: Int64 { times(roundUp(Int64(geometry.out_c), to: 4), plus(12, paddedLength)) }

    /// All blocks, then a byte for every four channels.
    var constantBytes: Int64 { plus(blockBytes, (Int64(geometry.out_c) + 3) / 4) }

    private func span(of channel: Int) -> oc_panel_span {
        oc_panel_span_of(Int32(channel), geometry.out_c, Int32(length))
    }

    /// The first channel of a block: the last block takes the last channels, where there are enough.
    private func start(of span: oc_panel_span) -> Int {
        max(0, min(Int(span.first), Int(geometry.out_c) - Int(span.channels)))
    }

    private func wordOffset(_ field: Int, _ channel: Int, in span: oc_panel_span) -> Int {
        let lane = channel - start(of: span)
        return Int(span.first) * (12 + Int(paddedLength)) + 4 * (field * Int(span.channels) + lane)
    }

    private func weightOffset(_ channel: Int, _ k: Int, in span: oc_panel_span) -> Int {
        let width = Int(span.channels)
        let per = Int(group)
        let lane = channel - start(of: span)
        return Int(span.first) * (12 + Int(paddedLength)) + 12 * width + (k / per * width + lane) * per + k % per
    }

    /// Where a channel's bias (field 0), multiplier (1) or shift (2) lies.
    func wordOffset(_ field: Int, _ channel: Int) -> Int { wordOffset(field, channel, in: span(of: channel)) }

    /// Where weight k of a channel's filter lies.
    func weightOffset(_ channel: Int, _ k: Int) -> Int { weightOffset(channel, k, in: span(of: channel)) }

    /// Gives the last block its copies of the channels before it, then marks blocks whose scaled sums fit 16 bits.
    func finish(_ out: UnsafeMutableRawBufferPointer, _ fits: [Bool]) {
        let last = span(of: Int(geometry.out_c) - 1)
        for channel in start(of: last)..<max(start(of: last), Int(last.first)) {
            for field in 0..<3 {
                let word = out.loadUnaligned(fromByteOffset: wordOffset(field, channel), as: Int32.self)
                out.storeBytes(of: word, toByteOffset: wordOffset(field, channel, in: last), as: Int32.self)
            }
            for k in 0..<Int(length) { out[weightOffset(channel, k, in: last)] = out[weightOffset(channel, k)] }
        }
        var channel = 0
        while channel < Int(geometry.out_c) {
            let block = span(of: channel)
            let first = start(of: block)
            let channels = first..<min(first + Int(block.channels), Int(geometry.out_c))
            out[Int(blockBytes) + channel / 4] = ArmPacking.mark(channels, fits)
            channel += Int(block.channels)
        }
    }

    var minimumScratchBytes: Int64 { scratchBytes(pixels: 8) }

    /// Blocks of weights are read once a chunk of panels, which should stay in the second level of cache.
    var preferredScratchBytes: Int64 {
        let pixels = times(Int64(geometry.batches), times(Int64(geometry.out_h), Int64(geometry.out_w)))
        let enough = min(64 * 1024 / max(paddedLength, 1), 128)
        return scratchBytes(pixels: max(8, min(roundUp(pixels, to: 8), enough / 8 * 8)))
    }

    /// Four patches while they are gathered, each with 16 bytes behind it, then the panels, written up to 63 bytes too far.
    private func scratchBytes(pixels: Int64) -> Int64 {
        var geometry = geometry
        let patches = oc_input_is_dense(&geometry) != 0 ? 0 : times(4, roundUp(plus(length, 16), to: 16))
        return roundUp(plus(patches, plus(times(paddedLength, pixels), 64)), to: 64)
    }
}
