import CBundle

/// Tells whether something moves in frames of one shape, at a small part of an inference's cost.
///
/// A frame becomes a grey picture of 32x24 cells, each the sum of 8 pixels spread over it; no other pixel is read. A cell
/// has changed when it differs from its own moving average (weight 1/16) by more than a level, after the picture's average
/// difference has been taken off: exposure and clouds change all cells alike. Masked cells do not count. Something moves in
/// a zone when enough of its cells have changed.
public struct MotionGate: ~Copyable {
    static var columns: Int { 32 }
    static var rows: Int { 24 }
    private static var cells: Int { columns * rows }
    private static var samples: (across: Int, down: Int) { (4, 2) }  // of a cell

    public let shape: FrameShape
    private let level: Int32  // in the unit of sums
    private let area: Int
    private let zoneCells: [Int]  // that count
    private let counted: Int32  // cells, of any zone
    private let offsets: UnsafeMutablePointer<Int32>  // of the samples in a row
    private let sums: UnsafeMutablePointer<Int32>
    private let averages: UnsafeMutablePointer<Int32>  // in 1/16 of a sum
    private let members: UnsafeMutablePointer<UInt32>  // a bit a zone; 0: masked, or in none
    private let changed: UnsafeMutablePointer<Int>  // cells a zone
    private var isFirst = true

    /// - Parameters:
    ///   - orientation: of the upright frame, which zones and masks are parts of, as in `oc_preprocess`.
    ///   - zones: at most 32.
    public init(
        _ record: oc_motion, _ shape: FrameShape, orientation: UInt8, zones: [oc_region], masks: [oc_region]
    ) {
        let turn = Orientation(orientation)
        let zones = zones.map(turn.region)
        let masks = masks.map(turn.region)
        self.shape = shape
        level = Int32(record.level) * Int32(MotionGate.samples.across * MotionGate.samples.down)
        area = Int(record.area)
        let (offset, step) = MotionGate.light(of: shape.format)
        let across = MotionGate.columns * MotionGate.samples.across
        var width = shape.width
        if case .bayer = shape.format { width /= 2 }
        offsets = .allocate(capacity: across)
        for index in 0..<across {
            let place = (2 * index + 1) * width / (2 * across)
            offsets[index] = Int32(offset + place * step)
        }
        sums = .allocate(capacity: MotionGate.cells)
        averages = .allocate(capacity: MotionGate.cells)
        members = .allocate(capacity: MotionGate.cells)
        changed = .allocate(capacity: zones.count)
        var counts = [Int](repeating: 0, count: zones.count)
        for cell in 0..<MotionGate.cells {
            members[cell] = 0
            let isMasked = masks.contains { MotionGate.covers($0, cell) }
            for (index, zone) in zones.enumerated() where !isMasked && MotionGate.covers(zone, cell) {
                members[cell] |= 1 << UInt32(index)
                counts[index] += 1
            }
        }
        zoneCells = counts
        var counted: Int32 = 0
        for cell in 0..<MotionGate.cells where members[cell] != 0 { counted += 1 }
        self.counted = counted
    }

    deinit {
        offsets.deallocate()
        sums.deallocate()
        averages.deallocate()
        members.deallocate()
        changed.deallocate()
    }

    /// Takes the next frame.
    /// - Parameter frame: of `shape`.
    /// - Returns: a bit a zone: whether something moves in it. All of them for the first frame.
    public mutating func look(_ frame: FrameView) -> UInt32 {
        precondition(frame.shape == shape, "a frame of another shape")
        shrink(frame)
        if isFirst {
            for cell in 0..<MotionGate.cells { averages[cell] = sums[cell] << 4 }
            isFirst = false
            return .max
        }
        let shift = averageDifference()
        for index in zoneCells.indices { changed[index] = 0 }
        for cell in 0..<MotionGate.cells {
            let difference = sums[cell] &- averages[cell] >> 4 &- shift
            if abs(difference) > level, members[cell] != 0 { count(cell) }
        }
        for cell in 0..<MotionGate.cells {
            averages[cell] = averages[cell] &+ (sums[cell] << 4 &- averages[cell]) >> 4
        }
        var moving: UInt32 = 0
        for index in zoneCells.indices where changed[index] > 0 && changed[index] << 16 >= area * zoneCells[index] {
            moving |= 1 << UInt32(index)
        }
        return moving
    }

    private func count(_ cell: Int) {
        var rest = members[cell]
        while rest != 0 {
            changed[rest.trailingZeroBitCount] += 1
            rest &= rest &- 1
        }
    }

    /// Of the cells that count, rounded towards zero.
    private func averageDifference() -> Int32 {
        var total: Int32 = 0
        for cell in 0..<MotionGate.cells {
            total &+= members[cell] == 0 ? 0 : sums[cell] &- averages[cell] >> 4
        }
        return counted == 0 ? 0 : total / counted
    }

    private func shrink(_ frame: FrameView) {
        let plane = frame.plane(0)
        guard let base = plane.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let height = shape.rows(ofPlane: 0)
        let down = MotionGate.rows * MotionGate.samples.down
        sums.update(repeating: 0, count: MotionGate.cells)
        for index in 0..<down {
            let row = base + (2 * index + 1) * height / (2 * down) * plane.stride
            let line = sums + index / MotionGate.samples.down * MotionGate.columns
            var offset = offsets
            for column in 0..<MotionGate.columns {
                var sum: Int32 = 0
                for _ in 0..<MotionGate.samples.across {
                    sum &+= Int32(row[Int(offset.pointee)])
                    offset += 1
                }
                line[column] &+= sum
            }
        }
    }

    /// Where a pixel's brightness lies in a row of plane 0: the first one's offset, and the step to the next.
    private static func light(of format: PixelFormat) -> (offset: Int, step: Int) {
        switch format {
        case .yuv420, .nv12, .nv21, .grey: (0, 1)
        case .yuyv: (0, 2)
        case .uyvy: (1, 2)
        case .rgb24, .bgr24: (1, 3)  // green
        case .bayer: (0, 2)  // one colour of its four
        }
    }

    private static func covers(_ part: oc_region, _ cell: Int) -> Bool {
        let left = cell % columns * 65535 / columns
        let right = (cell % columns + 1) * 65535 / columns
        let top = cell / columns * 65535 / rows
        let bottom = (cell / columns + 1) * 65535 / rows
        let (x, y) = (Int(part.x), Int(part.y))
        return x < right && x + Int(part.width) > left && y < bottom && y + Int(part.height) > top
    }
}
