import CBundle
import Testing

@testable import Vision

private let whole = oc_region(x: 0, y: 0, width: 65535, height: 65535)
private let left = oc_region(x: 0, y: 0, width: 32767, height: 65535)
private let right = oc_region(x: 32768, y: 0, width: 32767, height: 65535)

/// A scene with some texture, a bright square in it, noise and exposure on it.
private struct Scene {
    let shape: FrameShape
    private var random = Repeatable(5)

    init(_ format: PixelFormat, width: Int = 160, height: Int = 120) throws {
        shape = try #require(FrameShape(format, width: width, height: height))
    }

    mutating func frame(square: (x: Int, y: Int)? = nil, noise: Int = 0, exposure: Int = 0) -> [UInt8] {
        var bytes = [UInt8](repeating: 128, count: shape.bytes)
        let (offset, step): (Int, Int) =
            switch shape.format {
            case .rgb24: (0, 3)
            case .yuyv: (0, 2)
            case .uyvy: (1, 2)
            default: (0, 1)
            }
        for row in 0..<shape.height {
            for column in 0..<shape.width {
                var value = 60 + (row + column) / 4 + exposure
                if let square, square.x..<square.x + 16 ~= column, square.y..<square.y + 16 ~= row { value += 80 }
                if noise > 0 { value += Int.random(in: -noise...noise, using: &random) }
                for channel in 0..<(step == 3 ? 3 : 1) {
                    bytes[row * shape.width * step + column * step + offset + channel] =
                        UInt8(min(max(value, 0), 255))
                }
            }
        }
        return bytes
    }
}

@Suite struct MotionGateTests {
    private func gate(
        _ shape: FrameShape, _ zones: [oc_region] = [whole], masks: [oc_region] = [], orientation: UInt8 = 0
    ) -> MotionGate {
        var record = oc_motion()
        (record.level, record.area) = (10, 197)  // 0.3 %
        return MotionGate(record, shape, orientation: orientation, zones: zones, masks: masks)
    }

    private func look(_ gate: inout MotionGate, _ bytes: [UInt8]) throws -> UInt32 {
        let shape = gate.shape
        return try bytes.withUnsafeBytes { bytes in gate.look(try #require(FrameView(shape, packed: bytes))) }
    }

    @Test(arguments: [PixelFormat.yuv420, .yuyv, .uyvy, .nv12, .grey, .rgb24, .bayer(.rggb)])
    func aStillSceneIsStillAndASquareMoves(_ format: PixelFormat) throws {
        var scene = try Scene(format)
        var gate = gate(scene.shape)
        // A small Bayer frame has fewer pixels of one colour than the gate takes: less of the noise averages out.
        let noise = format == .bayer(.rggb) ? 4 : 8
        #expect(try look(&gate, scene.frame(noise: noise)) == .max)
        for _ in 0..<50 { #expect(try look(&gate, scene.frame(noise: noise)) == 0) }
        #expect(try look(&gate, scene.frame(square: (70, 50), noise: noise)) == 1)
        // What stays becomes part of the scene.
        for _ in 0..<100 { _ = try look(&gate, scene.frame(square: (70, 50), noise: noise)) }
        #expect(try look(&gate, scene.frame(square: (70, 50), noise: noise)) == 0)
        #expect(try look(&gate, scene.frame(noise: noise)) == 1)
    }

    @Test func exposureIsNoMotion() throws {
        var scene = try Scene(.grey)
        var gate = gate(scene.shape)
        _ = try look(&gate, scene.frame())
        for exposure in [30, 5, 45, 0] { #expect(try look(&gate, scene.frame(exposure: exposure)) == 0) }
        #expect(try look(&gate, scene.frame(square: (20, 20), exposure: 30)) == 1)
    }

    @Test func slowChangeAddsUp() throws {
        var scene = try Scene(.grey)
        var gate = gate(scene.shape)
        var moved = false
        for step in 0..<60 { if try look(&gate, scene.frame(square: (20 + step, 40))) == 1, step > 0 { moved = true } }
        #expect(moved)
    }

    @Test func zonesAndMasks() throws {
        var scene = try Scene(.yuyv)
        var gate = gate(scene.shape, [left, right, whole], masks: [oc_region(x: 0, y: 0, width: 65535, height: 20000)])
        _ = try look(&gate, scene.frame())
        #expect(try look(&gate, scene.frame(square: (20, 80))) == 0b101)
        for _ in 0..<100 { _ = try look(&gate, scene.frame()) }
        #expect(try look(&gate, scene.frame(square: (130, 80))) == 0b110)
        for _ in 0..<100 { _ = try look(&gate, scene.frame()) }
        #expect(try look(&gate, scene.frame(square: (130, 5))) == 0, "under the mask")
    }

    @Test func aTurnedCameraHasItsZonesTurned() throws {
        var scene = try Scene(.grey)
        // A quarter turn clockwise sets the frame upright: its lower half becomes the left one.
        var gate = gate(scene.shape, [left, right], orientation: 1)
        _ = try look(&gate, scene.frame())
        #expect(try look(&gate, scene.frame(square: (70, 90))) == 0b01)
        for _ in 0..<100 { _ = try look(&gate, scene.frame()) }
        #expect(try look(&gate, scene.frame(square: (70, 10))) == 0b10)
    }

    @Test(arguments: [(1, 1), (2, 3), (5, 300), (4000, 2)]) func everySizeWorks(_ width: Int, _ height: Int) throws {
        let shape = try #require(FrameShape(.grey, width: width, height: height))
        var gate = gate(shape)
        _ = try look(&gate, [UInt8](repeating: 9, count: shape.bytes))
        #expect(try look(&gate, [UInt8](repeating: 9, count: shape.bytes)) == 0)
    }
}
