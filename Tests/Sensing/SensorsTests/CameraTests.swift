#if DEBUG
    import FakeDevices
    import Foundation
    import Synchronization
    import System
    import TestSupport
    import Testing
    import Vision

    @testable import Sensors

    /// A camera through its whole life, on a driver in memory.
    @Suite(.serialized) struct CameraTests {
        private func bench(_ code: String = "GREY", _ width: Int = 16, _ height: Int = 12) throws -> Bench {
            let bench = try Bench()
            fake_camera_mode(code, UInt32(width), UInt32(height), 30)
            bench.plug(0)
            return bench
        }

        @Test func framesCome() throws {
            let bench = try bench()
            fake_camera_pad(4)
            do {
                let taker = try bench.open()
                let first = try taker.takeFrame(7)
                // The last row ends without its padding.
                #expect(first.bytes.count == 20 * 11 + 16 && first.bytes.allSatisfy { $0 == 7 })
                let second = try taker.takeFrame(8)
                #expect(second.number > first.number)
                #expect(taker.details(.note).contains { $0.contains("grey 16x12") })
                #expect(taker.details(.fault).isEmpty && taker.details(.lost).isEmpty)
            }
            #expect(bench.end() == 0)
        }

        @Test func newestFrameWinsAndBuffersGoBack() throws {
            let bench = try bench()
            do {
                let taker = try bench.open()
                try taker.wait { fake_camera_is_streaming() == 1 }
                _ = try taker.takeFrame(1)
                let before = taker.source.statuses.counts.dropped
                // Nobody takes these: every one finds a buffer all the same.
                for value in 10..<60 {
                    try taker.wait { fake_camera_frame(UInt8(value), 0, 0) == 1 }
                    usleep(1000)
                }
                try taker.wait {
                    guard let frame = try taker.source.next() else { return false }
                    defer { taker.source.release() }
                    return frame.view.plane(0).bytes[0] == 59
                }
                let dropped = taker.source.statuses.counts.dropped - before
                #expect(dropped >= 45, "\(dropped)")
            }
            #expect(bench.end() == 0)
        }

        @Test func aTakenFrameStaysUntilItIsReleased() throws {
            let bench = try bench()
            do {
                let taker = try bench.open()
                try taker.wait { fake_camera_is_streaming() == 1 }
                var held: UnsafeRawBufferPointer?
                try taker.wait {
                    _ = fake_camera_frame(42, 0, 0)
                    held = try taker.source.next()?.view.plane(0).bytes
                    return held != nil
                }
                let bytes = try #require(held)
                // The camera breaks meanwhile: its buffers must not be unmapped under the reader.
                fake_camera_break(Int32(EIO))
                usleep(150_000)
                #expect(bytes.allSatisfy { $0 == 42 })
                taker.source.release()
                #expect(try taker.takeFrame(43).bytes[0] == 43)
            }
            #expect(bench.end() == 0)
        }

        @Test(arguments: ["open", "QUERYCAP", "S_FMT", "REQBUFS", "QUERYBUF", "QBUF", "STREAMON"])
        func everyCallMayFail(_ call: String) throws {
            let bench = try bench()
            fake_camera_fail(fake_request(call), 2, Int32(EINVAL))
            do {
                let taker = try bench.open()
                #expect(try taker.takeFrame(5).bytes[0] == 5)
                // The listing before opening fails as well, for open and QUERYCAP.
                let told = taker.details(.fault) + taker.details(.lost)
                #expect(told.contains { $0.contains("Invalid argument") }, "\(told)")
                #expect(taker.details(.recovered).count == 1)
                #expect(taker.source.statuses.counts.faults >= 1)
            }
            #expect(bench.end() == 0)
        }

        @Test func aCameraThatNobodyWantsIsOpenedAndDoesNotStream() throws {
            let bench = try bench()
            do {
                let taker = Taker(
                    try CameraSource(.any, CameraSettings(), isActive: false, devices: Path(bench.folder.utf8)))
                try taker.wait { taker.source.statuses.opening == .done }
                #expect(fake_camera_is_streaming() == 0)
                taker.source.setActive(true)
                #expect(try taker.takeFrame(5).bytes[0] == 5)
            }
            // What is wrong with it is known before it is wanted.
            fake_camera_fail(fake_request("S_FMT"), 1, EIO)
            do {
                let taker = Taker(
                    try CameraSource(.any, CameraSettings(), isActive: false, devices: Path(bench.folder.utf8)))
                try taker.wait { taker.source.statuses.opening != .pending }
                #expect(
                    taker.source.statuses.opening
                        == .refused(
                            SourceRefusal(
                                reason: "\(bench.folder)/video0: VIDIOC_S_FMT: Input/output error", isFinal: false)))
            }
            #expect(bench.end() == 0)
        }

        @Test func aCameraThatDoesNotStreamIsRefused() throws {
            let bench = try bench()
            fake_camera_fail(fake_request("STREAMON"), 1, ENOSPC)
            do {
                let taker = try bench.open()
                try taker.wait { taker.source.statuses.opening != .pending }
                guard case .refused(let refusal) = taker.source.statuses.opening else {
                    Issue.record("\(taker.source.statuses.opening)")
                    return
                }
                #expect(refusal.reason.hasSuffix("VIDIOC_STREAMON: No space left on device") && !refusal.isFinal)
                // It is tried again all the same, which changes no answer.
                _ = try taker.takeFrame(5)
                #expect(taker.source.statuses.opening == .refused(refusal))
            }
            #expect(bench.end() == 0)
        }

        @Test(arguments: [EIO, EINVAL, ENODEV]) func dequeueingMayFail(_ error: Int32) throws {
            let bench = try bench()
            do {
                let taker = try bench.open()
                _ = try taker.takeFrame(1)
                fake_camera_fail(fake_request("DQBUF"), 1, error)
                #expect(try taker.takeFrame(2).bytes[0] == 2)
                #expect(taker.details(error == ENODEV ? .lost : .fault).contains { $0.contains("VIDIOC_DQBUF") })
                #expect(taker.details(.recovered).count == 1)
            }
            #expect(bench.end() == 0)
        }

        @Test func aBrokenStreamIsStartedAnew() throws {
            let bench = try bench()
            do {
                let taker = try bench.open()
                for round in 0..<3 {
                    _ = try taker.takeFrame(UInt8(1 + round))
                    fake_camera_break(Int32(EIO))
                    _ = try taker.takeFrame(UInt8(101 + round))
                }
                #expect(taker.details(.recovered).count == 3)
                #expect(taker.source.statuses.counts.faults == 3)
            }
            #expect(bench.end() == 0)
        }

        @Test func silenceIsAFault() throws {
            let bench = try bench()
            do {
                let taker = try bench.open(stall: 200_000_000)
                _ = try taker.takeFrame(1)
                try taker.wait { !taker.details(.fault).isEmpty }
                #expect(taker.details(.fault)[0].contains("no usable frame for 200 ms"))
                #expect(try taker.takeFrame(2).bytes[0] == 2)
            }
            #expect(bench.end() == 0)
        }

        @Test func damagedFramesAreLeftOutAndCounted() throws {
            let bench = try bench()
            do {
                let taker = try bench.open()
                _ = try taker.takeFrame(1)
                for (missing, damaged) in [(200, 0), (0, 1), (UInt32.max, 0)] as [(UInt32, Int32)] {
                    let before = taker.source.statuses.counts.damaged
                    #expect(fake_camera_frame(99, missing, damaged) == 1)
                    try taker.wait { taker.source.statuses.counts.damaged == before + 1 }
                    #expect(try taker.source.next() == nil)
                }
                #expect(try taker.takeFrame(2).bytes[0] == 2)
                // Told at once, then at most every ten seconds.
                #expect(taker.details(.damaged).count == 1)
                #expect(taker.details(.fault).isEmpty)
            }
            #expect(bench.end() == 0)
        }

        @Test func onlyDamagedFramesAreSilence() throws {
            let bench = try bench()
            do {
                let taker = try bench.open(stall: 200_000_000)
                _ = try taker.takeFrame(1)
                try taker.wait {
                    _ = fake_camera_frame(9, 0, 1)
                    return taker.details(.fault).contains { $0.contains("no usable frame") }
                }
            }
            #expect(bench.end() == 0)
        }

        @Test func anotherFormatOfTheDriverIsTakenOver() throws {
            let bench = try bench()
            do {
                let taker = try bench.open()
                _ = try taker.takeFrame(1)
                fake_camera_force_size(8, 8)
                // As many bytes as the new size has: too few for the old one.
                #expect(fake_camera_frame(3, UInt32(16 * 12 * 3 / 2 - 64), 0) == 1)
                try taker.wait { taker.details(.fault).contains { $0.contains("changed the format to grey 8x8") } }
                #expect(try taker.takeFrame(4).bytes.count == 64)
            }
            #expect(bench.end() == 0)
        }

        @Test func aCameraIsFoundAgainByItsBus() throws {
            let bench = try bench()
            bench.plug(1, card: "Other", bus: "usb-2")
            do {
                let taker = try bench.open(.path(bench.path(0)))
                _ = try taker.takeFrame(1)
                bench.unplug(0)
                // Another one takes its number, it comes back with a new one.
                bench.plug(0, card: "Other", bus: "usb-3")
                try taker.wait { !taker.details(.lost).isEmpty }
                bench.plug(5)
                #expect(try taker.takeFrame(2).bytes[0] == 2)
                #expect(taker.details(.recovered).contains { $0.contains("video5") })
            }
            #expect(bench.end() == 0)
        }

        @Test func aCameraMovedToAnotherSocketIsFoundByItsCard() throws {
            let bench = try bench()
            do {
                let taker = try bench.open()
                _ = try taker.takeFrame(1)
                bench.unplug(0)
                bench.plug(3, card: "Other", bus: "usb-8")
                bench.plug(4, bus: "usb-9")
                #expect(try taker.takeFrame(2).bytes[0] == 2)
                #expect(taker.details(.recovered).contains { $0.contains("video4") })
            }
            #expect(bench.end() == 0)
        }

        @Test func aCameraThatComesLateIsWaitedFor() throws {
            let bench = try Bench()
            fake_camera_mode("GREY", 16, 12, 30)
            do {
                let taker = try bench.open(.name(Array("usb-1".utf8)))
                try taker.wait { taker.details(.lost).contains { $0.contains("camera:usb-1: no such camera") } }
                bench.plug(0, card: "Other", bus: "usb-2")
                usleep(300_000)
                #expect(fake_camera_is_streaming() == 0)
                bench.plug(1)
                #expect(try taker.takeFrame(2).bytes[0] == 2)
            }
            #expect(bench.end() == 0)
        }

        @Test func standbyStopsTheStream() throws {
            let bench = try bench()
            do {
                let taker = try bench.open(stall: 1_000_000_000)
                _ = try taker.takeFrame(1)
                taker.source.setActive(false)
                try taker.wait { fake_camera_is_streaming() == 0 }
                // Longer than the stall: nobody misses frames that nobody wants.
                usleep(1_200_000)
                #expect(taker.details(.fault).isEmpty)
                #expect(fake_camera_frame(9, 0, 0) == 0)
                taker.source.setActive(true)
                #expect(try taker.takeFrame(2).bytes[0] == 2)
                #expect(taker.source.statuses.counts.faults == 0)
            }
            #expect(bench.end() == 0)
        }

        @Test func aCameraUnpluggedInStandbyIsFoundAfterwards() throws {
            let bench = try bench()
            do {
                let taker = try bench.open()
                _ = try taker.takeFrame(1)
                taker.source.setActive(false)
                try taker.wait { fake_camera_is_streaming() == 0 }
                bench.unplug(0)
                bench.plug(2)
                taker.source.setActive(true)
                #expect(try taker.takeFrame(2).bytes[0] == 2)
            }
            #expect(bench.end() == 0)
        }

        @Test("A stall longer than poll can wait does no harm") func longStall() throws {
            let bench = try bench()
            do {
                let taker = try bench.open(stall: Int64(UInt32.max) * 1_000_000)
                #expect(try taker.takeFrame(1).bytes[0] == 1)
            }
            #expect(bench.end() == 0)
        }

        @Test func controlsAreSetByName() throws {
            let bench = try bench()
            do {
                let taker = try bench.open { settings in
                    for (name, value) in [
                        ("exposure_time_absolute", "250"), ("power_line_frequency", "50 Hz"), ("gain", "1"),
                        ("exposure_time_absolute", "9999"), ("power_line_frequency", "40 Hz"),
                        // 100 in its lower 32 bits.
                        ("exposure_time_absolute", "4294967396"),
                    ] {
                        settings.controls.append(.init(name: Array(name.utf8), value: Array(value.utf8)))
                    }
                }
                _ = try taker.takeFrame(1)
                #expect(fake_camera_exposure() == 250 && fake_camera_power_line() == 1)
                let told = taker.details(.control)
                #expect(told.count == 4)
                #expect(told.contains { $0.contains("has no control gain") })
                #expect(told.contains { $0.contains("exposure_time_absolute could not be set to 4294967396") })
                #expect(told.contains { $0.contains("exposure_time_absolute could not be set to 9999") })
                #expect(told.contains { $0.contains("power_line_frequency cannot be 40 Hz") })
            }
            #expect(bench.end() == 0)
        }

        @Test func aRibbonCameraIsExplained() throws {
            let bench = try Bench()
            fake_camera_mode("RG10", 640, 480, 30)
            bench.plug(0, card: "unicam", bus: "platform:fe801000.csi", driver: "unicam")
            bench.plug(1, card: "meta", bus: "platform:fe801000.csi", driver: "unicam", Int(FAKE_METADATA))
            do {
                let message = try #require(try bench.open().failure())
                #expect(message.contains("rpicam-vid") && message.contains("--source yuv420:640x480@10"), "\(message)")
            }
            bench.unplug(0)
            bench.plug(
                0, card: "rkisp1", bus: "platform:rkisp1", driver: "rkisp1", FAKE_CAPTURE | FAKE_STREAMING | FAKE_MEDIA)
            do {
                let message = try #require(try bench.open(.path(bench.path(0))).failure())
                #expect(message.contains("libcamerasrc"), "\(message)")
            }
            #expect(bench.end() == 0)
        }

        @Test func modesThatNobodyUnderstandsAreNamed() throws {
            let bench = try bench("H264")
            do {
                let taker = try bench.open()
                let message = try #require(try taker.failure())
                #expect(message.contains("H264 16x12"), "\(message)")
                #expect(taker.source.statuses.opening == .refused(SourceRefusal(reason: message, isFinal: true)))
            }
            #expect(bench.end() == 0)
        }

        @Test func aDriverThatSaysNoSizesGivesPackedRowsAndWholeFrames() throws {
            let bench = try bench()
            fake_camera_hide_sizes()
            do {
                let taker = try bench.open()
                let frame = try taker.takeFrame(7)
                #expect(frame.bytes == [UInt8](repeating: 7, count: 16 * 12))
                _ = try taker.takeFrame(8)
                #expect(taker.source.statuses.counts.damaged == 0)
                #expect(taker.details(.note).filter { $0.contains("0 bytes") }.count == 1)
            }
            #expect(bench.end() == 0)
        }

        @Test func aThousandRestartsLeaveNothingBehind() throws {
            let bench = try bench()
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            for round in 0..<1000 {
                let taker = try bench.open()
                if round % 10 == 0 { _ = try taker.takeFrame(1) }
            }
            // Other suites open files of their own meanwhile.
            let after = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            #expect(after - descriptors < 500, "\(descriptors) descriptors became \(after)")
            #expect(bench.end() == 0)
        }
    }
#endif
