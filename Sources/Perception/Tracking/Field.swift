/// Where in the picture objects were seen, in 1/256 of a pixel: nowhere at first, all over it after a while.
struct Field: BitwiseCopyable, Equatable, Sendable {
    var left = Motion.farthest
    var top = Motion.farthest
    var right = -Motion.farthest
    var bottom = -Motion.farthest

    mutating func take(_ seen: Measurement) {
        left = min(left, FixedPoint.clamp(seen.x - seen.width >> 1, Motion.farthest))
        top = min(top, FixedPoint.clamp(seen.y - seen.height >> 1, Motion.farthest))
        right = max(right, FixedPoint.clamp(seen.x + seen.width >> 1, Motion.farthest))
        bottom = max(bottom, FixedPoint.clamp(seen.y + seen.height >> 1, Motion.farthest))
    }

    /// Whether no more than an eighth of its size lies between a detection and an edge, or it lies beyond.
    func hasAtEdge(_ seen: Measurement) -> Bool {
        let margin = (seen.width + seen.height) >> 4
        let (across, down) = (seen.width >> 1 + margin, seen.height >> 1 + margin)
        return seen.x - across < left || seen.x + across > right || seen.y - down < top || seen.y + down > bottom
    }
}
