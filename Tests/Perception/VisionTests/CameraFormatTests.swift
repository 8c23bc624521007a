import CBundle
import Testing

@testable import Vision

/// Formats and mountings of cameras, each against one that is known to be right.
@Suite struct CameraFormatTests {
    /// A frame of `format` that says the same as one of `other`, its bytes moved by `order` within each `group`.
    private func expectSame(
        _ format: PixelFormat, as other: PixelFormat, group: Int, order: [Int],
        from start: (FrameShape) -> Int = { _ in 0 }
    ) throws {
        var random = Repeatable(5)
        for channels in [1, 3] {
            let shape = try #require(FrameShape(other, width: 10, height: 6))
            let frame = random.bytes(shape.bytes)
            var moved = frame
            let first = start(shape)
            for index in first..<frame.count {
                let place = (index - first) % group
                moved[index] = frame[index - place + order[place]]
            }
            let record = makeRecord(7, 5, channels: channels)
            let twin = try #require(FrameShape(format, width: 10, height: 6))
            #expect(try convert(record, twin, moved) == convert(record, shape, frame))
        }
    }

    @Test func uyvyIsYuyvWithItsBytesSwapped() throws { try expectSame(.uyvy, as: .yuyv, group: 2, order: [1, 0]) }

    @Test func bgr24IsRgb24Reversed() throws { try expectSame(.bgr24, as: .rgb24, group: 3, order: [2, 1, 0]) }

    @Test func nv21IsNv12WithItsChromaSwapped() throws {
        try expectSame(.nv21, as: .nv12, group: 2, order: [1, 0]) { $0.width * $0.height }
    }

    /// Squares of a colour filter, each of one colour, are the pixels of a picture of half the size.
    @Test(arguments: [BayerOrder.rggb, .grbg, .gbrg, .bggr]) func bayerSquaresArePixels(_ order: BayerOrder) throws {
        let (width, height) = (8, 6)
        var random = Repeatable(9)
        let picture = random.bytes(width * height * 3)
        // Component of the upper left, upper right, lower left and lower right place.
        let places: [Int] =
            switch order {
            case .rggb: [0, 1, 1, 2]
            case .grbg: [1, 0, 2, 1]
            case .gbrg: [1, 2, 0, 1]
            case .bggr: [2, 1, 1, 0]
            }
        var raw = [UInt8](repeating: 0, count: 4 * width * height)
        for y in 0..<2 * height {
            for x in 0..<2 * width {
                raw[y * 2 * width + x] = picture[(y / 2 * width + x / 2) * 3 + places[y % 2 * 2 + x % 2]]
            }
        }
        let filtered = try #require(FrameShape(.bayer(order), width: 2 * width, height: 2 * height))
        let plain = try #require(FrameShape(.rgb24, width: width, height: height))
        // A stride cannot be packed, so the frame is viewed as a camera gives it.
        for channels in [1, 3] {
            for side in [3, 8] {
                let record = makeRecord(side, side, channels: channels)
                #expect(try convert(record, filtered, raw) == convert(record, plain, picture), "\(side) \(channels)")
            }
        }
        #expect(FrameShape(.bayer(order), width: 3, height: 2) == nil)
        #expect(FrameShape(.bayer(order), width: 2, height: 3) == nil)
    }

    @Test(arguments: [PixelFormat.yuyv, .nv12, .yuv420, .rgb24, .grey, .bayer(.grbg)])
    func paddedRowsReadAsPackedOnes(_ format: PixelFormat) throws {
        let shape = try #require(FrameShape(format, width: 12, height: 6))
        var random = Repeatable(3)
        let packed = random.bytes(shape.bytes)
        // Rows of half-wide planes are padded by half as much.
        var padded: [UInt8] = []
        var offset = 0
        if case .bayer = format {
            for row in 0..<6 { padded += packed[row * 12..<row * 12 + 12] + [1, 2, 3, 4] }
        } else {
            for plane in 0..<shape.planes {
                let bytes = shape.rowBytes(ofPlane: plane)
                let padding = [UInt8](repeating: 99, count: plane > 0 && format == .yuv420 ? 2 : 4)
                for _ in 0..<shape.rows(ofPlane: plane) {
                    padded += packed[offset..<offset + bytes] + padding
                    offset += bytes
                }
            }
        }
        let record = makeRecord(5, 4, channels: 3)
        var preprocessor = try Preprocessor(record, shape)
        var tensor = [UInt8](repeating: 0, count: preprocessor.bytes)
        try padded.withUnsafeBytes { bytes in
            let view = try #require(FrameView(shape, bytes, stride: shape.rowBytes(ofPlane: 0) + 4))
            tensor.withUnsafeMutableBytes { preprocessor.convert(view, into: $0) }
            // One byte less than the last row needs.
            let end = format == .yuv420 ? bytes.count - 3 : bytes.count - 5
            let short = UnsafeRawBufferPointer(rebasing: bytes[..<end])
            #expect(FrameView(shape, short, stride: shape.rowBytes(ofPlane: 0) + 4) == nil)
            #expect(FrameView(shape, bytes, stride: shape.rowBytes(ofPlane: 0) - 1) == nil)
        }
        #expect(tensor == (try convert(record, shape, packed)))
    }

    /// Turned back by hand, a turned frame gives the same input as an upright one.
    @Test(arguments: 0..<8) func turnedFramesAreSetUpright(_ orientation: Int) throws {
        var random = Repeatable(UInt64(orientation))
        for round in 0..<40 {
            let (width, height) = (Int.random(in: 1...9, using: &random), Int.random(in: 1...9, using: &random))
            let upright = random.bytes(width * height * 3)
            // Undo the mirror, then turn anticlockwise.
            var frame = upright
            var (w, h) = (width, height)
            if orientation & 4 != 0 { frame = move(frame, w, h, to: (w, h)) { (w - 1 - $0, $1) } }
            for _ in 0..<orientation % 4 {
                let (before, side) = (h, w)
                frame = move(frame, w, h, to: (h, w)) { ($1, side - 1 - $0) }
                (w, h) = (before, side)
            }
            let shape = try #require(FrameShape(.rgb24, width: w, height: h))
            let reference = try #require(FrameShape(.rgb24, width: width, height: height))
            // Parts with edges on pixels: where they are rounded is another matter.
            let crop: (UInt16, UInt16, UInt16, UInt16) = round % 2 == 0 ? (0, 0, 65535, 65535) : (0, 0, 65535, 21845)
            if round % 2 == 1, height % 3 != 0 { continue }
            var record = makeRecord(
                Int.random(in: 1...9, using: &random), Int.random(in: 1...9, using: &random),
                channels: Bool.random(using: &random) ? 1 : 3, crop: crop)
            let expected = try convert(record, reference, upright)
            record.orientation = UInt8(orientation)
            #expect(try convert(record, shape, frame) == expected, "\(width)x\(height), round \(round)")
        }
    }

    @Test func barsOfATurnedFrameLieWhereTheyShould() throws {
        // 2 wide, 4 high in memory; upright 4 wide, 2 high: bars above and below.
        let shape = try #require(FrameShape(.grey, width: 2, height: 4))
        var record = makeRecord(4, 4, channels: 1, fit: OC_FIT_CONTAIN, fill: 9)
        record.orientation = 1
        let bar: [UInt8] = [9, 9, 9, 9]
        #expect(
            try convert(record, shape, [1, 2, 3, 4, 5, 6, 7, 8]) == bar + [7, 5, 3, 1] + [8, 6, 4, 2] + bar)
    }

    /// Moves three-byte pixels.
    private func move(
        _ pixels: [UInt8], _ width: Int, _ height: Int, to size: (Int, Int), _ place: (Int, Int) -> (Int, Int)
    ) -> [UInt8] {
        var moved = pixels
        for y in 0..<height {
            for x in 0..<width {
                let (toX, toY) = place(x, y)
                for c in 0..<3 { moved[(toY * size.0 + toX) * 3 + c] = pixels[(y * width + x) * 3 + c] }
            }
        }
        return moved
    }
}
