import CKernels

/// Resizes the components that share a resolution, one output row at a time.
///
/// Rows first: a component's samples of the source rows are added up, weighted; then columns of the sums. So most of the work
/// is one long loop over neighbouring bytes.
final class Resampler {
    enum Part { case light, chroma }

    /// Where a component's samples lie.
    private struct Component {
        let plane: Int
        let offset: Int  // bytes from the start of a row to the first sample
        let step: Int  // bytes from one sample to the next
    }

    // No arrays: the literals of this function are constants with names that each module numbers in its own way when it compiles
    // a copy of it, and the linker then takes one module's function with another's constants (Swift 6.3, Embedded).
    private let components: [4 of Component]
    private let count: Int
    private var columns: ResamplingAxis
    private var rows: ResamplingAxis
    private var division: InvariantDivision
    private var total: UInt64
    private let sums: UnsafeMutablePointer<UInt32>  // of one component, for the columns needed
    private let output: UnsafeMutablePointer<UInt16>  // `stride` a component
    private let stride: Int

    /// - Parameters:
    ///   - part: `.light` is luma, grey, or red, green and blue; `.chroma` is Cb and Cr.
    ///   - moves: whether other parts of the frame, or other targets up to `input`, may follow.
    init(_ shape: FrameShape, _ part: Part, _ geometry: Geometry, moves input: (width: Int, height: Int)? = nil) {
        var across = 1
        var down = 1
        func repeated(_ plane: Int, _ offset: Int, _ step: Int) -> [4 of Component] {
            [4 of Component](repeating: Component(plane: plane, offset: offset, step: step))
        }
        switch (shape.format, part) {
        case (.rgb24, _):
            var parts = repeated(0, 0, 3)
            for index in 0..<3 { parts[index] = Component(plane: 0, offset: index, step: 3) }
            (components, count) = (parts, 3)
        case (.bgr24, _):
            var parts = repeated(0, 0, 3)
            for index in 0..<3 { parts[index] = Component(plane: 0, offset: 2 - index, step: 3) }
            (components, count) = (parts, 3)
        case (.bayer(let order), _):
            // Each colour is a picture of half the size; where exactly in the square it lies is not looked at.
            var parts = repeated(0, 0, 2)
            for index in 0..<4 {
                let place = order.square(index)
                parts[index] = Component(plane: place / 2, offset: place % 2, step: 2)
            }
            (components, count) = (parts, 4)
            (across, down) = (2, 2)
        case (.yuyv, .light):
            (components, count) = (repeated(0, 0, 2), 1)
        case (.uyvy, .light):
            (components, count) = (repeated(0, 1, 2), 1)
        case (.yuyv, .chroma):
            var parts = repeated(0, 1, 4)
            parts[1] = Component(plane: 0, offset: 3, step: 4)
            (components, count) = (parts, 2)
            across = 2
        case (.uyvy, .chroma):
            var parts = repeated(0, 0, 4)
            parts[1] = Component(plane: 0, offset: 2, step: 4)
            (components, count) = (parts, 2)
            across = 2
        case (.yuv420, .chroma):
            var parts = repeated(1, 0, 1)
            parts[1] = Component(plane: 2, offset: 0, step: 1)
            (components, count) = (parts, 2)
            (across, down) = (2, 2)
        case (.nv12, .chroma):
            var parts = repeated(1, 0, 2)
            parts[1] = Component(plane: 1, offset: 1, step: 2)
            (components, count) = (parts, 2)
            (across, down) = (2, 2)
        case (.nv21, .chroma):
            var parts = repeated(1, 1, 2)
            parts[1] = Component(plane: 1, offset: 0, step: 2)
            (components, count) = (parts, 2)
            (across, down) = (2, 2)
        case (.grey, _), (.yuv420, .light), (.nv12, .light), (.nv21, .light):
            (components, count) = (repeated(0, 0, 1), 1)
        }
        columns = ResamplingAxis(
            geometry.columns, subsampling: across, count: geometry.targetColumns.count,
            room: input.map { (span: shape.width, count: $0.width) })
        rows = ResamplingAxis(
            geometry.rows, subsampling: down, count: geometry.targetRows.count,
            room: input.map { (span: shape.height, count: $0.height) })
        total = UInt64(columns.total) * UInt64(rows.total)
        division = InvariantDivision(by: 2 * total)
        let block = Int(OC_PIXELS_BLOCK)
        let samples = (input == nil ? columns.range.count : (shape.width + across - 1) / across) + block
        sums = .allocate(capacity: samples)
        sums.initialize(repeating: 0, count: samples)
        stride = ((input?.width ?? columns.count) + block - 1) / block * block
        output = .allocate(capacity: stride * count)
        output.initialize(repeating: 0, count: stride * count)
    }

    /// Takes another part of the frame. Allocates nothing.
    func move(to geometry: Geometry) {
        columns.set(geometry.columns, count: geometry.targetColumns.count)
        rows.set(geometry.rows, count: geometry.targetRows.count)
        total = UInt64(columns.total) * UInt64(rows.total)
        division = InvariantDivision(by: 2 * total)
    }

    deinit {
        sums.deallocate()
        output.deallocate()
    }

    /// A component's samples of the row last resampled, in 1/256.
    @inline(__always)
    func samples(_ component: Int) -> UnsafeMutablePointer<UInt16> { output + component * stride }

    /// - Parameters:
    ///   - frame: of the shape given at first; so every row and column of the axes lies within its planes.
    ///   - row: of the output.
    @_optimize(speed)
    func resample(_ frame: FrameView, row: Int) {
        for index in 0..<count {
            addRows(frame, components[index], row)
            if let total = UInt32(exactly: total), total <= OC_PIXELS_TOTAL_LIMIT {
                var axis = columns.record
                oc_pixels_reduce(sums, &axis, total, samples(index))
            } else {
                PixelRows.reduce(sums, columns, division, total: total, into: samples(index))
            }
        }
    }

    private func addRows(_ frame: FrameView, _ component: Component, _ row: Int) {
        let plane = frame.plane(component.plane)
        guard let base = plane.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let (first, weights) = rows.parts(of: row)
        oc_pixels_add_rows(
            base + first * plane.stride + columns.range.lowerBound * component.step, plane.stride,
            Int32(component.step), Int32(component.offset), weights.baseAddress, Int32(weights.count), sums,
            columns.range.count)
    }
}

extension BayerOrder {
    /// Where in the square red, both greens and blue lie: 0 and 1 above, 2 and 3 below. Sorted by row, so that a row is
    /// added up once where two colours lie in it.
    fileprivate func square(_ colour: Int) -> Int {
        switch self {
        case .rggb: colour
        case .grbg: colour ^ 1
        case .gbrg: colour ^ 2
        case .bggr: colour ^ 3
        }
    }
}
