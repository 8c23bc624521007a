import CBundle
import CLinux
import Foundation
import Pictures
import System
import TestSupport
import Testing
import Vision

@testable import Sensors

/// Streams as programs write them: padded, compressed, ending and coming again.
@Suite(.serialized) struct StreamTests {
    private final class Place {
        let path = NSTemporaryDirectory() + "ocellus-\(UUID().uuidString)"

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func file(_ name: String, _ bytes: [UInt8]) throws -> String {
            try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
            return path + "/" + name
        }
    }

    /// A frame's pixels without padding, its number and its time in milliseconds.
    private struct Taken: Equatable {
        var planes: [[UInt8]]
        var size: [Int]
        var number: Int64
        var time: Int64

        init(_ frame: SourceFrame) {
            let shape = frame.view.shape
            planes = (0..<shape.planes).map { index in
                let plane = frame.view.plane(index)
                return (0..<shape.rows(ofPlane: index)).flatMap { row in
                    Array(plane.bytes[row * plane.stride..<row * plane.stride + shape.rowBytes(ofPlane: index)])
                }
            }
            size = [shape.width, shape.height]
            number = frame.number
            time = frame.time / 1_000_000
        }
    }

    private func open(_ text: String, _ change: (inout Source.Options) -> Void = { _ in }) throws -> Source {
        var options = Source.Options()
        change(&options)
        return try Source([SourceItem(parsing: text.utf8)], options)
    }

    /// Takes frames until the end, or until there are so many.
    private func take(_ source: Source, _ limit: Int = .max) throws -> [Taken] {
        var taken: [Taken] = []
        while taken.count < limit {
            switch try source.next() {
            case .frame(let frame): taken.append(Taken(frame))
            case .none: usleep(1000)
            case .recorded, .end: return taken
            }
        }
        return taken
    }

    // MARK: Padding

    /// A frame whose planes have these strides and rows; padding is 0xee, pixels count up.
    private func padded(_ shape: FrameShape, strides: [Int], rows: [Int]) -> (bytes: [UInt8], planes: [[UInt8]]) {
        var bytes: [UInt8] = []
        var planes: [[UInt8]] = []
        var next: UInt8 = 0
        for plane in 0..<shape.planes {
            var pixels: [UInt8] = []
            for row in 0..<rows[plane] {
                var line = [UInt8](repeating: 0xee, count: strides[plane])
                if row < shape.rows(ofPlane: plane) {
                    for column in 0..<shape.rowBytes(ofPlane: plane) {
                        line[column] = next
                        pixels.append(next)
                        next &+= 1
                    }
                }
                bytes += line
            }
            planes.append(pixels)
        }
        return (bytes, planes)
    }

    @Test(
        "Rows padded by the sender are no pixels",
        arguments: [
            ("yuv420:10x4/16", [16, 8, 8], [4, 2, 2]), ("yuv420:10x4/15", [15, 8, 8], [4, 2, 2]),
            ("nv12:10x4/16", [16, 16], [4, 2]), ("grey:10x4/16", [16], [4]), ("rgb24:3x4/12", [12], [4]),
            ("yuyv:10x4/32", [32], [4]), ("yuv420:10x4", [10, 5, 5], [4, 2, 2]),
            ("yuv420:10x5/gstreamer", [12, 8, 8], [6, 3, 3]), ("yuv420:16x4/gstreamer", [16, 8, 8], [4, 2, 2]),
            ("nv21:9x5/gstreamer", [12, 12], [6, 3]), ("grey:9x5/gstreamer", [12], [5]),
            ("rgb24:3x5/gstreamer", [12], [5]), ("bgr24:5x3/gstreamer", [16], [3]), ("uyvy:6x3/gstreamer", [12], [3]),
        ] as [(String, [Int], [Int])])
    func padding(text: String, strides: [Int], rows: [Int]) throws {
        let place = try Place()
        let item = try SourceItem(parsing: text.utf8)
        let shape = try #require(item.frameShape)
        let (bytes, planes) = padded(shape, strides: strides, rows: rows)
        let file = try place.file("raw", bytes + bytes)
        let taken = try take(try open("\(text)@10:\(file)"))
        #expect(taken.map(\.planes) == [planes, planes])
        #expect(taken.map(\.time) == [0, 100])
    }

    @Test("Grey of limited range is spread as colour is, so that one scene is one input", arguments: [1, 3])
    func limitedGrey(channels: Int) throws {
        let place = try Place()
        let luma = (0..<64).map { UInt8($0 * 4) }
        func frame(_ header: String, _ chroma: [UInt8]) throws -> [UInt8] {
            let clip = Array("YUV4MPEG2 W8 H8 F1:1 \(header)\nFRAME\n".utf8) + luma + chroma
            let source = try open(try place.file("clip.y4m", clip))
            guard case .frame(let frame) = try source.next() else { return [] }
            return convert(frame.view, channels: channels)
        }
        let neutral = [UInt8](repeating: 128, count: 32)
        for range in ["", " XCOLORRANGE=LIMITED", " XCOLORRANGE=FULL"] {
            let colour = try frame("C420jpeg" + range, neutral)
            #expect(try frame("Cmono" + range, []) == colour && !colour.isEmpty, "\(range)")
        }
    }

    private func convert(_ view: FrameView, channels: Int) -> [UInt8] {
        var record = oc_preprocess()
        (record.width, record.height, record.channels) = (8, 8, UInt32(channels))
        record.crop = (0, 0, 65535, 65535)
        withUnsafeMutableBytes(of: &record.table) { table in
            for index in table.indices { table[index] = UInt8(truncatingIfNeeded: index) }
        }
        guard var preprocessor = try? Preprocessor(record, view.shape) else { return [] }
        var tensor = [UInt8](repeating: 0, count: preprocessor.bytes)
        tensor.withUnsafeMutableBytes { preprocessor.convert(view, into: $0) }
        return tensor
    }

    // MARK: JPEG files one behind the other

    private func picture(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Checkout.file("Tests/Perception/PicturesTests/Files/\(name)")))
    }

    @Test(
        "A stream of JPEG files is cut at their markers, whatever lies between them",
        .enabled(if: JPEGDecoder.isAvailable, "built without libjpeg-turbo"))
    func mjpeg() throws {
        let place = try Place()
        let (rgb, grey, frame) = (try picture("rgb.jpg"), try picture("grey.jpg"), try picture("frame.jpg"))
        // A pre-view in an application segment has markers of its own.
        let preview =
            Array(frame[..<2]) + [0xff, 0xe1] + [UInt8((grey.count + 2) >> 8), UInt8((grey.count + 2) & 255)]
        let nested = preview + grey + frame[2...]
        let boundary = Array("\r\n--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 889\r\n\r\n".utf8)
        let damaged = Array(rgb[..<(rgb.count / 2)])
        let stream = boundary + rgb + boundary + nested + [0, 0, 0xff] + grey + damaged + rgb + damaged
        for name in ["clip.mjpeg", "clip.mjpg", "stream"] {
            let file = try place.file(name, stream)
            let text = name == "stream" ? "mjpeg@20:\(file)" : file
            let source = try open(text) { ($0.camera.needs.width, $0.camera.needs.height) = (16, 11) }
            let taken = try take(source)
            #expect(taken.map(\.size) == [[17, 11], [16, 12], [17, 11], [17, 11]])
            #expect(taken[0].planes == taken[3].planes)
            // One that was cut short came before the last, and takes its time.
            #expect(taken.map(\.time) == (name == "stream" ? [0, 50, 100, 200] : [0, 33, 66, 133]))
        }
    }

    @Test(
        "Frames of a stream whose pixels are missing are damaged, the next are not",
        .enabled(if: JPEGDecoder.isAvailable, "built without libjpeg-turbo"))
    func damagedFrames() throws {
        let place = try Place()
        let (good, twice) = (try picture("frame.jpg"), try picture("corrupt-two-soi.jpg"))
        let scan = try #require(good.indices.dropLast().first { good[$0] == 0xff && good[$0 + 1] == 0xda })
        let short = Array(good[..<(scan + 20)])
        let file = try place.file(
            "clip.mjpeg", good + short + [0xff, 0xd9] + good + short + good + twice + good + short)
        let source = try open(file)
        // Two beginnings are one frame.
        let taken = try take(source)
        #expect(taken.map(\.number) == [0, 2, 4, 5, 6])
        #expect(Set(taken.map(\.planes)).count == 1)
        #expect(try #require(source.troubles) == (0, 3) && source.dropped == 3)
    }

    // MARK: Coming again

    @Test("A FIFO whose writer goes is opened again, and its frames may be others")
    func fifo() throws {
        let place = try Place()
        let fifo = place.path + "/fifo"
        try #require(oc_make_fifo(fifo) == 0)
        let source = try open(fifo) { $0.everyFrame = true }
        func write(_ bytes: [UInt8]) throws -> System.Thread {
            try System.Thread {
                let fd = oc_open(fifo, Int32(OC_WRITE.rawValue))
                _ = oc_write(fd, bytes, bytes.count)
                _ = oc_close(fd)
            }
        }
        var statuses: [SourceStatus] = []
        let first = Array("YUV4MPEG2 W2 H2 F10:1 Cmono\n".utf8) + Array("FRAME\n".utf8) + [1, 1, 1, 1]
        try write(first + Array("FRAME\n".utf8) + [2, 2, 2, 2]).join()
        #expect(try take(source, 2).map(\.time) == [0, 100])
        while statuses.isEmpty { source.takeStatus().map { statuses.append($0) } }
        #expect(statuses[0].kind == .lost && statuses[0].detail.contains("its writer ended"))
        // Another size, another rate: numbers and times go on.
        let wide = Array("YUV4MPEG2 W4 H2 F20:1 Cmono\nFRAME\n".utf8) + [UInt8](repeating: 3, count: 8)
        try write(wide + Array("FRAME\n".utf8) + [UInt8](repeating: 4, count: 8)).join()
        let second = try take(source, 2)
        #expect(second.map(\.size) == [[4, 2], [4, 2]] && second.map(\.number) == [2, 3])
        #expect(second.map(\.time) == [200, 250] && second[1].planes == [[UInt8](repeating: 4, count: 8)])
        while statuses.last?.kind != .recovered { source.takeStatus().map { statuses.append($0) } }
        #expect(try #require(source.troubles).faults >= 1)
    }

    @Test("A command may come back with frames of another size")
    func commandChangesItsSize() throws {
        let place = try Place()
        let one = try place.file("one", Array("YUV4MPEG2 W2 H2 F10:1 Cmono\nFRAME\n".utf8) + [1, 1, 1, 1])
        let two = try place.file("two", Array("YUV4MPEG2 W6 H1 F5:1 Cmono\nFRAME\n".utf8) + [2, 2, 2, 2, 2, 2])
        let script =
            "if [ -e '\(place.path)/again' ]; then cat '\(two)'; else touch '\(place.path)/again'; cat '\(one)'; fi"
        let source = try open("y4m:-") {
            $0.command = ["sh", "-c", script].map { Path($0.utf8) }
            $0.everyFrame = true
        }
        #expect(try take(source, 2).map(\.size) == [[2, 2], [6, 1]])
    }

    @Test("A command has time for its first frame, and as long between two as its rate says")
    func grace() throws {
        let frame = "printf 'FRAME\\n1234'"
        let script = "sleep 1; printf 'YUV4MPEG2 W2 H2 F1:2 Cmono\\n'; sleep 1; \(frame); sleep 1; \(frame)"
        let source = try open("y4m:-") {
            $0.command = ["sh", "-c", script + "; exec sleep 100"].map { Path($0.utf8) }
            $0.camera.stall = 300_000_000  // far below any of the pauses
        }
        _ = try take(source, 2)
        #expect(source.troubles?.faults == 0)
        // Then it is silent for longer than three of its frames take.
        var status: SourceStatus?
        while status == nil { status = source.takeStatus() }
        let detail = try #require(status?.detail)
        #expect(detail.contains("nothing came for 6000 ms") && detail.contains("stall"), "\(detail)")
    }

    // MARK: Pace

    @Test("A paced file takes its own time, and leaves out what comes too late")
    func pace() throws {
        let place = try Place()
        let frames = (0..<10).flatMap { [UInt8](repeating: $0, count: 4) }
        let file = try place.file("raw", frames)
        let source = try open("grey:2x2@20:\(file)") { $0.isPaced = true }
        let start = Clock.monotonic
        #expect(try take(source).count == 10)
        #expect(Clock.monotonic - start >= 450_000_000)
        // Who is away for long finds the frame of now.
        let late = try open("grey:2x2@20:\(file)")
        late.pace()
        #expect(try take(late, 1)[0].number == 0)
        usleep(320_000)
        let next = try take(late, 1)[0].number
        #expect(next >= 6 && late.dropped == next - 1)
        #expect(late.pause(at: Clock.monotonic) <= 50_000_000)
    }
}
