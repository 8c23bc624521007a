import Pictures
import System
import Vision

/// What the taker of frames needs of a camera.
public struct CameraNeeds: Equatable, Sendable {
    /// Pixels that a frame must have at least, as it lies in memory.
    public var width = 1
    public var height = 1
    public var isGrey = false
    /// Frames in 1000 seconds that are looked at; nil: all that come.
    public var millihertz: Int64?
    /// Exactly this size.
    public var size: (width: Int, height: Int)?
    /// Exactly this format, by its name as `--list-cameras` has it.
    public var format: [UInt8] = []

    public init() {}

    public static func == (one: CameraNeeds, other: CameraNeeds) -> Bool {
        one.width == other.width && one.height == other.height && one.isGrey == other.isGrey
            && one.millihertz == other.millihertz && one.size?.width == other.size?.width
            && one.size?.height == other.size?.height && one.format == other.format
    }

    /// Sizes worth asking for where a camera can do all between two.
    var candidates: [(width: Int, height: Int)] {
        if let size { return [size] }
        return [(width, height), (320, 240), (640, 480), (1280, 720), (1920, 1080)]
    }
}

/// The mode that costs least to turn into the model's input.
struct CameraChoice {
    let mode: CameraMode
    /// One line that says why.
    let reason: String

    /// - Returns: nil if no mode can be used.
    init?(_ modes: [CameraMode], _ needs: CameraNeeds) {
        var best: (mode: CameraMode, cost: CameraCost)?
        var usable = 0
        for mode in modes where CameraChoice.isAllowed(mode, needs) {
            guard let cost = CameraCost(mode, needs) else { continue }
            usable += 1
            if best.map({ cost.isLess(than: $0.cost) }) ?? true { best = (mode, cost) }
        }
        guard let best else { return nil }
        var mode = best.mode
        if let wanted = needs.millihertz { mode.interval = CameraChoice.interval(mode, wanted) }
        self.mode = mode
        let rate = mode.interval.map {
            " at \(CameraChoice.text(Int64($0.denominator) * 1000 / Int64($0.numerator))) frames/s"
        }
        let size =
            best.cost.isTooSmall
            ? "no mode has the \(needs.width)x\(needs.height) pixels that the model could use"
            : "the model needs \(needs.width)x\(needs.height) pixels"
        reason =
            "\(mode.name)\(rate ?? ""): about \(best.cost.touches / 1000) KB to go through a frame, the least of \(usable) "
            + "modes that can be used (of \(modes.count)); \(size)"
    }

    /// Millihertz in hertz.
    static func text(_ millihertz: Int64) -> String {
        millihertz % 1000 == 0 ? "\(millihertz / 1000)" : "\(millihertz / 1000).\((millihertz % 1000) / 100)"
    }

    private static func isAllowed(_ mode: CameraMode, _ needs: CameraNeeds) -> Bool {
        if let size = needs.size, size != (mode.width, mode.height) { return false }
        return needs.format.isEmpty || CameraEncoding.name(needs.format, isOf: mode.code)
    }

    /// The slowest that is fast enough, else the fastest.
    private static func interval(_ mode: CameraMode, _ wanted: Int64) -> (numerator: UInt32, denominator: UInt32)? {
        var best: (numerator: UInt32, denominator: UInt32)?
        for rates in mode.rates {
            guard let interval = rates.interval(atLeast: wanted) else { continue }
            let isSlower = best.map {
                UInt64(interval.numerator) * UInt64($0.denominator) > UInt64($0.numerator)
                    * UInt64(interval.denominator)
            }
            if isSlower ?? true { best = interval }
        }
        return best ?? mode.rates.max { $0.fastest < $1.fastest }?.least
    }
}

/// What a mode costs, in bytes gone through a frame.
struct CameraCost {
    let touches: Int64
    let isTooSmall: Bool
    /// The rate falls short of what is wanted.
    private let isTooSlow: Bool
    /// Grey for a model that looks at colours.
    private let lacksColour: Bool
    private let pixels: Int64

    /// No format has longer sides.
    private static var sides: ClosedRange<Int> { 1...65535 }

    /// Nil: frames of this mode cannot be used.
    init?(_ mode: CameraMode, _ needs: CameraNeeds) {
        guard let encoding = CameraEncoding(mode.code), CameraCost.sides ~= mode.width, CameraCost.sides ~= mode.height
        else { return nil }
        let area = Int64(mode.width) * Int64(mode.height)
        var touches: Int64
        var lacksColour = false
        switch encoding {
        case .jpeg:
            guard JPEGDecoder.isAvailable else { return nil }
            // Huffman codes and the transform are gone through for every block, at whatever scale.
            touches = 12 * area
        case .pixels(let format):
            guard FrameShape(format, width: mode.width, height: mode.height) != nil else { return nil }
            switch format {
            case .grey:
                touches = area
                lacksColour = !needs.isGrey
            // Light and colour are gone through one after the other; in packed rows each time over both.
            case .yuyv, .uyvy: touches = needs.isGrey ? 2 * area : 4 * area
            case .yuv420, .nv12, .nv21: touches = needs.isGrey ? area : area * 3 / 2
            case .rgb24, .bgr24: touches = 3 * area
            // Neither white balance nor gamma: only where there is nothing better.
            case .bayer: touches = 10 * area
            }
        }
        // A library's conversion reads the camera's own format and writes this one.
        if mode.isEmulated { touches += 6 * area }
        self.touches = touches
        self.lacksColour = lacksColour
        pixels = area
        isTooSmall = mode.width < needs.width || mode.height < needs.height
        isTooSlow = needs.millihertz.map { mode.fastest > 0 && mode.fastest < $0 } ?? false
    }

    func isLess(than other: CameraCost) -> Bool {
        if lacksColour != other.lacksColour { return !lacksColour }
        if isTooSmall != other.isTooSmall { return !isTooSmall }
        // Among modes that are too small the largest is the best.
        if isTooSmall, pixels != other.pixels { return pixels > other.pixels }
        if isTooSlow != other.isTooSlow { return !isTooSlow }
        return touches < other.touches
    }
}
