import CBundle
import CKernels

/// A family of kernels for one kind of CPU. Every set gives the same bytes; they differ in speed and in how they want
/// constants packed and activations stored.
public enum KernelSet: UInt32, Sendable, CaseIterable {
    /// Portable C, for every CPU.
    case scalar = 1
    /// x86-64 with AVX2 and FMA.
    case avx2 = 2
    /// x86-64 with AVX-512 F, BW, DQ, VL, VNNI and VBMI (Ice Lake, Zen 4 and later).
    case avx512vnni = 3
    /// AArch64 (Cortex-A53, A72 and all others).
    case neon = 4
    /// AArch64 with the dot products of ARMv8.2 (Cortex-A55, A76 and later).
    case dotprod = 5
    /// AArch64 with the int8 matrix products of ARMv8.6 (Cortex-A510, A710, Neoverse V1 and later).
    case i8mm = 6
    /// ARMv7 with NEON.
    case neon32 = 7
    /// RISC-V with the ratified vector extension (RVV 1.0), for any vector length.
    case rvv = 8

    public var name: StaticString {
        switch self {
        case .scalar: "scalar"
        case .avx2: "avx2"
        case .avx512vnni: "avx512vnni"
        case .neon: "neon"
        case .dotprod: "dotprod"
        case .i8mm: "i8mm"
        case .neon32: "neon32"
        case .rvv: "rvv"
        }
    }

    /// The set of a name given as bytes, as on a command line.
    public init?(name: some Collection<UInt8>) {
        for set in KernelSet.allCases {
            let same = set.name.withUTF8Buffer { $0.elementsEqual(name) }
            if same {
                self = set
                return
            }
        }
        return nil
    }

    /// XORed onto int8 values in the arena: 0 keeps them as they are, 0x80 stores them as value + 128.
    public var flip: UInt32 { self == .avx512vnni ? 0x80 : 0 }

    /// Whether the CPU this runs on has the instructions.
    public var isAvailable: Bool { oc_cpu_kernel_sets() & (1 << rawValue) != 0 }

    /// The fastest set of the CPU this runs on.
    public static var best: KernelSet {
        var best = KernelSet.scalar
        for set in allCases where set.isAvailable { best = set }
        return best
    }

    /// The set's kernel, or the portable one where the set has none of its own.
    public func kernel(_ kernel: UInt32) -> oc_kernel_fn? {
        let own: oc_kernel_fn?
        switch self {
        case .scalar: own = nil
        case .avx2: own = oc_avx2_kernel(kernel)
        case .avx512vnni: own = oc_avx512vnni_kernel(kernel)
        case .neon, .neon32: own = oc_neon_kernel(kernel)
        case .dotprod: own = oc_dotprod_kernel(kernel)
        case .i8mm: own = oc_i8mm_kernel(kernel)
        case .rvv: own = oc_rvv_kernel(kernel)
        }
        return own ?? oc_scalar_kernel(kernel)
    }
}
