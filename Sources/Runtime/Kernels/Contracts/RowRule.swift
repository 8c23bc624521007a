import CBundle

/// How rows of a step's output depend on rows of its inputs: what lets it run in strips. A row is one run of bytes of a
/// picture `[1, rows, width, channels]`.
public enum RowRule: Sendable {
    /// No row without all of the inputs.
    case whole
    /// Rows of input 0 through a window, nil where this geometry has none; further inputs have the output's rows. `strip`
    /// makes the step that computes some rows.
    case windowed(
        window: @Sendable (oc_step, RowShape) -> RowWindow?, strip: @Sendable (inout oc_step, RowStrip) -> Void)
    /// Inputs that have the output's rows are read row by row, others repeat for each.
    case broadcast(strip: @Sendable (inout oc_step, RowStrip) -> Void)
}

/// A step's rows and the bytes of each.
public struct RowShape: Sendable {
    public var inputRows: Int
    public var outputRows: Int
    public var inputRowBytes: Int
    public var outputRowBytes: Int

    public init(inputRows: Int, outputRows: Int, inputRowBytes: Int, outputRowBytes: Int) {
        self.inputRows = inputRows
        self.outputRows = outputRows
        self.inputRowBytes = inputRowBytes
        self.outputRowBytes = outputRowBytes
    }
}

/// The rows of an input that an output row depends on: `reach` rows from `stride` times its number less `padding` on.
public struct RowWindow: Sendable {
    public var stride: Int
    public var reach: Int
    public var padding: Int

    public init(stride: Int = 1, reach: Int = 1, padding: Int = 0) {
        self.stride = stride
        self.reach = reach
        self.padding = padding
    }
}

/// Some rows of a step's output.
public struct RowStrip: Sendable {
    /// In the strip and in the whole output.
    public var rows: Int
    public var wholeRows: Int
    /// Rows of input 0 that the strip reads, and rows of padding before those.
    public var inputRows: Int
    public var padding: Int

    public init(rows: Int, wholeRows: Int, inputRows: Int, padding: Int) {
        self.rows = rows
        self.wholeRows = wholeRows
        self.inputRows = inputRows
        self.padding = padding
    }

    /// Leaves the strip's part of a whole's extents: of the outermost, of which the rows are a factor, as nothing lies outside
    /// them.
    /// - Parameter extents: int32 each, outermost first.
    func cut(_ extents: UnsafeMutableRawBufferPointer) {
        let dims = extents.bindMemory(to: Int32.self)
        for d in dims.indices where dims[d] > 1 {
            dims[d] = share(of: dims[d])
            break
        }
    }

    /// The strip's part of an extent that the whole divides into rows.
    func share(of extent: Int32) -> Int32 { Int32(Int(extent) / wholeRows * rows) }
}
