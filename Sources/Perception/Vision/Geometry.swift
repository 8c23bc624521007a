import CBundle

extension oc_preprocess {
    /// What of a frame, set upright, becomes the input, bars left out: `crop` after `fit`.
    public func seen(of shape: FrameShape) -> oc_region {
        let frame = Orientation(orientation).sides(ofInput: shape.width, shape.height)
        let geometry = Geometry(
            frame: frame, input: (Int(width), Int(height)),
            crop: [Int(crop.0), Int(crop.1), Int(crop.2), Int(crop.3)], fit: oc_fit(rawValue: UInt32(fit)))
        func fraction(_ pixels: Int, _ size: Int) -> UInt16 { UInt16(pixels * 65535 / size) }
        return oc_region(
            x: fraction(geometry.columns.lowerBound, frame.width), y: fraction(geometry.rows.lowerBound, frame.height),
            width: fraction(geometry.columns.count, frame.width), height: fraction(geometry.rows.count, frame.height))
    }

    /// Width and height of a frame that is set upright.
    public func upright(_ shape: FrameShape) -> (width: Int, height: Int) {
        Orientation(orientation).sides(ofInput: shape.width, shape.height)
    }
}

/// Which pixels of a frame become which pixels of the input: `crop` and `fit` of an `oc_preprocess` in whole pixels.
struct Geometry: Equatable {
    /// Of the frame.
    var columns: Range<Int>
    var rows: Range<Int>
    /// Of the input; the rest is bars.
    var targetColumns: Range<Int>
    var targetRows: Range<Int>

    /// - Parameters:
    ///   - frame: width and height, above 0.
    ///   - input: width and height, above 0.
    ///   - crop: x, y, width, height in 1/65535 of the frame. What lies outside of it is cut; one pixel is left at least.
    init(frame: (width: Int, height: Int), input: (width: Int, height: Int), crop: [4 of Int], fit: oc_fit) {
        columns = Geometry.part(of: frame.width, from: crop[0], length: crop[2])
        rows = Geometry.part(of: frame.height, from: crop[1], length: crop[3])
        targetColumns = 0..<input.width
        targetRows = 0..<input.height
        let isWider = columns.count * input.height > rows.count * input.width
        switch fit {
        case OC_FIT_COVER where isWider:
            columns = Geometry.middle(of: columns, rows.count * input.width, by: input.height)
        case OC_FIT_COVER:
            rows = Geometry.middle(of: rows, columns.count * input.height, by: input.width)
        case OC_FIT_CONTAIN where isWider:
            targetRows = Geometry.middle(of: targetRows, rows.count * input.width, by: columns.count)
        case OC_FIT_CONTAIN:
            targetColumns = Geometry.middle(of: targetColumns, columns.count * input.height, by: rows.count)
        default:
            break
        }
    }

    private static func part(of size: Int, from start: Int, length: Int) -> Range<Int> {
        let first = min((start * size + 32767) / 65535, size - 1)
        let end = min(((start + length) * size + 32767) / 65535, size)
        return first..<max(end, first + 1)
    }

    /// The middle `dividend` / `divisor`, rounded, of a range: one at least, all at most.
    private static func middle(of range: Range<Int>, _ dividend: Int, by divisor: Int) -> Range<Int> {
        let count = min(max((dividend + divisor / 2) / divisor, 1), range.count)
        let first = range.lowerBound + (range.count - count) / 2
        return first..<first + count
    }
}
