import CBundle
import Testing

@testable import Boards

@Suite struct RecordTests {
    @Test("Durations and scores in the units of the bundle")
    func watch() {
        let rule = SensorFile.WatchRule(
            name: "n", labels: [4], on: 1, off: 0.25, smoothing: 1e-9, enterAfter: .milliseconds(1500),
            leaveAfter: .seconds(3), cooldown: .zero, updateEvery: nil)
        var watchLabels: [UInt32] = [9]
        let record = rule.record(name: oc_text(offset: 7, length: 1), watchLabels: &watchLabels)
        #expect(record.name.offset == 7 && record.label == 4)
        #expect(record.on == 65536 && record.off == 16384 && record.smoothing == 1)
        #expect(record.enter_after == 1500 && record.leave_after == 3000)
        #expect(record.cooldown == 0 && record.update_every == 0)
        #expect(record.further_first == 0 && record.further_count == 0 && watchLabels == [9])
    }

    @Test("Labels of a rule lie in rising order, all but the first beside it")
    func severalLabels() {
        let rule = SensorFile.WatchRule(
            name: "n", labels: [7, 300, 2], on: 1, off: 1, smoothing: 1, enterAfter: .zero, leaveAfter: .zero,
            cooldown: .zero, updateEvery: nil)
        var watchLabels: [UInt32] = [9]
        let record = rule.record(name: oc_text(), watchLabels: &watchLabels)
        #expect(record.label == 2 && record.further_first == 1 && record.further_count == 2)
        #expect(watchLabels == [9, 7, 300])
    }

    @Test(
        "A crop keeps inside the frame and is never empty",
        arguments: [
            (SensorFile.Crop.all, (0, 0, 65535, 65535)),
            (SensorFile.Crop(x: 0.5, y: 0, width: 0.5, height: 1e-9), (32768, 0, 32767, 1)),
            (SensorFile.Crop(x: 1 - 1e-9, y: 1 / 3.0, width: 1e-9, height: 1 / 3.0), (65534, 21845, 1, 21845)),
        ])
    func crop(_ crop: SensorFile.Crop, _ expected: (Int, Int, Int, Int)) {
        let record = crop.record
        #expect((Int(record.0), Int(record.1), Int(record.2), Int(record.3)) == expected)
    }

    @Test("Quantities")
    func quantities() {
        #expect(Duration(quantity: "1.5s") == .milliseconds(1500))
        #expect(Duration(quantity: "24h") == .seconds(86400))
        for text in ["", "s", "1", "-1s", "1e3s", "1sec", "1  s", "nans", "infs", "99999999999h", "1.2.3s"] {
            #expect(Duration(quantity: text) == nil, "\(text)")
        }
        #expect(parseBytes("0.5KiB") == 512)
        for text in ["500MiB", "500M", "500 M"] { #expect(parseBytes(text) == 500 << 20, "\(text)") }
        for text in ["1TiB", "1T", "1024G"] { #expect(parseBytes(text) == 1 << 40, "\(text)") }
        for text in ["", "0B", "1", "1KB", "0.3B", "9999999GiB", "500MB", "500m", "BiB", "2T", "1Ki"] {
            #expect(parseBytes(text) == nil, "\(text)")
        }
    }
}
