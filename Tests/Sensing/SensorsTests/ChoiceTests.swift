import CV4L2
import Pictures
import Testing
import Vision

@testable import Sensors

private func code(_ letters: String) -> UInt32 { letters.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) } }

private func mode(
    _ letters: String, _ width: Int, _ height: Int, rates: [UInt32] = [30], isEmulated: Bool = false
) -> CameraMode {
    CameraMode(
        code: code(letters), width: width, height: height, isEmulated: isEmulated,
        rates: rates.compactMap {
            CameraRates(
                oc_camera_intervals(
                    least_numerator: 1, least_denominator: $0, most_numerator: 1, most_denominator: $0))
        })
}

private func needs(_ width: Int, _ height: Int, isGrey: Bool = false, millihertz: Int64? = nil) -> CameraNeeds {
    var needs = CameraNeeds()
    (needs.width, needs.height, needs.isGrey, needs.millihertz) = (width, height, isGrey, millihertz)
    return needs
}

@Suite struct ChoiceTests {
    private func chosen(_ modes: [CameraMode], _ needs: CameraNeeds) -> String? {
        CameraChoice(modes, needs)?.mode.name
    }

    @Test func theCheapestThatIsLargeEnoughIsTaken() {
        let modes = [
            mode("YUYV", 160, 120), mode("YUYV", 320, 240), mode("YUYV", 640, 480), mode("NV12", 320, 240),
            mode("NV12", 640, 480),
        ]
        #expect(chosen(modes, needs(224, 224)) == "nv12 320x240")
        #expect(chosen(modes, needs(96, 96)) == "yuyv 160x120")
        #expect(chosen(modes, needs(224, 241)) == "nv12 640x480")
        // None is large enough: the largest.
        #expect(chosen(modes, needs(800, 600)) == "nv12 640x480")
    }

    @Test func colourModelsGetColour() {
        let modes = [mode("GREY", 320, 240), mode("YUYV", 1280, 720)]
        #expect(chosen(modes, needs(96, 96)) == "yuyv 1280x720")
        #expect(chosen(modes, needs(96, 96, isGrey: true)) == "grey 320x240")
        #expect(chosen([modes[0]], needs(96, 96)) == "grey 320x240")
    }

    @Test func conversionsAndCompressionCost() {
        let raw = [mode("YUYV", 640, 480), mode("RGB3", 640, 480, isEmulated: true), mode("MJPG", 640, 480)]
        #expect(chosen(raw, needs(96, 96)) == "yuyv 640x480")
        #expect(chosen([raw[1]], needs(96, 96)) == "rgb24 640x480")
        #expect(chosen([raw[2]], needs(96, 96)) == (JPEGDecoder.isAvailable ? "mjpeg 640x480" : nil))
        #expect(chosen([mode("BA81", 640, 480), raw[0]], needs(96, 96)) == "yuyv 640x480")
        #expect(chosen([mode("H264", 640, 480)], needs(96, 96)) == nil)
        // Their width must be even.
        #expect(chosen([mode("YUYV", 321, 240)], needs(96, 96)) == nil)
    }

    @Test func rateIsTheSlowestThatIsFastEnough() throws {
        let fast = mode("YUYV", 640, 480, rates: [5, 10, 15, 30])
        func interval(_ millihertz: Int64?) throws -> [UInt32]? {
            let choice = try #require(CameraChoice([fast], needs(96, 96, millihertz: millihertz)))
            return choice.mode.interval.map { [$0.numerator, $0.denominator] }
        }
        #expect(try interval(nil) == nil)
        #expect(try interval(10_000) == [1, 10])
        #expect(try interval(10_001) == [1, 15])
        #expect(try interval(100) == [1, 5])
        #expect(try interval(99_000) == [1, 30])
        let slow = mode("NV12", 640, 480, rates: [5])
        #expect(chosen([fast, slow], needs(96, 96, millihertz: 10_000)) == "yuyv 640x480")
        #expect(chosen([fast, slow], needs(96, 96, millihertz: 5_000)) == "nv12 640x480")
        // All rates between two.
        let range = CameraRates(
            oc_camera_intervals(least_numerator: 1, least_denominator: 60, most_numerator: 1, most_denominator: 2))
        let interval = try #require(range?.interval(atLeast: 7_500))
        #expect(interval == (1000, 7500))
        #expect(range?.interval(atLeast: 61_000) == nil)
    }

    @Test func wishesAreObeyed() {
        let modes = [mode("YUYV", 320, 240), mode("NV12", 320, 240), mode("YUYV", 640, 480)]
        var wish = needs(96, 96)
        wish.format = Array("yuyv".utf8)
        #expect(chosen(modes, wish) == "yuyv 320x240")
        wish.size = (640, 480)
        #expect(chosen(modes, wish) == "yuyv 640x480")
        wish.size = (800, 600)
        #expect(chosen(modes, wish) == nil)
    }

    @Test func theReasonIsSaid() throws {
        let choice = try #require(
            CameraChoice([mode("NV12", 320, 240), mode("H264", 320, 240)], needs(96, 96, millihertz: 10_000)))
        #expect(
            choice.reason
                == "nv12 320x240 at 30 frames/s: about 115 KB to go through a frame, the least of 1 modes that can be used "
                + "(of 2); the model needs 96x96 pixels")
    }

    @Test func sizesInStepsAreFitted() {
        #expect(CameraMode.fit(96, 16, 1920, 16) == 96)
        #expect(CameraMode.fit(97, 16, 1920, 16) == 112)
        #expect(CameraMode.fit(5, 16, 1920, 16) == 16)
        #expect(CameraMode.fit(4000, 16, 1920, 16) == 1920)
        #expect(CameraMode.fit(1919, 16, 1923, 16) == 1920)
    }
}
