import CLinux
import Foundation
import TestSupport
import Testing

/// A camera and GPIO lines that are preloaded into a daemon: Tests/Devices.
final class Devices {
    let path: String
    private let line: FileHandle

    /// - Parameter modes: of the camera, as `YUYV 320 240`; MJPG gives `picture`.
    init(_ place: Workplace, modes: [String] = ["YUYV 640 480"], picture: [UInt8] = []) throws {
        path = place.path + "/devices"
        let make = try Process.run(
            Checkout.file("Tests/Devices/make.sh"), arguments: [path, "moving"])
        make.waitUntilExit()
        try #require(make.terminationStatus == 0)
        // Read and write, so that the daemon's opening does not wait.
        line = try #require(FileHandle(forUpdatingAtPath: path + "/line"))
        try write("modes", modes.joined(separator: "\n"))
        try write("log", "")
        try Data(picture).write(to: URL(fileURLWithPath: path + "/picture.jpg"))
    }

    var environment: [String: String] {
        ["LD_PRELOAD": path + "/devices.so", "DEVICES": path, "DEVICES_RATE": "100"]
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    /// The camera takes a mode and does not stream in it; nil: it does again.
    func refuse(_ mode: String?) throws { try write("refused", mode ?? "") }

    /// What the kernel says that programs can have.
    func setAvailable(kilobytes: Int) throws {
        try write("meminfo", "MemTotal: 99 kB\nMemAvailable: \(kilobytes) kB\n")
    }

    /// Line 2's level.
    func drive(_ isActive: Bool) throws { try line.write(contentsOf: Data((isActive ? "1" : "0").utf8)) }

    /// What was opened, closed and set, in its order.
    var log: [String] { text("log").split(separator: "\n").map(String.init) }

    /// Waits until the log's end says something.
    func wait(for text: String, after count: Int = 0) {
        for _ in 0..<30_000 {
            if log.dropFirst(count).contains(text) { return }
            usleep(10_000)
        }
        Issue.record("not within 5 minutes: \(text) in \(log)")
    }

    /// How often the camera was told to stream.
    var streams: Int { text("streams").split(separator: " ").first.flatMap { Int($0) } ?? -1 }

    private func text(_ name: String) -> String {
        (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? ""
    }
}
