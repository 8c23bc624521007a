import CBundle
import CKernels

/// The packings of the Arm sets.
enum ArmPacking {
    /// Tiles of panels, for dot products (groups of 4 bytes) and matrix products (of 8): `PanelPacking`.
    case panels(group: Int64)
    /// Depthwise: `ColumnPacking`.
    case columns(dotProducts: Bool)
    /// Chains of products in 16 bits: `ChainPacking`.
    case chains
    /// Short filters: `PairPacking`.
    case pairs

    /// The packing that serves this geometry; nil where it has to be planar.
    func fitted(to geometry: oc_conv, _ set: KernelSet) -> ArmPacking? {
        var geometry = geometry
        switch self {
        case .columns: return oc_columns_fit(&geometry) != 0 ? self : nil
        // ARMv7 has too few registers for pairs.
        case .chains: return set == .neon && oc_pairs_fit(&geometry) != 0 ? .pairs : self
        default: return self
        }
    }

    /// Bytes of all channels' constants.
    func channelBytes(_ geometry: oc_conv) -> Int64 {
        switch self {
        case .panels(let group): PanelPacking(geometry, group).constantBytes
        case .columns(let dotProducts): ColumnPacking(geometry, dotProducts: dotProducts).channelBytes
        case .chains: ChainPacking(geometry).constantBytes
        case .pairs: PairPacking(geometry).constantBytes
        }
    }

    func minimumScratchBytes(_ geometry: oc_conv) -> Int64 {
        switch self {
        case .panels(let group): PanelPacking(geometry, group).minimumScratchBytes
        case .columns(let dotProducts): ColumnPacking(geometry, dotProducts: dotProducts).minimumScratchBytes
        case .chains, .pairs: ChainPacking(geometry).minimumScratchBytes
        }
    }

    func preferredScratchBytes(_ geometry: oc_conv) -> Int64 {
        switch self {
        case .panels(let group): PanelPacking(geometry, group).preferredScratchBytes
        case .columns(let dotProducts): ColumnPacking(geometry, dotProducts: dotProducts).preferredScratchBytes
        case .chains, .pairs: ChainPacking(geometry).preferredScratchBytes
        }
    }

    /// Where a channel's bias (field 0), multiplier (1) or shift (2) lies.
    func wordOffset(_ geometry: oc_conv, _ field: Int, _ channel: Int) -> Int {
        switch self {
        case .panels(let group): PanelPacking(geometry, group).wordOffset(field, channel)
        case .columns(let dotProducts):
            ColumnPacking(geometry, dotProducts: dotProducts).wordOffset(field, channel)
        case .chains: ChainPacking(geometry).wordOffset(field, channel)
        case .pairs: PairPacking(geometry).wordOffset(field, channel)
        }
    }

    /// Where weight k of a channel's filter lies.
    func weightOffset(_ geometry: oc_conv, _ channel: Int, _ k: Int) -> Int {
        switch self {
        case .panels(let group): PanelPacking(geometry, group).weightOffset(channel, k)
        case .columns(let dotProducts):
            ColumnPacking(geometry, dotProducts: dotProducts).weightOffset(channel, k)
        case .chains: ChainPacking(geometry).weightOffset(channel, k)
        case .pairs: PairPacking(geometry).weightOffset(channel, k)
        }
    }

    /// What is left to do when all channels' words and weights are written.
    /// - Parameter fits: for each channel, whether its scaled sums fit 16 bits.
    func finish(_ geometry: oc_conv, _ out: UnsafeMutableRawBufferPointer, _ fits: [Bool]) {
        switch self {
        case .panels(let group): PanelPacking(geometry, group).finish(out, fits)
        case .columns(let dotProducts): ColumnPacking(geometry, dotProducts: dotProducts).finish(out, fits)
        case .chains: ChainPacking(geometry).finish(out, fits)
        case .pairs: PairPacking(geometry).finish(out, fits)
        }
    }

    /// A block's mark: 1 if all of its channels' scaled sums fit 16 bits.
    static func mark(_ channels: Range<Int>, _ fits: [Bool]) -> UInt8 {
        for channel in channels where !fits[channel] { return 0 }
        return 1
    }

    /// Whether a channel's sums fit 16 bits when they are scaled, before the zero point comes on: then kernels need not
    /// saturate them. Those of channels that do not shift to the right do not count.
    static func fits(_ least: Int64, _ most: Int64, _ multiplier: Int32, _ shift: Int32) -> Bool {
        guard least >= Int64(Int32.min), most <= Int64(Int32.max) else { return false }
        let right = 31 - Int64(shift)
        // One less than there is room for: kernels round ties of negative sums in two ways.
        return (least * Int64(multiplier)) >> right > -32768 && (most * Int64(multiplier)) >> right < 32766
    }
}
