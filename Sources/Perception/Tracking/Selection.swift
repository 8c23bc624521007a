import Detectors

/// The detections of a frame that a tracker takes: those of the highest scores, ordered by score, then by place in the
/// input.
struct Selection: ~Copyable {
    private let keys: UnsafeMutableBufferPointer<UInt64>
    private let measurements: UnsafeMutableBufferPointer<Measurement>
    private(set) var count = 0

    init(capacity: Int) {
        keys = .allocate(capacity: capacity)
        measurements = .allocate(capacity: capacity)
    }

    deinit {
        keys.deallocate()
        measurements.deallocate()
    }

    var capacity: Int { keys.count }

    subscript(index: Int) -> Measurement { measurements[index] }

    /// Takes a frame's detections.
    /// - Returns: how many it had no room for.
    mutating func take(_ detections: UnsafeBufferPointer<Detection>, from lowest: Int64) -> Int {
        count = 0
        var dropped = 0
        for (index, detection) in detections.enumerated() where Int64(min(detection.score, 65536)) >= lowest {
            // Later ones of equal score are the lesser.
            let order = UInt64(UInt32.max - UInt32(truncatingIfNeeded: index))
            let key = UInt64(min(detection.score, 65536)) << 32 | order
            guard detection.box.limited.area > 0 else { continue }
            if count < capacity {
                keys[count] = key
                count += 1
                if count == capacity { for start in (0..<count / 2).reversed() { sink(start, count) } }
            } else {
                dropped += 1
                // A full list is a heap, its least on top.
                guard let least = keys.first, key > least else { continue }
                keys[0] = key
                sink(0, count)
            }
        }
        sort()
        for index in 0..<count {
            let place = Int(UInt32.max - UInt32(truncatingIfNeeded: keys[index]))
            // The box was looked at above.
            guard let seen = Measurement(detections[place]) else { continue }
            measurements.initializeElement(at: index, to: seen)
        }
        return dropped
    }

    /// Orders the keys from the greatest to the least: a heap whose least goes to the end, again and again.
    private func sort() {
        for start in (0..<count / 2).reversed() { sink(start, count) }
        var end = count - 1
        while end > 0 {
            keys.swapAt(0, end)
            sink(0, end)
            end -= 1
        }
    }

    /// Moves a key down until none below it is less.
    private func sink(_ start: Int, _ end: Int) {
        var index = start
        while 2 * index + 1 < end {
            var child = 2 * index + 1
            if child + 1 < end, keys[child + 1] < keys[child] { child += 1 }
            guard keys[child] < keys[index] else { return }
            keys.swapAt(index, child)
            index = child
        }
    }
}
