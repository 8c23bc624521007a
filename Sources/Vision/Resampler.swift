/// Resizes the components that share a resolution, one output row at a time.
///
/// Rows first: source rows are added up, weighted, over their whole length whatever the bytes mean; then each component is
/// picked out of the sums. So most of the work is one long loop over neighbouring bytes.
final class Resampler {
    enum Part { case light, chroma }

    /// Where a component's samples lie.
    private struct Component {
        let plane: Int
        let offset: Int  // bytes from the start of a row to the first sample
        let step: Int  // bytes from one sample to the next
    }

    private let components: [Component]
    private let columns: ResamplingAxis
    private let rows: ResamplingAxis
    private let division: InvariantDivision
    private let total: UInt64
    private let sums: UnsafeMutablePointer<UInt32>  // of one plane's bytes, for the columns needed
    private let output: UnsafeMutablePointer<UInt16>  // `columns.count` a component

    /// - Parameter part: `.light` is luma, grey, or red, green and blue; `.chroma` is Cb and Cr.
    init(_ shape: FrameShape, _ part: Part, _ geometry: Geometry) {
        var across = 1
        var down = 1
        switch (shape.format, part) {
        case (.rgb24, _):
            components = (0..<3).map { Component(plane: 0, offset: $0, step: 3) }
        case (.bgr24, _):
            components = (0..<3).map { Component(plane: 0, offset: 2 - $0, step: 3) }
        case (.bayer(let order), _):
            // Each colour is a picture of half the size; where exactly in the square it lies is not looked at.
            components = order.squares.map { Component(plane: $0 / 2, offset: $0 % 2, step: 2) }
            (across, down) = (2, 2)
        case (.yuyv, .light):
            components = [Component(plane: 0, offset: 0, step: 2)]
        case (.uyvy, .light):
            components = [Component(plane: 0, offset: 1, step: 2)]
        case (.yuyv, .chroma):
            components = [Component(plane: 0, offset: 1, step: 4), Component(plane: 0, offset: 3, step: 4)]
            across = 2
        case (.uyvy, .chroma):
            components = [Component(plane: 0, offset: 0, step: 4), Component(plane: 0, offset: 2, step: 4)]
            across = 2
        case (.yuv420, .chroma):
            components = [Component(plane: 1, offset: 0, step: 1), Component(plane: 2, offset: 0, step: 1)]
            (across, down) = (2, 2)
        case (.nv12, .chroma):
            components = [Component(plane: 1, offset: 0, step: 2), Component(plane: 1, offset: 1, step: 2)]
            (across, down) = (2, 2)
        case (.nv21, .chroma):
            components = [Component(plane: 1, offset: 1, step: 2), Component(plane: 1, offset: 0, step: 2)]
            (across, down) = (2, 2)
        case (.grey, _), (.yuv420, .light), (.nv12, .light), (.nv21, .light):
            components = [Component(plane: 0, offset: 0, step: 1)]
        }
        columns = ResamplingAxis(geometry.columns, subsampling: across, count: geometry.targetColumns.count)
        rows = ResamplingAxis(geometry.rows, subsampling: down, count: geometry.targetRows.count)
        total = UInt64(columns.total) * UInt64(rows.total)
        division = InvariantDivision(by: 2 * total)
        sums = .allocate(capacity: columns.range.count * 4)
        output = .allocate(capacity: columns.count * components.count)
    }

    deinit {
        sums.deallocate()
        output.deallocate()
    }

    /// A component's samples of the row last resampled, in 1/256.
    @inline(__always)
    func samples(_ component: Int) -> UnsafeMutablePointer<UInt16> { output + component * columns.count }

    /// - Parameters:
    ///   - frame: of the shape given at first; so every row and column of the axes lies within its planes.
    ///   - row: of the output.
    @_optimize(speed)
    func resample(_ frame: FrameView, row: Int) {
        var summed = -1  // plane whose sums are there
        for index in components.indices {
            let component = components[index]
            // Components in one plane share its sums: the bytes from the first one's first sample to the last one's last.
            if component.plane != summed {
                summed = component.plane
                addRows(frame.plane(component.plane), step: component.step, row)
            }
            PixelRows.reduce(
                sums + component.offset, step: component.step, columns, division, total: total, into: samples(index))
        }
    }

    @_optimize(speed)
    private func addRows(_ plane: FrameView.Plane, step: Int, _ row: Int) {
        guard let base = plane.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let count = columns.range.count * step
        var source = base + rows.first(row) * plane.stride + columns.range.lowerBound * step
        var isFirst = true
        for weight in rows.taps(row) {
            PixelRows.accumulate(source, weight: weight, into: sums, count: count, isFirst: isFirst)
            isFirst = false
            source += plane.stride
        }
    }
}

extension BayerOrder {
    /// Where in the square red, both greens and blue lie: 0 and 1 above, 2 and 3 below. Sorted by row, so that a row is
    /// added up once where two colours lie in it.
    fileprivate var squares: [Int] {
        switch self {
        case .rggb: [0, 1, 2, 3]
        case .grbg: [1, 0, 3, 2]
        case .gbrg: [2, 3, 0, 1]
        case .bggr: [3, 2, 1, 0]
        }
    }
}
