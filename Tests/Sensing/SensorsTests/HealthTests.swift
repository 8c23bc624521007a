import Testing
import Vision

@testable import Sensors

@Suite struct HealthTests {
    /// States told for frames of these bytes, 100 ms apart, with a patience of 300 ms.
    private func told(
        _ format: PixelFormat, range: ColorRange = .limited, patience: Int64 = 300_000_000, _ frames: [(Int) -> UInt8]
    ) throws -> [String] {
        let shape = try #require(FrameShape(format, width: 32, height: 24, range: range))
        var health = PictureHealth(patience: patience)
        var told: [String] = []
        for (number, value) in frames.enumerated() {
            let bytes = (0..<shape.bytes).map { value($0) }
            bytes.withUnsafeBytes { bytes in
                guard let view = FrameView(shape, packed: bytes) else { return }
                if let state = health.take(view, at: Int64(number) * 100_000_000) { told.append("\(number) \(state)") }
            }
        }
        return told
    }

    private func noise(_ seed: Int) -> (Int) -> UInt8 { { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed &* 77 &+ 40) } }

    @Test func aLivePictureSaysNothing() throws {
        #expect(try told(.grey, (0..<10).map(noise)).isEmpty)
    }

    @Test func theSamePictureIsFrozen() throws {
        let frames = [noise(1), noise(1), noise(1), noise(1), noise(1), noise(2), noise(3), noise(3)]
        #expect(try told(.grey, frames) == ["4 frozen", "5 normal"])
        // A picture that stands still for less than that is none.
        #expect(try told(.grey, [noise(1), noise(1), noise(1), noise(2), noise(2), noise(2), noise(3)]).isEmpty)
    }

    @Test(
        arguments: [
            (.grey, 8, 60, .limited), (.yuv420, 20, 60, .limited), (.yuv420, 8, 20, .full), (.nv12, 20, 60, .limited),
            (.rgb24, 8, 60, .limited), (.bayer(.rggb), 8, 60, .limited),
        ] as [(PixelFormat, Int, Int, ColorRange)])
    func aBlackPictureIsTold(_ format: PixelFormat, _ dark: Int, _ light: Int, _ range: ColorRange) throws {
        func level(_ value: Int) -> (Int) -> (Int) -> UInt8 { { frame in { UInt8(value + ($0 + frame) % 4) } } }
        let frames = (0..<5).map(level(dark)) + (5..<7).map(level(light))
        #expect(try told(format, range: range, frames) == ["3 black", "5 normal"])
    }

    /// Neutral chroma is bright as a byte; only light counts.
    @Test func packedFormatsAreBlackByTheirLight() throws {
        func packed(_ lightAt: Int) -> [(Int) -> UInt8] {
            (0..<5).map { frame in { $0 % 2 == lightAt ? UInt8(16 + ($0 / 2 + frame) % 3) : 128 } }
        }
        #expect(try told(.yuyv, packed(0)) == ["3 black"])
        #expect(try told(.uyvy, packed(1)) == ["3 black"])
    }

    @Test func nobodyLooksWithoutPatience() throws {
        #expect(try told(.grey, patience: 0, Array(repeating: noise(1), count: 10)).isEmpty)
    }
}
