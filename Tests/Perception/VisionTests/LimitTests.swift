import Testing
import Vision

/// Sizes at the ends of what machines can address.
@Suite struct LimitTests {
    @Test("Three of the largest frames are more than 32 bits hold")
    func frames() throws {
        let limit = FrameShape.limit
        let largest = try #require(FrameShape(.rgb24, width: limit, height: limit))
        #expect(largest.bytes(ofFrames: 1, in: Int32.self) == 3 << 28)
        #expect(largest.bytes(ofFrames: 3, in: Int32.self) == nil)
        #expect(largest.bytes(ofFrames: 3, in: Int64.self) == 9 << 28)
        let grey = try #require(FrameShape(.grey, width: limit, height: limit))
        #expect(grey.bytes(ofFrames: 3, in: Int32.self) == 3 << 28)
    }

    @Test("Strides that no buffer has make no frame")
    func strides() throws {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)
        defer { bytes.deallocate() }
        let buffer = UnsafeRawBufferPointer(bytes)
        for format in [PixelFormat.yuv420, .yuyv, .nv12, .grey, .rgb24, .bayer(.rggb)] {
            let shape = try #require(FrameShape(format, width: 8, height: 2))
            for stride in [Int.max, Int.max - 1, Int.max / 2 + 1, Int.max / 2, Int.max / 2 - 1, 4096] {
                #expect(FrameView(shape, buffer, stride: stride) == nil, "\(format), \(stride)")
                let plane = FrameView.Plane(buffer, stride: stride)
                if stride > 4096 {
                    #expect(FrameView(shape, (plane, plane, plane)) == nil || shape.rows(ofPlane: 0) == 1)
                }
            }
            #expect(FrameView(shape, buffer, stride: 512) != nil)
        }
    }
}
