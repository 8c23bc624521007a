import CBundle
import Graph
import Kernels

/// A step that makes any rows of its output from a few rows of its inputs: one that can run in strips.
struct RowStep {
    /// The rows of an input that output rows depend on.
    struct Window {
        private let window: RowWindow
        /// Of the whole input.
        let rows: Int

        init(_ window: RowWindow = RowWindow(), rows: Int) {
            self.window = window
            self.rows = rows
        }

        /// The rows that are read for these output rows, at least one.
        func rows(for output: Range<Int>) -> Range<Int> {
            let low = max(0, output.lowerBound * window.stride - window.padding)
            let high = min(rows, (output.upperBound - 1) * window.stride - window.padding + window.reach)
            return low..<high
        }

        /// The rows of padding before the first that is read.
        func padding(before output: Range<Int>) -> Int {
            rows(for: output).lowerBound - output.lowerBound * window.stride + window.padding
        }

        /// Whether every output row has a row of the input in its window, not padding alone.
        func isFilled(upTo rows: Int) -> Bool {
            window.reach > window.padding && (rows - 1) * window.stride - window.padding < self.rows
        }
    }

    /// Rows of the output.
    let rows: Int
    /// For each input; nil: every strip reads all of it.
    let windows: [Window?]

    /// Nil where the step cannot run in strips.
    init?(_ step: DraftStep, in graph: Graph) {
        guard let output = graph[step.output].rows, step.inputSlices.isEmpty else { return nil }
        rows = output
        switch step.record.contract.rows {
        case .whole:
            return nil
        case .windowed(let window, _):
            var windows: [Window?] = []
            for (position, input) in step.inputs.enumerated() {
                // A constant is read whole.
                guard let inputRows = graph[input].rows, graph[input].constant == nil else { return nil }
                guard position == 0 else {
                    // An addend has the output's rows.
                    guard inputRows == output else { return nil }
                    windows.append(Window(rows: output))
                    continue
                }
                let shape = RowShape(
                    inputRows: inputRows, outputRows: output, inputRowBytes: graph[input].rowBytes,
                    outputRowBytes: graph[step.output].rowBytes)
                guard let first = window(step.record, shape) else { return nil }
                windows.append(Window(first, rows: inputRows))
                guard windows[0]?.isFilled(upTo: output) == true else { return nil }
            }
            self.windows = windows
        case .broadcast:
            // An operand has the output's rows, or one that repeats.
            windows = step.inputs.map { input in
                let shape = graph[input].shape
                let isTall = shape.count >= 3 && shape[shape.count - 3] == output && output > 1
                return isTall && graph[input].constant == nil ? Window(rows: output) : nil
            }
            guard
                zip(step.inputs, windows).allSatisfy({ input, window in
                    window == nil ? graph[input].repeatsRows(of: output) : graph[input].rows == output
                })
            else { return nil }
        }
    }
}

extension Tensor {
    /// The rows of a picture: each is one run of bytes. Nil for tensors of another form.
    var rows: Int? { shape.count == 4 && shape[0] == 1 && type.byteCount == 1 ? shape[1] : nil }

    var rowBytes: Int { byteCount / (rows ?? 1) }

    /// Whether it is the same for every row of an output with which it is broadcast.
    fileprivate func repeatsRows(of output: Int) -> Bool {
        shape.count < 3 || shape[shape.count - 3] == 1
    }
}

extension DraftStep {
    /// The step for some rows of its output. Operands are parts of the same tensors; the caller may exchange the tensors.
    func strip(_ rows: Range<Int>, of whole: RowStep, in graph: Graph, set: KernelSet) -> DraftStep {
        var step = self
        step.outputSlice = Slice(rows: rows, rowBytes: graph[output].rowBytes)
        step.inputSlices = zip(inputs, whole.windows).map { input, window in
            window.map { Slice(rows: $0.rows(for: rows), rowBytes: graph[input].rowBytes) }
        }
        step.record.macs = record.macs / UInt64(whole.rows) * UInt64(rows.count)
        let window = whole.windows.first ?? nil
        let part = RowStrip(
            rows: rows.count, wholeRows: whole.rows, inputRows: window?.rows(for: rows).count ?? 0,
            padding: window?.padding(before: rows) ?? 0)
        switch record.contract.rows {
        case .whole: break
        case .windowed(_, let strip): strip(&step.record, part)
        case .broadcast(let strip): strip(&step.record, part)
        }
        step.scratchBytes = Int(set.preferredScratchBytes(of: step.record))
        return step
    }

    /// Moves rows within a tensor, from those that are read at `source` to those at `target`.
    static func move(_ tensor: TensorID, rows: Int, from source: Int, to target: Int, name: String, in graph: Graph)
        -> DraftStep
    {
        var step = DraftStep(OC_KERNEL_COPY, name: name, inputs: [tensor], output: tensor)
        let rowBytes = graph[tensor].rowBytes
        // A dimension for the rows, so that several threads can share them.
        step.record.copy.set(StridedCopy(dims: [rows, rowBytes], source: [rowBytes, 1], target: [rowBytes, 1]))
        step.record.copy.element_bytes = 1
        step.inputSlices = [Slice(rows: source..<source + rows, rowBytes: rowBytes)]
        step.outputSlice = Slice(rows: target..<target + rows, rowBytes: rowBytes)
        return step
    }
}
