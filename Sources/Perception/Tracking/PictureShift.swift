/// How far the whole picture has moved: the median of how far objects are from where they were expected.
struct PictureShift: ~Copyable {
    /// Objects that are looked at; more tell little more.
    private static var most: Int { 64 }

    private let x, y, spare: UnsafeMutableBufferPointer<Int64>  // in 1/256 of a pixel
    private var count = 0

    init() {
        x = .allocate(capacity: Self.most)
        y = .allocate(capacity: Self.most)
        spare = .allocate(capacity: Self.most)
    }

    deinit {
        x.deallocate()
        y.deallocate()
        spare.deallocate()
    }

    mutating func clear() { count = 0 }

    /// Notes how far the nearest detection of like size is from a track.
    /// - Parameter high: detections that are looked at, from the first.
    mutating func look(_ track: Track, _ selection: borrowing Selection, _ high: Int) {
        guard count < Self.most else { return }
        let motion = track.motion
        let size = motion.size
        var nearest = size
        var found = false
        for index in 0..<high {
            let seen = selection[index]
            let (dx, dy) = (seen.x - motion.x, seen.y - motion.y)
            let distance = max(abs(dx), abs(dy))
            guard distance < nearest, seen.label == track.label else { continue }
            guard abs(seen.width - motion.width) + abs(seen.height - motion.height) < size >> 1 else { continue }
            nearest = distance
            x.initializeElement(at: count, to: dx)
            y.initializeElement(at: count, to: dy)
            found = true
        }
        if found { count += 1 }
    }

    /// nil: too few objects, or they do not agree.
    func median(_ settings: TrackerSettings) -> (x: Int64, y: Int64)? {
        guard Int64(count) >= settings.shiftTracks else { return nil }
        for index in 0..<count { spare.initializeElement(at: index, to: x[index]) }
        let across = middle()
        for index in 0..<count { spare[index] = y[index] }
        let down = middle()
        // Who moves on his own agrees with others in one direction at most.
        for index in 0..<count { spare[index] = max(abs(x[index] - across), abs(y[index] - down)) }
        let deviation = middle()
        return max(abs(across), abs(down)) << 16 > deviation * settings.shiftTrust ? (across, down) : nil
    }

    /// The middle of the spare values, which it orders.
    private func middle() -> Int64 {
        for index in 1..<max(count, 1) {
            let value = spare[index]
            var place = index
            while place > 0, spare[place - 1] > value {
                spare[place] = spare[place - 1]
                place -= 1
            }
            spare[place] = value
        }
        return spare[count / 2]
    }
}
