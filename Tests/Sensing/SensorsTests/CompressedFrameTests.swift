#if DEBUG
    import FakeDevices
    import Foundation
    import Pictures
    import System
    import TestSupport
    import Testing

    @testable import Sensors

    extension CameraTests {
        /// A camera that sends JPEG. Only the taker decodes, so what is whole is known only there.
        @Suite(.serialized, .enabled(if: JPEGDecoder.isAvailable, "built without libjpeg-turbo"))
        struct CompressedFrames {
            private func picture(_ name: String) throws -> Data {
                try Data(contentsOf: Checkout.file("Tests/Perception/PicturesTests/Files/\(name)"))
            }

            private func push(_ bytes: Data) {
                _ = bytes.withUnsafeBytes { fake_camera_frame_of($0.baseAddress, UInt32($0.count)) }
            }

            /// Pushes frames until one of them is taken and decoded.
            private func takes(_ bytes: Data, _ taker: Taker) throws -> Bool {
                for _ in 0..<200 {
                    push(bytes)
                    usleep(2000)
                    guard try taker.source.next() != nil else { continue }
                    taker.source.release()
                    return true
                }
                return false
            }

            private func bench() throws -> Bench {
                let bench = try Bench()
                // The buffers' size comes from this; the frames say theirs themselves.
                fake_camera_mode("MJPG", 64, 48, 30)
                bench.plug(0)
                return bench
            }

            @Test func theyAreDecodedAtTheScaleThatIsNeeded() throws {
                let bench = try bench()
                let jpeg = try picture("rgb.jpg")
                do {
                    let taker = try bench.open { ($0.needs.width, $0.needs.height) = (9, 6) }
                    try taker.wait { fake_camera_is_streaming() == 1 }
                    try taker.wait {
                        push(jpeg)
                        guard let frame = try taker.source.next() else { return false }
                        defer { taker.source.release() }
                        let shape = frame.view.shape
                        #expect(shape.width == 9 && shape.height == 6 && shape.format == .grey)
                        return true
                    }
                    // Cut short, and no JPEG at all: counted, told, and nothing else.
                    let before = taker.source.statuses.counts.damaged
                    try taker.wait {
                        push(jpeg.prefix(jpeg.count / 2))
                        push(Data(repeating: 7, count: 300))
                        _ = try taker.source.next()
                        return taker.source.statuses.counts.damaged >= before + 4
                    }
                    #expect(!taker.details(.damaged).isEmpty && taker.details(.fault).isEmpty)
                }
                #expect(bench.end() == 0)
            }

            @Test("A frame with two beginnings is one frame lost")
            func twoBeginnings() throws {
                let bench = try bench()
                let (good, bad) = (try picture("frame.jpg"), try picture("corrupt-two-soi.jpg"))
                do {
                    let taker = try bench.open()
                    try taker.wait { fake_camera_is_streaming() == 1 }
                    for _ in 0..<3 {
                        try taker.wait { try takes(good, taker) }
                        let before = taker.source.statuses.counts.damaged
                        try taker.wait {
                            push(bad)
                            let frame = try taker.source.next()
                            #expect(frame == nil)
                            return taker.source.statuses.counts.damaged > before
                        }
                    }
                    try taker.wait { try takes(good, taker) }
                    #expect(taker.details(.damaged).contains { $0.contains("cannot be decoded") })
                    #expect(taker.source.statuses.counts.faults == 0)
                }
                #expect(bench.end() == 0)
            }

            @Test("No single flipped bit of a frame costs more than that frame")
            func flippedBits() throws {
                let good = Array(try picture("frame.jpg"))
                var decoder = JPEGDecoder()
                func decodes(_ bytes: [UInt8]) -> Bool {
                    bytes.withUnsafeBytes { bytes in
                        do throws(PictureError) {
                            try decoder.decode(bytes, width: 8, height: 8, channels: 3)
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                #expect(decodes(good))
                let whole = Array(decoder.pixels)
                var refused = 0
                for bit in 0..<8 * good.count {
                    var bytes = good
                    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                    if !decodes(bytes) { refused += 1 }
                    guard decodes(good), decoder.pixels.elementsEqual(whole) else {
                        Issue.record("after bit \(bit)")
                        return
                    }
                }
                #expect(refused > 100)
            }

            @Test("A camera whose frames can never be decoded is started anew, and told as damaged")
            func neverDecodable() throws {
                let bench = try bench()
                let (good, bad) = (try picture("frame.jpg"), try picture("corrupt-two-soi.jpg"))
                do {
                    // A warm-up of three seconds comes before the first restart.
                    let taker = try bench.open(stall: 300_000_000)
                    try taker.wait { fake_camera_is_streaming() == 1 }
                    try taker.wait {
                        push(bad)
                        _ = try taker.source.next()
                        return taker.source.statuses.counts.faults >= 1
                    }
                    #expect(taker.details(.fault).contains { $0.contains("no usable frame") })
                    #expect(!taker.details(.damaged).isEmpty)
                    // It has not recovered with frames that cannot be decoded.
                    for _ in 0..<100 {
                        push(bad)
                        usleep(2000)
                        _ = try taker.source.next()
                    }
                    #expect(taker.details(.recovered).isEmpty)
                    try taker.wait { try takes(good, taker) }
                    try taker.wait { !taker.details(.recovered).isEmpty }
                }
                #expect(bench.end() == 0)
            }
        }
    }
#endif
