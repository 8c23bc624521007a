import CBundle
import CLinux
import Events
import Foundation
import Pictures
import System
import TestSupport
import Testing
import Vision

@testable import Bundle
@testable import Recording

/// A recorder that is fed by hand: one rule, one zone, an input of four bytes, grey frames.
private final class Feed {
    let recorder: Recorder
    private var list: UnsafeMutableBufferPointer<oc_watch>
    private(set) var frames: Int64 = 0
    private let shape: FrameShape
    let pixels: UnsafeMutableRawBufferPointer

    init(
        _ place: Place, before: Int = 2, after: Int = 1, permit: Bool = true, flip: UInt8 = 0,
        _ shape: FrameShape = FrameShape(.grey, width: 64, height: 48)!,
        mask: oc_region = oc_region(x: 0, y: 0, width: 32768, height: 65535)
    ) throws {
        self.shape = shape
        pixels = .allocate(byteCount: shape.bytes, alignment: 1)
        var settings = RecordSettings(folder: Path(place.path.utf8))
        (settings.before, settings.after, settings.side) = (before, after, 32)
        var facts = RecordFacts()
        (facts.inputBytes, facts.zones, facts.flip) = (4, 1, flip)
        facts.rules = [(Array("dog".utf8), 0)]
        facts.masks = [mask]
        recorder = try Recorder(settings, facts, permit ? PixelPermit() : nil)
        list = .allocate(capacity: 1)
        list.initialize(repeating: oc_watch())
        for index in pixels.indices { pixels[index] = UInt8(truncatingIfNeeded: 128 + index % 64) }
    }

    deinit {
        list.deallocate()
        pixels.deallocate()
    }

    /// One frame; `event`: the rule speaks.
    func frame(event: Bool = false) {
        let watch = WatchList(UnsafeBufferPointer(list)) { _ in Text(start: nil, count: 0) }
        frames += 1
        let progress = SourceProgress(frame: frames - 1, frames: frames, dropped: 0)
        recorder.begin(
            RecordFrame(moment: Moment(wall: frames, monotonic: frames), progress: progress, sequence: 5, lost: 0),
            watch)
        withUnsafeBytes(of: UInt32(0x4030201)) { recorder.take($0, zone: 0) }
        if event {
            "dog".utf8.withContiguousStorageIfAvailable { recorder.take("enter", of: Text($0), latency: 9, lost: 1) }
        }
        recorder.end(FrameView(shape, packed: UnsafeRawBufferPointer(pixels))!, watch)
    }
}

@Suite(.serialized) struct RecorderTests {
    private func kept(_ place: Place) throws -> [Int] {
        try place.names.filter { $0.hasSuffix(".json") }.compactMap { name in
            let data = try Data(contentsOf: URL(fileURLWithPath: place.path + "/" + name))
            let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            return object["frame"] as? Int
        }
    }

    @Test func aWindowLiesAroundEachEvent() throws {
        let place = try Place()
        let feed = try Feed(place)
        for index in 0..<20 {
            feed.frame(event: index == 5 || index == 12 || index == 13)
            feed.recorder.settle()
        }
        feed.recorder.finish()
        #expect(try kept(place) == [3, 4, 5, 6, 10, 11, 12, 13, 14])
        #expect(feed.recorder.counts == (9, 0))
    }

    @Test func nothingBeforeAndNothingAfter() throws {
        let place = try Place()
        let feed = try Feed(place, before: 0, after: 0)
        for index in 0..<9 {
            feed.frame(event: index == 4)
            feed.recorder.settle()
        }
        #expect(try kept(place) == [4])
    }

    @Test("Pictures are small, masked, and the input is the model's own") func pixels() throws {
        let place = try Place()
        let feed = try Feed(place, flip: 0x80)
        feed.frame(event: true)
        feed.recorder.finish()
        let input = try Data(contentsOf: URL(fileURLWithPath: place.path + "/ocellus-0000000000.raw"))
        #expect(Array(input) == [0x81, 0x82, 0x83, 0x84])
        var picture = Picture()
        let file = try Data(contentsOf: URL(fileURLWithPath: place.path + "/ocellus-0000000000.jpg"))
        if JPEGDecoder.isAvailable {
            try file.withUnsafeBytes { try picture.decode($0) }
            #expect(picture.width == 32 && picture.height == 24 && picture.channels == 1)
            #expect(picture.pixels[12 * 32 + 4] < 8 && picture.pixels[12 * 32 + 28] > 150)
        }
    }

    @Test("Nothing behind a mask shows beside it", arguments: [PixelFormat.grey, .yuyv, .uyvy])
    func mask(format: PixelFormat) throws {
        guard JPEGDecoder.isAvailable else { return }
        for start in stride(from: UInt16(20000), to: 24000, by: 307) {
            let place = try Place()
            let shape = FrameShape(format, width: 1000, height: 750)!
            let mask = oc_region(x: start, y: start, width: 20000, height: 20000)
            let feed = try Feed(place, shape, mask: mask)
            // White behind the mask, black elsewhere.
            let (first, last) = (Int(start) * 1000 / 65535 + 1, (Int(start) + 20000) * 1000 / 65535)
            let (upper, lower) = (Int(start) * 750 / 65535 + 1, (Int(start) + 20000) * 750 / 65535)
            let step = format == .grey ? 1 : 2
            for index in feed.pixels.indices {
                let isLight = format == .grey || index % 2 == (format == .yuyv ? 0 : 1)
                let (column, row) = (index / step % 1000, index / step / 1000)
                let isMasked = first..<last ~= column && upper..<lower ~= row
                feed.pixels[index] = isLight ? (isMasked ? 235 : 16) : 128
            }
            feed.frame(event: true)
            feed.recorder.finish()
            var picture = Picture()
            let file = try Data(contentsOf: URL(fileURLWithPath: place.path + "/ocellus-0000000000.jpg"))
            try file.withUnsafeBytes { try picture.decode($0) }
            #expect(picture.pixels.allSatisfy { $0 < 24 }, "mask from \(start)")
        }
    }

    @Test func withoutAPermitThereAreOnlyTexts() throws {
        let place = try Place()
        let feed = try Feed(place, permit: false)
        for _ in 0..<3 { feed.frame(event: true) }
        feed.recorder.finish()
        #expect(try place.names.count == 3 && place.names.allSatisfy { $0.hasSuffix(".json") })
    }

    @Test("A run's end is written if the run is") func end() throws {
        for isWritten in [false, true] {
            let place = try Place()
            let feed = try Feed(place)
            feed.frame(event: isWritten)
            let line = "{\"event\":\"status\"}"
            line.utf8.withContiguousStorageIfAvailable {
                feed.recorder.tell(.status(.ended, detail: Text(start: nil, count: 0)), Text($0), isNear: false)
            }
            feed.recorder.finish()
            #expect(try place.names.filter { $0.hasSuffix(".json") }.count == (isWritten ? 2 : 0))
        }
    }

    #if DEBUG
        @Test func aDiskThatFailsIsTriedAgain() throws {
            defer { oc_force_no_errors() }
            let place = try Place()
            let feed = try Feed(place, before: 0, after: 0)
            feed.frame(event: true)
            feed.recorder.settle()
            #expect(feed.recorder.takeStatus() == nil)
            oc_force_error(OC_CALL_SYNC, 1, 1, Int32(OC_ENOSPC))
            for _ in 0..<5 {
                feed.frame(event: true)
                feed.recorder.settle()
            }
            guard case .failed(.noSpace) = feed.recorder.takeStatus() else {
                Issue.record("no status")
                return
            }
            #expect(feed.recorder.counts == (1, 5), "until it is time to try again")
            #expect(try kept(place) == [0] && place.names.count == 3)
            usleep(1_050_000)
            feed.frame(event: true)
            feed.recorder.settle()
            guard case .resumed = feed.recorder.takeStatus() else {
                Issue.record("no status")
                return
            }
            #expect(feed.recorder.counts == (2, 5))
            feed.recorder.finish()
            #expect(try kept(place) == [0, 6])
        }
    #endif

    @Test("A reader goes on from the memories where frames are missing") func continuity() throws {
        let place = try Place()
        do {
            let feed = try Feed(place, before: 0, after: 1)
            for index in 0..<6 {
                feed.frame(event: index == 1 || index == 4)
                feed.recorder.settle()
                if index == 4 { feed.recorder.breakEpoch() }
            }
            feed.recorder.finish()
        }
        let reader = try #require(try RecordingReader(Path(place.path.utf8)))
        var seen: [String] = []
        while try reader.next() {
            let frame = try #require(reader.frame)
            #expect(frame.sequence == 5 && reader.memoryCount == 1 && reader.has(zone: 0) && !reader.has(zone: 1))
            seen.append("\(frame.progress.frame)\(reader.continues ? "+" : "")")
            let tensor = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
            defer { tensor.deallocate() }
            try reader.read(zone: 0, into: tensor, flip: 0x80)
            #expect(Array(tensor) == [0x81, 0x82, 0x83, 0x84])
        }
        #expect(seen == ["1", "2+", "4", "5"])
    }
}
