import Foundation
import Kernels
import Testing

/// What the processor says of itself, against what the kernel says of it.
@Suite struct CPUTests {
    /// The words of /proc/cpuinfo's first line of extensions.
    private static let listed: Set<Substring> = {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
        return Set(line?.split(separator: ":").last?.split(separator: " ") ?? [])
    }()

    @Test("Extensions are those that the kernel lists", .enabled(if: !listed.isEmpty))
    func extensions() {
        let found = Set(CPU().extensions.map { Substring(String(cString: $0)) })
        #if arch(x86_64)
            let known: Set<Substring> = [
                "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni", "avx512vbmi",
            ]
        #else
            let known: Set<Substring> = ["asimd", "asimddp", "i8mm", "neon"]
        #endif
        #expect(found == known.intersection(Self.listed))
    }

    @Test("The portable kernels run anywhere, and the best set is one that runs")
    func sets() {
        #expect(KernelSet.scalar.isAvailable && KernelSet.best.isAvailable)
    }
}
