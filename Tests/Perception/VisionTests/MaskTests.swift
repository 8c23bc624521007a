import CBundle
import Testing

@testable import Vision

@Suite struct MaskTests {
    /// Whatever lies under a mask, the model's input is the same; and what is not painted is what it was.
    @Test func nothingUnderAMaskIsSeen() throws {
        var random = Repeatable(11)
        for _ in 0..<300 {
            let shape = try #require(
                FrameShape(
                    .grey, width: Int.random(in: 1...24, using: &random), height: Int.random(in: 1...24, using: &random)
                ))
            let record = makeRecord(
                Int.random(in: 1...20, using: &random), Int.random(in: 1...20, using: &random),
                channels: Bool.random(using: &random) ? 1 : 3,
                fit: [OC_FIT_STRETCH, OC_FIT_COVER, OC_FIT_CONTAIN][Int.random(in: 0...2, using: &random)], fill: 0,
                crop: Bool.random(using: &random) ? (0, 0, 65535, 65535) : (13107, 6553, 39321, 52428))
            let x = Int.random(in: 0...60000, using: &random)
            let y = Int.random(in: 0...60000, using: &random)
            let region = oc_region(
                x: UInt16(x), y: UInt16(y), width: UInt16.random(in: 1...UInt16(65535 - x), using: &random),
                height: UInt16.random(in: 1...UInt16(65535 - y), using: &random))
            let frame = [UInt8](repeating: 200, count: shape.bytes)
            var hidden = frame
            for row in 0..<shape.height {
                for column in 0..<shape.width where covers(region, column, row, shape) {
                    hidden[row * shape.width + column] = 90
                }
            }
            let plain = try convert(record, shape, frame)
            let masked = try paint(record, shape, frame, region)
            #expect(try paint(record, shape, hidden, region) == masked, "\(shape), \(region)")
            #expect(zip(plain, masked).allSatisfy { $0 == $1 || $1 == 0 })
        }
    }

    @Test func aMaskEndsWhereItIsSaidTo() throws {
        let shape = try #require(FrameShape(.grey, width: 8, height: 4))
        let half = oc_region(x: 0, y: 0, width: 32768, height: 65535)
        let frame = [UInt8](repeating: 200, count: shape.bytes)
        #expect(try paint(makeRecord(4, 1, channels: 1, fill: 7), shape, frame, half) == [7, 7, 200, 200])
    }

    private func paint(
        _ record: oc_preprocess, _ shape: FrameShape, _ frame: [UInt8], _ region: oc_region
    ) throws -> [UInt8] {
        var tensor = try convert(record, shape, frame)
        let mask = Mask(record, shape, [region])
        tensor.withUnsafeMutableBytes { mask.paint($0) }
        return tensor
    }

    private func covers(_ region: oc_region, _ column: Int, _ row: Int, _ shape: FrameShape) -> Bool {
        func overlaps(_ start: UInt16, _ length: UInt16, _ index: Int, _ size: Int) -> Bool {
            // Slivers are roundings of the fraction, not part of the mask.
            index * 65535 + 1023 < (Int(start) + Int(length)) * size && (index + 1) * 65535 - 1023 > Int(start) * size
        }
        return overlaps(region.x, region.width, column, shape.width)
            && overlaps(region.y, region.height, row, shape.height)
    }
}
