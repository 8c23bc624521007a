import Pictures
import Testing

/// What JPEG files are like outside: turned, with bytes too many, with pixels missing.
@Suite(.enabled(if: JPEGDecoder.isAvailable, "built without libjpeg-turbo")) struct JPEGFileTests {
    private struct Image: Equatable {
        var width: Int
        var height: Int
        var pixels: [[UInt8]]

        subscript(x: Int, y: Int) -> [UInt8] { pixels[y * width + x] }
    }

    private func decode(_ bytes: [UInt8]) throws -> Image {
        var picture = Picture()
        try #require(refusal(of: bytes, into: &picture) == nil)
        let (channels, all) = (picture.channels, Array(picture.pixels))
        let pixels = stride(from: 0, to: all.count, by: channels).map { Array(all[$0..<$0 + channels]) }
        return Image(width: picture.width, height: picture.height, pixels: pixels)
    }

    /// Whether the frame decoder takes it.
    private func isFrame(_ bytes: [UInt8]) -> Bool {
        var decoder = JPEGDecoder()
        return bytes.withUnsafeBytes { bytes in
            do throws(PictureError) {
                try decoder.decode(bytes, width: 1, height: 1, channels: 3)
                return true
            } catch {
                return false
            }
        }
    }

    // MARK: Orientation

    /// Exif with one entry, in either byte order.
    private func exif(_ orientation: UInt8, isLittle: Bool) -> [UInt8] {
        isLittle
            ? Array("II".utf8) + [42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
            : Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
    }

    /// Where Exif says that the stored first row and first column are seen.
    private func upright(_ image: Image, _ orientation: UInt8) -> Image {
        let isExchanged = orientation >= 5
        var turned = Image(
            width: isExchanged ? image.height : image.width, height: isExchanged ? image.width : image.height,
            pixels: image.pixels)
        for y in 0..<image.height {
            for x in 0..<image.width {
                let (right, below) = (image.width - 1 - x, image.height - 1 - y)
                let (column, row) =
                    switch orientation {
                    case 1: (x, y)  // row at the top, column at the left
                    case 2: (right, y)  // top, right
                    case 3: (right, below)  // bottom, right
                    case 4: (x, below)  // bottom, left
                    case 5: (y, x)  // left, top
                    case 6: (below, x)  // right, top
                    case 7: (below, right)  // right, bottom
                    default: (y, right)  // left, bottom
                    }
                turned.pixels[row * turned.width + column] = image[x, y]
            }
        }
        return turned
    }

    private func crc(_ bytes: [UInt8]) -> [UInt8] {
        var value: UInt32 = .max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 != 0 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
        }
        return withUnsafeBytes(of: (~value).bigEndian) { Array($0) }
    }

    @Test("A JPEG or PNG is seen upright, as its Exif asks", arguments: UInt8(1)...8, [false, true])
    func orientation(_ orientation: UInt8, isLittle: Bool) throws {
        let entry = exif(orientation, isLittle: isLittle)
        let jpeg = try file("rgb.jpg")
        let segment = Array("Exif\0\0".utf8) + entry
        let turned = jpeg[..<2] + [0xff, 0xe1, 0, UInt8(segment.count + 2)] + segment + jpeg[2...]
        #expect(try decode(Array(turned)) == upright(try decode(jpeg), orientation))

        for name in ["rgb.png", "grey.png"] {
            let png = try file(name)
            let chunk = Array("eXIf".utf8) + entry
            let marked = png[..<33] + [0, 0, 0, UInt8(entry.count)] + chunk + crc(chunk) + png[33...]
            #expect(try decode(Array(marked)) == upright(try decode(png), orientation))
        }
    }

    @Test("What Exif says of no orientation that there is changes nothing", arguments: [0, 9, 255])
    func noOrientation(_ orientation: UInt8) throws {
        let jpeg = try file("rgb.jpg")
        let plain = try decode(jpeg)
        for count in 0...26 {  // cut short anywhere
            let segment = Array("Exif\0\0".utf8) + exif(orientation, isLittle: true).prefix(count)
            let marked = jpeg[..<2] + [0xff, 0xe1, 0, UInt8(segment.count + 2)] + segment + jpeg[2...]
            #expect(try decode(Array(marked)) == plain)
        }
    }

    @Test("A photograph held on its side is upright")
    func photograph() throws {
        let image = try decode(try file("exif-6.jpg"))
        #expect(image.width == 12 && image.height == 16)
    }

    // MARK: Too many bytes, too few

    /// Bytes of the coded pixels behind the header of the last scan.
    private func scan(of jpeg: [UInt8]) throws -> Range<Int> {
        let start = try #require(jpeg.indices.dropLast().last { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xda })
        return start + 2 + Int(jpeg[start + 2]) << 8 + Int(jpeg[start + 3])..<jpeg.count - 2
    }

    @Test("Bytes too many before a marker leave the picture whole")
    func tooMany() throws {
        #expect(try decode(try file("extra-before-eoi.jpg")) == decode(try file("extra-control.jpg")))
        for name in ["frame.jpg", "restarts.jpg", "progressive.jpg"] {
            let jpeg = try file(name)
            let plain = try decode(jpeg)
            let markers = jpeg.indices.dropLast().filter {
                jpeg[$0] == 0xff && [0xd9, 0xc0, 0xc2, 0xc4, 0xd0, 0xda].contains(jpeg[$0 + 1])
            }
            for marker in markers {
                for extra in [[UInt8](repeating: 0, count: 1), [1, 2, 3, 4, 5, 6, 7]] {
                    let longer = Array(jpeg[..<marker] + extra + jpeg[marker...])
                    #expect(try decode(longer) == plain, "\(name): \(extra.count) bytes before \(jpeg[marker + 1])")
                    #expect(isFrame(longer))
                }
            }
        }
    }

    @Test("A picture whose pixels are missing is damaged, whatever stands at its end")
    func tooFew() throws {
        for name in ["frame.jpg", "rgb.jpg", "grey.jpg", "restarts.jpg", "progressive.jpg", "421111.jpg"] {
            let jpeg = try file(name)
            let scan = try scan(of: jpeg)
            var picture = Picture()
            for kept in [0, scan.count / 3, scan.count / 2, scan.count * 2 / 3] {
                let shorter = Array(jpeg[..<(scan.lowerBound + kept)]) + [0xff, 0xd9]
                #expect(refusal(of: shorter, into: &picture) != nil, "\(name): \(kept) bytes of \(scan.count)")
                #expect(!isFrame(shorter))
            }
        }
        // Whole scans can be missing as well: a progressive file ends behind its first.
        let progressive = try file("progressive.jpg")
        let scans = progressive.indices.dropLast().filter { progressive[$0] == 0xff && progressive[$0 + 1] == 0xda }
        try #require(scans.count > 3)
        for scan in scans.dropFirst() {
            // Where tables precede a scan, they stay.
            #expect(!isFrame(Array(progressive[..<scan]) + [0xff, 0xd9]))
        }
        // And a missing restart interval.
        let restarts = try file("restarts.jpg")
        let marker = try #require(
            restarts.indices.dropLast().first { restarts[$0] == 0xff && restarts[$0 + 1] == 0xd0 })
        #expect(!isFrame(Array(restarts[..<marker]) + [0xff, 0xd9]))
    }

    @Test("Luma of any multiple of chroma is decoded")
    func sampling() throws {
        let wide = try decode(try file("421111.jpg"))
        #expect(wide.width == 64 && wide.height == 48)
        // A gradient from blue in the upper left corner.
        #expect(wide[0, 0][2] > 60 && wide[0, 0][0] < 20)
        #expect(isFrame(try file("421111.jpg")))
    }

    @Test("A kind of JPEG that the library cannot decode is named")
    func kinds() throws {
        var jpeg = try file("rgb.jpg")
        let frame = try #require(jpeg.indices.dropLast().first { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xc0 })
        var picture = Picture()
        let reason = "a kind of JPEG that libjpeg does not decode: save it with 8 bits and sampling 4:4:4 or 4:2:0"
        for (offset, value) in [(1, UInt8(0xc3)), (4, 12)] {  // lossless, 12 bits
            let before = jpeg[frame + offset]
            jpeg[frame + offset] = value
            #expect(refusal(of: jpeg, into: &picture) == reason)
            jpeg[frame + offset] = before
        }
        jpeg[frame + 11] = 0x31
        jpeg[frame + 14] = 0x21  // three to two
        #expect(refusal(of: jpeg, into: &picture) == reason)
    }
}
