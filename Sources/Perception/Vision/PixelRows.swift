import CKernels

/// Those inner loops of the conversion that are not in C (oc_pixels.h), each over one row. They take plain pointers;
/// `Preprocessor` guarantees the bounds stated here. Boards compile for size: what these are inlined into says that
/// it wants speed.
enum PixelRows {
    /// Sums of columns to samples in 1/256: samples[i] = the average of `axis`' taps, rounded to nearest, half up.
    /// - Parameters:
    ///   - sums: of the component's samples from `axis.range.lowerBound` on.
    ///   - division: by 2 * `total`.
    ///   - total: what the weights of both directions add up to, multiplied; at most 2^32.
    ///   - samples: `axis.count` elements.
    @inline(__always)
    static func reduce(
        _ sums: UnsafePointer<UInt32>, _ axis: borrowing ResamplingAxis, _ division: InvariantDivision,
        total: UInt64, into samples: UnsafeMutablePointer<UInt16>
    ) {
        for output in 0..<axis.count {
            let (first, weights) = axis.parts(of: output)
            var source = first &- axis.range.lowerBound
            var sum: UInt64 = 0
            for weight in weights {
                sum = sum &+ UInt64(sums[source]) &* UInt64(weight)
                source = source &+ 1
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

extension oc_pixels_equation {
    /// For samples in 1/256.
    init(_ range: ColorRange) {
        switch range {
        case .limited:  // luma * 255 / 219, chroma * 255 / 224
            self.init(
                black: 16 << 8, luma: 9539, red_redness: 13075, green_blueness: 3209, green_redness: 6660,
                blue_blueness: 16525)
        case .full:
            self.init(
                black: 0, luma: 8192, red_redness: 11485, green_blueness: 2819, green_redness: 5850,
                blue_blueness: 14516)
        }
    }
}
