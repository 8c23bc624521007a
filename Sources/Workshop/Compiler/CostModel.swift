import CBundle
import Graph
import Kernels

/// Estimates what steps cost, in cycles of one core: good enough to say whether strips are worth it, not to predict a latency.
///
/// A step costs a fixed amount, then so much for each row of its output; strips pay the fixed amount each, and read the weights
/// once more. Bytes that come from beyond the first level of cache cost on top; that is what strips save.
struct CostModel {
    private let rates: Rates
    private let caches: Caches
    private let threads: Int

    /// What a kernel set does in a cycle, and what calls and memory cost it.
    private struct Rates {
        /// Multiply-accumulates of a convolution, and of a depthwise one.
        var convolution: Double
        var depthwise: Double
        /// Elements that other steps make.
        var elements: Double
        /// A step's call and its kernel's preparations.
        var call: Double
        /// Bytes from the second and third level of cache and from memory.
        var l2: Double
        var l3: Double
        var memory: Double
    }

    /// Cycles of meeting after a step, where there are several threads.
    private static let barrier = 2000.0

    init(set: KernelSet, caches: Caches, threads: Int) {
        self.caches = caches
        self.threads = threads
        switch set {
        case .avx512vnni:
            rates = Rates(convolution: 64, depthwise: 25, elements: 24, call: 250, l2: 64, l3: 24, memory: 6)
        case .avx2:
            rates = Rates(convolution: 12, depthwise: 5, elements: 2, call: 250, l2: 32, l3: 16, memory: 6)
        case .neon: rates = Rates(convolution: 4, depthwise: 1.2, elements: 2, call: 300, l2: 10, l3: 6, memory: 2.5)
        case .dotprod:
            rates = Rates(convolution: 14, depthwise: 4, elements: 3, call: 300, l2: 14, l3: 8, memory: 3)
        case .i8mm: rates = Rates(convolution: 24, depthwise: 4, elements: 3, call: 300, l2: 14, l3: 8, memory: 3)
        case .neon32:
            rates = Rates(convolution: 3, depthwise: 1, elements: 1.5, call: 300, l2: 10, l3: 6, memory: 2.5)
        case .rvv: rates = Rates(convolution: 6, depthwise: 2, elements: 2, call: 400, l2: 10, l3: 6, memory: 2.5)
        case .scalar:
            rates = Rates(convolution: 0.5, depthwise: 0.3, elements: 0.1, call: 300, l2: 10, l3: 6, memory: 2.5)
        }
    }

    /// What one step costs with all its data in the first level of cache.
    struct StepCost {
        /// Of each call.
        var fixed: Double
        /// Of each row of the output.
        var row: Double
        /// Kernels that make two rows at once lose half of one on the last of an odd number.
        var pairsRows: Bool
        var weightBytes: Int

        func cycles(rows: Int) -> Double {
            fixed + row * (Double(rows) + (pairsRows && rows % 2 == 1 ? 0.5 : 0))
        }
    }

    func cost(_ step: DraftStep, rows: Int, in graph: Graph) -> StepCost {
        let share = 1 / Double(threads)
        var cost = StepCost(
            fixed: rates.call + (threads > 1 ? Self.barrier : 0), row: 0, pairsRows: false,
            weightBytes: step.constants.count)
        let elements = Double(graph[step.output].byteCount) / Double(rows)
        let macs = Double(step.record.macs) / Double(rows)
        switch step.record.contract.cost {
        case .convolution:
            cost.row = (macs / rates.convolution + elements / rates.elements / 2) * share
            // The last tile of pixels is seldom full.
            cost.fixed += cost.row * 4 / Double(max(4, step.record.conv.out_w))
        case .depthwise:
            cost.row = macs / rates.depthwise * share
            cost.pairsRows = true
        case .window(let taps):
            cost.row = elements * Double(taps(step.record)) / rates.elements / 2 * share
        case .movement: cost.row = elements / 16
        case .elements: cost.row = elements / rates.elements * share
        }
        return cost
    }

    /// Moving rows to the front of their buffer.
    func moveCost(bytes: Int) -> Double {
        rates.call / 2 + (threads > 1 ? Self.barrier : 0) + Double(bytes) / 16
    }

    /// Reading or writing bytes that lie among `footprint` others between two uses.
    func traffic(bytes: Int, footprint: Int) -> Double {
        // Some of a cache is always taken by something else.
        if footprint <= caches.l1 * 3 / 4 { return 0 }
        if footprint <= caches.l2 * 3 / 4 { return Double(bytes) / rates.l2 }
        if footprint <= caches.l3 * 3 / 4 { return Double(bytes) / rates.l3 }
        return Double(bytes) / rates.memory
    }

    /// Whether a tensor leaves the second level of cache before it is read.
    func leavesL2(bytes: Int) -> Bool { bytes > caches.l2 * 3 / 4 }
}
