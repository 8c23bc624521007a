import CBundle
import Graph
import Kernels

/// A step that makes any rows of its output from a few rows of its inputs: one that can run in strips.
struct RowStep {
    /// The rows of an input that output rows depend on: `reach` rows from `stride` times the output row less `padding` on.
    struct Window {
        var stride = 1
        var reach = 1
        var padding = 0
        /// Of the whole input.
        var rows: Int

        /// The rows that are read for these output rows, at least one.
        func rows(for output: Range<Int>) -> Range<Int> {
            let low = max(0, output.lowerBound * stride - padding)
            let high = min(rows, (output.upperBound - 1) * stride - padding + reach)
            return low..<high
        }

        /// Whether every output row has a row of the input in its window, not padding alone.
        func isFilled(upTo rows: Int) -> Bool {
            reach > padding && (rows - 1) * stride - padding < self.rows
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
        switch step.kernel {
        case OC_KERNEL_CONV, OC_KERNEL_CONV_ADD, OC_KERNEL_CONV_GROUPED, OC_KERNEL_DEPTHWISE,
            OC_KERNEL_DEPTHWISE_MULTIPLIED:
            let c = step.record.conv
            guard let input = graph[step.inputs[0]].rows, c.batches == 1 else { return nil }
            let window = Window(
                stride: Int(c.stride_h), reach: Int(c.kernel_h - 1) * Int(c.dilation_h) + 1, padding: Int(c.pad_top),
                rows: input)
            guard window.isFilled(upTo: output) else { return nil }
            // An addend has the output's rows.
            let addends = step.inputs.dropFirst()
            guard addends.allSatisfy({ graph[$0].rows == output && graph[$0].constant == nil }) else { return nil }
            windows = [window] + addends.map { _ in Window(rows: output) }
        case OC_KERNEL_AVERAGE_POOL, OC_KERNEL_MAX_POOL:
            let p = step.record.pool
            guard let input = graph[step.inputs[0]].rows, p.batches == 1 else { return nil }
            let window = Window(
                stride: Int(p.stride_h), reach: Int(p.kernel_h), padding: Int(p.pad_top), rows: input)
            guard window.isFilled(upTo: output) else { return nil }
            windows = [window]
        case OC_KERNEL_TABLE:
            guard graph[step.inputs[0]].rows == output else { return nil }
            windows = [Window(rows: output)]
        case OC_KERNEL_ADD, OC_KERNEL_MUL, OC_KERNEL_MINIMUM, OC_KERNEL_MAXIMUM, OC_KERNEL_PRELU:
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
        case OC_KERNEL_COPY:
            guard graph[step.inputs[0]].rows == output, step.hasCopy(ofRows: output, in: graph) else { return nil }
            windows = [Window(rows: output)]
        case OC_KERNEL_FILL:
            windows = []
        default:
            return nil
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

    /// The shape with another number of rows, where it has as many as the whole.
    fileprivate func shape(of strip: Int, outOf whole: Int) -> [Int] {
        guard rows == whole, whole > 1, constant == nil else { return shape }
        return [1, strip, shape[2], shape[3]]
    }
}

extension DraftStep {
    /// Whether a copy moves each row into the same row of the output: channels next to others, or among a filling.
    fileprivate func hasCopy(ofRows rows: Int, in graph: Graph) -> Bool {
        let (source, target) = (graph[inputs[0]].shape, graph[output].shape)
        let c = record.copy
        guard source[2] == target[2], c.element_bytes == 1, c.in_start == 0, Int(c.out_start) + source[3] <= target[3]
        else { return false }
        var whole = self
        whole.setCopy(ofRows: rows, in: graph)
        let (a, b) = (whole.record.copy, c)
        return a.dims == b.dims && a.in_stride == b.in_stride && a.out_stride == b.out_stride
    }

    private mutating func setCopy(ofRows rows: Int, in graph: Graph) {
        let (source, target) = (graph[inputs[0]].shape, graph[output].shape)
        let dims = [1, rows, source[2], source[3]]
        let copy = StridedCopy(
            dims: dims, source: rowMajorStrides(dims), target: rowMajorStrides([1, rows, target[2], target[3]]))
        record.copy.set(copy.merged())
    }

    /// The step for some rows of its output. Operands are parts of the same tensors; the caller may exchange the tensors.
    func strip(_ rows: Range<Int>, of whole: RowStep, in graph: Graph, set: KernelSet) -> DraftStep {
        var step = self
        let count = rows.count
        step.outputSlice = Slice(rows: rows, rowBytes: graph[output].rowBytes)
        step.inputSlices = zip(inputs, whole.windows).map { input, window in
            window.map { Slice(rows: $0.rows(for: rows), rowBytes: graph[input].rowBytes) }
        }
        step.record.macs = record.macs / UInt64(whole.rows) * UInt64(count)
        switch kernel {
        case OC_KERNEL_CONV, OC_KERNEL_CONV_ADD, OC_KERNEL_CONV_GROUPED, OC_KERNEL_DEPTHWISE,
            OC_KERNEL_DEPTHWISE_MULTIPLIED:
            guard let window = whole.windows[0] else { break }
            let read = window.rows(for: rows)
            step.record.conv.in_h = Int32(read.count)
            step.record.conv.out_h = Int32(count)
            step.record.conv.pad_top = Int32(read.lowerBound - rows.lowerBound * window.stride + window.padding)
            step.scratchBytes = Int(
                ConvolutionLayout(step.record.conv, kernel: record.kernel, set: set).preferredScratchBytes)
        case OC_KERNEL_AVERAGE_POOL, OC_KERNEL_MAX_POOL:
            guard let window = whole.windows[0] else { break }
            let read = window.rows(for: rows)
            step.record.pool.in_h = Int32(read.count)
            step.record.pool.out_h = Int32(count)
            step.record.pool.pad_top = Int32(read.lowerBound - rows.lowerBound * window.stride + window.padding)
        case OC_KERNEL_TABLE:
            step.record.table.count = Int32(count * graph[output].rowBytes)
        case OC_KERNEL_ADD, OC_KERNEL_MUL, OC_KERNEL_MINIMUM, OC_KERNEL_MAXIMUM, OC_KERNEL_PRELU:
            let shapes = (inputs + [output]).map { graph[$0].shape(of: count, outOf: whole.rows) }
            step.record.binary.set(Broadcast(shapes[2], shapes[0], shapes[1]))
        case OC_KERNEL_COPY:
            step.setCopy(ofRows: count, in: graph)
        default:
            break
        }
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

private func == (a: (Int32, Int32, Int32, Int32, Int32, Int32), b: (Int32, Int32, Int32, Int32, Int32, Int32)) -> Bool {
    a.0 == b.0 && a.1 == b.1 && a.2 == b.2 && a.3 == b.3 && a.4 == b.4 && a.5 == b.5
}
