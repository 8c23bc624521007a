import CBundle

/// Parts of the frame that the model does not see: they are painted over in its input.
public struct Mask {
    private let parts: [oc_region]
    private let frame: (width: Int, height: Int)
    private let input: (width: Int, height: Int)
    private let channels: Int
    private let crop: oc_region
    private let fit: oc_fit
    private let fill: (UInt8, UInt8, UInt8)

    /// - Parameters:
    ///   - record: how frames of `shape` become the input.
    ///   - parts: of the upright frame; an input pixel that any part reaches into is painted with the record's `fill`.
    public init(_ record: oc_preprocess, _ shape: FrameShape, _ parts: [oc_region]) {
        self.parts = parts
        frame = record.upright(shape)
        input = (Int(record.width), Int(record.height))
        channels = Int(record.channels)
        crop = oc_region(x: record.crop.0, y: record.crop.1, width: record.crop.2, height: record.crop.3)
        fit = oc_fit(rawValue: UInt32(record.fit))
        fill = withUnsafeBytes(of: record.table) { table in
            (table[Int(record.fill)], table[256 + Int(record.fill)], table[512 + Int(record.fill)])
        }
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
    /// - Parameter seen: the part of the upright frame that it shows; nil: the record's crop.
    public func paint(_ tensor: UnsafeMutableRawBufferPointer, seen: oc_region? = nil) {
        let seen = seen ?? crop
        let geometry = Geometry(
            frame: frame, input: input, crop: [Int(seen.x), Int(seen.y), Int(seen.width), Int(seen.height)], fit: fit)
        for part in parts {
            let columns = Mask.reach(
                Int(part.x), Int(part.width), of: frame.width, geometry.columns, geometry.targetColumns)
            let rows = Mask.reach(Int(part.y), Int(part.height), of: frame.height, geometry.rows, geometry.targetRows)
            for row in rows {
                for column in columns {
                    let pixel = (row * input.width + column) * channels
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
