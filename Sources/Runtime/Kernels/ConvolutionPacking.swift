import CBundle
import CKernels

/// How the constants of a convolution lie in the weights section. Each has a header in CKernels/include, which the kernels
/// read it by.
enum ConvolutionPacking {
    /// oc_planar.h.
    case planar(isDepthwise: Bool)
    /// oc_widened.h.
    case widened
    /// oc_tap_pairs.h.
    case tapPairs
    /// oc_quads.h: by rows of the kernel, and by columns for depthwise.
    case quads
    case quadColumns
    /// oc_panels.h, for dot products (groups of 4 bytes) and matrix products (of 8).
    case panels(group: Int32)
    /// oc_columns.h.
    case columns(hasDotProducts: Bool)
    /// oc_chains.h.
    case chains
    /// oc_pairs.h.
    case pairs
    /// oc_strips.h.
    case strips

    /// What a set's kernel wants for this geometry: planar where it has nothing of its own.
    init(_ geometry: oc_conv, _ kernel: oc_kernel, _ set: KernelSet) {
        var geometry = geometry
        let isDepthwise = kernel == OC_KERNEL_DEPTHWISE
        let hasColumns = isDepthwise && oc_columns_fit(&geometry) != 0
        self = .planar(isDepthwise: isDepthwise || kernel == OC_KERNEL_DEPTHWISE_MULTIPLIED)
        let isPlain = kernel == OC_KERNEL_CONV || kernel == OC_KERNEL_CONV_ADD
        guard isPlain || isDepthwise else { return }
        switch set {
        case .scalar: break
        case .avx2:
            if isPlain {
                self = .widened
            } else if oc_tap_pairs_fit(&geometry) != 0 {
                self = .tapPairs
            }
        case .avx512vnni: self = isPlain ? .quads : .quadColumns
        case .neon, .neon32:
            // ARMv7 has too few registers for pairs.
            if isPlain {
                self = set == .neon && oc_pairs_fit(&geometry) != 0 ? .pairs : .chains
            } else if hasColumns {
                self = .columns(hasDotProducts: false)
            }
        case .dotprod, .i8mm:
            if isPlain {
                self = .panels(group: set == .dotprod ? 4 : 8)
            } else if hasColumns {
                self = .columns(hasDotProducts: true)
            }
        case .rvv: if isPlain { self = .strips }
        }
    }

    func description(of geometry: oc_conv) -> oc_packing {
        var geometry = geometry
        return switch self {
        case .planar(let isDepthwise): oc_planar_packing(&geometry, isDepthwise ? 1 : 0)
        case .widened: oc_widened_packing(&geometry)
        case .tapPairs: oc_tap_pair_packing(&geometry)
        case .quads: oc_quad_packing(&geometry)
        case .quadColumns: oc_quad_column_packing(&geometry)
        case .panels(let group): oc_panel_packing(&geometry, group)
        case .columns(let hasDotProducts): oc_column_packing(&geometry, hasDotProducts ? 1 : 0)
        case .chains: oc_chain_packing(&geometry)
        case .pairs: oc_pair_packing(&geometry)
        case .strips: oc_strip_packing(&geometry)
        }
    }

    /// Whether it says something of the sums that a channel's weights allow.
    var dependsOnSums: Bool {
        switch self {
        case .planar, .strips: false
        default: true
        }
    }

    /// The scratch of one worker.
    func scratch(for geometry: oc_conv) -> oc_scratch_bytes {
        var geometry = geometry
        return switch self {
        case .planar(let isDepthwise): isDepthwise ? oc_scratch_bytes() : oc_planar_scratch(&geometry)
        case .widened: oc_widened_scratch(&geometry)
        case .quads: oc_quad_scratch(&geometry)
        case .quadColumns, .tapPairs: oc_scratch_bytes()
        case .panels(let group): oc_panel_scratch(&geometry, group)
        case .columns(let hasDotProducts): oc_column_scratch(&geometry, hasDotProducts ? 1 : 0)
        case .chains, .pairs: oc_chain_scratch(&geometry)
        case .strips: oc_strip_scratch(&geometry)
        }
    }
}

/// Saturating arithmetic on sizes.
@inline(__always)
func times(_ a: Int64, _ b: Int64) -> Int64 { oc_times(a, b) }

@inline(__always)
func plus(_ a: Int64, _ b: Int64) -> Int64 { oc_plus(a, b) }
