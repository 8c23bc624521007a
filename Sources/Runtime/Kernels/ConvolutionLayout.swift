import CBundle
import CKernels

/// The size and the bytes of a convolution step's constants, and the scratch it needs, for one kernel set.
///
/// All arithmetic saturates, so a hostile geometry gives sizes that no operand has.
public struct ConvolutionLayout {
    private let geometry: oc_conv
    private let kernel: UInt32
    private let set: KernelSet
    private let packing: ConvolutionPacking
    private let description: oc_packing

    public init(_ geometry: oc_conv, kernel: UInt32, set: KernelSet) {
        self.geometry = geometry
        self.kernel = kernel
        self.set = set
        packing = ConvolutionPacking(geometry, oc_kernel(rawValue: kernel), set)
        description = packing.description(of: geometry)
    }

    private var isDepthwise: Bool {
        kernel == OC_KERNEL_DEPTHWISE.rawValue || kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED.rawValue
    }

    /// Bytes of one filter: kernel_h * kernel_w * in_c, or kernel_h * kernel_w for depthwise.
    public var filterLength: Int64 {
        var geometry = geometry
        return isDepthwise ? oc_depthwise_length(&geometry) : oc_filter_length(&geometry)
    }

    /// Bytes of the constants.
    public var constantBytes: Int64 { plus(description.bytes, description.zero_bytes) }

    /// Arena scratch that one worker needs at least, a multiple of 64; 0 where the kernel reads the input in place.
    public var minimumScratchBytes: Int64 { scratch.least }

    /// Scratch that one worker uses well: room for more patches lets weights be read from L1 more often.
    public var preferredScratchBytes: Int64 { scratch.preferred }

    private var scratch: oc_scratch_bytes {
        kernel == OC_KERNEL_TRANSPOSE_CONV.rawValue ? oc_scratch_bytes() : packing.scratch(for: geometry)
    }

    /// The constants as the kernel reads them.
    /// - Parameters:
    ///   - weights: `[out_c][kernel_h][kernel_w][in_c]`, or `[kernel_h][kernel_w][out_c]` for depthwise.
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
        var description = description
        for channel in 0..<count {
            var block = oc_block_of(&description, Int32(channel))
            for field in 0..<3 {
                let at = oc_block_word(&block, Int32(field), Int32(channel))
                words[field].append(constants.loadUnaligned(fromByteOffset: at, as: Int32.self))
            }
            for k in 0..<length {
                let at = oc_block_weight(&description, &block, Int32(channel), Int32(k))
                weights[weightIndex(channel, k, length)] = constants.loadUnaligned(fromByteOffset: at, as: Int8.self)
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
        var description = description
        var marks = PackingMarks(packing, description, filterLength: length, out)
        for channel in 0..<Int(geometry.out_c) {
            let folded = bias[channel] &+ folding(weights, channel, length)
            var block = oc_block_of(&description, Int32(channel))
            func put(_ word: Int32, _ field: Int) {
                let at = oc_block_word(&block, Int32(field), Int32(channel))
                out.storeBytes(of: word, toByteOffset: at, as: Int32.self)
            }
            put(folded, OC_WORD_BIAS)
            put(multiplier[channel], OC_WORD_MULTIPLIER)
            put(shift[channel], OC_WORD_SHIFT)
            for k in 0..<length {
                let at = oc_block_weight(&description, &block, Int32(channel), Int32(k))
                out.storeBytes(of: weights[weightIndex(channel, k, length)], toByteOffset: at, as: Int8.self)
            }
            guard packing.dependsOnSums else { continue }
            let sums = reachableSums(weights, channel, length, from: folded)
            marks.fits.append(PackingMarks.fits(sums.least, sums.most, multiplier[channel], shift[channel]))
            guard description.words == OC_FLOAT_WORDS else { continue }
            let form = floatForm(multiplier[channel], shift[channel], sums)
            for field in form.words.indices { put(form.words[field], OC_WORD_SCALE + field) }
            marks.modes.append(form.mode)
        }
        marks.write()
        let zero = UInt8(truncatingIfNeeded: geometry.in_zero) ^ UInt8(set.flip)
        for i in 0..<Int(description.zero_bytes) {
            out.storeBytes(of: zero, toByteOffset: Int(description.bytes) + i, as: UInt8.self)
        }
    }

    /// The words from `OC_WORD_SCALE` on, and the mode: the float form of a channel's multiplier and shift, where one is
    /// proven for all sums that its weights allow.
    private func floatForm(
        _ multiplier: Int32, _ shift: Int32, _ sums: (least: Int64, most: Int64)
    ) -> (words: [7 of Int32], mode: oc_scale_mode) {
        // Zero point and clamp in the arena's form of int8, which the kernels compute in.
        let form = Int32(set.flip)
        let found = oc_find_float_scale(
            multiplier, shift, geometry.out_zero + form, geometry.clamp_min + form, geometry.clamp_max + form,
            sums.least,
            sums.most)
        let mode = oc_scale_mode(rawValue: UInt32(found.mode))
        let words: [7 of Int32] = [
            Int32(bitPattern: found.scale.bitPattern), Int32(bitPattern: found.offset.bitPattern),
            mode == OC_SCALE_SIGNED ? .min : 0, found.mended.0, found.mended.1, found.mend.0, found.mend.1,
        ]
        return (words, mode != OC_SCALE_INTEGER && found.mend.0 != 0 ? OC_SCALE_MENDED : mode)
    }

    /// The least and the greatest sum of a channel over all inputs, which are 0 to 255 for kernels that sum unsigned bytes.
    private func reachableSums(
        _ weights: [Int8], _ channel: Int, _ length: Int, from folded: Int32
    ) -> (least: Int64, most: Int64) {
        var least = Int64(folded)
        var most = Int64(folded)
        let inputs: (least: Int64, most: Int64) = description.sums_bytes != 0 ? (0, 255) : (-128, 127)
        for k in 0..<length {
            let weight = Int64(weights[weightIndex(channel, k, length)])
            least += weight < 0 ? inputs.most * weight : inputs.least * weight
            most += weight < 0 ? inputs.least * weight : inputs.most * weight
        }
        return (least, most)
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
        return 0 &- (geometry.in_zero + (description.sums_bytes != 0 ? 128 : 0)) &* sum
    }

    /// Where a channel's word of a field (`OC_WORD_BIAS` …) lies.
    func wordOffset(_ field: Int, _ channel: Int) -> Int {
        var description = description
        var block = oc_block_of(&description, Int32(channel))
        return oc_block_word(&block, Int32(field), Int32(channel))
    }

    /// Checks that each channel's multiplier and shift are within what the kernels' arithmetic allows.
    func hasValidMultipliers(_ constants: UnsafeRawBufferPointer) -> Bool {
        for channel in 0..<Int(geometry.out_c) {
            let multiplier = wordOffset(OC_WORD_MULTIPLIER, channel)
            let shift = wordOffset(OC_WORD_SHIFT, channel)
            guard constants.loadUnaligned(fromByteOffset: multiplier, as: Int32.self) >= 0,
                (-31...30).contains(constants.loadUnaligned(fromByteOffset: shift, as: Int32.self))
            else { return false }
        }
        return true
    }
}
