import Pictures
import Testing

/// JPEG as cameras send it.
@Suite(.enabled(if: JPEGDecoder.isAvailable, "built without libjpeg-turbo")) struct JPEGDecoderTests {
    private func decode(
        _ bytes: [UInt8], _ width: Int, _ height: Int, channels: Int = 3
    ) -> (sides: [Int], pixels: [UInt8])? {
        var decoder = JPEGDecoder()
        let isDecoded = bytes.withUnsafeBytes { bytes in
            do throws(PictureError) {
                try decoder.decode(bytes, width: width, height: height, channels: channels)
                return true
            } catch {
                return false
            }
        }
        return isDecoded ? ([decoder.width, decoder.height], Array(decoder.pixels)) : nil
    }

    @Test func wholeFramesAreThePictures() throws {
        let bytes = try file("rgb.jpg")
        var picture = Picture()
        #expect(refusal(of: bytes, into: &picture) == nil)
        let frame = try #require(decode(bytes, 17, 11))
        #expect(frame.sides == [17, 11] && frame.pixels == Array(picture.pixels))
        let grey = try #require(decode(bytes, 17, 11, channels: 1))
        #expect(grey.pixels.count == 17 * 11)
    }

    @Test func theScaleLeavesEnoughPixels() throws {
        let bytes = try file("rgb.jpg")
        for (width, height, sides) in [
            (1, 1, [3, 2]), (3, 2, [3, 2]), (4, 2, [5, 3]), (3, 3, [5, 3]), (9, 6, [9, 6]), (10, 1, [17, 11]),
            (100, 100, [17, 11]),
        ] {
            #expect(decode(bytes, width, height)?.sides == sides, "\(width)x\(height)")
        }
    }

    @Test func whatCamerasDoIsForgiven() throws {
        let bytes = try file("rgb.jpg")
        let whole = try #require(decode(bytes, 17, 11))
        #expect(decode(bytes + [UInt8](repeating: 0, count: 500), 17, 11)?.pixels == whole.pixels)
    }

    @Test func whatIsCutShortIsRefused() throws {
        let bytes = try file("rgb.jpg")
        for count in [0, 1, 2, 20, bytes.count / 2, bytes.count - 2] {
            #expect(decode(Array(bytes.prefix(count)), 17, 11) == nil, "\(count) bytes")
        }
        #expect(decode([0xff, 0xd8, 0xff, 0xd9], 17, 11) == nil)
        #expect(decode(try file("cmyk.jpg"), 17, 11) == nil)
    }

    @Test func aDecoderGoesOnAfterADamagedFrame() throws {
        let bytes = try file("rgb.jpg")
        var decoder = JPEGDecoder()
        for round in 0..<20 {
            let part = round % 2 == 0 ? bytes : Array(bytes.prefix(100 + round))
            let isDecoded = part.withUnsafeBytes { part in
                do throws(PictureError) {
                    try decoder.decode(part, width: 17, height: 11, channels: 3)
                    return true
                } catch {
                    return false
                }
            }
            #expect(isDecoded == (round % 2 == 0))
            #expect(decoder.pixels.count == (isDecoded ? 17 * 11 * 3 : 0))
        }
    }
}
