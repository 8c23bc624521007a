import Pictures
import Testing

/// BMP and PNM files of every kind, written here, so that every pixel is known.
@Suite struct PictureKindTests {
    private static let (width, height) = (13, 5)

    /// 8 bits a channel, by pixel.
    private static func colour(_ x: Int, _ y: Int) -> [Int] { [19 * x, 50 * y, 255 - 19 * x] }

    private func pixels(_ bytes: [UInt8]) throws -> (channels: Int, samples: [Int]) {
        var picture = Picture()
        #expect(refusal(of: bytes, into: &picture) == nil)
        try #require(picture.width == Self.width && picture.height == Self.height)
        return (picture.channels, picture.pixels.map(Int.init))
    }

    private static func expected(_ value: (_ x: Int, _ y: Int) -> [Int]) -> [Int] {
        (0..<height).flatMap { y in (0..<width).flatMap { x in value(x, y) } }
    }

    // MARK: BMP

    private struct BMP {
        var header = 40
        var bits = 24
        var compression = 0
        var isTopDown = false
        var masks: [UInt32] = []
        var palette: [UInt32] = []
        /// A pixel's number or palette entry.
        var pixel: (_ x: Int, _ y: Int) -> UInt32 = { x, y in
            let colour = colour(x, y)
            return UInt32(colour[0] << 16 | colour[1] << 8 | colour[2])
        }

        var file: [UInt8] {
            func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
            var info: [UInt8]
            if header == 12 {
                info = little(12, 4) + little(width, 2) + little(height, 2) + little(1, 2) + little(bits, 2)
            } else {
                info = little(header, 4) + little(width, 4)
                info += little(isTopDown ? (1 << 32) - height : height, 4) + little(1, 2) + little(bits, 2)
                info += little(compression, 4) + little(0, 4) + little(2835, 4) + little(2835, 4)
                info += little(palette.count, 4) + little(0, 4)
                // Longer headers hold them; behind the short one they follow.
                for mask in masks { info += little(Int(mask), 4) }
                info += [UInt8](repeating: 0, count: max(header - info.count, 0))
            }
            for entry in palette { info += little(Int(entry), header == 12 ? 3 : 4) }
            var rows: [[UInt8]] = []
            for y in 0..<height {
                var row: [UInt8] = []
                if bits >= 8 {
                    for x in 0..<width { row += little(Int(pixel(x, y)), bits / 8) }
                } else {
                    row = [UInt8](repeating: 0, count: (width * bits + 7) / 8)
                    for x in 0..<width {
                        row[x * bits / 8] |= UInt8(pixel(x, y)) << UInt8(8 - bits - x * bits % 8)
                    }
                }
                rows.append(row + [UInt8](repeating: 0, count: (4 - row.count % 4) % 4))
            }
            if !isTopDown { rows.reverse() }
            let offset = 14 + info.count
            let body = rows.flatMap { $0 }
            return Array("BM".utf8) + little(offset + body.count, 4) + little(0, 4) + little(offset, 4) + info + body
        }
    }

    @Test("BMP of every header, from either end", arguments: [12, 40, 52, 56, 64, 108, 124], [false, true])
    func headers(header: Int, isTopDown: Bool) throws {
        guard header > 12 || !isTopDown else { return }  // the oldest has no such
        let (channels, samples) = try pixels(BMP(header: header, isTopDown: isTopDown).file)
        #expect(channels == 3 && samples == Self.expected(Self.colour))
    }

    @Test("BMP with 32 bits, plain or by masks in any order", arguments: [40, 56, 108, 124])
    func masks(header: Int) throws {
        #expect(try pixels(BMP(header: header, bits: 32).file).samples == Self.expected(Self.colour))
        var file = BMP(header: header, bits: 32, compression: 3, masks: [0xff, 0xff00, 0xff0000])
        file.pixel = { x, y in
            let colour = Self.colour(x, y)
            return UInt32(colour[2] << 16 | colour[1] << 8 | colour[0]) | 0x5500_0000
        }
        #expect(try pixels(file.file).samples == Self.expected(Self.colour))
        file.compression = 6
        file.masks.append(0xff00_0000)
        #expect(try pixels(file.file).samples == Self.expected(Self.colour))
    }

    @Test("BMP with 16 bits: five each, or six of green")
    func sixteenBits() throws {
        func widened(_ value: Int, _ bits: Int) -> Int { (value * 510 / ((1 << bits) - 1) + 1) / 2 }
        func parts(_ x: Int, _ y: Int, _ green: Int) -> [Int] {
            let most = 1 << green
            return [x * 2, y * 12 % most, 31 - x]
        }
        var file = BMP(bits: 16)
        file.pixel = { x, y in
            let part = parts(x, y, 5)
            return UInt32(part[0] << 10 | part[1] << 5 | part[2])
        }
        let fives = Self.expected { x, y in parts(x, y, 5).map { widened($0, 5) } }
        #expect(try pixels(file.file).samples == fives)
        file.compression = 3
        file.masks = [0xf800, 0x7e0, 0x1f]
        file.pixel = { x, y in
            let part = parts(x, y, 6)
            return UInt32(part[0] << 11 | part[1] << 5 | part[2])
        }
        let sixes = Self.expected { x, y in
            let part = parts(x, y, 6)
            return [widened(part[0], 5), widened(part[1], 6), widened(part[2], 5)]
        }
        #expect(try pixels(file.file).samples == sixes)
    }

    @Test("BMP with a palette of colours or greys", arguments: [1, 4, 8], [12, 40])
    func palettes(bits: Int, header: Int) throws {
        let count = min(1 << bits, 20)
        let index: (Int, Int) -> Int = { x, y in (x + 3 * y) % count }
        var file = BMP(header: header, bits: bits)
        file.pixel = { UInt32(index($0, $1)) }
        func entry(_ index: Int) -> UInt32 {
            let (red, green, blue) = (index * 12, 255 - index, index * 3)
            return UInt32(red << 16 | green << 8 | blue)
        }
        file.palette = (0..<count).map(entry)
        var (channels, samples) = try pixels(file.file)
        #expect(channels == 3)
        let colours = Self.expected { x, y in
            let place = index(x, y)
            return [place * 12, 255 - place, place * 3]
        }
        #expect(samples == colours)
        file.palette = (0..<count).map { UInt32($0 * 0x0a0a0a) }
        (channels, samples) = try pixels(file.file)
        let greys = Self.expected { x, y in [index(x, y) * 10] }
        #expect(channels == 1 && samples == greys)
    }

    @Test("A BMP that is compressed, or points outside its palette, is named")
    func refusedBMP() {
        var picture = Picture()
        let compressed = "a compressed BMP: save it uncompressed, or as PNG"
        #expect(refusal(of: BMP(bits: 8, compression: 1).file, into: &picture) == compressed)
        var file = BMP(bits: 8)
        file.palette = [0, 0xffffff]
        file.pixel = { _, _ in 2 }
        #expect(refusal(of: file.file, into: &picture) == "the picture's data is cut short or damaged")
        #expect(
            refusal(of: BMP(bits: 24, compression: 3).file, into: &picture)
                == "the picture's header is cut short or damaged")
    }

    // MARK: PNM

    private static func bits(_ x: Int, _ y: Int) -> Int { (x + y) % 3 == 0 ? 1 : 0 }

    @Test("PBM, where 1 is black")
    func pbm() throws {
        let expected = Self.expected { x, y in [255 * (1 - Self.bits(x, y))] }
        var text = "P1 # a comment\n13 5\n"
        var bytes = Array("P4 13 5\n".utf8)
        for y in 0..<Self.height {
            var row: [UInt8] = [0, 0]
            for x in 0..<Self.width {
                text += "\(Self.bits(x, y))" + (y % 2 == 0 ? " " : "")  // digits need no gaps
                row[x / 8] |= UInt8(Self.bits(x, y)) << UInt8(7 - x % 8)
            }
            bytes += row
        }
        for file in [Array(text.utf8), bytes] {
            let (channels, samples) = try pixels(file)
            #expect(channels == 1 && samples == expected)
        }
    }

    @Test("PGM, PPM and PAM of any greatest value, as text and bytes", arguments: [1, 3, 100, 255, 256, 1000, 65535])
    func maximum(most: Int) throws {
        func value(_ x: Int, _ y: Int, _ channel: Int) -> Int {
            let sum: Int = x * 7919 + y * 104_729 + channel * 31
            return sum % (most + 1)
        }
        func coded(_ sample: Int) -> [UInt8] {
            most < 256 ? [UInt8(sample)] : [UInt8(sample >> 8), UInt8(sample & 255)]
        }
        for channels in [1, 3] {
            let samples = Self.expected { x, y in (0..<channels).map { value(x, y, $0) } }
            let expected = samples.map { ($0 * 510 / most + 1) / 2 }
            let bytes = samples.flatMap(coded)
            let size = "13 5\n\(most)\n"
            let text = "P\(channels == 1 ? 2 : 3)\n\(size)" + samples.map { "\($0)" }.joined(separator: " ")
            let plain = Array("P\(channels == 1 ? 5 : 6)\n\(size)".utf8) + bytes
            let kind = channels == 1 ? "GRAYSCALE" : "RGB"
            let pam = Array(
                "P7\nWIDTH 13\nHEIGHT 5\n# so\nDEPTH \(channels)\nMAXVAL \(most)\nTUPLTYPE \(kind)\nENDHDR\n".utf8)
            for file in [Array(text.utf8), plain, pam + bytes] {
                let found = try pixels(file)
                #expect(found.channels == channels && found.samples == expected)
            }
        }
    }

    @Test("PAM's transparent pixels lie on black", arguments: [2, 4])
    func transparency(depth: Int) throws {
        func alpha(_ x: Int) -> Int { x < 6 ? 255 : x == 6 ? 51 : 0 }
        func channels(_ x: Int) -> [Int] { (0..<depth - 1).map { x * 10 + $0 } }
        let samples = Self.expected { x, _ in channels(x) + [alpha(x)] }
        let header = "P7\nWIDTH 13\nHEIGHT 5\nDEPTH \(depth)\nMAXVAL 255\nENDHDR\n"
        let found = try pixels(Array(header.utf8) + samples.map { UInt8($0) })
        #expect(found.channels == depth - 1)
        let expected = Self.expected { x, _ in channels(x).map { ($0 * alpha(x) * 2 + 255) / 510 } }
        #expect(found.samples == expected)
    }

    @Test(
        "A PNM file that contradicts itself is refused",
        arguments: [
            "P5 13 5 255\n", "P5 13 5 0\nxxxxx", "P5 13 5 65536\nxxxxx", "P2 1 1 9\n10", "P1 1 1 2", "P3 1 1 9 1 1",
            "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 9\nENDHDR\nxxxxx", "P7\nWIDTH 1\nWHAT 2\nENDHDR\nx",
            "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 9\n",
        ])
    func refusedPNM(text: String) {
        var picture = Picture()
        #expect(refusal(of: Array(text.utf8), into: &picture) != nil)
    }
}
