import CBundle
import Foundation
import TestSupport
import Testing

/// A bundle that asks for more memory than there is gives an error and harms nobody.
@Suite struct MemoryTests {
    private static let greedy: [UInt8] = {
        var file = BundleFile(Workplace.person)
        // The last step's result lies as far out as an arena may reach: one that is larger than what lies in it is refused as such.
        let last = Int(file[OC_SECTION_STEPS]?.count ?? 1) - 1
        let output = Int(file[OC_SECTION_OUTPUTS]?.bytes.first ?? 0)
        file.edit(OC_SECTION_STEPS, last, as: oc_step.self) { $0.out.offset = (1 << 31) - 128 }
        file.edit(OC_SECTION_TENSORS, output, as: oc_tensor.self) { $0.offset = (1 << 31) - 128 }
        file.edit(OC_SECTION_MODEL, as: oc_model.self) { $0.arena_bytes = (1 << 31) - 64 }
        return file.bytes()
    }()
    private static let refusal = "not enough memory for the arena of 2147483648 bytes"

    /// With 1.5 GB of address space.
    private func start(_ arguments: [String]) throws -> Daemon {
        let limited = ["-c", #"ulimit -v 1500000; exec "$0" "$@""#, Daemon.program.path]
        return try Daemon(limited + arguments, program: "/bin/sh")
    }

    @Test func atStart() throws {
        let place = try Workplace()
        let bundle = try place.file("greedy.ocellus", Self.greedy)
        let end = try start([bundle, "--source", Workplace.clip]).finish()
        #expect(end.code == 3 && end.errors.contains("\(bundle): \(Self.refusal)"), "\(end.errors)")
    }

    @Test func atReload() throws {
        let place = try Workplace()
        let daemon = try start([place.bundle, "--source", "grey:96x96:" + place.fifo("fifo")])
        try daemon.wait(for: #""state":"started""#)
        try place.file("person.ocellus", Self.greedy)
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reload-failed""#)
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        #expect(end.code == 0 && end.errors.contains(Self.refusal), "\(end.errors)")
    }

    @Test("The report's parts are the whole") func report() throws {
        let place = try Workplace()
        let end = try Daemon.run([place.bundle, "--source", Workplace.clip, "--memory"])
        let pattern =
            /ocellusd: heap bytes: program (\d+), model (\d+) \(arena (\d+)\), source (\d+), events (\d+), frames (\d+), conversion (\d+); (\d+) in all\n/
        let match = try #require(try pattern.wholeMatch(in: end.errors)?.output, "\(end.errors)")
        let parts = try [match.1, match.2, match.4, match.5, match.6, match.7].map { try #require(Int($0)) }
        #expect(parts.reduce(0, +) == Int(match.8))
        #expect(try parts[1] > #require(Int(match.3)) && match.3 != "0")
        #expect(parts[4] > 96 * 128 * 3 / 2, "one frame of the clip")
    }
}
