import Graph

/// That every byte of the arena keeps its value until its last reader: the steps are gone through as the engine runs them, with
/// the tensor that owns each byte in place of its value. It knows nothing of lifetimes, so it finds what is wrong with them, too.
struct ArenaCheck {
    private let draft: Draft
    private let offsets: [TensorID: Int]
    private let arenaBytes: Int
    /// Runs of bytes with one owner, in order, without gaps; -1 owns what no tensor has.
    private var runs: [(start: Int, owner: TensorID)]

    /// - Parameter offsets: of every activation in the arena.
    init(_ draft: Draft, offsets: [TensorID: Int], arenaBytes: Int) {
        self.draft = draft
        self.offsets = offsets
        self.arenaBytes = arenaBytes
        runs = [(0, -1)]
    }

    /// - Parameters:
    ///   - scratch: for each step the offset of its scratch, or nil.
    ///   - threads: each of which has scratch of its own.
    ///   - kept: what is read after the last step, besides the outputs.
    /// - Throws: where a step, or whoever reads the results, finds another tensor's bytes.
    mutating func run(scratch: [Int?], threads: Int, keeping kept: [TensorID]) throws(CompileError) {
        for input in draft.graph.inputs { try write(input, nil, by: "the model's input") }
        for (index, step) in draft.steps.enumerated() {
            // Scratch comes first: what it spoils was to be read.
            if let offset = scratch[index] {
                try own(offset..<offset + step.scratchBytes * threads, -1, by: step.name)
            }
            for (position, input) in step.inputs.enumerated() where draft.graph[input].constant == nil {
                try read(input, step.inputSlices.isEmpty ? nil : step.inputSlices[position], by: step.name)
            }
            try write(step.output, step.outputSlice, by: step.name)
        }
        for output in draft.graph.outputs { try read(output, nil, by: "the model's output") }
        for id in kept { try read(id, nil, by: "the scores or boxes") }
    }

    private func range(_ id: TensorID, _ slice: DraftStep.Slice?, by reader: String) throws(CompileError) -> Range<Int>
    {
        guard let offset = offsets[id] else {
            throw failure("'\(draft.graph[id].name)', which \(reader) needs, has no place")
        }
        let start = offset + (slice?.offset ?? 0)
        return start..<start + (slice?.bytes ?? draft.graph[id].byteCount)
    }

    private func read(_ id: TensorID, _ slice: DraftStep.Slice?, by reader: String) throws(CompileError) {
        let range = try range(id, slice, by: reader)
        let owner = draft.root(of: id).base
        var index = run(at: range.lowerBound)
        while index < runs.count, runs[index].start < range.upperBound {
            guard runs[index].owner == owner else {
                let other = runs[index].owner < 0 ? "scratch or nothing" : "'\(draft.graph[runs[index].owner].name)'"
                throw failure("\(reader) reads '\(draft.graph[id].name)', but finds \(other) there")
            }
            index += 1
        }
    }

    private mutating func write(_ id: TensorID, _ slice: DraftStep.Slice?, by writer: String) throws(CompileError) {
        try own(try range(id, slice, by: writer), draft.root(of: id).base, by: writer)
    }

    private mutating func own(_ range: Range<Int>, _ owner: TensorID, by writer: String) throws(CompileError) {
        guard range.lowerBound >= 0, range.upperBound <= arenaBytes else {
            throw failure("\(writer) writes behind the arena's end")
        }
        guard !range.isEmpty else { return }
        let first = run(at: range.lowerBound)
        let last = run(at: range.upperBound - 1)
        var replacement: [(start: Int, owner: TensorID)] = []
        if runs[first].start < range.lowerBound { replacement.append(runs[first]) }
        replacement.append((range.lowerBound, owner))
        let end = last + 1 < runs.count ? runs[last + 1].start : arenaBytes
        if range.upperBound < end { replacement.append((range.upperBound, runs[last].owner)) }
        runs.replaceSubrange(first...last, with: replacement)
    }

    /// The run that a byte lies in.
    private func run(at byte: Int) -> Int {
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].start <= byte { low = middle } else { high = middle }
        }
        return low
    }

    private func failure(_ what: String) -> CompileError {
        CompileError("the compiler made a plan that does not hold (\(what)); please report this model")
    }
}
