import Pictures
import TestSupport
import Testing

/// What the encoder writes, read by libjpeg-turbo.
@Suite(.enabled(if: JPEGDecoder.isAvailable, "built without libjpeg-turbo")) struct JPEGEncoderTests {
    private struct Image {
        let width: Int
        let height: Int
        let channels: Int
        var pixels: [UInt8]

        init(_ width: Int, _ height: Int, _ channels: Int, _ value: (_ x: Int, _ y: Int, _ channel: Int) -> Int) {
            (self.width, self.height, self.channels) = (width, height, channels)
            pixels = []
            for y in 0..<height {
                for x in 0..<width {
                    for channel in 0..<channels { pixels.append(UInt8(clamping: value(x, y, channel))) }
                }
            }
        }

        func encoded(quality: Int, capacity: Int = 1 << 20) -> [UInt8]? {
            var encoder = JPEGEncoder(quality: quality)
            let file = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 1)
            defer { file.deallocate() }
            let count = pixels.withUnsafeBytes {
                encoder.encode($0, width: width, height: height, channels: channels, into: file)
            }
            return count.map { Array(file.prefix($0)) }
        }
    }

    private func decoded(_ bytes: [UInt8]) throws -> Image {
        var picture = Picture()
        #expect(refusal(of: bytes, into: &picture) == nil)
        var image = Image(picture.width, picture.height, picture.channels) { _, _, _ in 0 }
        image.pixels = Array(picture.pixels)
        return image
    }

    /// Of all pixels.
    private func errors(_ first: Image, _ second: Image) -> (most: Int, mean: Double) {
        let differences = zip(first.pixels, second.pixels).map { abs(Int($0) - Int($1)) }
        return (differences.max() ?? 0, Double(differences.reduce(0, +)) / Double(max(differences.count, 1)))
    }

    private static func gradient(_ width: Int, _ height: Int, _ channels: Int) -> Image {
        Image(width, height, channels) { x, y, channel in
            [x * 255 / max(width - 1, 1), y * 255 / max(height - 1, 1), 255 - (x + y) * 2][channel]
        }
    }

    @Test("Every size, also those that are no multiple of a block", arguments: [1, 3])
    func sizes(channels: Int) throws {
        for (width, height) in [(1, 1), (7, 9), (8, 8), (16, 16), (17, 15), (33, 50), (320, 240), (1, 100), (100, 1)] {
            let image = Self.gradient(width, height, channels)
            let copy = try decoded(try #require(image.encoded(quality: 100)))
            #expect(copy.width == width && copy.height == height && copy.channels == channels)
            // Halved chroma blurs colours; a few pixels wide the gradient is steep.
            let bound = channels == 1 ? 2.0 : width < 17 || height < 17 ? 30.0 : 4.0
            #expect(errors(image, copy).mean < bound, "\(width)x\(height): \(errors(image, copy))")
        }
    }

    @Test func wholeRangeOfLight() throws {
        for value in [0, 1, 127, 128, 254, 255] {
            let grey = Image(16, 16, 1) { _, _, _ in value }
            #expect(errors(grey, try decoded(try #require(grey.encoded(quality: 100)))).most <= 1)
            let colour = Image(16, 16, 3) { _, _, _ in value }
            #expect(errors(colour, try decoded(try #require(colour.encoded(quality: 100)))).most <= 1)
        }
        for (channel, name) in ["red", "green", "blue"].enumerated() {
            let image = Image(16, 16, 3) { _, _, c in c == channel ? 255 : 0 }
            #expect(errors(image, try decoded(try #require(image.encoded(quality: 100)))).most <= 2, "\(name)")
        }
    }

    @Test func noiseAndEdgesSurvive() throws {
        var random = MersenneTwister(seed: 7)
        let noise = Image(64, 48, 1) { _, _, _ in Int(random.next() & 255) }
        let fine = errors(noise, try decoded(try #require(noise.encoded(quality: 100))))
        #expect(fine.most <= 4 && fine.mean < 1, "\(fine)")
        let board = Image(64, 48, 1) { x, y, _ in (x + y) % 2 * 255 }
        #expect(errors(board, try decoded(try #require(board.encoded(quality: 100)))).most <= 4)
    }

    @Test func qualityCostsBytes() throws {
        var random = MersenneTwister(seed: 8)
        let image = Image(160, 120, 3) { x, y, _ in (x * y / 40) + Int(random.next() & 31) }
        var last: (bytes: Int, mean: Double)?
        for quality in [1, 10, 50, 75, 95, 100] {
            let bytes = try #require(image.encoded(quality: quality))
            let mean = errors(image, try decoded(bytes)).mean
            if let last { #expect(bytes.count > last.bytes && mean < last.mean, "quality \(quality)") }
            last = (bytes.count, mean)
        }
    }

    @Test("A file that does not fit is none") func capacity() throws {
        let image = Self.gradient(40, 30, 3)
        let whole = try #require(image.encoded(quality: 75))
        #expect(image.encoded(quality: 75, capacity: whole.count) == whole)
        for capacity in [0, 1, 100, 623, whole.count - 1] {
            #expect(image.encoded(quality: 75, capacity: capacity) == nil)
        }
    }

    @Test("An encoder's second file is as its first") func again() {
        let image = Self.gradient(40, 30, 3)
        var encoder = JPEGEncoder(quality: 80)
        let file = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { file.deallocate() }
        var files: [[UInt8]] = []
        for _ in 0..<2 {
            let count = image.pixels.withUnsafeBytes {
                encoder.encode($0, width: 40, height: 30, channels: 3, into: file)
            }
            files.append(Array(file.prefix(count ?? 0)))
        }
        #expect(files[0] == files[1] && !files[0].isEmpty)
    }
}
