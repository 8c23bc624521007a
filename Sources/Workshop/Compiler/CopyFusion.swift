import CBundle
import Graph
import Kernels

/// Copies of copies: what concatenations, splits, transposes and block shuffles make when one follows another. Each is a strided
/// walk, and two walks in a row are one.
extension Draft {
    /// Leaves out tensors that only copies write and only copies read.
    mutating func fuseCopies() {
        var writers: [TensorID: [Int]] = [:]
        var readers: [TensorID: [Int]] = [:]
        for (index, step) in steps.enumerated() {
            writers[root(of: step.output).base, default: []].append(index)
            for input in step.inputs { readers[root(of: input).base, default: []].append(index) }
        }
        let outputs = Set(graph.outputs.map { root(of: $0).base })
        var dropped: Set<Int> = []
        for tensor in writers.keys.sorted() where !outputs.contains(tensor) && !isInput(tensor) {
            guard let written = writers[tensor], let read = readers[tensor],
                (written + read).allSatisfy({ steps[$0].kernel == OC_KERNEL_COPY && !dropped.contains($0) })
            else { continue }
            if read.count == 1, let replaced = forward(written, through: read[0]) {
                for (index, step) in zip(written, replaced) {
                    steps[index] = step
                    writers[root(of: step.output).base, default: []].append(index)
                }
                dropped.insert(read[0])
                writers[root(of: steps[read[0]].output).base]?.removeAll { $0 == read[0] }
            } else if written.count == 1, let replaced = back(read, to: written[0]) {
                for (index, step) in zip(read, replaced) {
                    steps[index] = step
                    readers[root(of: step.inputs[0]).base, default: []].append(index)
                }
                dropped.insert(written[0])
                readers[root(of: steps[written[0]].inputs[0]).base]?.removeAll { $0 == written[0] }
            } else {
                continue
            }
            note("copy of a copy")
        }
        steps = steps.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    }

    /// Copies into a tensor that one step copies on, as copies to where that puts them.
    private func forward(_ written: [Int], through reader: Int) -> [DraftStep]? {
        let last = steps[reader]
        let output = root(of: last.output).base
        // What fills the output comes before what is copied into it.
        let isFilled = steps[written[0]...reader].contains {
            $0.kernel != OC_KERNEL_COPY && root(of: $0.output).base == output
        }
        guard !isFilled else { return nil }
        let walk = Walk(last, self)
        guard
            let places = Places(walk.dims, walk.source, walk.target, first: walk.sourceStart, of: last.inputs[0], self)
        else {
            return nil
        }
        var result: [DraftStep] = []
        for index in written {
            var step = steps[index]
            let copy = Walk(step, self)
            guard step.record.copy.element_bytes == last.record.copy.element_bytes,
                let route = places.route(from: copy.targetStart, copy.dims, copy.target, beside: copy.source)
            else { return nil }
            step.record.copy.out_start = last.record.copy.out_start + Int32(route.start)
            guard step.set(route.dims, source: route.beside, target: route.places) else { return nil }
            step.output = last.output
            result.append(step)
        }
        return result
    }

    /// Copies out of a tensor that one step copies whole, as copies from where that has it.
    private func back(_ read: [Int], to writer: Int) -> [DraftStep]? {
        let first = steps[writer]
        let walk = Walk(first, self)
        guard let places = Places(walk.dims, walk.target, walk.source, first: walk.targetStart, of: first.output, self)
        else {
            return nil
        }
        var result: [DraftStep] = []
        for index in read {
            var step = steps[index]
            let copy = Walk(step, self)
            guard step.record.copy.element_bytes == first.record.copy.element_bytes,
                let route = places.route(from: copy.sourceStart, copy.dims, copy.source, beside: copy.target)
            else { return nil }
            step.record.copy.in_start = first.record.copy.in_start + Int32(route.start)
            guard step.set(route.dims, source: route.places, target: route.beside) else { return nil }
            step.inputs = first.inputs
            result.append(step)
        }
        return result
    }

    /// The steps with every copy right behind what writes its input, and so before what else writes its output.
    func withEarlyCopies() -> Draft {
        // A copy takes the number of the last step that it depends on; among equals the order stays.
        var numbers: [Int] = []
        var written: [TensorID: Int] = [:]
        var filled: [TensorID: Int] = [:]
        for (index, step) in steps.enumerated() {
            let output = root(of: step.output).base
            var number = index
            if step.kernel == OC_KERNEL_COPY {
                number = max(written[root(of: step.inputs[0]).base] ?? index, filled[output] ?? -1)
            } else {
                filled[output] = index
            }
            numbers.append(number)
            written[output] = max(written[output] ?? -1, number)
        }
        var draft = self
        draft.steps = steps.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }.map { steps[$0] }
        return draft
    }
}

/// A copy's extents and strides in elements; starts in the tensors that hold its operands.
private struct Walk {
    var dims: [Int]
    var source: [Int]
    var target: [Int]
    var sourceStart: Int
    var targetStart: Int

    init(_ step: DraftStep, _ draft: Draft) {
        func words(_ words: (Int32, Int32, Int32, Int32, Int32, Int32)) -> [Int] {
            [words.0, words.1, words.2, words.3, words.4, words.5].map(Int.init)
        }
        let copy = step.record.copy
        (dims, source, target) = (words(copy.dims), words(copy.in_stride), words(copy.out_stride))
        let size = Int(copy.element_bytes)
        sourceStart = Int(copy.in_start) + draft.root(of: step.inputs[0]).offset / size
        targetStart = Int(copy.out_start) + draft.root(of: step.output).offset / size
    }
}

/// Where each element of a tensor goes or comes from, by the digits of its place in it.
private struct Places {
    /// Outermost first: how many values a digit has, what one is worth in the tensor, and on the other side.
    private var digits: [(count: Int, worth: Int, other: Int)]

    /// Nil unless every element of the tensor that holds `tensor` has exactly one place.
    init?(_ dims: [Int], _ strides: [Int], _ others: [Int], first: Int, of tensor: TensorID, _ draft: Draft) {
        digits = dims.indices.filter { dims[$0] > 1 }.map { (dims[$0], strides[$0], others[$0]) }
        digits.sort { $0.worth > $1.worth }
        var worth = 1
        for digit in digits.reversed() {
            guard digit.worth == worth else { return nil }
            worth *= digit.count
        }
        guard first == 0, worth == draft.graph[draft.root(of: tensor).base].elementCount else { return nil }
    }

    /// A walk over elements of the tensor, as one over the other side. Extents are cut where a digit carries.
    /// - Returns: nil where that is no walk with strides.
    func route(
        from start: Int, _ dims: [Int], _ strides: [Int], beside: [Int]
    ) -> (start: Int, dims: [Int], places: [Int], beside: [Int])? {
        var largest = digits.map { start / $0.worth % $0.count }
        let begin = zip(largest, digits).reduce(0) { $0 + $1.0 * $1.1.other }
        var result: (start: Int, dims: [Int], places: [Int], beside: [Int]) = (begin, [], [], [])
        var left = dims.indices.filter { dims[$0] > 1 }.map {
            (count: dims[$0], stride: strides[$0], beside: beside[$0])
        }
        while let (count, stride, other) = left.popLast() {
            guard let index = digits.firstIndex(where: { $0.worth <= stride }), stride % digits[index].worth == 0 else {
                return nil
            }
            let digit = digits[index]
            let times = stride / digit.worth
            if (count - 1) * times + largest[index] < digit.count {
                largest[index] += (count - 1) * times
                result.dims.append(count)
                result.places.append(times * digit.other)
                result.beside.append(other)
            } else {
                let part = digit.count / times
                guard digit.count % times == 0, part > 1, part < count, count % part == 0 else { return nil }
                left.append((count / part, stride * part, other * part))
                left.append((part, stride, other))
            }
        }
        return result
    }
}

extension DraftStep {
    /// Makes it another copy, written from the output's begin to its end; false where that needs too many dimensions.
    fileprivate mutating func set(_ dims: [Int], source: [Int], target: [Int]) -> Bool {
        let order = dims.indices.sorted { target[$0] > target[$1] }
        let merged = StridedCopy(
            dims: order.map { dims[$0] }, source: order.map { source[$0] }, target: order.map { target[$0] }
        )
        .merged()
        guard merged.dims.count <= Int(OC_COPY_DIMS) else { return false }
        record.copy.set(merged)
        return true
    }
}
