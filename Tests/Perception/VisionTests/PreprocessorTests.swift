import CBundle
import Testing

@testable import Vision

private let formats: [PixelFormat] = [.yuv420, .yuyv, .nv12, .grey, .rgb24]

@Suite struct PreprocessorTests {
    @Test(arguments: formats) func randomFramesEqualTheSlowModel(_ format: PixelFormat) throws {
        var random = Repeatable(UInt64(formats.firstIndex(of: format) ?? 0))
        for round in 0..<160 {
            // Small ones for the ends of rows, some wide enough for blocks of pixels.
            let limit = round % 20 == 0 ? 200 : 24
            var width = Int.random(in: 1...limit, using: &random)
            if format == .yuyv { width += width % 2 }
            let shape = try #require(
                FrameShape(
                    format, width: width, height: Int.random(in: 1...limit / 2, using: &random),
                    range: Bool.random(using: &random) ? .full : .limited))
            func part() -> UInt16 { UInt16.random(in: 0...65535, using: &random) }
            let isWhole = Bool.random(using: &random)
            let record = makeRecord(
                Int.random(in: 1...40, using: &random), Int.random(in: 1...20, using: &random),
                channels: Bool.random(using: &random) ? 1 : 3,
                fit: [OC_FIT_STRETCH, OC_FIT_COVER, OC_FIT_CONTAIN][Int.random(in: 0...2, using: &random)],
                bgr: Bool.random(using: &random), fill: 77,
                crop: isWhole ? (0, 0, 65535, 65535) : (part(), part(), part(), part()),
                table: { UInt8(truncatingIfNeeded: $1 &* 3 &+ $0 &* 50) })
            let frame = random.bytes(shape.bytes)
            let expected = SlowModel(record: record, shape: shape, frame: frame).convert()
            #expect(try convert(record, shape, frame) == expected, "\(shape) to \(record.width)x\(record.height)")
        }
    }

    @Test func areaAveragesAreExact() throws {
        let shape = try #require(FrameShape(.grey, width: 3, height: 3))
        let frame: [UInt8] = [0, 30, 60, 90, 120, 150, 180, 210, 240]
        #expect(try convert(makeRecord(1, 1, channels: 1), shape, frame) == [120])
        // 3 to 2: the middle sample counts half on both sides.
        #expect(try convert(makeRecord(2, 1, channels: 1), shape, frame) == [100, 140])
        #expect(try convert(makeRecord(3, 3, channels: 1), shape, frame) == frame)
    }

    @Test func enlargingInterpolatesBetweenCentres() throws {
        let shape = try #require(FrameShape(.grey, width: 2, height: 1))
        #expect(try convert(makeRecord(4, 2, channels: 1), shape, [0, 100]) == [0, 25, 75, 100, 0, 25, 75, 100])
    }

    @Test func limitedRangeIsSpread() throws {
        let limited = try #require(FrameShape(.yuv420, width: 2, height: 2))
        let full = try #require(FrameShape(.yuv420, width: 2, height: 2, range: .full))
        let record = makeRecord(2, 2, channels: 1)
        #expect(try convert(record, limited, [16, 235, 0, 255, 128, 128]) == [0, 255, 0, 255])
        #expect(try convert(record, full, [16, 235, 0, 255, 128, 128]) == [16, 235, 0, 255])
    }

    /// The primaries of BT.601, limited range, as the recommendation gives them.
    @Test(
        arguments: [
            ([82, 90, 240], [255, 1, 0]), ([145, 54, 34], [1, 255, 1]), ([41, 240, 110], [0, 0, 255]),
            ([235, 128, 128], [255, 255, 255]), ([16, 128, 128], [0, 0, 0]), ([126, 128, 128], [128, 128, 128]),
        ] as [([UInt8], [UInt8])])
    func coloursFollowTheRecommendation(_ yuv: [UInt8], _ rgb: [UInt8]) throws {
        for format in [PixelFormat.yuyv, .yuv420, .nv12] {
            let shape = try #require(FrameShape(format, width: 2, height: 2))
            let (y, u, v) = (yuv[0], yuv[1], yuv[2])
            let frame: [UInt8] = format == .yuyv ? [y, u, y, v, y, u, y, v] : [y, y, y, y, u, v]
            let pixel = try convert(makeRecord(1, 1, channels: 3), shape, frame)
            #expect(zip(pixel, rgb).allSatisfy { abs(Int($0) - Int($1)) <= 1 }, "\(format): \(pixel), not \(rgb)")
            #expect(try convert(makeRecord(1, 1, channels: 3, bgr: true), shape, frame) == pixel.reversed())
        }
    }

    @Test func greyOfRedGreenBlueIsLuma() throws {
        let shape = try #require(FrameShape(.rgb24, width: 4, height: 1))
        let frame: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]
        #expect(try convert(makeRecord(4, 1, channels: 1), shape, frame) == [76, 150, 29, 255])
    }

    @Test func barsAreFilledThroughTheTable() throws {
        let shape = try #require(FrameShape(.grey, width: 4, height: 2))
        let record = makeRecord(4, 4, channels: 1, fit: OC_FIT_CONTAIN, fill: 9, table: { UInt8($1) ^ 0x80 })
        let image = [UInt8](repeating: 5 ^ 0x80, count: 8)
        let bar = [UInt8](repeating: 9 ^ 0x80, count: 4)
        #expect(try convert(record, shape, [UInt8](repeating: 5, count: 8)) == bar + image + bar)
    }

    @Test func coverKeepsTheMiddle() throws {
        let shape = try #require(FrameShape(.grey, width: 4, height: 2))
        let record = makeRecord(2, 2, channels: 1, fit: OC_FIT_COVER)
        #expect(try convert(record, shape, [1, 2, 3, 4, 5, 6, 7, 8]) == [2, 3, 6, 7])
    }

    @Test(
        arguments: [
            (65535, 65535, 0, 0), (0, 0, 0, 0), (65535, 0, 65535, 65535), (32768, 32768, 1, 1),
        ] as [(UInt16, UInt16, UInt16, UInt16)])
    func extremeCropsLeaveAPixel(_ crop: (UInt16, UInt16, UInt16, UInt16)) throws {
        for format in formats {
            let shape = try #require(FrameShape(format, width: 6, height: 5))
            var random = Repeatable(1)
            let frame = random.bytes(shape.bytes)
            let record = makeRecord(3, 3, channels: 3, crop: crop)
            #expect(
                try convert(record, shape, frame) == SlowModel(record: record, shape: shape, frame: frame).convert())
        }
    }

    @Test func largestFramesDoNotOverflow() throws {
        let shape = try #require(FrameShape(.grey, width: 16384, height: 2000))
        let frame = [UInt8](repeating: 255, count: shape.bytes)
        #expect(try convert(makeRecord(3, 2, channels: 1), shape, frame) == [255, 255, 255, 255, 255, 255])
        let narrow = try #require(FrameShape(.yuv420, width: 1, height: 1, range: .full))
        let wide = try convert(makeRecord(8192, 1, channels: 3), narrow, [255, 128, 128])
        #expect(wide.allSatisfy { $0 == 255 })
    }

    @Test func stridesAreHonoured() throws {
        let shape = try #require(FrameShape(.nv12, width: 5, height: 3))
        var random = Repeatable(7)
        let packed = random.bytes(shape.bytes)
        var padded: [UInt8] = []
        for row in 0..<3 { padded += packed[row * 5..<row * 5 + 5] + [1, 2, 3] }
        let chromaStart = padded.count
        for row in 0..<2 { padded += packed[15 + row * 6..<21 + row * 6] + (row == 0 ? [9, 9] : []) }
        let record = makeRecord(4, 4, channels: 3)
        var preprocessor = try Preprocessor(record, shape)
        var tensor = [UInt8](repeating: 0, count: preprocessor.bytes)
        padded.withUnsafeBytes { bytes in
            let none = FrameView.Plane(UnsafeRawBufferPointer(start: nil, count: 0), stride: 0)
            let planes = (
                FrameView.Plane(UnsafeRawBufferPointer(rebasing: bytes[..<chromaStart]), stride: 8),
                FrameView.Plane(UnsafeRawBufferPointer(rebasing: bytes[chromaStart...]), stride: 8), none
            )
            tensor.withUnsafeMutableBytes { tensor in
                if let view = FrameView(shape, planes) { preprocessor.convert(view, into: tensor) }
            }
        }
        #expect(tensor == (try convert(record, shape, packed)))
    }

    @Test func impossibleShapesAndRecordsAreRefused() throws {
        #expect(FrameShape(.grey, width: 0, height: 1) == nil)
        #expect(FrameShape(.grey, width: 1, height: 16385) == nil)
        #expect(FrameShape(.yuyv, width: 3, height: 1) == nil)
        let shape = try #require(FrameShape(.grey, width: 2, height: 2))
        [UInt8](repeating: 0, count: 3).withUnsafeBytes { #expect(FrameView(shape, packed: $0) == nil) }
        #expect(throws: PreprocessorError.size) { _ = try Preprocessor(makeRecord(0, 1, channels: 1), shape) }
        #expect(throws: PreprocessorError.size) { _ = try Preprocessor(makeRecord(1, 8193, channels: 1), shape) }
        #expect(throws: PreprocessorError.channels) { _ = try Preprocessor(makeRecord(1, 1, channels: 2), shape) }
        var record = makeRecord(1, 1, channels: 1)
        record.fit = 3
        #expect(throws: PreprocessorError.fit) { _ = try Preprocessor(record, shape) }
    }

    @Test func divisionIsExact() {
        var random = Repeatable(3)
        for round in 0..<20_000 {
            let divisor = UInt64.random(in: 2...(1 << UInt64.random(in: 2...33, using: &random)), using: &random)
            let division = InvariantDivision(by: divisor)
            let limit: UInt64 = 1 << 50 - 1
            let quotient = UInt64.random(in: 0...limit / divisor, using: &random)
            for dividend in [quotient * divisor, quotient * divisor &- 1, limit - UInt64(round)] where dividend <= limit
            {
                #expect(division.quotient(dividend) == dividend / divisor)
            }
        }
    }
}
