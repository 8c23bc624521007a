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

    private static func colour(_ picture: borrowing Picture, _ x: Int, _ y: Int) -> Int {
        let at = (y * picture.width + x) * 3
        return Int(picture.pixels[at]) << 16 | Int(picture.pixels[at + 1]) << 8 | Int(picture.pixels[at + 2])
    }

    @Test("The first box lies above the others, and key points are dots")
    func boxes() throws {
        let picture = try Picture(width: 400, height: 200, channels: 3)
        func box(_ left: Double, _ number: Int) -> Drawing.Box {
            Drawing.Box(
                left: left, top: 0.5, right: left + 0.5, bottom: 0.9, label: "", colour: Drawing.colour(number),
                points: [.init(x: left + 0.25, y: 0.7), .init(x: .nan, y: 0)])
        }
        let drawn = try Drawing.annotate(picture, boxes: [box(0.25, 0), box(0.375, 1)])
        #expect(Self.colour(drawn, 298, 100) == 0xd81b60 && Self.colour(drawn, 310, 100) == 0x1e66d0)
        #expect(Self.colour(drawn, 200, 140) == 0xd81b60 && Self.colour(drawn, 250, 140) == 0x1e66d0)
    }

    @Test("A label at the right edge is moved to where it can be read, on a ground of its own")
    func labels() throws {
        let picture = try Picture(width: 400, height: 200, channels: 3)
        let drawn = try Drawing.annotate(
            picture, boxes: [.init(left: 0.95, top: 0.5, right: 1, bottom: 1, label: "person 93 %")])
        // 11 letters of 9 pixels and a rim of 3.
        let tag = 400 - 11 * 9 - 6
        #expect(Self.colour(drawn, tag, 90) == 0xd81b60 && Self.colour(drawn, tag - 1, 90) == 0)
        #expect((tag..<400).contains { Self.colour(drawn, $0, 90) == 0xffffff })
    }

    @Test("A line that objects cross has an arrow to its right; a polygon is closed; both are thin")
    func guides() throws {
        let picture = try Picture(width: 400, height: 400, channels: 3)
        let upwards = Drawing.Guide(
            corners: [.init(x: 0.5, y: 1), .init(x: 0.5, y: 0.5)], label: "", isCrossing: true)
        let triangle = Drawing.Guide(
            corners: [.init(x: 0.1, y: 0.1), .init(x: 0.4, y: 0.1), .init(x: 0.4, y: 0.4)], label: "")
        let drawn = try Drawing.annotate(picture, guides: [upwards, triangle])
        for (x, y) in [(200, 250), (210, 300), (219, 300), (100, 40), (160, 100), (100, 100)] {
            #expect(Self.colour(drawn, x, y) == 0xffffff, "\(x), \(y)")
        }
        for (x, y) in [(190, 300), (230, 300), (204, 250), (140, 60)] {
            #expect(Self.colour(drawn, x, y) == 0, "\(x), \(y)")
        }
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
