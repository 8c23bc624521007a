import CBundle
import Events
import TestSupport
import Testing

@testable import Watching

/// The part of a frame that the second model sees of an object.
@Suite struct CascadePartTests {
    private func part(
        _ box: (Double, Double, Double, Double), margin: Double = 0, input: (UInt32, UInt32) = (16, 16),
        frame: (Int, Int) = (640, 480)
    ) -> (x: Double, y: Double, width: Double, height: Double) {
        var (record, picture) = (oc_cascade(), oc_preprocess())
        record.margin = UInt32(margin * 65536)
        (picture.width, picture.height) = input
        func unit(_ value: Double) -> UInt32 { UInt32(value * 65536) }
        let box = FrameBox(left: unit(box.0), top: unit(box.1), right: unit(box.2), bottom: unit(box.3))
        let part = CascadePart(record, picture, frame: (width: frame.0, height: frame.1)).part(of: box)
        func pixels(_ value: UInt16, _ size: Int) -> Double { Double(value) / 65535 * Double(size) }
        return (
            pixels(part.x, frame.0), pixels(part.y, frame.1), pixels(part.width, frame.0), pixels(part.height, frame.1)
        )
    }

    private func expect(
        _ part: (x: Double, y: Double, width: Double, height: Double), _ x: Double, _ y: Double, _ width: Double,
        _ height: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let differences = [part.x - x, part.y - y, part.width - width, part.height - height]
        #expect(differences.allSatisfy { abs($0) < 0.1 }, "\(part)", sourceLocation: sourceLocation)
    }

    @Test("It has the input's aspect around the box's middle, longer and never shorter than the box")
    func aspect() {
        // 160x120 pixels in the middle of 640x480.
        expect(part((0.375, 0.375, 0.625, 0.625)), 240, 160, 160, 160)
        expect(part((0.375, 0.375, 0.625, 0.625), input: (32, 16)), 200, 180, 240, 120)
        expect(part((0.375, 0.375, 0.625, 0.625), input: (16, 48)), 240, 0, 160, 480)
    }

    @Test("The margin is of the longer side, on each side")
    func margin() {
        expect(part((0.375, 0.375, 0.625, 0.625), margin: 0.25), 200, 120, 240, 240)
        expect(part((0.375, 0.375, 0.625, 0.625), margin: 0.125, input: (32, 16)), 160, 160, 320, 160)
    }

    @Test("It moves into the frame at the edges, and is cut where the frame is smaller")
    func edges() {
        expect(part((0, 0, 0.25, 0.25)), 0, 0, 160, 160)
        expect(part((0.75, 0.75, 1, 1)), 480, 320, 160, 160)
        expect(part((0, 0.25, 1, 0.75)), 0, 0, 640, 480)
        expect(part((0, 0, 1, 1), margin: 1), 0, 0, 640, 480)
    }

    @Test("Of any box and frame it lies inside the frame, and has a pixel")
    func random() {
        var random = SplitMix64(state: 29)
        func number(_ range: ClosedRange<UInt32>) -> UInt32 {
            range.lowerBound + UInt32(random.below(Int(range.upperBound - range.lowerBound) + 1))
        }
        for _ in 0..<20_000 {
            func side() -> UInt32 { number(0...65536) }
            let (left, top) = (side(), side())
            var (record, picture) = (oc_cascade(), oc_preprocess())
            record.margin = side()
            (picture.width, picture.height) = (number(1...2048), number(1...2048))
            let box = FrameBox(
                left: left, top: top, right: number(left...65536), bottom: number(top...65536))
            let frame = (width: Int(number(1...16384)), height: Int(number(1...16384)))
            let part = CascadePart(record, picture, frame: frame).part(of: box)
            #expect(part.width > 0 && part.height > 0, "\(box)")
            #expect(Int(part.x) + Int(part.width) <= 65535 && Int(part.y) + Int(part.height) <= 65535, "\(box)")
        }
    }
}
