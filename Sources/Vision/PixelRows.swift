/// The inner loops of the conversion, each over one row. They take plain pointers, so that vector code can stand in for
/// them; `Preprocessor` guarantees the bounds stated here. Boards compile for size: what these are inlined into says that
/// it wants speed.
enum PixelRows {
    /// sums[i] = row[i] * weight, or, unless `isFirst`, sums[i] += row[i] * weight.
    /// - Parameters:
    ///   - row, sums: `count` elements each. The sums stay below 2^24: weights of one output add up to 65536 at most.
    @inline(__always)
    static func accumulate(
        _ row: UnsafePointer<UInt8>, weight: UInt16, into sums: UnsafeMutablePointer<UInt32>, count: Int, isFirst: Bool
    ) {
        let weight = UInt32(weight)
        if isFirst {
            for index in 0..<count { sums[index] = UInt32(row[index]) &* weight }
        } else {
            for index in 0..<count { sums[index] = sums[index] &+ UInt32(row[index]) &* weight }
        }
    }

    /// Sums of columns to samples in 1/256: samples[i] = the average of `axis`' taps, rounded to nearest, half up.
    /// - Parameters:
    ///   - sums: of the component's samples from `axis.range.lowerBound` on, `step` elements from one to the next.
    ///   - division: by 2 * `total`.
    ///   - total: what the weights of both directions add up to, multiplied; at most 2^32.
    ///   - samples: `axis.count` elements.
    @inline(__always)
    static func reduce(
        _ sums: UnsafePointer<UInt32>, step: Int, _ axis: borrowing ResamplingAxis, _ division: InvariantDivision,
        total: UInt64, into samples: UnsafeMutablePointer<UInt16>
    ) {
        let start = axis.range.lowerBound
        for output in 0..<axis.count {
            var source = (axis.first(output) &- start) &* step
            var sum: UInt64 = 0
            for weight in axis.taps(output) {
                sum = sum &+ UInt64(sums[source]) &* UInt64(weight)
                source = source &+ step
            }
            // At most 255 * 256 as the weights add up to the total.
            samples[output] = UInt16(truncatingIfNeeded: division.quotient(sum &* 512 &+ total))
        }
    }

    /// first[i] = the average of both, rounded half up.
    @inline(__always)
    static func average(_ first: UnsafeMutablePointer<UInt16>, _ second: UnsafePointer<UInt16>, count: Int) {
        for index in 0..<count {
            first[index] = UInt16(truncatingIfNeeded: (UInt32(first[index]) &+ UInt32(second[index]) &+ 1) &>> 1)
        }
    }

    /// Luma to one channel.
    @inline(__always)
    static func grey(
        _ luma: UnsafePointer<UInt16>, _ colour: ColourEquation, _ table: UnsafePointer<UInt8>,
        into pixels: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        for index in 0..<count { pixels[index] = table[colour.grey(luma[index])] }
    }

    /// Red, green and blue to one channel: the luma of ITU-R BT.601, weights in 1/65536.
    @inline(__always)
    static func grey(
        _ red: UnsafePointer<UInt16>, _ green: UnsafePointer<UInt16>, _ blue: UnsafePointer<UInt16>,
        _ table: UnsafePointer<UInt8>, into pixels: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        for index in 0..<count {
            let sum = UInt32(red[index]) &* 19595 &+ UInt32(green[index]) &* 38470 &+ UInt32(blue[index]) &* 7471
            pixels[index] = table[Int((sum &+ 1 << 23) &>> 24)]
        }
    }

    /// Luma and chroma to three channels, in the order of `tables`' positions.
    @inline(__always)
    static func colour(
        _ luma: UnsafePointer<UInt16>, _ blueness: UnsafePointer<UInt16>, _ redness: UnsafePointer<UInt16>,
        _ colour: ColourEquation, _ tables: ChannelTables, into pixels: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        for index in 0..<count {
            let (red, green, blue) = colour.colour(luma[index], blueness[index], redness[index])
            tables.write(red, green, blue, to: pixels + 3 &* index)
        }
    }

    /// Red, green and blue to three channels.
    @inline(__always)
    static func colour(
        _ red: UnsafePointer<UInt16>, _ green: UnsafePointer<UInt16>, _ blue: UnsafePointer<UInt16>,
        _ tables: ChannelTables, into pixels: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        for index in 0..<count {
            tables.write(
                Int((red[index] &+ 128) &>> 8), Int((green[index] &+ 128) &>> 8), Int((blue[index] &+ 128) &>> 8),
                to: pixels + 3 &* index)
        }
    }
}

/// Tables from pixel value to tensor byte, and where each colour goes.
struct ChannelTables {
    let tables: UnsafePointer<UInt8>  // three of 256 bytes, in the tensor's order of channels
    let redFirst: Bool

    @inline(__always)
    func write(_ red: Int, _ green: Int, _ blue: Int, to pixel: UnsafeMutablePointer<UInt8>) {
        pixel[0] = tables[redFirst ? red : blue]
        pixel[1] = tables[256 &+ green]
        pixel[2] = tables[512 &+ (redFirst ? blue : red)]
    }
}

/// ITU-R BT.601 from YCbCr to RGB, in 1/8192, for samples in 1/256. Sums stay within ±1.2 * 10^9.
struct ColourEquation {
    private let black: Int32
    private let luma: Int32
    private let redFromRedness: Int32
    private let greenFromBlueness: Int32
    private let greenFromRedness: Int32
    private let blueFromBlueness: Int32

    init(_ range: ColorRange) {
        switch range {
        case .limited:  // luma * 255 / 219, chroma * 255 / 224
            (black, luma) = (16 << 8, 9539)
            (redFromRedness, greenFromBlueness, greenFromRedness, blueFromBlueness) = (13075, 3209, 6660, 16525)
        case .full:
            (black, luma) = (0, 8192)
            (redFromRedness, greenFromBlueness, greenFromRedness, blueFromBlueness) = (11485, 2819, 5850, 14516)
        }
    }

    /// 0 to 255.
    @inline(__always)
    func grey(_ sample: UInt16) -> Int { pixel((Int32(sample) &- black) &* luma) }

    @inline(__always)
    func colour(_ sample: UInt16, _ blueness: UInt16, _ redness: UInt16) -> (red: Int, green: Int, blue: Int) {
        let light = (Int32(sample) &- black) &* luma
        let blueness = Int32(blueness) &- 128 << 8
        let redness = Int32(redness) &- 128 << 8
        return (
            pixel(light &+ redness &* redFromRedness),
            pixel(light &- blueness &* greenFromBlueness &- redness &* greenFromRedness),
            pixel(light &+ blueness &* blueFromBlueness)
        )
    }

    @inline(__always)
    private func pixel(_ value: Int32) -> Int { Int(min(max((value &+ 1 << 20) &>> 21, 0), 255)) }
}
