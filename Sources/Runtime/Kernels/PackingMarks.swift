import CBundle
import CKernels

/// What packed blocks say besides channels' words and weights: copies of channels that lie in two, and what is known of the
/// sums that may occur, so that kernels can leave work out.
struct PackingMarks {
    private let packing: ConvolutionPacking
    private var description: oc_packing
    private let filterLength: Int
    private let out: UnsafeMutableRawBufferPointer
    /// For each channel, whether its scaled sums fit 16 bits.
    var fits: [Bool] = []
    /// For each channel, in which mode its float form is exact; where there are such.
    var modes: [oc_scale_mode] = []

    /// - Parameter out: constants whose words and weights are written.
    init(
        _ packing: ConvolutionPacking, _ description: oc_packing, filterLength: Int,
        _ out: UnsafeMutableRawBufferPointer
    ) {
        self.packing = packing
        self.description = description
        self.filterLength = filterLength
        self.out = out
    }

    mutating func write() {
        var begin = Int32(0)
        while begin < description.channels {
            var block = oc_block_of(&description, begin)
            for channel in block.first..<max(begin, block.first) { copy(channel, into: &block) }
            let end = min(block.first + block.lanes, description.channels)
            write(&block, beginningWith: begin, channels: Int(block.first)..<Int(end))
            begin += block.lanes
        }
    }

    /// Gives a block its copy of a channel that lies in the block before.
    private mutating func copy(_ channel: Int32, into block: inout oc_block) {
        var own = oc_block_of(&description, channel)
        for field in 0..<description.words {
            let word = out.loadUnaligned(fromByteOffset: oc_block_word(&own, field, channel), as: Int32.self)
            out.storeBytes(of: word, toByteOffset: oc_block_word(&block, field, channel), as: Int32.self)
        }
        for k in 0..<Int32(filterLength) {
            let weight = out[oc_block_weight(&description, &own, channel, k)]
            out[oc_block_weight(&description, &block, channel, k)] = weight
        }
    }

    private mutating func write(_ block: inout oc_block, beginningWith begin: Int32, channels: Range<Int>) {
        switch packing {
        case .planar: break
        case .widened, .tapPairs, .quads, .quadColumns: writeMode(&block, channels)
        case .panels:
            out[oc_panel_mark(&description, begin)] = allFit(channels) ? 1 : 0
        case .columns(let hasDotProducts):
            put(allFit(channels), OC_COLUMN_FITS, &block)
            if hasDotProducts { return }
            let weights = oc_block_weights(&description, &block)
            let lanes = Int(description.lanes)
            let sums = sumsFit(weights, lanes, count: Int(description.depth), stride: lanes)
            put(!sums.ofTwo, OC_COLUMN_EXACT, &block)
        case .chains:
            put(allFit(channels), OC_CHAIN_FITS, &block)
            markChains(&block)
        case .pairs:
            put(allFit(channels), OC_PAIR_FITS, &block)
            markPairs(&block)
        case .strips: markStrip(block)
        }
    }

    private mutating func put(_ flag: Bool, _ index: Int, _ block: inout oc_block) {
        out.storeBytes(
            of: flag ? 1 : 0, toByteOffset: oc_block_flag(&description, &block, Int32(index)), as: Int32.self)
    }

    private func allFit(_ channels: Range<Int>) -> Bool {
        for channel in channels where !fits[channel] { return false }
        return true
    }

    /// Whether a channel's sums fit 16 bits when they are scaled, before the zero point comes on: then kernels need not
    /// saturate them. Those of channels that do not shift to the right do not count.
    static func fits(_ least: Int64, _ most: Int64, _ multiplier: Int32, _ shift: Int32) -> Bool {
        guard least >= Int64(Int32.min), most <= Int64(Int32.max) else { return false }
        let right = 31 - Int64(shift)
        // One less than there is room for: kernels round ties of negative sums in two ways.
        return (least * Int64(multiplier)) >> right > -32768 && (most * Int64(multiplier)) >> right < 32766
    }

    /// The mode that serves all channels, for each of the block's lanes.
    private mutating func writeMode(_ block: inout oc_block, _ channels: Range<Int>) {
        var common = OC_SCALE_FLOAT.rawValue
        for channel in channels where common != OC_SCALE_INTEGER.rawValue {
            let mode = modes[channel].rawValue
            common = mode == OC_SCALE_INTEGER.rawValue ? mode : max(common, mode)
        }
        for lane in 0..<block.lanes {
            let at = oc_block_word(&block, Int32(OC_WORD_MODE), block.first + lane)
            out.storeBytes(of: common, toByteOffset: at, as: UInt32.self)
        }
    }

    /// Whether 16 bits hold the sums of `count` products, whose weights lie `stride` bytes apart, in each of `lanes` lanes
    /// side by side: of all of them, and of each first and second.
    private func sumsFit(_ start: Int, _ lanes: Int, count: Int, stride: Int) -> (ofAll: Bool, ofTwo: Bool) {
        var result = (ofAll: true, ofTwo: true)
        for lane in 0..<lanes {
            var all = LaneSum()
            var two = LaneSum()
            for index in 0..<count {
                let weight = Int8(bitPattern: out[start + lane + index * stride])
                if index % 2 == 0 { two = LaneSum() }
                all.add(weight)
                two.add(weight)
                if !two.fits { result.ofTwo = false }
            }
            if !all.fits { result.ofAll = false }
        }
        return result
    }

    private mutating func markChains(_ block: inout oc_block) {
        let length = description.row
        let groups = Int(oc_chain_groups(length))
        let octets = Int(oc_chain_octets(length))
        var start = oc_block_weights(&description, &block)
        var isExact = false
        var bits: UInt64 = 0
        for group in 0..<groups + (octets > 0 ? 1 : 0) {
            let octets = group < groups ? 4 : octets
            var fits = true
            for _ in 0..<block.lanes {
                let sums = sumsFit(start, 8, count: octets, stride: 8)
                if !sums.ofAll { fits = false }
                if !sums.ofTwo { isExact = true }
                start += 8 * octets
            }
            if fits && group < OC_CHAIN_BITS { bits |= 1 << UInt64(group) }
        }
        put(isExact, OC_CHAIN_EXACT, &block)
        let marks = oc_block_flag(&description, &block, Int32(OC_CHAIN_MARKS))
        out.storeBytes(of: bits, toByteOffset: marks, as: UInt64.self)
    }

    private mutating func markPairs(_ block: inout oc_block) {
        let pairs = Int(description.depth) / 2
        let unit = OC_PAIR_UNIT
        let pairBytes = 2 * Int(block.lanes)
        let weights = oc_block_weights(&description, &block)
        var isExact = false
        var bits: UInt32 = 0
        for first in stride(from: 0, to: pairs, by: unit) {
            let count = min(unit, pairs - first)
            let sums = sumsFit(weights + first * pairBytes, pairBytes, count: count, stride: pairBytes)
            if sums.ofAll { bits |= 1 << UInt32(first / unit) }
            if !sums.ofTwo { isExact = true }
        }
        put(isExact, OC_PAIR_EXACT, &block)
        let marks = oc_block_flag(&description, &block, Int32(OC_PAIR_MARKS))
        out.storeBytes(of: bits, toByteOffset: marks, as: UInt32.self)
    }

    /// Ends chains as late as int16 allows for any input, -128 to 127; a single product always fits.
    private mutating func markStrip(_ strip: oc_block) {
        var strip = strip
        let width = Int(strip.lanes)
        let weights = oc_block_weights(&description, &strip)
        let ends = weights + oc_strip_ends_offset(&description, &strip)
        let group = OC_STRIP_GROUP
        var sums = [LaneSum](repeating: LaneSum(), count: width)
        for k in 0..<Int(description.depth) {
            let row = weights + k * width
            var fits = true
            for lane in 0..<width {
                sums[lane].add(Int8(bitPattern: out[row + lane]))
                if !sums[lane].fits { fits = false }
            }
            guard !fits else { continue }
            out[ends + (k - 1) / group] |= 1 << UInt8((k - 1) % group)
            for lane in 0..<width {
                sums[lane] = LaneSum()
                sums[lane].add(Int8(bitPattern: out[row + lane]))
            }
        }
    }
}

/// What the products of some weights with any int8 values may add up to.
private struct LaneSum {
    private var positive = 0
    private var negative = 0

    mutating func add(_ weight: Int8) {
        if weight > 0 { positive += Int(weight) } else { negative -= Int(weight) }
    }

    /// Whether 16 bits always hold it.
    var fits: Bool { 127 * positive + 128 * negative <= 32767 && 128 * positive + 127 * negative <= 32768 }
}
