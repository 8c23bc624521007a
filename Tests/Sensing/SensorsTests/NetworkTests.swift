import CLinux
import Foundation
import Pictures
import System
import TestSupport
import Testing
import Vision

@testable import Sensors

/// Network cameras, as they are named and as `ocellus-fetch` gives their frames.
@Suite(.serialized) struct NetworkTests {
    private func item(_ text: String) throws -> SourceItem { try SourceItem(parsing: text.utf8) }

    private func settings(_ text: String, _ change: (inout SourceSettings.Options) -> Void = { _ in }) throws
        -> SourceSettings
    {
        var options = SourceSettings.Options()
        change(&options)
        return SourceSettings([try item(text)], options)
    }

    // MARK: Addresses

    @Test(
        "An address names a host, and maybe a port",
        arguments: [
            ("rtsp://192.168.1.20:554/stream2", "192.168.1.20", 554), ("rtsps://cam/", "cam", nil),
            ("http://front_door.lan:8080?action=stream", "front_door.lan", 8080), ("https://cam-1", "cam-1", nil),
            ("rtsp://[fe80::1]:8554/live#x", "fe80::1", 8554), ("http://[::ffff:10.0.0.1]", "::ffff:10.0.0.1", nil),
            ("http://cam/a@b:c//d%20e", "cam", nil),
        ] as [(String, String, Int?)])
    func address(text: String, host: String, port: Int?) throws {
        let address = try #require(try item(text).network)
        #expect(address.text == Array(text.utf8) && address.host == Array(host.utf8) && address.port == port)
    }

    @Test(
        "What is no address is told, but for passwords",
        arguments: [
            ("rtsp://me:secret@cam/1", "--source: an address has no user"), ("ftp://me:secret@cam", "credentials file"),
            ("rtsp://secret@", "credentials file"), ("RTSP://cam/", "in lower case"),
            ("rtmp://cam/", "begins with rtsp://"),
            ("rtsp://", "the host"), ("rtsp:///stream", "the host"), ("http://:80/", "the host"),
            ("http://-cam/", "the host"), ("http://c*m/", "the host"), ("rtsp://[cam]/", "the host"),
            ("rtsp://[::1/", "the host"), ("rtsp://cam:0/", "1 to 65535"), ("rtsp://cam:65536/", "1 to 65535"),
            ("rtsp://cam:/", "1 to 65535"), ("rtsp://[::1]8/", "1 to 65535"), ("rtsp://cam/a b", "write them as %XX"),
            ("rtsp://cam/'", "write them as %XX"), ("rtsp://cam/\\", "write them as %XX"), ("rtsp://cam/é", "as %XX"),
            ("http://cam/" + String(repeating: "a", count: 1024), "at most 1024 bytes"),
        ])
    func refusal(text: String, reason: String) throws {
        let error = try #require(throws: SourceError.self) { _ = try item(text) }
        #expect(error.message.contains(reason) && !error.message.contains("secret"), "\(error.message)")
    }

    @Test("A path with colons and slashes stays a path") func paths() throws {
        for text in ["rtsp:cam", "clips/http:/x", "://cam", "a1://cam", "y4m:rtsp://cam"] {
            #expect(try item(text).network == nil)
        }
    }

    // MARK: Settings

    @Test("A network camera goes on where all that is asked of it is equal") func equality() throws {
        let camera = try settings("rtsp://cam/1")
        #expect(try camera == settings("rtsp://cam/1") && camera != settings("rtsp://cam/2"))
        #expect(try camera != settings("rtsp://cam/1") { $0.camera.needs.millihertz = 5000 })
        #expect(try camera != settings("rtsp://cam/1") { $0.camera.stall += 1 })
        #expect(camera.isDevice)
    }

    @Test("What a network camera cannot do") func mistakes() throws {
        let changes: [(inout SourceSettings.Options) -> Void] = [
            { $0.everyFrame = true }, { $0.command = [Path("cat".utf8)] }, { $0.loops = true }, { $0.isPaced = true },
        ]
        for change in changes {
            let error = try #require(throws: SourceError.self) { _ = try Source(settings("rtsp://cam/1", change)) }
            #expect(error.message.hasPrefix("rtsp://cam/1: "), "\(error.message)")
        }
        #expect(throws: SourceError.self) { _ = try Source([item("rtsp://cam/1"), item("clip.y4m")]) }
    }

    @Test("The program that reads it is told what is needed") func command() throws {
        func words(_ change: (inout SourceSettings.Options) -> Void) throws -> [String] {
            let settings = try settings("rtsp://cam/1", change)
            let origin = try SupervisedStream.Origin(try #require(item("rtsp://cam/1").network), settings.options)
            guard case .command(let words) = origin else { return [] }
            return words.map(\.description)
        }
        #expect(try words { _ in } == ["ocellus-fetch", "rtsp://cam/1"])
        let rated = try words {
            $0.camera.needs.millihertz = 7050
            $0.camera.needs.size = (640, 360)
        }
        #expect(rated == ["ocellus-fetch", "--fps", "7.050", "--size", "640x360", "rtsp://cam/1"])
    }

    @Test("What the unit says is an address and a FIFO") func fetched() throws {
        let fetched = try #require(FetchedCamera(parsing: Array("rtsp://cam/1 /run/a b".utf8)))
        #expect(fetched.address == Array("rtsp://cam/1".utf8) && fetched.fifo == Path("/run/a b".utf8))
        for text in ["", "rtsp://cam/1", "rtsp://cam/1 ", " /run/x"] {
            #expect(FetchedCamera(parsing: Array(text.utf8)) == nil)
        }
        // Another camera than the unit's is not looked at in silence.
        let error = try #require(throws: SourceError.self) {
            _ = try Source(settings("rtsp://cam/2") { $0.fetched = fetched })
        }
        #expect(error.message.hasPrefix("rtsp://cam/2: ocellus-fetch reads rtsp://cam/1 here"), "\(error.message)")
    }

    // MARK: Frames

    /// Width, height, number.
    private func frame(_ source: Source) throws -> [Int] {
        while true {
            if case .frame(let frame) = try source.next() {
                return [frame.view.shape.width, frame.view.shape.height, Int(frame.number)]
            }
            usleep(1000)
        }
    }

    private func status(_ source: Source, _ kind: SourceStatus.Kind) -> SourceStatus {
        while true {
            if let status = source.takeStatus(), status.kind == kind { return status }
            usleep(1000)
        }
    }

    @Test(
        "Frames come by a FIFO, Y4M or JPEG files, which may be missing at first",
        .enabled(if: JPEGDecoder.isAvailable, "built without libjpeg-turbo"))
    func fifo() throws {
        let folder = NSTemporaryDirectory() + "ocellus-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let fifo = folder + "/frames"
        let source = try Source(
            settings("rtsp://cam/1") {
                $0.fetched = FetchedCamera(parsing: Array("rtsp://cam/1 \(fifo)".utf8))
                $0.camera.stall = 1_000_000_000_000
                ($0.camera.needs.width, $0.camera.needs.height) = (16, 11)
            })
        let missing = status(source, .lost).detail
        #expect(missing.hasPrefix("rtsp://cam/1: cannot open \(fifo): No such file"), "\(missing)")
        try #require(oc_make_fifo(fifo) == 0)
        func write(_ bytes: [UInt8]) throws -> System.Thread {
            try System.Thread {
                let fd = oc_open(fifo, Int32(OC_WRITE.rawValue))
                _ = oc_write(fd, bytes, bytes.count)
                _ = oc_close(fd)
            }
        }
        let picture = Checkout.file("Tests/Perception/PicturesTests/Files/rgb.jpg")
        try write([UInt8](Data(contentsOf: picture))).join()
        #expect(try frame(source) == [17, 11, 0])
        let ended = status(source, .lost).detail
        #expect(ended.hasPrefix("rtsp://cam/1: its stream ended"), "\(ended)")
        try write(Array("YUV4MPEG2 W4 H2 F5:1 Cmono\nFRAME\n12345678".utf8)).join()
        #expect(try frame(source) == [4, 2, 1])
        _ = status(source, .recovered)
        // While nobody wants frames, nobody reads: the camera is left alone.
        source.setActive(false)
        var descriptor: Int32 = 0
        repeat {
            if descriptor > 0 { _ = oc_close(descriptor) }
            usleep(1000)
            descriptor = open(fifo, O_WRONLY | O_NONBLOCK)
        } while descriptor >= 0
        #expect(errno == ENXIO)
        source.setActive(true)
        try write(Array("YUV4MPEG2 W2 H2 F5:1 Cmono\nFRAME\n1234".utf8)).join()
        #expect(try frame(source) == [2, 2, 2])
    }
}
