import Graph

/// Consecutive steps that run in strips together, and what is known about them before a height is chosen.
struct StripRegion {
    /// A tensor that is never whole: the rows still needed lie in a small buffer. Elementwise steps may work in place, so several
    /// tensors may share one.
    struct Buffer {
        var tensor: TensorID
        var rows: Int
        var rowBytes: Int
        /// Steps that read it later than they write it, and how.
        var readers: [(step: Int, window: RowStep.Window)] = []
    }

    struct Member {
        var rows: Int
        /// What must be there before it can make rows: members, and the window through which their output is read.
        var sources: [(producers: [Int], window: RowStep.Window)] = []
        /// Index of the buffer that it writes; nil where its output is whole.
        var buffer: Int?
    }

    /// Of the draft.
    let steps: Range<Int>
    private(set) var members: [Member] = []
    private(set) var buffers: [Buffer] = []
    /// Tensors that have another one's place.
    private(set) var homes: [TensorID: TensorID] = [:]

    /// What is done for a strip, or between strips.
    enum Action {
        /// Indices are those of members and buffers.
        case run(Int, rows: Range<Int>)
        /// Rows that are still needed go to the buffer's front, from an earlier base to a later one.
        case move(Int, rows: Range<Int>, from: Int, to: Int)
        /// Nothing is needed any more: rows from here on begin at the buffer's front.
        case restart(Int, at: Int)
    }

    struct Schedule {
        var height: Int
        var actions: [Action]
        /// Rows of each buffer.
        var capacities: [Int]
    }

    /// Nil where the steps do not fit together.
    init?(_ steps: Range<Int>, of context: StripContext) {
        self.steps = steps
        let draft = context.draft
        var writers: [TensorID: [Int]] = [:]
        for index in steps {
            guard let rowStep = context.rowSteps[index] else { return nil }
            let step = draft.steps[index]
            var member = Member(rows: rowStep.rows)
            for (input, window) in zip(step.inputs, rowStep.windows) {
                guard let producers = writers[context.draft.root(of: input).base] else { continue }
                // A tensor of another form with the same bytes, or an operand that is needed whole.
                guard producers.allSatisfy({ draft.steps[steps.lowerBound + $0].output == input }), let window else {
                    return nil
                }
                member.sources.append((producers, window))
            }
            // What is written before, such as a filling, comes first in every strip.
            let before = (writers[draft.root(of: step.output).base] ?? []).filter {
                draft.steps[steps.lowerBound + $0].output == step.output
            }
            if !before.isEmpty { member.sources.append((before, RowStep.Window(rows: rowStep.rows))) }
            members.append(member)
            writers[draft.root(of: step.output).base, default: []].append(index - steps.lowerBound)
        }
        findHomes(context)
        findBuffers(context)
    }

    private func isRolling(_ tensor: TensorID, _ context: StripContext) -> Bool {
        guard !context.pinned.contains(tensor), let writers = context.writers[tensor],
            let readers = context.readers[tensor]
        else { return false }
        return (writers + readers).allSatisfy(steps.contains) && context.draft.graph[tensor].rows != nil
    }

    /// Elementwise steps write over an operand that nobody else reads.
    private mutating func findHomes(_ context: StripContext) {
        for index in steps {
            let step = context.draft.steps[index]
            for (position, input) in step.inputs.enumerated() {
                guard step.mayReplace(input: position), isRolling(input, context), context.readers[input] == [index],
                    context.writers[step.output] == [index],
                    context.draft.graph[input].byteCount == context.draft.graph[step.output].byteCount,
                    context.draft.graph[input].rows == context.draft.graph[step.output].rows
                else { continue }
                homes[input] = step.output
                break
            }
        }
    }

    func home(of tensor: TensorID) -> TensorID {
        var tensor = tensor
        while let next = homes[tensor] { tensor = next }
        return tensor
    }

    private mutating func findBuffers(_ context: StripContext) {
        var indices: [TensorID: Int] = [:]
        for index in steps {
            let output = home(of: context.draft.steps[index].output)
            guard isRolling(output, context) else { continue }
            if indices[output] == nil {
                indices[output] = buffers.count
                let tensor = context.draft.graph[output]
                buffers.append(Buffer(tensor: output, rows: tensor.rows ?? 1, rowBytes: tensor.rowBytes))
            }
            members[index - steps.lowerBound].buffer = indices[output]
        }
        for index in steps {
            let step = context.draft.steps[index]
            for (input, window) in zip(step.inputs, context.rowSteps[index]?.windows ?? []) {
                guard let buffer = indices[input], let window else { continue }
                buffers[buffer].readers.append((index - steps.lowerBound, window))
            }
        }
    }

    /// The tensors that are never whole, those that share a buffer among them.
    var rollingTensors: [TensorID] { buffers.map(\.tensor) + homes.keys }

    /// What to do for strips of so many rows of the last step's output.
    /// - Parameter spare: strips' worth of rows that buffers have beyond what they need, so that rows move less often.
    func schedule(height: Int, spare: Int) -> Schedule? {
        var schedule = Schedule(height: height, actions: [], capacities: buffers.map { _ in 0 })
        let productions = productions(height: height)
        // What the buffers must hold at once.
        for production in productions {
            guard case .buffer(let buffer, let kept, let rows) = production else { continue }
            let enough = rows.upperBound - min(kept, rows.lowerBound) + spare * rows.count
            schedule.capacities[buffer] = max(schedule.capacities[buffer], min(enough, buffers[buffer].rows))
        }
        guard zip(buffers, schedule.capacities).allSatisfy({ $1 < $0.rows }) else { return nil }
        var bases = buffers.map { _ in 0 }
        for production in productions {
            switch production {
            case .step(let member, let rows):
                schedule.actions.append(.run(member, rows: rows))
            case .buffer(let buffer, let kept, let rows):
                guard rows.upperBound - bases[buffer] > schedule.capacities[buffer] else { continue }
                if kept >= rows.lowerBound {
                    schedule.actions.append(.restart(buffer, at: rows.lowerBound))
                    bases[buffer] = rows.lowerBound
                } else {
                    schedule.actions.append(
                        .move(buffer, rows: kept..<rows.lowerBound, from: bases[buffer], to: kept))
                    bases[buffer] = kept
                }
            }
        }
        return schedule
    }

    private enum Production {
        case step(Int, rows: Range<Int>)
        /// Room for these rows behind those from `kept` on.
        case buffer(Int, kept: Int, rows: Range<Int>)
    }

    private func productions(height: Int) -> [Production] {
        var productions: [Production] = []
        var made = members.map { _ in 0 }
        var reserved = buffers.map { _ in 0 }
        let total = members[members.count - 1].rows
        for end in stride(from: height, to: total + height, by: height) {
            var needed = made
            needed[members.count - 1] = min(end, total)
            if end >= total {
                for index in members.indices where members[index].buffer == nil { needed[index] = members[index].rows }
            }
            for index in members.indices.reversed() where needed[index] > made[index] {
                for source in members[index].sources {
                    let high = source.window.rows(for: made[index]..<needed[index]).upperBound
                    for producer in source.producers { needed[producer] = max(needed[producer], high) }
                }
            }
            for index in members.indices where needed[index] > made[index] {
                let rows = made[index]..<needed[index]
                if let buffer = members[index].buffer, reserved[buffer] < rows.upperBound {
                    var kept = rows.lowerBound
                    for reader in buffers[buffer].readers where made[reader.step] < members[reader.step].rows {
                        let next = made[reader.step]
                        kept = min(kept, reader.window.rows(for: next..<next + 1).lowerBound)
                    }
                    productions.append(.buffer(buffer, kept: kept, rows: rows))
                    reserved[buffer] = rows.upperBound
                }
                productions.append(.step(index, rows: rows))
                made[index] = needed[index]
            }
        }
        return productions
    }
}

/// What regions are made of.
struct StripContext {
    let draft: Draft
    /// For each step; nil where it cannot run in strips.
    let rowSteps: [RowStep?]
    /// The steps that write and read each tensor, in order.
    let writers: [TensorID: [Int]]
    let readers: [TensorID: [Int]]
    /// Tensors that must be whole, wherever they are read.
    let pinned: Set<TensorID>

    /// - Parameter kept: activations that are read after the last step, besides the outputs.
    init(_ draft: Draft, keeping kept: [TensorID]) {
        self.draft = draft
        rowSteps = draft.steps.map { RowStep($0, in: draft.graph) }
        var writers: [TensorID: [Int]] = [:]
        var readers: [TensorID: [Int]] = [:]
        for (index, step) in draft.steps.enumerated() {
            writers[step.output, default: []].append(index)
            for input in step.inputs { readers[input, default: []].append(index) }
        }
        self.writers = writers
        self.readers = readers
        var pinned = Set(draft.graph.inputs + draft.graph.outputs + draft.views.keys)
        pinned.formUnion(draft.views.values.map(\.base))
        pinned.formUnion(kept)
        self.pinned = pinned
    }
}
