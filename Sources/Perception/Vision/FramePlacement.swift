import CBundle

/// Where a model's picture lies in the upright frame that it was made of.
public struct FramePlacement: Equatable, Sendable {
    /// Of the upright frame, in pixels.
    public let frame: (width: Int, height: Int)
    private let geometry: Geometry

    public init(_ record: oc_preprocess, _ shape: FrameShape) {
        frame = record.upright(shape)
        geometry = Geometry(
            frame: frame, input: (Int(record.width), Int(record.height)),
            crop: [Int(record.crop.0), Int(record.crop.1), Int(record.crop.2), Int(record.crop.3)],
            fit: oc_fit(rawValue: UInt32(record.fit)))
    }

    /// The place in the frame, in 1/16 of its pixels, of one in the input; far outside, the nearest that 2^19 can tell.
    /// - Parameters:
    ///   - x: in 1/65536 of the input's pixels.
    ///   - y: the same.
    public func framePoint(_ x: Int64, _ y: Int64) -> (x: Int32, y: Int32) {
        (
            FramePlacement.place(x, from: geometry.targetColumns, to: geometry.columns),
            FramePlacement.place(y, from: geometry.targetRows, to: geometry.rows)
        )
    }

    private static func place(_ value: Int64, from target: Range<Int>, to source: Range<Int>) -> Int32 {
        // No place that matters is further out than this, and no product is then above 2^52.
        let limit = Int64(1) << 33
        let inside = min(max(value - Int64(target.lowerBound) << 16, -limit), limit)
        let scale = Int64(target.count) << 12
        let product = inside * Int64(source.count) + scale / 2
        let quotient = product >= 0 ? product / scale : -((scale - 1 - product) / scale)
        return Int32(truncatingIfNeeded: min(max(quotient + Int64(source.lowerBound) * 16, -(1 << 19)), 1 << 19))
    }

    public static func == (one: FramePlacement, other: FramePlacement) -> Bool {
        one.geometry == other.geometry && one.frame == other.frame
    }
}
