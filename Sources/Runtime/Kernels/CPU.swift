import CKernels

/// The processor this runs on, as far as kernels care.
public struct CPU: Sendable {
    /// As board profiles spell it.
    public static var architecture: StaticString {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #elseif arch(arm)
            "armv7"
        #elseif arch(riscv64)
            "riscv64"
        #else
            "other"
        #endif
    }

    /// Bits of `oc_cpu_extension`.
    private let bits: UInt32
    /// Bits of a vector register where the CPU chooses its length (RISC-V's VLEN); 0 elsewhere, or without vectors.
    public let vectorBits: Int

    /// Asks the processor and the kernel.
    public init() {
        bits = oc_cpu_extensions()
        vectorBits = 8 * Int(oc_cpu_vector_bytes())
    }

    /// Names as in /proc/cpuinfo of the instruction set extensions that kernel sets are chosen by and this CPU has,
    /// for example "asimddp". They live for ever.
    public var extensions: [UnsafePointer<CChar>] {
        var names: [UnsafePointer<CChar>] = []
        for number in 0..<UInt32(OC_CPU_EXTENSION_LIMIT.rawValue) where bits >> number & 1 == 1 {
            if let name = oc_cpu_extension_name(number) { names.append(name) }
        }
        return names
    }
}
