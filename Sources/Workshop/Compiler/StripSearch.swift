import CBundle
import Graph
import Kernels

/// Chooses which steps run in strips together, and how high the strips are.
///
/// The plan is cut into segments: single steps as they are, and regions in strips. For a bound on the arena the cheapest cut is
/// found by dynamic programming over the steps; the least bound that the time allows is found by trying all that occur.
struct StripSearch {
    /// One way to run a segment.
    struct Segment {
        var steps: Range<Int>
        /// Cycles, by the cost model.
        var cycles: Double
        /// Bytes of the arena while it runs: its own, and what lives beside it.
        var bytes: Int
        /// Nil for a single step that runs whole.
        var strips: (region: StripRegion, schedule: StripRegion.Schedule)?
    }

    private let context: StripContext
    private let model: CostModel
    private let set: KernelSet
    private let threads: Int
    private let costs: [CostModel.StepCost?]
    /// The steps run whole, one by one.
    let whole: [Segment]
    private let lives: [Life]
    private var scratch: [ScratchKey: Int] = [:]

    private struct Life {
        var tensor: TensorID
        var bytes: Int
        var steps: ClosedRange<Int>
    }

    private struct ScratchKey: Hashable {
        var step: Int
        var rows: Int
    }

    /// Longer regions save nothing more, and take long to try.
    private static let longestRegion = 24
    private static let heights = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64]
    private static let mostStrips = 60

    /// What a smaller arena may cost.
    enum Budget {
        /// No region may take longer than its steps do without strips.
        case noCost
        /// The whole may take somewhat longer.
        case minimalArena
    }

    /// What the least arena may cost by the model, which is rough: measured times are to stay below 1.3 times those without.
    private static let slowdown = 1.2

    init(_ context: StripContext, _ target: StripFusion.Target) {
        self.context = context
        set = target.set
        threads = target.threads
        let model = CostModel(set: set, caches: target.caches, threads: threads)
        self.model = model
        let threads = target.threads
        let draft = context.draft
        let costs = draft.steps.indices.map { index in
            context.rowSteps[index].map { model.cost(draft.steps[index], rows: $0.rows, in: draft.graph) }
        }
        self.costs = costs
        let lifetimes = Lifetimes(draft, keeping: target.kept)
        let lives = lifetimes.first.keys.sorted().map { root in
            Life(
                tensor: root, bytes: aligned(draft.graph[root].byteCount),
                steps: (lifetimes.first[root] ?? 0)...(lifetimes.last[root] ?? 0))
        }
        self.lives = lives
        whole = draft.steps.indices.map { index in
            let step = draft.steps[index]
            var bytes = step.scratchBytes * threads
            for life in lives where life.steps.contains(index) {
                let isReplaced =
                    life.steps.upperBound == index
                    && step.inputs.indices.contains { position in
                        step.inputs[position] == life.tensor && step.mayReplace(input: position)
                            && draft.graph[step.output].byteCount == draft.graph[life.tensor].byteCount
                    }
                if !isReplaced { bytes += life.bytes }
            }
            var cycles = 0.0
            if let cost = costs[index], let rows = context.rowSteps[index]?.rows {
                cycles = cost.cycles(rows: rows) + model.traffic(bytes: cost.weightBytes, footprint: .max)
            }
            for tensor in step.inputs + [step.output] where draft.graph[tensor].constant == nil {
                let bytes = draft.graph[tensor].byteCount
                cycles += model.traffic(bytes: bytes, footprint: bytes)
            }
            return Segment(steps: index..<index + 1, cycles: cycles, bytes: bytes)
        }
    }

    /// The cheapest segments with the least arena that the budget allows.
    mutating func best(_ budget: Budget) -> [Segment] {
        var segments = whole
        segments += regions().filter { region in
            budget == .minimalArena || region.cycles <= region.steps.reduce(0) { $0 + whole[$1].cycles }
        }
        let limit = whole.reduce(0) { $0 + $1.cycles } * (budget == .minimalArena ? Self.slowdown : 1) + 1
        let bounds = Set(segments.map(\.bytes)).sorted()
        var (low, high) = (0, bounds.count - 1)
        var best = cheapest(segments, within: bounds[high])?.segments ?? whole
        while low < high {
            let middle = (low + high) / 2
            if let found = cheapest(segments, within: bounds[middle]), found.cycles <= limit {
                best = found.segments
                high = middle
            } else {
                low = middle + 1
            }
        }
        if let found = cheapest(segments, within: bounds[low]), found.cycles <= limit { best = found.segments }
        return best
    }

    /// Why a region runs in strips, in words.
    func reason(for segment: Segment) -> String {
        let draft = context.draft
        let cycles = segment.steps.reduce(0) { $0 + whole[$1].cycles }
        let largest = segment.strips?.region.rollingTensors.map { draft.graph[$0].byteCount }.max() ?? 0
        var reasons: [String] = []
        if model.leavesL2(bytes: largest) { reasons.append("a tensor of \(largest) bytes would leave the L2 cache") }
        let percent = Int((segment.cycles / cycles * 100).rounded())
        reasons.append("\(percent) % of the time without, by estimate")
        return reasons.joined(separator: "; ")
    }

    private func cheapest(_ segments: [Segment], within bytes: Int) -> (segments: [Segment], cycles: Double)? {
        let count = context.draft.steps.count
        var cheapest: [(cycles: Double, segment: Int)?] = [(0, -1)] + [Int](0..<count).map { _ in nil }
        let order = segments.indices.filter { segments[$0].bytes <= bytes }.sorted {
            (segments[$0].steps.lowerBound, $0) < (segments[$1].steps.lowerBound, $1)
        }
        for index in order {
            let segment = segments[index]
            guard let before = cheapest[segment.steps.lowerBound] else { continue }
            let cycles = before.cycles + segment.cycles
            if cycles < cheapest[segment.steps.upperBound]?.cycles ?? .infinity {
                cheapest[segment.steps.upperBound] = (cycles, index)
            }
        }
        guard let total = cheapest[count]?.cycles else { return nil }
        var path: [Segment] = []
        var end = count
        while end > 0, let index = cheapest[end]?.segment {
            path.append(segments[index])
            end = segments[index].steps.lowerBound
        }
        return (path.reversed(), total)
    }

    /// All regions with all heights that are better in something than their steps alone.
    private mutating func regions() -> [Segment] {
        let draft = context.draft
        let unavoidable = draft.steps.indices.filter { context.rowSteps[$0] == nil }.map { whole[$0].bytes }
        let floor = max(
            unavoidable.max() ?? 0, draft.graph.inputs.map { draft.graph[$0].byteCount }.max() ?? 0)
        var found: [Segment] = []
        for first in draft.steps.indices {
            var (peak, cycles, leavesL2) = (whole[first].bytes, whole[first].cycles, false)
            for last in first + 1..<max(first + 1, min(draft.steps.count, first + Self.longestRegion)) {
                peak = max(peak, whole[last].bytes)
                cycles += whole[last].cycles
                leavesL2 =
                    leavesL2 || model.leavesL2(bytes: draft.graph[draft.steps[last - 1].output].byteCount)
                guard let region = StripRegion(first..<last + 1, of: context) else { break }
                guard !region.buffers.isEmpty, peak > floor || leavesL2 else { continue }
                found += ways(region, peak: peak, cycles: cycles)
            }
        }
        return found
    }

    private mutating func ways(_ region: StripRegion, peak: Int, cycles: Double) -> [Segment] {
        let rolling = Set(region.rollingTensors)
        let beside = lives.reduce(0) { sum, life in
            let isThere =
                life.steps.lowerBound < region.steps.upperBound && life.steps.upperBound >= region.steps.lowerBound
            return isThere && !rolling.contains(life.tensor) ? sum + life.bytes : sum
        }
        guard beside < peak, let rows = region.members.last?.rows else { return [] }
        var ways: [Segment] = []
        for height in Self.heights where height < rows && rows <= height * Self.mostStrips {
            guard let schedule = region.schedule(height: height, spare: 0) else { continue }
            let way = Segment(
                steps: region.steps, cycles: self.cycles(region, schedule), bytes: beside + bytes(region, schedule),
                strips: (region, schedule))
            if way.bytes < peak || way.cycles < cycles { ways.append(way) }
        }
        return ways
    }

    /// Buffers, and the scratch of the step that needs most.
    private mutating func bytes(_ region: StripRegion, _ schedule: StripRegion.Schedule) -> Int {
        var highest = region.members.map { _ in 0 }
        for case .run(let member, let rows) in schedule.actions { highest[member] = max(highest[member], rows.count) }
        var most = 0
        for (member, rows) in highest.enumerated() {
            let step = region.steps.lowerBound + member
            guard context.draft.steps[step].scratchBytes > 0, let whole = context.rowSteps[step] else { continue }
            let key = ScratchKey(step: step, rows: rows)
            let bytes =
                scratch[key]
                ?? context.draft.steps[step].strip(
                    0..<min(rows, whole.rows), of: whole, in: context.draft.graph, set: set
                ).scratchBytes
            scratch[key] = bytes
            most = max(most, bytes * threads)
        }
        return zip(region.buffers, schedule.capacities).reduce(most) { $0 + aligned($1.0.rowBytes * $1.1) }
    }

    private func cycles(_ region: StripRegion, _ schedule: StripRegion.Schedule) -> Double {
        let draft = context.draft
        let rolling = Set(region.rollingTensors)
        let footprint = zip(region.buffers, schedule.capacities).reduce(0) { $0 + $1.0.rowBytes * $1.1 }
        let weights = region.steps.reduce(0) { $0 + (costs[$1]?.weightBytes ?? 0) }
        var cycles = 0.0
        var seen = region.members.map { _ in false }
        for action in schedule.actions {
            switch action {
            case .run(let member, let rows):
                let cost = costs[region.steps.lowerBound + member]
                cycles += cost?.cycles(rows: rows.count) ?? 0
                cycles += model.traffic(
                    bytes: cost?.weightBytes ?? 0, footprint: seen[member] ? weights + footprint : .max)
                seen[member] = true
            case .move(let buffer, let rows, _, _):
                cycles += model.moveCost(bytes: rows.count * region.buffers[buffer].rowBytes)
            case .restart: break
            }
        }
        for index in region.steps {
            let step = draft.steps[index]
            for tensor in step.inputs + [step.output] where draft.graph[tensor].constant == nil {
                let bytes = draft.graph[tensor].byteCount
                cycles += model.traffic(bytes: bytes, footprint: rolling.contains(tensor) ? footprint : bytes)
            }
        }
        return cycles
    }
}

func aligned(_ bytes: Int) -> Int { (bytes + Int(OC_ALIGNMENT) - 1) / Int(OC_ALIGNMENT) * Int(OC_ALIGNMENT) }
