import Detectors

extension Box {
    /// Area of what both have, in 1/256 of a pixel.
    func intersection(_ other: Box) -> Int64 {
        let width = Int64(min(right, other.right)) - Int64(max(left, other.left))
        let height = Int64(min(bottom, other.bottom)) - Int64(max(top, other.top))
        return width > 0 && height > 0 ? width * height : 0
    }

    /// Whether intersection over union is at least `threshold`, without a division.
    /// - Parameter threshold: in 1/65536, 0 to 65536. Both boxes lie within the limits.
    func overlaps(_ other: Box, by threshold: Int64) -> Bool {
        let common = intersection(other)
        // At most 2^40 each, so 2^58 after the factor.
        return common > 0 && common << 16 >= (area + other.area - common) * threshold
    }
}
