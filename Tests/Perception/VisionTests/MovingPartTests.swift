import CBundle
import Testing

@testable import Vision

/// A converter whose part of the frame moves, as of objects that are cut out one after another.
@Suite struct MovingPartTests {
    @Test(
        "Each part gives what a converter made for it gives, in any order",
        arguments: [
            PixelFormat.yuv420, .yuyv, .uyvy, .nv12, .nv21, .grey, .rgb24, .bgr24, .bayer(.rggb), .bayer(.gbrg),
        ])
    func parts(format: PixelFormat) throws {
        var random = Repeatable(23)
        for _ in 0..<60 {
            let width = 2 * Int.random(in: 1...90, using: &random)
            let height = 2 * Int.random(in: 1...60, using: &random)
            guard
                let shape = FrameShape(
                    format, width: width, height: height, range: Bool.random(using: &random) ? .full : .limited)
            else { continue }
            var record = makeRecord(
                Int.random(in: 1...40, using: &random), Int.random(in: 1...40, using: &random),
                channels: Bool.random(using: &random) ? 1 : 3,
                fit: [OC_FIT_STRETCH, OC_FIT_COVER, OC_FIT_CONTAIN][Int.random(in: 0...2, using: &random)], fill: 77,
                crop: (20000, 0, 30000, 50000))
            record.orientation = UInt8.random(in: 0...7, using: &random)
            let frame = random.bytes(shape.bytes)
            var moving = try Preprocessor(record, shape, moves: true)
            var tensor = [UInt8](repeating: 0xa5, count: moving.bytes)
            let masked = oc_region(x: 9000, y: 8000, width: 21000, height: 23000)
            let mask = Mask(record, shape, [masked])
            for _ in 0..<12 {
                let x = UInt16.random(in: 0...65534, using: &random)
                let y = UInt16.random(in: 0...65534, using: &random)
                let isTiny = Int.random(in: 0...3, using: &random) == 0
                let part = oc_region(
                    x: x, y: y, width: isTiny ? 1 : UInt16.random(in: 1...65535 - x, using: &random),
                    height: isTiny ? 1 : UInt16.random(in: 1...65535 - y, using: &random))
                moving.move(to: part)
                var own = record
                own.crop = (part.x, part.y, part.width, part.height)
                var expected = try convert(own, shape, frame)
                frame.withUnsafeBytes { bytes in
                    tensor.withUnsafeMutableBytes { tensor in
                        if let view = FrameView(shape, packed: bytes) { moving.convert(view, into: tensor) }
                    }
                }
                #expect(tensor == expected, "\(part) of \(shape) to \(record.width)x\(record.height)")
                let ownMask = Mask(own, shape, [masked])
                expected.withUnsafeMutableBytes { ownMask.paint($0) }
                tensor.withUnsafeMutableBytes { mask.paint($0, seen: part) }
                #expect(tensor == expected)
            }
        }
    }
}
