import Foundation
import Pictures
import Testing

/// The gradient that `make_files.py` draws.
private enum Gradient {
    static let width = 17
    static let height = 11
    static func colour(_ x: Int, _ y: Int) -> [Int] { [15 * x, 23 * y, 255 - 15 * x] }
    static func grey(_ x: Int, _ y: Int) -> [Int] { [7 * (x + y)] }
}

func file(_ name: String) throws -> [UInt8] {
    let (stem, ext) = (name.prefix { $0 != "." }, name.drop { $0 != "." }.dropFirst())
    let url = try #require(
        Bundle.module.url(forResource: String(stem), withExtension: String(ext), subdirectory: "Files"))
    return [UInt8](try Data(contentsOf: url))
}

/// The error's reason, or nil when the bytes are a picture.
func refusal(of bytes: [UInt8], into picture: inout Picture) -> String? {
    bytes.withUnsafeBytes { buffer in
        do throws(PictureError) {
            try picture.decode(buffer)
            return nil
        } catch {
            return error.reason.description
        }
    }
}

@Suite struct DecodeTests {
    @Test(
        "Every file type gives the drawn gradient",
        arguments: [
            ("rgb.png", 0), ("rgb.bmp", 0), ("rgb.ppm", 0), ("grey.png", 0), ("grey.bmp", 0), ("grey.pgm", 0),
            ("grey16.png", 0), ("rgb.jpg", 12), ("progressive.jpg", 12), ("grey.jpg", 4),
        ])
    func decodes(name: String, tolerance: Int) throws {
        var picture = Picture()
        #expect(refusal(of: try file(name), into: &picture) == nil)
        let isGrey = name.hasPrefix("grey")
        try #require(picture.width == Gradient.width && picture.height == Gradient.height)
        try #require(picture.channels == (isGrey ? 1 : 3))
        let pixels = picture.pixels.map(Int.init)
        for y in 0..<Gradient.height {
            for x in 0..<Gradient.width {
                let expected = isGrey ? Gradient.grey(x, y) : Gradient.colour(x, y)
                for (channel, value) in expected.enumerated() {
                    let got = pixels[(y * Gradient.width + x) * expected.count + channel]
                    #expect(abs(got - value) <= tolerance, "x \(x) y \(y) channel \(channel)")
                }
            }
        }
    }

    @Test("Transparent pixels are black")
    func alpha() throws {
        var picture = Picture()
        #expect(refusal(of: try file("alpha.png"), into: &picture) == nil)
        let pixels = Array(picture.pixels)
        #expect(pixels[3 * 2..<3 * 3].map(Int.init) == Gradient.colour(2, 0))
        #expect(Array(pixels[3 * 16..<3 * 17]) == [0, 0, 0])
    }

    @Test("A picture of the same size uses the same buffer")
    func reusesBuffer() throws {
        var picture = Picture()
        #expect(refusal(of: try file("rgb.png"), into: &picture) == nil)
        let first = picture.pixels.baseAddress
        for name in ["rgb.jpg", "grey.bmp", "rgb.ppm", "cmyk.jpg", "rgb.png"] {
            _ = refusal(of: try file(name), into: &picture)
        }
        #expect(picture.pixels.baseAddress == first)
    }

    @Test("A written PNG reads back as it was", arguments: [1, 3])
    func writesPNG(channels: Int) throws {
        let picture = try Picture(width: 31, height: 7, channels: channels)
        for i in picture.pixels.indices { picture.pixels[i] = UInt8(truncatingIfNeeded: i &* 37) }
        let bytes = try picture.png()
        var copy = Picture()
        #expect(refusal(of: bytes, into: &copy) == nil)
        #expect(copy.width == 31 && copy.height == 7 && copy.channels == channels)
        #expect(copy.pixels.elementsEqual(picture.pixels))
    }

    @Test("An empty picture cannot be written")
    func emptyPNG() {
        #expect(throws: PictureError.self) {
            let picture = Picture()
            _ = try picture.png()
        }
    }

    @Test("Sizes out of bounds are refused", arguments: [(0, 1), (1, 0), (-1, 5), (16385, 1), (16384, 16384)])
    func sizes(width: Int, height: Int) {
        #expect(throws: PictureError.self) {
            _ = try Picture(width: width, height: height, channels: 3)
        }
    }
}
