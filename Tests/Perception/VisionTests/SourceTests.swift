import CLinux
import Foundation
import Pictures
import Sensors
import System
import Testing
import Vision

/// What a source gave: the first byte of each frame, its number and its time in milliseconds.
private struct Taken: Equatable {
    var bytes: [UInt8] = []
    var numbers: [Int64] = []
    var times: [Int64] = []
    var dropped: Int64 = 0
}

/// A folder that goes with the test.
private final class Workplace {
    let path = NSTemporaryDirectory() + "ocellus-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    func fifo(_ name: String) throws -> String {
        let file = path + "/" + name
        try #require(oc_make_fifo(file) == 0)
        return file
    }

    /// As a shell passes one of its own pipes: it ends with its writer.
    func pipe(_ name: String) throws -> String { "/proc/self/root" + (try fifo(name)) }
}

/// Takes frames until the end, at most `limit`; slowly: after the first not before 150 have been dropped.
private func takeAll(
    _ sources: [String], _ options: Source.Options = Source.Options(), limit: Int = 1000, pause: Int64 = 0,
    slowly: Bool = false
) throws -> Taken {
    let source = try Source(sources.map { try SourceItem(parsing: $0.utf8) }, options)
    var taken = Taken()
    while taken.bytes.count < limit {
        switch try source.next() {
        case .frame(let frame):
            taken.bytes.append(frame.view.planes.0.bytes[0])
            taken.numbers.append(frame.number)
            taken.times.append(frame.time / 1_000_000)
            taken.dropped = source.dropped
            if pause > 0 { usleep(UInt32(pause / 1000)) }
            while slowly && source.dropped < 150 { usleep(1000) }
        case .none:
            var poll = oc_poll(fd: source.raw, wanted: Int16(OC_POLL_READ), happened: 0)
            try #require(oc_wait(&poll, 1, 600_000) == 1, "no frame")
        case .recorded: throw Errno.invalid
        case .end: return taken
        }
    }
    return taken
}

private func failure(_ sources: [String], _ options: Source.Options = Source.Options()) -> String {
    do {
        _ = try takeAll(sources, options)
        return "no error"
    } catch let error as SourceError {
        return error.message
    } catch {
        return "another error: \(error)"
    }
}

private func y4m(_ header: String, frames: [[UInt8]], frameHeader: String = "FRAME\n") -> [UInt8] {
    Array((header + "\n").utf8) + frames.flatMap { Array(frameHeader.utf8) + $0 }
}

private func grey(_ frames: ClosedRange<UInt8>) -> [[UInt8]] { frames.map { [$0, $0, $0, $0] } }

@Suite(.serialized) struct SourceTests {
    @Test func everyFrameOfAFileIsTaken() throws {
        let place = try Workplace()
        let clip = try place.file(
            "clip.y4m", y4m("YUV4MPEG2 W2 H2 F25:1 Ip A1:1 Cmono XYSCSS=400", frames: grey(1...5)))
        let expected = Taken(bytes: [1, 2, 3, 4, 5], numbers: [0, 1, 2, 3, 4], times: [0, 40, 80, 120, 160])
        #expect(try takeAll([clip]) == expected)
        #expect(try takeAll(["y4m:" + clip]) == expected)
        let raw = try place.file("raw", (1...5).flatMap { [UInt8](repeating: $0, count: 4) })
        #expect(try takeAll(["grey:2x2@25:" + raw]) == expected)
        #expect(try takeAll(["grey:2x2:" + raw]).times == [0, 33, 66, 100, 133])
    }

    @Test func sourcesFollowOneAnotherInTime() throws {
        let place = try Workplace()
        let clip = try place.file("clip", y4m("YUV4MPEG2 W2 H2 F10:1 Cmono", frames: grey(1...2)))
        let raw = try place.file("raw:odd", [7, 7, 7, 7])
        #expect(
            try takeAll([clip, "grey:2x2@5:" + raw, clip])
                == Taken(bytes: [1, 2, 7, 1, 2], numbers: [0, 1, 2, 3, 4], times: [0, 100, 200, 400, 500]))
        var options = Source.Options()
        options.loops = true
        #expect(try takeAll([clip], options, limit: 5).bytes == [1, 2, 1, 2, 1])
        #expect(try takeAll([clip], options, limit: 5).times == [0, 100, 200, 300, 400])
        #expect(try takeAll([clip, "grey:2x2:" + raw], options, limit: 5).bytes == [1, 2, 7, 1, 2])
    }

    @Test func timesBeyondWhatFitsStayAtTheLastInstant() throws {
        let rate = try #require(FrameRate(parsing: "1/1000".utf8))
        #expect(rate.time(ofFrame: 9224) == 9_224_000_000_000_000)
        #expect(rate.time(ofFrame: 4_611_685) == 4_611_685_000_000_000_000)
        #expect(rate.time(ofFrame: 4_611_687) == .max / 2 && rate.time(ofFrame: .max) == .max / 2)
        let odd = try #require(FrameRate(parsing: "30000/1001".utf8))
        #expect(odd.time(ofFrame: .max) == .max / 2 && odd.time(ofFrame: 60_000_000_000) == 2_002_000_000_000_000_000)
    }

    @Test(arguments: [
        "0.001", "1/1000", "1000:1000000", "1000", "1000/1", "1000000:1000", "10000000:333333", "27000000:450449",
        "2147483647:2147483647", "999999999999999999:33333333333333333",
    ])
    func ratesAreTakenUpToTheirBounds(_ text: String) { #expect(FrameRate(parsing: text.utf8) != nil) }

    @Test(arguments: [
        "0.0009", "1/1001", "1:1000000", "1000.1", "1001/1", "1000000/999", "0:1", "1:0", "999999999999999999:1",
    ])
    func ratesOutOfBoundsAreRefused(_ text: String) throws {
        #expect(FrameRate(parsing: text.utf8) == nil)
        guard text.contains(":") else { return }
        let place = try Workplace()
        let clip = try place.file("slow", y4m("YUV4MPEG2 W2 H2 F\(text) Cmono", frames: grey(1...2)))
        #expect(failure([clip]).contains("byte 16"))
    }

    @Test func foldersGiveTheirPicturesInOrder() throws {
        let place = try Workplace()
        try place.file("b.pgm", Array("P5 1 1 255 ".utf8) + [2])
        try place.file("a.PGM", Array("P5 2 1 255 ".utf8) + [1, 1])
        try place.file("c.ppm", Array("P6 1 1 255 ".utf8) + [3, 0, 0])
        try place.file("notes.txt", [0])
        // What other systems leave beside pictures.
        try place.file("._a.pgm", [0, 5, 22, 7])
        try place.file(".jpg", [0])
        #expect(
            try takeAll([place.path]) == Taken(bytes: [1, 2, 3], numbers: [0, 1, 2], times: [0, 1000, 2000]))
        var options = Source.Options()
        options.rate = FrameRate(frames: 4)
        #expect(try takeAll([place.path + "/b.pgm", place.path], options).times == [0, 250, 500, 750])
    }

    @Test func frameParametersAndFullRangeAreRead() throws {
        let place = try Workplace()
        let clip = try place.file(
            "clip",
            y4m(
                "YUV4MPEG2 W1 H1 F30000:1001 C420jpeg XCOLORRANGE=FULL", frames: [[9, 128, 128]],
                frameHeader: "FRAME Ixyz\n"))
        let source = try Source([SourceItem(parsing: clip.utf8)])
        guard case .frame(let frame) = try source.next() else { throw Missing() }
        #expect(frame.view.shape == FrameShape(.yuv420, width: 1, height: 1, range: .full))
    }

    private struct Missing: Error {}

    @Test func pipesGiveTheNewestAndCountTheRest() throws {
        let place = try Workplace()
        let fifo = try place.pipe("fifo")
        let writer = try System.Thread.writing(grey(1...200).flatMap { $0 }, to: fifo, each: 4)
        let taken = try takeAll(["grey:2x2:" + fifo], slowly: true)
        writer.join()
        #expect(taken.bytes.last == 200)
        #expect(taken.numbers == taken.bytes.map { Int64($0) - 1 })
        #expect(taken.numbers == taken.numbers.sorted())
        #expect(taken.dropped > 100)
        #expect(Int64(taken.bytes.count) + taken.dropped == 200)
    }

    @Test func everyFrameOfAPipeOnRequest() throws {
        let place = try Workplace()
        let fifo = try place.pipe("fifo")
        let writer = try System.Thread.writing(y4m("YUV4MPEG2 W2 H2 F30:1 Cmono", frames: grey(1...100)), to: fifo)
        var options = Source.Options()
        options.everyFrame = true
        let taken = try takeAll([fifo], options, pause: 100_000)
        writer.join()
        #expect(taken.bytes == Array(1...100))
        #expect(taken.dropped == 0)
    }

    @Test func aSilentPipeCanBeLeft() throws {
        let place = try Workplace()
        let fifo = try place.fifo("fifo")
        let source = try Source([SourceItem(parsing: fifo.utf8)])
        guard case .none = try source.next() else { throw Missing() }
    }

    @Test(
        arguments: [
            ("YUV4MPEG W2 H2\n", "byte 0: not a Y4M stream, which begins with YUV4MPEG2; for raw frames say"),
            ("", "byte 0: not a Y4M stream, which begins with YUV4MPEG2; it is empty"),
            ("YUV4MPEG2 W2 F1:1\n", "byte 0: the header lacks W (width) or H (height)"),
            ("YUV4MPEG2 W2 H-2\n", "byte 13: expected a number after the letter"),
            ("YUV4MPEG2 W0 H2\n", "byte 0: a frame of 0x2 is not possible"),
            ("YUV4MPEG2 W16384 H16384\n", "byte 0: a frame of 16384x16384 is not possible"),
            ("YUV4MPEG2 W99999999999999999999 H2\n", "byte 10: expected a number"),
            ("YUV4MPEG2 W2 H2 C422\n", "byte 16: the colour space C422 is not supported"),
            ("YUV4MPEG2 W2 H2 F30\n", "no error"),
            ("YUV4MPEG2 W2 H2 Fx:1\n", "byte 16: the frame rate after F"),
            ("YUV4MPEG2 W2 H2\nFRAM", "byte 16: expected the word FRAME before frame 0"),
            ("YUV4MPEG2 W2 H2\nFRAME\n", "byte 16: frame 0 is cut short, 0 of 6 bytes"),
            ("YUV4MPEG2 W2 H2\nFRAME\n123456FRAME\n12345", "byte 28: frame 1 is cut short, 5 of 6 bytes"),
            ("YUV4MPEG2 W2 H2\nFRAME x", "byte 16: the line FRAME of frame 0 does not end"),
        ] as [(String, String)])
    func damagedStreamsNameThePlace(_ content: String, _ expected: String) throws {
        let place = try Workplace()
        let file = try place.file("clip.y4m", Array(content.utf8))
        let message = failure([file])
        #expect(message.hasPrefix(expected == "no error" ? expected : file + ": " + expected), "\(message)")
    }

    @Test func aPipeCutShortIsAnErrorAfterItsLastFrame() throws {
        let place = try Workplace()
        let fifo = try place.pipe("fifo")
        let writer = try System.Thread.writing([1, 1, 1, 1, 2, 2], to: fifo)
        let message = failure(["grey:2x2:" + fifo])
        writer.join()
        #expect(message.hasPrefix(fifo + ": byte 4: frame 1 is cut short, 2 of 4 bytes"))
    }

    @Test(arguments: [
        ("yuv420:640", "expected width x height"), ("yuv420:0x480", "a frame of 0x480 is not possible"),
        ("rgb24:640x480@0", "the frame rate after @"), ("rgb24:640x480@nan", "the frame rate after @"),
        ("yuyv:641x480", "yuyv and uyvy frames have an even width, this is 641"),
        ("grey:9x9:", "the path after the last colon"),
        ("nv12:99999x99999", "is not possible"), ("y4m:", "the path after the last colon"),
        ("yuv42:640x480", "no such pixel format"),
        ("yuv420:640x480/639", "rows of 639 bytes are not possible"), ("yuv420:640x480/wide", "behind the slash"),
        ("mjpeg:", "the path after the last colon"), ("mjpeg@0:-", "the frame rate after @"), ("", "an empty path"),
        ("/nonexistent/a.jpg", "cannot open: No such file or directory"),
        ("/nonexistent/a.y4m", "cannot open: No such file or directory"),
    ])
    func impossibleArgumentsAreExplained(_ argument: String, _ expected: String) {
        let message = failure([argument])
        #expect(message.contains(expected), "\(message)")
    }

    @Test func filesThatAreNoPicturesAreNamed() throws {
        let place = try Workplace()
        #expect(
            failure([place.path]).hasSuffix(
                "no pictures in this folder (.jpg .jpeg .png .bmp .pbm .pgm .ppm .pnm .pam)"))
        let text = try place.file("text", Array("hello".utf8))
        #expect(failure([text]).hasPrefix(text + ": not a picture"))
        let fifo = try place.fifo("fifo")
        #expect(failure([fifo, text]).contains("a pipe or camera has no end"))
        var options = Source.Options()
        options.loops = true
        #expect(failure([fifo], options).contains("--loop needs a file"))
    }

    #if DEBUG
        @Test func readErrorsNameTheByte() throws {
            defer { oc_force_no_errors() }
            let place = try Workplace()
            let file = try place.file("raw", [UInt8](repeating: 1, count: 12))
            oc_force_error(OC_CALL_READ, 2, 1, Int32(OC_EIO))
            #expect(failure(["grey:2x2:" + file]) == file + ": byte 8: cannot read: Input/output error")
        }
    #endif

    @Test func ratesAreExact() throws {
        #expect(FrameRate(parsing: "29.97".utf8) == FrameRate(frames: 29970, seconds: 1000))
        #expect(FrameRate(parsing: "0".utf8) == nil && FrameRate(parsing: "1e9".utf8) == nil)
        #expect(FrameRate(parsing: "5/0".utf8) == nil && FrameRate(parsing: "".utf8) == nil)
        let film = try #require(FrameRate(parsing: "30000/1001".utf8))
        #expect(film.time(ofFrame: 30000) == 1_001_000_000_000)
        #expect(film.time(ofFrame: 1) == 33_366_666)
        #expect(film.time(ofFrame: 30_000_000_001) == 1_001_000_000_000_000_000 + 33_366_666)
    }
}

extension System.Thread {
    /// Writes bytes into a FIFO, `each` at a time, with pauses.
    fileprivate static func writing(
        _ bytes: [UInt8], to path: String, each: Int = .max, pause: Int64 = 0
    ) throws -> System.Thread {
        oc_ignore_write_signals()
        return try System.Thread {
            let fd = oc_open(path, Int32(OC_WRITE.rawValue))
            defer { _ = oc_close(fd) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = Array(rest.prefix(each))
                guard oc_write(fd, part, part.count) == part.count else { return }
                rest = rest.dropFirst(part.count)
                if pause > 0 { usleep(UInt32(pause / 1000)) }
            }
        }
    }
}
