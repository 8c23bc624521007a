#if DEBUG
    import CLinux
    import FakeDevices
    import Foundation
    import System
    import Testing
    import Vision

    @testable import Sensors

    /// A fake driver, and the folder with its nodes. One at a time: the driver is the process's.
    final class Bench {
        let folder = NSTemporaryDirectory() + "ocellus-camera-\(UUID().uuidString)"

        init() throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            fake_camera_begin()
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func plug(
            _ number: Int, card: String = "Cam", bus: String = "usb-1", driver: String = "uvcvideo",
            _ capabilities: Int = FAKE_CAPTURE | FAKE_STREAMING
        ) {
            fake_camera_plug(Int32(number), card, bus, driver, UInt32(capabilities))
            _ = FileManager.default.createFile(atPath: "\(folder)/video\(number)", contents: nil)
        }

        func unplug(_ number: Int) {
            try? FileManager.default.removeItem(atPath: "\(folder)/video\(number)")
            fake_camera_unplug(Int32(number))
        }

        func path(_ number: Int) -> Path { Path("\(folder)/video\(number)".utf8) }

        /// A camera for a grey model of 8x8; on a busy machine a test may be away for long, which is no silence of the camera.
        func open(
            _ address: CameraAddress = .any, stall: Int64 = 1_000_000_000_000,
            _ change: (inout CameraSettings) -> Void = { _ in }
        ) throws -> Taker {
            var settings = CameraSettings()
            settings.needs.width = 8
            settings.needs.height = 8
            settings.needs.isGrey = true
            settings.stall = stall
            settings.blind = 0
            change(&settings)
            return Taker(try CameraSource(address, settings, devices: Path(folder.utf8)))
        }

        /// Files and buffers that nobody closed.
        func end() -> Int32 { fake_camera_end() }
    }

    /// Takes frames and statuses as the daemon does.
    final class Taker {
        let source: CameraSource
        private(set) var statuses: [SourceStatus] = []

        init(_ source: CameraSource) { self.source = source }

        /// Statuses of a kind, by what they say.
        func details(_ kind: SourceStatus.Kind) -> [String] {
            gather()
            return statuses.filter { $0.kind == kind }.map(\.detail)
        }

        private func gather() { while let status = source.statuses.take() { statuses.append(status) } }

        /// Waits for a condition.
        func wait(seconds: Double = 600, for condition: () throws -> Bool) throws {
            let end = Clock.monotonic + Int64(seconds * 1e9)
            while try !condition() {
                gather()
                try #require(Clock.monotonic < end, "nothing within \(seconds) s")
                usleep(2000)
            }
        }

        /// Pushes frames of `value` until one arrives.
        func takeFrame(_ value: UInt8) throws -> (number: Int64, bytes: [UInt8]) {
            var taken: (Int64, [UInt8])?
            try wait {
                _ = fake_camera_frame(value, 0, 0)
                usleep(2000)
                guard let frame = try source.next() else { return false }
                taken = (frame.number, Array(frame.view.plane(0).bytes))
                source.release()
                return taken?.1.first == value
            }
            return try #require(taken)
        }

        /// The source's failure.
        func failure() throws -> String? {
            var message: String?
            try wait {
                do {
                    _ = try source.next()
                    return false
                } catch let error as SourceError {
                    message = error.message
                    return true
                }
            }
            return message
        }
    }
#endif
