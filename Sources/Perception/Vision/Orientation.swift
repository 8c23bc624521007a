import CBundle

/// How a camera is mounted: the turns that set its frames upright.
///
/// Frames are read as they lie in memory; only the places of the finished pixels in the input are turned.
struct Orientation {
    private let turns: Int  // clockwise quarters
    private let isMirrored: Bool

    /// - Parameter record: 0 to 7, as in `oc_preprocess`.
    init(_ record: UInt8) {
        turns = Int(record & 3)
        isMirrored = Int32(record) & Int32(OC_MIRRORED) != 0
    }

    /// Whether the frame's columns become the input's columns from left to right, and rows from the top.
    var isUpright: Bool { turns == 0 && !isMirrored }

    /// Width and height of the input before it is turned.
    func sides(ofInput width: Int, _ height: Int) -> (width: Int, height: Int) {
        turns % 2 == 0 ? (width, height) : (height, width)
    }

    /// A part of the upright frame (x, y, width, height in 1/65535) as a part of the frame in memory.
    func part(_ crop: [4 of Int]) -> [4 of Int] {
        let whole = 65535
        let y = crop[1]
        let x = isMirrored ? max(whole - crop[0] - crop[2], 0) : crop[0]
        let (right, below) = (max(whole - x - crop[2], 0), max(whole - y - crop[3], 0))
        switch turns {
        case 0: return [x, y, crop[2], crop[3]]
        case 1: return [y, right, crop[3], crop[2]]
        case 2: return [right, below, crop[2], crop[3]]
        default: return [below, x, crop[3], crop[2]]
        }
    }

    /// The same.
    func region(_ region: oc_region) -> oc_region {
        let turned = part([Int(region.x), Int(region.y), Int(region.width), Int(region.height)])
        return oc_region(
            x: UInt16(clamping: turned[0]), y: UInt16(clamping: turned[1]), width: UInt16(clamping: turned[2]),
            height: UInt16(clamping: turned[3]))
    }

    /// Where pixels go: the input's pixel `origin + row * rowStep + column * columnStep`, rows and columns as in memory.
    func placement(ofInput width: Int, _ height: Int) -> (origin: Int, rowStep: Int, columnStep: Int) {
        // Of the first pixel, and of the next in a row and in a column.
        let first = place(0, 0, width, height)
        let right = place(1, 0, width, height)
        let below = place(0, 1, width, height)
        return (first, below - first, right - first)
    }

    private func place(_ column: Int, _ row: Int, _ width: Int, _ height: Int) -> Int {
        var (x, y) = (column, row)
        switch turns {
        case 0: break
        case 1: (x, y) = (width - 1 - row, column)
        case 2: (x, y) = (width - 1 - column, height - 1 - row)
        default: (x, y) = (row, height - 1 - column)
        }
        return y * width + (isMirrored ? width - 1 - x : x)
    }
}
