import CBundle
import Foundation
import Sensors
import TestSupport
import Testing
import Vision

/// No bytes make the readers of Y4M and raw streams crash, hang or leave their memory, up to the picture that a model
/// gets.
@Suite struct StreamMutationTests {
    private static func y4m(_ header: String, frames: Int, bytes: Int) -> [UInt8] {
        Array("YUV4MPEG2 \(header)\n".utf8)
            + (0..<frames).flatMap { frame in
                Array((frame == 1 ? "FRAME Ip\n" : "FRAME\n").utf8) + (0..<bytes).map { UInt8(($0 + frame) % 251) }
            }
    }

    private static let files: [(name: String, bytes: [UInt8])] = [
        ("colour", y4m("W6 H4 F30000:1001 Ip A1:1 C420jpeg XCOLORRANGE=FULL", frames: 3, bytes: 36)),
        ("odd", y4m("W5 H3 F25:1 C420mpeg2", frames: 2, bytes: 27)),
        ("grey", y4m("W4 H3 F1:1000 Cmono", frames: 3, bytes: 12)),
        ("unknown rate", y4m("W2 H2 F0:0", frames: 2, bytes: 6)),
    ]

    /// Takes all frames; false where the source ends in an error.
    private static func take(_ item: String, at path: String) -> Bool {
        do {
            let source = try Source([SourceItem(parsing: item.utf8)], Source.Options())
            let record = makeRecord(5, 4, channels: 3)
            let tensor = UnsafeMutableRawBufferPointer.allocate(byteCount: 60, alignment: 64)
            defer { tensor.deallocate() }
            var last: Int64 = -1
            while true {
                switch try source.next() {
                case .frame(let frame):
                    #expect(frame.time >= last)
                    last = frame.time
                    var preprocessor = try Preprocessor(record, frame.view.shape)
                    preprocessor.convert(frame.view, into: tensor)
                case .none:
                    Issue.record("a file is always ready")
                    return false
                case .recorded:
                    Issue.record("a stream is no recording")
                    return false
                case .end: return true
                }
            }
        } catch let error as SourceError {
            #expect(error.message.contains(path))
        } catch {
            Issue.record("another error: \(error)")
        }
        return false
    }

    private static func run(_ name: String, prefix: String, cases: Int) throws -> MutationRun {
        let path = NSTemporaryDirectory() + "ocellus-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try MutationRun(name, files: files, cases: cases) { bytes in
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return take(prefix + path, at: path)
        }
    }

    @Test("Damaged Y4M streams are read or refused")
    func streams() throws {
        let run = try Self.run("y4m", prefix: "y4m:", cases: 2_000)
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > run.cases / 4, "the damage is found")
        #expect(run.accepted > run.cases / 50, "the damage is not always fatal, so frames are reached")
        #expect(run.isBounded, "\(run.slowest)")
    }

    @Test("Raw frames may be any bytes, in whole frames", arguments: ["grey:3x2@7:", "yuv420:4x2:", "rgb24:2x2:"])
    func raw(prefix: String) throws {
        let run = try Self.run("raw", prefix: prefix, cases: 1_000)
        #expect(run.accepted + run.refused == run.cases)
        #expect(run.refused > 0 && run.accepted > 0, "some end in the middle of a frame, some do not")
    }
}
