import Foundation
import Pictures
import System
import TestSupport
import Testing
import Vision

@testable import Sensors

/// JPEG frames that were damaged on their way, each between two good ones. `OCELLUS_MUTATION_FRAMES` sets their number.
@Suite(.enabled(if: JPEGDecoder.isAvailable, "built without libjpeg-turbo")) struct FrameMutationTests {
    private static let count =
        ProcessInfo.processInfo.environment["OCELLUS_MUTATION_FRAMES"].flatMap { Int($0) } ?? 100

    private static func picture(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Checkout.file("Tests/Perception/PicturesTests/Files/\(name)")))
    }

    /// Frames as cameras send them: plain, with restart markers, with a pre-view in a segment of its own.
    private static func frames() throws -> [[UInt8]] {
        let (rgb, grey, frame) = (try picture("rgb.jpg"), try picture("grey.jpg"), try picture("frame.jpg"))
        let length = grey.count + 2
        let preview = frame[..<2] + [0xff, 0xe1, UInt8(length >> 8), UInt8(length & 255)] + grey + frame[2...]
        return [rgb, frame, try picture("restarts.jpg"), Array(preview)]
    }

    private static func damaged() throws -> [[UInt8]] {
        let frames = try frames()
        return (0..<count).map { index in
            var mutator = Mutator(seed: 0x6a70_6567 + UInt64(index))
            return mutator.mutate(frames[index % frames.count])
        }
    }

    @Test(
        "Every good frame of a stream after a damaged one is taken",
        arguments: ["", "\r\n--frame\r\nContent-Length: 9\r\n\r\n"])
    func stream(between: String) throws {
        let good = try Self.picture("frame.jpg")
        let file = NSTemporaryDirectory() + "ocellus-\(UUID().uuidString).mjpeg"
        defer { try? FileManager.default.removeItem(atPath: file) }
        var bytes = good
        for frame in try Self.damaged() { bytes += frame + between.utf8 + good + between.utf8 }
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        var options = Source.Options()
        (options.camera.needs.width, options.camera.needs.height) = (16, 12)
        let source = try Source([SourceItem(parsing: file.utf8)], options)
        var whole: [UInt8]?
        var found = 0
        while case .frame(let frame) = try source.next() {
            let pixels = Array(frame.view.plane(0).bytes)
            whole = whole ?? pixels
            if pixels == whole { found += 1 }
        }
        // A damaged frame may show the same picture: where bytes nobody needs were hit.
        #expect(found > Self.count, "\(found) of \(Self.count + 1)")
        #expect((source.troubles?.damaged ?? 0) > Int64(Self.count / 4), "the damage is found")
    }

    @Test(
        "Nothing is taken for a picture whose pixels libjpeg misses",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/djpeg"), "without djpeg"))
    func warnings() throws {
        let file = NSTemporaryDirectory() + "ocellus-\(UUID().uuidString).jpg"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let missing = ["remature end", "bad Huffman code", "instead of RST", "Inconsistent progression"]
        var decoder = JPEGDecoder()
        var (taken, refused) = (0, 0)
        for (index, bytes) in try Self.damaged().enumerated() {
            let isTaken = bytes.withUnsafeBytes { bytes in
                do throws(PictureError) {
                    try decoder.decode(bytes, width: 16, height: 12, channels: 3)
                    return true
                } catch {
                    return false
                }
            }
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            let (code, said) = try djpeg(file)
            let isWhole = code != 1 && !missing.contains { said.contains($0) }
            if isTaken {
                taken += 1
                #expect(isWhole, "frame \(index): \(said)")
            } else {
                refused += 1
            }
        }
        #expect(taken > 0 && refused > Self.count / 4)
    }

    /// 0: decoded, 1: not, 2: with warnings.
    private func djpeg(_ file: String) throws -> (code: Int32, said: String) {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/djpeg")
        process.arguments = [file]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationReason == .exit ? process.terminationStatus : 1, said)
    }
}
