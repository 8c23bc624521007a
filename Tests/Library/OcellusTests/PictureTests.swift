import Ocellus
import TestSupport
import Testing

@Suite struct PictureTests {
    /// Pixels that are nowhere alike.
    private static func noise(_ count: Int) -> [UInt8] {
        var random = SplitMix64(state: 7)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    @Test("A picture gives what its input tensor gives, and padding is nobody's")
    func pictures() throws {
        let bundle = try personBundle()
        var model = try Model(copying: bundle.span.bytes)
        let (width, height) = (160, 120)
        let pixels = Self.noise(3 * width * height)
        try model.write(picture: pixels.span.bytes, .rgb, width: width, height: height)
        try model.run()
        let best = try model.top()
        #expect(best.count == 2 && best[0].score >= best[1].score && best[0].score <= 1)
        var padded: [UInt8] = []
        for row in 0..<height {
            padded += pixels[row * 3 * width..<(row + 1) * 3 * width] + [UInt8](repeating: 255, count: 8)
        }
        try model.write(picture: padded.span.bytes, .rgb, width: width, height: height, stride: 3 * width + 8)
        try model.run()
        let padding = try model.top()
        #expect(padding == best)
        var swapped = pixels
        for pixel in 0..<width * height { swapped.swapAt(3 * pixel, 3 * pixel + 2) }
        try model.write(picture: swapped.span.bytes, .bgr, width: width, height: height)
        try model.run()
        let reversed = try model.top()
        #expect(reversed == best)
    }

    @Test("Pictures of impossible sizes and of too few bytes are refused, and the last result stays")
    func misuse() throws {
        let bundle = try personBundle()
        var model = try Model(copying: bundle.span.bytes)
        let pixels = Self.noise(96 * 96)
        let bytes = pixels.span.bytes
        try model.write(picture: bytes, .grey, width: 96, height: 96)
        try model.run()
        let output = try model.output()
        for (width, height) in [(0, 1), (-1, 1), (1, 16385), (Int.max, Int.max), (Int.min, 1)] {
            #expect(refusal { try model.write(picture: bytes, .grey, width: width, height: height) }.contains("16384"))
        }
        #expect(refusal { try model.write(picture: bytes, .yuyv, width: 3, height: 2) }.contains("even"))
        #expect(refusal { try model.write(picture: bytes, .grey, width: 97, height: 96) }.contains("9312"))
        #expect(refusal { try model.write(picture: bytes, .rgb, width: 96, height: 96) }.contains("27648"))
        for stride in [95, -1, Int.min, Int.max, 97] {
            let reason = refusal { try model.write(picture: bytes, .grey, width: 96, height: 96, stride: stride) }
            #expect(reason.contains("no picture"))
        }
        let kept = try model.output()
        #expect(kept == output)
    }
}
