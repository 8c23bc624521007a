import Vision

/// Notices a picture that is black, or that is the same to the last bit: an image sensor's noise changes every frame.
///
/// It looks at 256 pixels spread over the frame.
struct PictureHealth {
    enum State: Equatable { case normal, black, frozen }

    private static var side: Int { 16 }

    private let patience: Int64  // nanoseconds, 0: never look
    private var told = State.normal
    private var seen = State.normal
    private var since: Int64?
    private var last: UInt64 = 0

    init(patience: Int64) { self.patience = patience }

    /// Takes a frame.
    /// - Returns: a state that has lasted long enough to be told, once; `normal` is told at once.
    mutating func take(_ frame: FrameView, at now: Int64) -> State? {
        guard patience > 0 else { return nil }
        let (hash, isBlack) = PictureHealth.look(frame)
        let state: State = isBlack ? .black : hash == last ? .frozen : .normal
        last = hash
        if state != seen {
            seen = state
            since = now
        }
        guard let since else {
            since = now
            return nil
        }
        guard state != told, state == .normal || now - since >= patience else { return nil }
        told = state
        return state
    }

    private static func look(_ frame: FrameView) -> (hash: UInt64, isBlack: Bool) {
        let shape = frame.shape
        let plane = frame.plane(0)
        let rows = shape.rows(ofPlane: 0)
        // Black is a little above the least value; a few bright pixels may be broken ones.
        let limit: UInt8
        let step: Int
        var offset = 0
        switch shape.format {
        case .yuv420, .nv12, .nv21: (step, limit) = (1, shape.range == .limited ? 28 : 12)
        case .yuyv: (step, limit) = (2, shape.range == .limited ? 28 : 12)
        case .uyvy: (step, offset, limit) = (2, 1, shape.range == .limited ? 28 : 12)
        case .grey: (step, limit) = (1, shape.range == .limited ? 28 : 12)
        case .bayer: (step, limit) = (1, 12)
        case .rgb24, .bgr24: (step, offset, limit) = (3, 1, 12)
        }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
        var bright = 0
        for row in 0..<side {
            let start = (rows * (2 * row + 1) / (2 * side)) * plane.stride + offset
            for column in 0..<side {
                let value = plane.bytes[start + shape.width * (2 * column + 1) / (2 * side) * step]
                hash = (hash ^ UInt64(value)) &* 0x100_0000_01b3
                if value > limit { bright += 1 }
            }
        }
        return (hash, bright <= 4)
    }
}
