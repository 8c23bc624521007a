import Drawing
import Pictures
import Testing

@Suite struct DrawingTests {
    @Test("A small picture is enlarged, and keeps its pixels above the scores")
    func enlarges() throws {
        let picture = try Picture(width: 96, height: 50, channels: 1)
        picture.pixels[95] = 200
        let drawn = try Drawing.annotate(picture, scores: [.init(label: "person", probability: 0.93)])
        #expect(drawn.width == 384 && drawn.height > 200 && drawn.channels == 3)
        let corner = Array(drawn.pixels[(3 * 384 + 380) * 3..<(3 * 384 + 381) * 3])
        #expect(corner == [200, 200, 200])
        // Dark ground and white letters.
        let bar = Array(drawn.pixels[(200 * 384 * 3)...])
        #expect(bar.contains(255) && bar.contains(0x24))
    }

    @Test("A higher probability draws a longer bar")
    func bars() throws {
        func blue(_ probability: Double) throws -> Int {
            let picture = try Picture(width: 400, height: 10, channels: 3)
            let drawn = try Drawing.annotate(picture, scores: [.init(label: "", probability: probability)])
            let pixels = drawn.pixels
            return stride(from: 0, to: pixels.count, by: 3).count { pixels[$0] == 0x1e && pixels[$0 + 2] == 0xd0 }
        }
        let (none, half, full) = (try blue(0), try blue(0.5), try blue(1))
        #expect(none == 0 && half > 0 && full == 2 * half)
        #expect(try blue(.nan) == 0)
        #expect(try blue(7) == full)
    }

    @Test("A box lies where its fractions say, and nowhere else")
    func box() throws {
        let picture = try Picture(width: 400, height: 200, channels: 3)
        let drawn = try Drawing.annotate(
            picture, boxes: [.init(left: 0.25, top: 0.5, right: 0.75, bottom: 1, label: "")])
        #expect(drawn.width == 400 && drawn.height == 200)
        func red(_ x: Int, _ y: Int) -> UInt8 { drawn.pixels[(y * 400 + x) * 3] }
        for (x, y) in [(100, 100), (299, 100), (100, 199), (299, 199), (200, 101)] { #expect(red(x, y) == 0xd8) }
        for (x, y) in [(99, 150), (300, 150), (200, 99), (200, 150)] { #expect(red(x, y) == 0) }
    }

    @Test(
        "Boxes and texts beyond the picture are cut off",
        arguments: [
            Drawing.Box(left: -5, top: -1, right: 9, bottom: 9, label: String(repeating: "wide ", count: 500)),
            Drawing.Box(left: 0.9, top: 0.9, right: 0.1, bottom: 0.1, label: "inside out"),
            Drawing.Box(left: .nan, top: 0, right: .infinity, bottom: 1, label: "no number"),
            Drawing.Box(left: 0.999, top: 0, right: 1, bottom: 0.001, label: "Ärger 猫 🐈"),
        ])
    func beyond(box: Drawing.Box) throws {
        let picture = try Picture(width: 3, height: 5, channels: 1)
        let drawn = try Drawing.annotate(
            picture, scores: [.init(label: String(repeating: "é", count: 999), probability: -1)], boxes: [box])
        #expect(drawn.width == 384)
    }

    @Test("No picture, and one without room for the text, are errors")
    func errors() throws {
        #expect(throws: DrawingError.empty) { _ = try Drawing.annotate(Picture()) }
        #expect(throws: DrawingError.tooLarge) {
            _ = try Drawing.annotate(
                Picture(width: 400, height: 16384, channels: 1), scores: [.init(label: "", probability: 0)])
        }
    }
}
