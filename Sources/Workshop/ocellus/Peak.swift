import CKernels
import Kernels
import System

/// The multiply-accumulates a second that this machine's threads reach with a kernel set's instructions and nothing else.
enum Peak {
    /// The best of a few measurements of some milliseconds each, on `threads` threads at once; nil where the set has no
    /// loop for it (`oc_peak.h`).
    static func measure(_ set: KernelSet, threads: Int) -> Double? {
        guard set.isAvailable, oc_peak_run(set.rawValue, 1) > 0 else { return nil }
        // As many rounds as take about 5 ms.
        var rounds: UInt64 = 1000
        while rounds < 1 << 40 {
            let start = Clock.monotonic
            _ = oc_peak_run(set.rawValue, rounds)
            if Clock.monotonic - start > 5_000_000 { break }
            rounds *= 2
        }
        let measured = rounds
        var best = 0.0
        for _ in 0..<5 {
            let start = Clock.monotonic
            var helpers: [Helper] = []
            for _ in 1..<max(threads, 1) {
                guard let helper = Helper({ _ = oc_peak_run(set.rawValue, measured) }) else { return nil }
                helpers.append(helper)
            }
            let macs = oc_peak_run(set.rawValue, measured)
            for helper in helpers { helper.join() }
            let seconds = Double(Clock.monotonic - start) / 1e9
            best = max(best, Double(macs) * Double(threads) / seconds)
        }
        return best
    }
}

/// A thread in a class, since arrays hold no noncopyable elements.
private final class Helper {
    private var thread: System.Thread?

    init?(_ body: @escaping @Sendable () -> Void) {
        guard let thread = try? System.Thread(body) else { return nil }
        self.thread = consume thread
    }

    func join() { thread.take()?.join() }
}
