import Foundation
import Pictures
import Testing

/// Files that are cut short, lie or are no pictures at all: one clear reason each, and never anything worse.
@Suite struct HostilePictureTests {
    static let names = [
        "rgb.png", "grey.png", "grey16.png", "alpha.png", "rgb.bmp", "grey.bmp", "rgb.ppm", "grey.pgm", "rgb.jpg",
        "progressive.jpg", "grey.jpg",
    ]

    @Test(
        "Other bytes are no picture", arguments: ["", "GIF89a..........", "P8\n1 1\n255\n", "hello", "P", "B", "\u{0}"])
    func notAPicture(text: String) {
        var picture = Picture()
        let reason = refusal(of: Array(text.utf8), into: &picture)
        #expect(
            reason
                == (text.isEmpty
                    ? "the picture is empty" : "not a picture: expected JPEG, PNG, BMP, PBM, PGM, PPM or PAM"))
    }

    @Test("A file cut short is an error at every length", arguments: names)
    func truncated(name: String) throws {
        let whole = try file(name)
        var picture = Picture()
        // A PNG is complete before its last chunk (12 bytes and the last data chunk's checksum), which holds nothing.
        // A BMP's last row need not be padded to four bytes.
        let end = whole.count - (name.hasSuffix("png") ? 16 : name == "grey.bmp" ? 3 : name == "rgb.bmp" ? 1 : 0)
        for length in 0..<end {
            #expect(refusal(of: Array(whole[..<length]), into: &picture) != nil, "\(length) of \(whole.count) bytes")
            #expect(picture.width == 0)
        }
    }

    @Test("CMYK is refused by name")
    func cmyk() throws {
        var picture = Picture()
        #expect(refusal(of: try file("cmyk.jpg"), into: &picture) == "a CMYK JPEG: convert it to RGB")
    }

    @Test("Sides that lie are refused before memory is taken")
    func lyingSides() throws {
        let tooLarge = "the picture is too large: at most 16384 pixels a side and 67108864 in all"
        var picture = Picture()
        #expect(refusal(of: Array("P6\n99999 99999\n255\n".utf8), into: &picture) == tooLarge)
        #expect(refusal(of: Array("P5 16384 16384 255 ".utf8), into: &picture) == tooLarge)
        #expect(refusal(of: Array("P5 99999999999999999999 1 255 ".utf8), into: &picture) != nil)
        #expect(refusal(of: Array("P5 0 1 255 ".utf8), into: &picture) != nil)

        var bmp = try file("rgb.bmp")
        bmp.replaceSubrange(18..<22, with: [0xff, 0xff, 0xff, 0x7f])
        #expect(refusal(of: bmp, into: &picture) == tooLarge)
        bmp.replaceSubrange(18..<26, with: [17, 0, 0, 0, 0, 0, 0, 0x80])
        #expect(refusal(of: bmp, into: &picture) == tooLarge)

        var jpeg = try file("rgb.jpg")
        let frame = try #require(jpeg.indices.dropLast().first { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xc0 })
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0x7f, 0, 0x7f, 0])
        #expect(refusal(of: jpeg, into: &picture) == tooLarge)
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0x20, 0, 0x20, 0])
        #expect(refusal(of: jpeg, into: &picture) == "the picture's data is cut short or damaged")
        #expect(picture.pixels.isEmpty)
    }
}
