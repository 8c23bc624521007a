import Foundation
import TestSupport
import Testing

/// Damaged pictures through the daemon. `OCELLUS_MUTATION_FRAMES` sets their number.
@Suite(.serialized) struct FrameMutationTests {
    private static let count =
        ProcessInfo.processInfo.environment["OCELLUS_MUTATION_FRAMES"].flatMap { Int($0) } ?? 100

    private func picture(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Checkout.file("Tests/Perception/PicturesTests/Files/\(name)")))
    }

    @Test("The daemon infers every good frame between damaged ones, and counts the others")
    func frames() throws {
        let place = try Workplace()
        let good = try picture("frame.jpg")
        var bytes = good
        for index in 0..<Self.count {
            var mutator = Mutator(seed: 0x6661_6d65 + UInt64(index))
            bytes += mutator.mutate(good) + good
        }
        let end = try Daemon.run([place.bundle, "--source", try place.file("clip.mjpeg", bytes)])
        #expect(end.code == 0, "\(end.errors)")
        let last = try #require(end.events.last)
        #expect(last.string("state") == "ended" && last.int("frames") > Self.count)
        #expect(last.int("damaged") > Self.count / 4 && last.int("dropped") == last.int("damaged"))
        #expect(last.int("frames") + last.int("dropped") > last.int("frame"))
    }

    @Test("Reloads leave nothing on the heap that nobody holds, which a sanitizer turns into an exit code")
    func reloads() throws {
        let place = try Workplace()
        let record = place.path + "/record"
        try FileManager.default.createDirectory(atPath: record, withIntermediateDirectories: true)
        let clip = Workplace.clip  // its header, and frames without end
        let bundles = [50, 60].map { quality in
            Workplace.compile {
                $0 + "\nsource: y4m:-\nrecord: {folder: \(record), quality: \(quality)}\n"
                    + "command: [sh, -c, \"cat '\(clip)'; while :; do tail -n +2 '\(clip)'; done\", q\(quality)]\n"
            }
        }
        try place.file("person.ocellus", bundles[0])
        let daemon = try Daemon([place.bundle, "--max-fps", "50"])
        try daemon.wait(frames: 2)
        for round in 1...6 {
            try place.file("person.ocellus", bundles[round % 2])
            daemon.signal(SIGHUP)
            try daemon.wait(for: "reloaded", times: round)
            try daemon.wait(moreFrames: 5)
        }
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0, "\(end.errors.suffix(4000))")
    }

    @Test("A damaged picture is seen or refused in one line")
    func stills() throws {
        let place = try Workplace()
        let files = try ["rgb.jpg", "progressive.jpg", "rgb.png", "v5-header-24.bmp", "grey.pgm"].map(picture)
        for index in 0..<Self.count {
            var mutator = Mutator(seed: 0x7374_696c + UInt64(index))
            let file = try place.file("picture.jpg", mutator.mutate(files[index % files.count]))
            let end = try Daemon.run([place.bundle, "--source", file])
            #expect(end.code == 0 || end.code == 4, "picture \(index): \(end.code), \(end.errors)")
            let told = end.errors.split(separator: "\n").filter { $0.contains("picture.jpg: ") }
            #expect(told.count == (end.code == 4 ? 1 : 0), "picture \(index): \(end.errors)")
        }
    }
}
