import CBundle
import Graph
import Kernels

/// Runs consecutive steps in horizontal strips, so that the tensors between them are never whole.
///
/// Each strip of each operator becomes a step of its own, an ordinary one for fewer rows. Rows that a later strip needs again,
/// under the windows of the next operator, are moved to the front of their buffer; nothing is computed twice.
struct StripFusion {
    /// What a plan is made for.
    struct Target {
        var set: KernelSet
        var threads: Int
        var caches: Caches
        /// An activation that is read after the last step, besides the outputs.
        var kept: [TensorID] = []
    }

    private let context: StripContext
    private let set: KernelSet

    init(_ context: StripContext, _ set: KernelSet) {
        self.context = context
        self.set = set
    }

    /// The draft with these segments, which cover all its steps.
    func apply(_ segments: [StripSearch.Segment]) -> Draft {
        var draft = context.draft
        draft.steps = []
        for segment in segments {
            if let (region, schedule) = segment.strips {
                let first = draft.steps.count
                append(region, schedule, to: &draft)
                draft.strips.append(StripNote(region, schedule, first..<draft.steps.count, of: context.draft))
            } else {
                draft.steps += context.draft.steps[segment.steps]
            }
        }
        return draft
    }

    private func append(_ region: StripRegion, _ schedule: StripRegion.Schedule, to draft: inout Draft) {
        // The buffers are tensors of their own, named after the ones whose rows they hold.
        var places: [TensorID: TensorID] = [:]
        var names = region.buffers.map { _ in "" }
        for (index, buffer) in region.buffers.enumerated() {
            var tensor = draft.graph[buffer.tensor]
            tensor.shape[1] = schedule.capacities[index]
            draft.graph.tensors.append(tensor)
            places[buffer.tensor] = draft.graph.tensors.count - 1
            for (member, step) in zip(region.members, region.steps) where member.buffer == index && names[index].isEmpty
            {
                names[index] = context.draft.steps[step].name
            }
        }
        var bases: [TensorID: Int] = [:]
        for action in schedule.actions {
            switch action {
            case .run(let member, let rows):
                let index = region.steps.lowerBound + member
                guard let rowStep = context.rowSteps[index] else { continue }
                let step = context.draft.steps[index]
                var strip = step.strip(rows, of: rowStep, in: context.draft.graph, set: set)
                for position in strip.inputs.indices {
                    strip.inputs[position] = settle(
                        strip.inputs[position], &strip.inputSlices[position], region, places, bases, draft.graph)
                }
                strip.output = settle(strip.output, &strip.outputSlice, region, places, bases, draft.graph)
                draft.steps.append(strip)
            case .move(let index, let rows, let from, let to):
                let buffer = region.buffers[index]
                guard let tensor = places[buffer.tensor] else { continue }
                // A copy may not write what it reads: several where there is little room before the rows.
                var row = rows.lowerBound
                while row < rows.upperBound {
                    let count = min(to - from, rows.upperBound - row)
                    var move = DraftStep.move(
                        tensor, rows: count, from: row - from, to: row - to, name: names[index], in: draft.graph)
                    move.record.flip = set.flip
                    draft.steps.append(move)
                    row += count
                }
                bases[buffer.tensor] = to
            case .restart(let index, let row):
                bases[region.buffers[index].tensor] = row
            }
        }
    }

    /// The tensor where an operand lies, and its part there.
    private func settle(
        _ operand: TensorID, _ slice: inout DraftStep.Slice?, _ region: StripRegion, _ places: [TensorID: TensorID],
        _ bases: [TensorID: Int], _ graph: Graph
    ) -> TensorID {
        let home = region.home(of: operand)
        guard let place = places[home] else { return home }
        slice?.offset -= (bases[home] ?? 0) * graph[operand].rowBytes
        return place
    }
}

extension Draft {
    static let stripNote = "operator in strips"

    /// Runs steps in strips where that pays.
    mutating func fuseStrips(_ target: StripFusion.Target, budget: StripSearch.Budget) {
        let context = StripContext(self, keeping: target.kept)
        var search = StripSearch(context, target)
        let segments = search.best(budget)
        guard segments.contains(where: { $0.strips != nil }) else { return }
        let fusion = StripFusion(context, target.set)
        var draft = fusion.apply(segments)
        func arena(_ draft: Draft) -> Int { Storage(draft, keeping: target.kept, threads: target.threads).arenaBytes }
        // The search adds up what lives at once; the plan may not quite reach that.
        let bytes = arena(draft)
        guard bytes <= arena(self) else { return }
        let cut = segments.indices.filter { segments[$0].strips != nil }
        for (note, index) in cut.enumerated() {
            var without = segments
            without.replaceSubrange(index...index, with: segments[index].steps.map { search.whole[$0] })
            draft.strips[note].arenaBytes = max(0, arena(fusion.apply(without)) - bytes)
            draft.strips[note].why = search.reason(for: segments[index])
            draft.notes[Self.stripNote, default: 0] += segments[index].steps.count
        }
        self = draft
    }
}

/// What strips came of some operators.
struct StripNote {
    var what: String
    var why = ""
    /// Of the draft with strips.
    var steps: Range<Int>
    /// Of tensors that are never whole, less those of the buffers in their place.
    var bytes: Int
    /// That the arena would be larger without this alone.
    var arenaBytes = 0

    /// - Parameter draft: the one without strips.
    init(_ region: StripRegion, _ schedule: StripRegion.Schedule, _ steps: Range<Int>, of draft: Draft) {
        self.steps = steps
        let rows = region.members.last?.rows ?? 0
        let names = [region.steps.lowerBound, region.steps.upperBound - 1].map { draft.steps[$0].name }
        what =
            "\((rows + schedule.height - 1) / schedule.height) strips of \(schedule.height) rows: \(names[0]) to \(names[1])"
        bytes =
            region.rollingTensors.reduce(0) { $0 + draft.graph[$1].byteCount }
            - zip(region.buffers, schedule.capacities).reduce(0) { $0 + $1.0.rowBytes * $1.1 }
    }
}
