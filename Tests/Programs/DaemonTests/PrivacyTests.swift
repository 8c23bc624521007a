import Foundation
import TestSupport
import Testing

/// `privacy: metadata-only`: whatever is asked for, no pixel is written.
@Suite(.serialized) struct PrivacyTests {
    private static let privacy = "privacy: metadata-only"

    @Test("Only texts are kept, by flag or by file") func onlyTexts() throws {
        for isFile in [false, true] {
            let place = try Workplace()
            let folder = try RecordFolder(place)
            let record = "record: {folder: \(folder.path), before: 100, after: 100, size: 64, quality: 100}\n"
            let bundle = try RecordingTests.bundle(place, (isFile ? record : "") + Self.privacy)
            let end = try Daemon.run(
                [bundle, "--source", Workplace.clip]
                    + (isFile ? [] : ["--record", folder.path, "--record-frames", "100+100"]))
            #expect(end.code == 0 && end.events.last?.int("recorded") == 72, "\(end.errors)")
            let names = try folder.names
            #expect(names.count == 73 && names.allSatisfy { $0.hasSuffix(".json") }, "\(names.prefix(5))")
            for name in names {
                let text = try folder.text(name)
                #expect(text["picture"] == nil && text["inputs"] == nil)
            }
            // What takes pixels to replay says so.
            let replay = try Daemon.run([bundle, "--source", folder.path])
            #expect(
                replay.code == 4 && replay.errors.contains("recorded without the model's input"), "\(replay.errors)")
            #expect(try folder.names == names)
        }
    }

    @Test("A reload stops pixels, too") func reload() throws {
        let place = try Workplace()
        let folder = try RecordFolder(place)
        let fifo = try place.fifo("fifo")
        let daemon = try Daemon(
            [place.bundle, "--source", fifo, "--every-frame", "--clock", "frame", "--record", folder.path]
                + ["--record-frames", "100+100"])
        let clip = try Data(contentsOf: URL(fileURLWithPath: Workplace.clip))
        let header = try #require(clip.firstIndex(of: UInt8(ascii: "\n"))) + 1
        let half = header + (clip.count - header) / 72 * 40
        let writer = try #require(FileHandle(forWritingAtPath: fifo))
        try writer.write(contentsOf: clip[..<half])
        try daemon.wait(for: #""event":"enter""#)
        let reloaded = try RecordingTests.bundle(place, Self.privacy, name: "private")
        try place.file("person.ocellus", [UInt8](try Data(contentsOf: URL(fileURLWithPath: reloaded))))
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        let pictures = try folder.names(".jpg")
        let texts = try folder.names(".json").count
        try writer.write(contentsOf: clip[half...])
        try writer.close()
        #expect(try daemon.finish().code == 0)
        #expect(try folder.names(".jpg") == pictures && !pictures.isEmpty)
        #expect(try folder.names(".json").count > texts)
    }

    /// Only what is made with a `PixelPermit` may turn pixels into files, and only a bundle's view makes one.
    @Test("There is one door to files for pixels in each program") func doors() throws {
        let root = Checkout.file("Sources")
        func users(of text: String) throws -> [String] {
            let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
            return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
                .filter { try String(contentsOf: $0, encoding: .utf8).contains(text) }.map(\.lastPathComponent).sorted()
        }
        // One for files, one for whoever asks at the socket.
        #expect(try users(of: "JPEGEncoder(quality") == ["PixelKeeper.swift", "Snapshot.swift"])
        #expect(try users(of: "Snapshot(frame") == ["Serving.swift"])
        #expect(try users(of: "PixelKeeper(permit") == ["Recorder.swift"])
        #expect(try users(of: ".write(.picture") == ["PixelKeeper.swift"])
        #expect(try users(of: ".write(.input") == ["PixelKeeper.swift"])
        #expect(try users(of: ".png()") == ["PictureFile.swift"])
        #expect(try users(of: "UprightPicture(view") == ["RunDrawing.swift", "Watch.swift"])
        #expect(try users(of: "PixelPermit()") == ["PixelPermit.swift"])
        // No other code of the daemon creates files.
        #expect(try users(of: "FileDescriptor(creating") == ["RecordFolder.swift"])
        // A sensor's state is text; the other is the host's program.
        #expect(try users(of: "FileDescriptor(writing") == ["StateFile.swift", "WholeFile.swift"])
    }
}
