import CBundle
import Testing
import Vision

@testable import Recording

@Suite struct FrameSamplerTests {
    private static let formats: [PixelFormat] = [
        .yuv420, .yuyv, .uyvy, .nv12, .nv21, .grey, .rgb24, .bgr24, .bayer(.rggb), .bayer(.bggr),
    ]

    /// All samples brighten from the upper left to the lower right.
    private func slope(_ shape: FrameShape) -> [UInt8] {
        var bytes: [UInt8] = []
        var planes = shape.planes
        if case .bayer = shape.format { planes = 1 }
        for plane in 0..<planes {
            let rows = planes < shape.planes ? shape.height : shape.rows(ofPlane: plane)
            let rowBytes = shape.rowBytes(ofPlane: plane)
            for row in 0..<rows {
                for byte in 0..<rowBytes { bytes.append(UInt8(60 + 64 * byte / rowBytes + 64 * row / rows)) }
            }
        }
        return bytes
    }

    private func picture(_ shape: FrameShape, _ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
        var record = oc_preprocess()
        (record.width, record.height, record.channels, record.crop) = (64, 48, 3, (0, 0, 65535, 65535))
        withUnsafeMutableBytes(of: &record.table) { table in
            for index in 0..<768 { table[index] = UInt8(truncatingIfNeeded: index) }
        }
        var maker = try Preprocessor(record, shape)
        var picture = [UInt8](repeating: 0, count: maker.bytes)
        let frame = try #require(FrameView(shape, packed: bytes))
        picture.withUnsafeMutableBytes { maker.convert(frame, into: $0) }
        return picture
    }

    /// What is kept, in memory that ends with it.
    private func kept(_ sampler: FrameSampler, _ bytes: [UInt8]) throws -> [UInt8] {
        var kept = [UInt8](repeating: 0, count: sampler.shape.bytes)
        try bytes.withUnsafeBytes { bytes in
            let frame = try #require(FrameView(sampler.source, packed: bytes))
            kept.withUnsafeMutableBytes { sampler.take(frame, into: $0) }
        }
        return kept
    }

    @Test("A picture of what is kept is that of the frame", arguments: formats)
    func pictures(format: PixelFormat) throws {
        for (width, height) in [(64, 48), (128, 96), (130, 98), (320, 240), (640, 480), (1280, 722)] {
            let shape = try #require(FrameShape(format, width: width, height: height))
            let sampler = try #require(FrameSampler(shape, columns: 64, rows: 48, room: 64 * 64 * 3))
            #expect(sampler.shape.bytes <= 64 * 64 * 3)
            let bytes = slope(shape)
            let expected = try bytes.withUnsafeBytes { try picture(shape, $0) }
            let found = try kept(sampler, bytes).withUnsafeBytes { try picture(sampler.shape, $0) }
            let worst = zip(expected, found).map { abs(Int($0) - Int($1)) }.max() ?? 255
            #expect(worst <= 8, "\(width)x\(height)")
        }
    }

    @Test("Frames of any shape can be kept", arguments: formats) func shapes(format: PixelFormat) throws {
        for width in [1, 2, 3, 16, 17, 18, 33, 100, 999, 16384] {
            for height in [1, 2, 3, 16, 17, 18, 47, 640] {
                guard let shape = FrameShape(format, width: width, height: height) else { continue }
                let longer = max(width, height)
                let side = min(longer, 16)
                let sampler = FrameSampler(
                    shape, columns: max(width * side / longer, 1), rows: max(height * side / longer, 1),
                    room: 16 * 16 * 3)
                let taken = try kept(
                    try #require(sampler, "\(width)x\(height)"), [UInt8](repeating: 77, count: shape.bytes))
                #expect(taken.allSatisfy { $0 == 77 }, "\(width)x\(height)")
            }
        }
    }
}
