import CBundle
import CKernels

/// How the constants of a convolution lie in the weights section. The kernels' source files say why.
enum ConvolutionPacking {
    /// int32 biases, multipliers and shifts of all output channels, then the weights in the order `pack` takes them.
    case planar
    /// For every `channels` output channels: `words` 32-bit words a channel, word by word, then for each `group` bytes of
    /// the patch the weights of each channel; what lies past the end is zero. Blocks are multiples of 32 bytes.
    ///
    /// The words are bias, multiplier and shift, and where there are 11 the float form of the last two
    /// (`oc_float_scale.h`): scale, offset, sign bit where the offset has the sum's sign, two mended sums, their
    /// mends, and for the whole block the mode that serves all channels.
    case blocked(channels: Int64, group: Int64, words: Int64, padded: Padding = .end)
    /// Blocks of the Arm sets; planar where these do not serve a geometry.
    case arm(ArmPacking)
    /// Strips of `channels` output channels, fewer in the last, with chains of products; see `ChainedStrips`.
    case chained(channels: Int64)

    /// Where a filter gets the zeros that fill its last group.
    enum Padding {
        /// Behind the last weight.
        case end
        /// Behind each row of the kernel, so that rows are read where they lie in the input.
        case rows
        /// Depthwise: taps lie column by column, and the zeros are behind each column.
        case columns
    }
}

// Behind either, depthwise kernels have one input pixel of zero points, which stands in for taps outside the input.

/// The size and the bytes of a convolution step's constants, and the scratch it needs, for one kernel set.
///
/// All arithmetic saturates, so a hostile geometry gives sizes that no operand has.
public struct ConvolutionLayout {
    private let geometry: oc_conv
    private let kernel: UInt32
    private let set: KernelSet
    private let packing: ConvolutionPacking

    public init(_ geometry: oc_conv, kernel: UInt32, set: KernelSet) {
        self.geometry = geometry
        self.kernel = kernel
        self.set = set
        packing = ConvolutionLayout.packing(geometry, kernel, set)
    }

    private static func packing(_ geometry: oc_conv, _ kernel: UInt32, _ set: KernelSet) -> ConvolutionPacking {
        let packing = set.packing(of: kernel)
        guard case .arm(let wanted) = packing else { return packing }
        return wanted.fitted(to: geometry, set).map { .arm($0) } ?? .planar
    }

    private var isDepthwise: Bool {
        kernel == OC_KERNEL_DEPTHWISE.rawValue || kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED.rawValue
    }

    private var outChannels: Int64 { Int64(geometry.out_c) }

    /// Bytes of one filter: kernel_h * kernel_w * (in_c / groups), or kernel_h * kernel_w for depthwise.
    public var filterLength: Int64 {
        let taps = times(Int64(geometry.kernel_h), Int64(geometry.kernel_w))
        return isDepthwise ? taps : times(taps, Int64(geometry.in_c / max(geometry.groups, 1)))
    }

    /// Bytes of the constants.
    public var constantBytes: Int64 { plus(zeroPixelOffset, zeroPixelBytes) }

    /// Vector kernels load whole registers of it.
    private var zeroPixelBytes: Int64 {
        guard isDepthwise else { return 0 }
        if case .planar = packing { return Int64(geometry.in_c) }
        return roundUp(Int64(geometry.in_c), to: 64)
    }

    /// Bytes of the packed channels, behind which depthwise kernels have their pixel of zero points.
    private var zeroPixelOffset: Int64 {
        switch packing {
        case .planar: plus(times(outChannels, 12), times(outChannels, filterLength))
        case .chained(let channels): ChainedStrips(geometry, channels).bytes
        case .blocked(let channels, _, _, _): times((outChannels + channels - 1) / channels, blockBytes)
        case .arm(let arm): arm.channelBytes(geometry)
        }
    }

    private var blockBytes: Int64 {
        guard case .blocked(let channels, _, let words, _) = packing else { return 0 }
        return roundUp(plus(4 * words * channels, times(packedLength, channels)), to: 32)
    }

    /// Bytes of a filter with the zeros that fill its groups.
    private var packedLength: Int64 {
        guard case .blocked(_, let group, _, let padded) = packing else { return filterLength }
        return switch padded {
        case .end: roundUp(filterLength, to: group)
        case .rows: times(Int64(geometry.kernel_h), roundUp(rowLength, to: group))
        case .columns: times(Int64(geometry.kernel_w), roundUp(Int64(geometry.kernel_h), to: group))
        }
    }

    /// Bytes of one row of a filter.
    private var rowLength: Int64 {
        isDepthwise
            ? Int64(geometry.kernel_w) : times(Int64(geometry.kernel_w), Int64(geometry.in_c / max(geometry.groups, 1)))
    }

    /// Where weight k of a filter stands in its packed form.
    private func packedIndex(_ k: Int) -> Int {
        guard case .blocked(_, let group, _, let padded) = packing else { return k }
        switch padded {
        case .end:
            return k
        case .rows:
            let row = Int(rowLength)
            return k / row * Int(roundUp(rowLength, to: group)) + k % row
        case .columns:
            let width = Int(geometry.kernel_w)
            return k % width * Int(roundUp(Int64(geometry.kernel_h), to: group)) + k / width
        }
    }

    /// Arena scratch that one worker needs at least, a multiple of 64; 0 where the kernel reads the input in place.
    public var minimumScratchBytes: Int64 { scratchBytes(pixels: 4) }

    /// Scratch that one worker uses well: room for more patches lets weights be read from L1 more often.
    public var preferredScratchBytes: Int64 {
        if case .arm(let arm) = packing { return arm.preferredScratchBytes(geometry) }
        let pixels = times(Int64(geometry.batches), times(Int64(geometry.out_h), Int64(geometry.out_w)))
        let patch = times(packedLength, set.gathersBytes ? 1 : 2)
        let enough = min(32 * 1024 / max(patch, 1), set.gathersBytes ? 112 : 32)
        return scratchBytes(pixels: max(4, min(roundUp(pixels, to: 4), enough / 4 * 4)))
    }

    private func scratchBytes(pixels: Int64) -> Int64 {
        var geometry = geometry
        if case .arm(let arm) = packing { return arm.minimumScratchBytes(geometry) }
        let isGathered =
            kernel == OC_KERNEL_CONV.rawValue || kernel == OC_KERNEL_CONV_ADD.rawValue
            || kernel == OC_KERNEL_CONV_GROUPED.rawValue
        guard isGathered else { return 0 }
        switch packing {
        case .planar:
            return oc_patch_is_pixel(&geometry) != 0 ? 0 : roundUp(times(4, filterLength), to: 64)
        case .chained(let channels):
            let patch = ChainedStrips(geometry, channels).depth
            return oc_input_is_dense(&geometry) != 0 ? 0 : roundUp(times(patch, pixels), to: 64)
        case .blocked:
            let patch = packedLength
            // Gathering may write a few bytes past the last patch.
            if set.gathersBytes {
                return oc_input_is_dense(&geometry) != 0 ? 0 : roundUp(plus(times(patch, pixels), 64), to: 64)
            }
            // A patch as bytes, then patches widened to int16.
            return plus(roundUp(filterLength, to: 64), roundUp(times(times(patch, 2), pixels), to: 64))
        case .arm(let arm):
            return arm.minimumScratchBytes(geometry)
        }
    }

    /// The constants as the kernel reads them.
    /// - Parameters:
    ///   - weights: `[out_c][kernel_h][kernel_w][in_c / groups]`, or `[kernel_h][kernel_w][out_c]` for depthwise.
    ///   - bias: one a channel, before folding; int32 sums wrap as the kernels' do.
    ///   - multiplier, shift: one a channel.
    public func pack(weights: [Int8], bias: [Int32], multiplier: [Int32], shift: [Int32]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(constantBytes))
        bytes.withUnsafeMutableBytes { write(weights, bias, multiplier, shift, into: $0) }
        return bytes
    }

    /// The opposite of `pack`: weights, unfolded biases, multipliers and shifts as they were given.
    /// - Parameter constants: `constantBytes` bytes, verified.
    public func unpack(
        _ constants: UnsafeRawBufferPointer
    ) -> (weights: [Int8], bias: [Int32], multiplier: [Int32], shift: [Int32]) {
        let count = Int(geometry.out_c)
        let length = Int(filterLength)
        var weights = [Int8](repeating: 0, count: count * length)
        var words: [3 of [Int32]] = [[], [], []]
        for channel in 0..<count {
            for field in 0..<3 {
                words[field].append(
                    constants.loadUnaligned(fromByteOffset: wordOffset(field, channel), as: Int32.self))
            }
            for k in 0..<length {
                weights[weightIndex(channel, k, length)] = constants.loadUnaligned(
                    fromByteOffset: weightOffset(channel, k, length), as: Int8.self)
            }
            words[0][channel] &-= folding(weights, channel, length)
        }
        return (weights, words[0], words[1], words[2])
    }

    private func write(
        _ weights: [Int8], _ bias: [Int32], _ multiplier: [Int32], _ shift: [Int32],
        into out: UnsafeMutableRawBufferPointer
    ) {
        let length = Int(filterLength)
        for channel in 0..<Int(geometry.out_c) {
            let folded = bias[channel] &+ folding(weights, channel, length)
            out.storeBytes(of: folded, toByteOffset: wordOffset(0, channel), as: Int32.self)
            out.storeBytes(of: multiplier[channel], toByteOffset: wordOffset(1, channel), as: Int32.self)
            out.storeBytes(of: shift[channel], toByteOffset: wordOffset(2, channel), as: Int32.self)
            for k in 0..<length {
                out.storeBytes(
                    of: weights[weightIndex(channel, k, length)], toByteOffset: weightOffset(channel, k, length),
                    as: Int8.self)
            }
        }
        if case .blocked(let channels, _, 11, _) = packing {
            writeFloatForms(weights, multiplier, shift, Int(channels), into: out)
        }
        if case .chained(let channels) = packing { ChainedStrips(geometry, channels).writeEnds(into: out) }
        repeatEightChannels(in: out, length)
        if case .arm(let arm) = packing {
            let fits = (0..<Int(geometry.out_c)).map { channel in
                let folded = out.loadUnaligned(fromByteOffset: wordOffset(0, channel), as: Int32.self)
                let sums = reachableSums(weights, channel, length, from: folded)
                return ArmPacking.fits(sums.least, sums.most, multiplier[channel], shift[channel])
            }
            arm.finish(geometry, out, fits)
        }
        if isDepthwise {
            let zero = UInt8(truncatingIfNeeded: geometry.in_zero) ^ UInt8(set.flip)
            for i in 0..<Int(zeroPixelBytes) {
                out.storeBytes(of: zero, toByteOffset: Int(zeroPixelOffset) + i, as: UInt8.self)
            }
        }
    }

    /// The float form of each channel's multiplier and shift, where one is proven for all sums that its weights allow.
    private func writeFloatForms(
        _ weights: [Int8], _ multiplier: [Int32], _ shift: [Int32], _ lanes: Int,
        into out: UnsafeMutableRawBufferPointer
    ) {
        let length = Int(filterLength)
        let count = Int(geometry.out_c)
        // Zero point and clamp in the arena's form of int8, which the kernels compute in.
        let form = Int32(set.flip)
        for first in stride(from: 0, to: count, by: lanes) {
            let channels = first..<min(first + lanes, count)
            var blockMode = OC_SCALE_FLOAT.rawValue
            for channel in channels {
                let folded = out.loadUnaligned(fromByteOffset: wordOffset(0, channel), as: Int32.self)
                let sums = reachableSums(weights, channel, length, from: folded)
                let found = oc_find_float_scale(
                    multiplier[channel], shift[channel], geometry.out_zero + form, geometry.clamp_min + form,
                    geometry.clamp_max + form, sums.least, sums.most)
                let isSigned = found.mode == OC_SCALE_SIGNED.rawValue
                out.storeBytes(of: found.scale, toByteOffset: wordOffset(3, channel), as: Float.self)
                out.storeBytes(of: found.offset, toByteOffset: wordOffset(4, channel), as: Float.self)
                out.storeBytes(of: isSigned ? Int32.min : 0, toByteOffset: wordOffset(5, channel), as: Int32.self)
                for (field, value) in [found.mended.0, found.mended.1, found.mend.0, found.mend.1].enumerated() {
                    out.storeBytes(of: value, toByteOffset: wordOffset(6 + field, channel), as: Int32.self)
                }
                if found.mode == OC_SCALE_INTEGER.rawValue {
                    blockMode = OC_SCALE_INTEGER.rawValue
                } else if blockMode != OC_SCALE_INTEGER.rawValue {
                    blockMode = max(blockMode, found.mend.0 != 0 ? OC_SCALE_MENDED.rawValue : UInt32(found.mode))
                }
            }
            for lane in 0..<lanes {
                out.storeBytes(of: blockMode, toByteOffset: wordOffset(10, first + lane), as: UInt32.self)
            }
        }
    }

    /// The least and the greatest sum of a channel over all inputs, which are 0 to 255 for kernels that sum unsigned bytes.
    private func reachableSums(
        _ weights: [Int8], _ channel: Int, _ length: Int, from folded: Int32
    ) -> (least: Int64, most: Int64) {
        var least = Int64(folded)
        var most = Int64(folded)
        let inputs: (least: Int64, most: Int64) = set.sumsUnsignedBytes ? (0, 255) : (-128, 127)
        for k in 0..<length {
            let weight = Int64(weights[weightIndex(channel, k, length)])
            least += weight < 0 ? inputs.most * weight : inputs.least * weight
            most += weight < 0 ? inputs.least * weight : inputs.most * weight
        }
        return (least, most)
    }

    /// A depthwise block of 8 channels holds them twice, for two neighbouring pixels at once.
    private func repeatEightChannels(in out: UnsafeMutableRawBufferPointer, _ length: Int) {
        guard isDepthwise, geometry.out_c == 8, case .blocked(16, _, let words, _) = packing else { return }
        for channel in 0..<8 {
            for field in 0..<Int(words) {
                let word = out.loadUnaligned(fromByteOffset: wordOffset(field, channel), as: Int32.self)
                out.storeBytes(of: word, toByteOffset: wordOffset(field, channel + 8), as: Int32.self)
            }
            for k in 0..<length {
                let weight = out.loadUnaligned(fromByteOffset: weightOffset(channel, k, length), as: Int8.self)
                out.storeBytes(of: weight, toByteOffset: weightOffset(channel + 8, k, length), as: Int8.self)
            }
        }
    }

    /// Where a channel's bias (field 0), multiplier (1) or shift (2) lies.
    func wordOffset(_ field: Int, _ channel: Int) -> Int {
        switch packing {
        case .planar:
            return 4 * (field * Int(geometry.out_c) + channel)
        case .blocked(let channels, _, _, _):
            let lanes = Int(channels)
            return channel / lanes * Int(blockBytes) + 4 * (field * lanes + channel % lanes)
        case .arm(let arm):
            return arm.wordOffset(geometry, field, channel)
        case .chained(let channels):
            return ChainedStrips(geometry, channels).wordOffset(field, channel)
        }
    }

    /// Where weight k of a channel's filter lies.
    private func weightOffset(_ channel: Int, _ k: Int, _ length: Int) -> Int {
        switch packing {
        case .planar:
            return 12 * Int(geometry.out_c) + weightIndex(channel, k, length)
        case .blocked(let channels, let group, let words, _):
            let lanes = Int(channels)
            let per = Int(group)
            let k = packedIndex(k)
            return channel / lanes * Int(blockBytes) + 4 * Int(words) * lanes
                + (k / per * lanes + channel % lanes) * per + k % per
        case .arm(let arm):
            return arm.weightOffset(geometry, channel, k)
        case .chained(let channels):
            return ChainedStrips(geometry, channels).weightOffset(channel, k)
        }
    }

    /// Where weight k of a channel's filter stands among those given.
    private func weightIndex(_ channel: Int, _ k: Int, _ length: Int) -> Int {
        isDepthwise ? k * Int(geometry.out_c) + channel : channel * length + k
    }

    /// What is added to a bias: -zero * (sum of the filter). Then kernels multiply raw values, and padding is the zero point.
    private func folding(_ weights: [Int8], _ channel: Int, _ length: Int) -> Int32 {
        guard kernel != OC_KERNEL_TRANSPOSE_CONV.rawValue else { return 0 }
        var sum: Int32 = 0
        for k in 0..<length { sum &+= Int32(weights[weightIndex(channel, k, length)]) }
        var zero = geometry.in_zero
        if case .blocked = packing, set.sumsUnsignedBytes { zero += 128 }
        return 0 &- zero &* sum
    }

    /// Checks that each channel's multiplier and shift are within what the kernels' arithmetic allows.
    func hasValidMultipliers(_ constants: UnsafeRawBufferPointer) -> Bool {
        for channel in 0..<Int(geometry.out_c) {
            guard constants.loadUnaligned(fromByteOffset: wordOffset(1, channel), as: Int32.self) >= 0,
                (-31...30).contains(constants.loadUnaligned(fromByteOffset: wordOffset(2, channel), as: Int32.self))
            else { return false }
        }
        return true
    }
}

/// Saturating arithmetic on sizes.
@inline(__always)
func times(_ a: Int64, _ b: Int64) -> Int64 {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
}

@inline(__always)
func plus(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
}

@inline(__always)
func roundUp(_ value: Int64, to multiple: Int64) -> Int64 {
    plus(value, multiple - 1) / multiple * multiple
}
