import CBundle

/// Parts of the frame that the model does not see: they are painted over in its input.
public struct Mask {
    private struct Rectangle {
        let columns: Range<Int>
        let rows: Range<Int>
    }

    private let rectangles: [Rectangle]
    private let width: Int
    private let channels: Int
    private let fill: (UInt8, UInt8, UInt8)

    /// - Parameters:
    ///   - record: how frames of `shape` become the input.
    ///   - parts: of the upright frame; an input pixel that any part reaches into is painted with the record's `fill`.
    public init(_ record: oc_preprocess, _ shape: FrameShape, _ parts: [oc_region]) {
        width = Int(record.width)
        channels = Int(record.channels)
        fill = withUnsafeBytes(of: record.table) { table in
            (table[Int(record.fill)], table[256 + Int(record.fill)], table[512 + Int(record.fill)])
        }
        let frame = Orientation(record.orientation).sides(ofInput: shape.width, shape.height)
        let geometry = Geometry(
            frame: frame, input: (width, Int(record.height)),
            crop: [Int(record.crop.0), Int(record.crop.1), Int(record.crop.2), Int(record.crop.3)],
            fit: oc_fit(rawValue: UInt32(record.fit)))
        rectangles = parts.map { part in
            Rectangle(
                columns: Mask.reach(
                    Int(part.x), Int(part.width), of: frame.width, geometry.columns, geometry.targetColumns),
                rows: Mask.reach(
                    Int(part.y), Int(part.height), of: frame.height, geometry.rows, geometry.targetRows))
        }.filter { !$0.columns.isEmpty && !$0.rows.isEmpty }
    }

    /// The targets that samples of a part reach.
    private static func reach(
        _ start: Int, _ length: Int, of size: Int, _ source: Range<Int>, _ targets: Range<Int>
    ) -> Range<Int> {
        // Enlarging blends neighbours, so a sample reaches one further.
        let margin = source.count < targets.count ? 1 : 0
        // Less than 1/64 of a pixel is the rounding of fractions such as one half.
        let slack = 1023
        let first = max((start * size + slack) / 65535 - margin, source.lowerBound) - source.lowerBound
        let last = ((start + length) * size + 65534 - slack) / 65535 + margin
        let end = min(last, source.upperBound) - source.lowerBound
        guard first < end else { return 0..<0 }
        let upper = (end * targets.count + source.count - 1) / source.count
        return targets.lowerBound + first * targets.count / source.count..<targets.lowerBound + upper
    }

    /// Paints the masked pixels of an input tensor.
    public func paint(_ tensor: UnsafeMutableRawBufferPointer) {
        for rectangle in rectangles {
            for row in rectangle.rows {
                for column in rectangle.columns {
                    let pixel = (row * width + column) * channels
                    tensor[pixel] = fill.0
                    if channels == 3 {
                        tensor[pixel + 1] = fill.1
                        tensor[pixel + 2] = fill.2
                    }
                }
            }
        }
    }
}
