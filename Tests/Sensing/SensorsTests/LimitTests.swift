import CV4L2
import Pictures
import Testing
import Vision

@testable import Sensors

/// Numbers as drivers and years may bring them.
@Suite struct LimitTests {
    @Test("Statuses come in order over the ends of 31 and 32 bits", arguments: [UInt32(Int32.max) - 5, UInt32.max - 5])
    func statuses(start: UInt32) throws {
        let queue = try StatusQueue(from: start)
        for round in 0..<4 {
            // Four more than there is room for.
            for index in 0..<20 { queue.post(.note, "\(round) \(index)") }
            for index in 0..<16 { #expect(queue.take()?.detail == "\(round) \(index)") }
            #expect(queue.take() == nil)
        }
    }

    private func mode(_ letters: String, _ width: Int, _ height: Int, _ interval: (UInt32, UInt32)) -> CameraMode {
        let rates = CameraRates(
            oc_camera_intervals(
                least_numerator: interval.0, least_denominator: interval.1, most_numerator: interval.0,
                most_denominator: interval.1))
        return CameraMode(
            code: letters.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) }, width: width, height: height,
            isEmulated: false, rates: [rates].compactMap(\.self))
    }

    @Test("Modes of absurd sizes are not used, and those of absurd rates do no harm")
    func modes() throws {
        let largest = Int(UInt32.max)
        for letters in ["YUYV", "MJPG", "GREY"] {
            #expect(CameraCost(mode(letters, largest, largest, (1, 30)), CameraNeeds()) == nil)
            #expect(CameraCost(mode(letters, 0, 480, (1, 30)), CameraNeeds()) == nil)
        }
        var needs = CameraNeeds()
        needs.millihertz = 1
        let modes = [
            mode("GREY", 640, 480, (.max, .max - 1)), mode("GREY", 640, 480, (.max - 1, .max)),
            mode("GREY", 640, 480, (.max, 1)),
        ]
        var twoRates = modes[0]
        twoRates = CameraMode(
            code: twoRates.code, width: 640, height: 480, isEmulated: false, rates: modes.flatMap(\.rates))
        let chosen = try #require(CameraChoice([twoRates], needs)).mode
        #expect(chosen.nanoseconds == 1_000_000_000 && chosen.interval?.numerator == .max)
        var slow = modes[2]
        slow.interval = slow.rates[0].least
        #expect(slow.nanoseconds == 3_600_000_000_000)
    }

    @Test("Ranges of sizes up to the end of 32 bits are fitted into")
    func ranges() {
        #expect(CameraMode.fit(640, 0, .max, 1) == 640)
        #expect(CameraMode.fit(640, 16, .max, .max) == 16)
        #expect(CameraMode.fit(640, .max, .max, 1) == Int(UInt32.max))
        #expect(CameraMode.fit(Int(Int32.max), 0, .max, 16) == Int(Int32.max) + 1)
    }

    @Test("A form of absurd numbers is no frame")
    func forms() {
        let form = CameraForm(
            oc_camera_format(
                code: 0x5659_5559, width: .max, height: .max, stride: .max, bytes: .max, full_range: 0))
        #expect(form.shape == nil && !form.isUsable)
        var bytes = [UInt8](repeating: 0, count: 64)
        for stride: UInt32 in [.max, .max / 2, 1 << 31] {
            let wide = CameraForm(
                oc_camera_format(code: 0x5659_5559, width: 4, height: 4, stride: stride, bytes: 32, full_range: 0))
            bytes.withUnsafeMutableBytes { #expect(wide.view(UnsafeRawBufferPointer($0)) == nil) }
        }
    }
}
