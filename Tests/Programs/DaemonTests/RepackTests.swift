import CLinux
import Foundation
import Kernels
import Testing

/// A bundle for another CPU is refused with both names and the remedy, or packed again.
@Suite struct RepackTests {
    @Test("Another kernel set says the same", arguments: KernelSet.allCases.filter(\.isAvailable))
    func sameEvents(set: KernelSet) throws {
        let place = try Workplace()
        let own = try Daemon.run([place.bundle, "--source", Workplace.clip])
        let packing = ["--kernels", "\(set.name)", "--repack"]
        let end = try Daemon.run([place.bundle, "--source", Workplace.clip] + packing)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output == own.output && end.output.contains(#""event":"leave""#))
        let best = KernelSet.best
        let kernels = set == best ? "kernels \(set.name)," : "kernels \(set.name) repacked from \(best.name),"
        let check = try Daemon.run([place.bundle, "--check"] + packing)
        #expect(check.errors.contains(kernels), "\(check.errors)")
    }

    @Test("A reload packs again as the start did")
    func reload() throws {
        let place = try Workplace()
        let daemon = try Daemon(
            [place.bundle, "--source", "grey:96x96:" + place.fifo("fifo"), "--repack", "--kernels", "scalar"])
        try daemon.wait(for: #""state":"started""#)
        daemon.signal(SIGHUP)
        try daemon.wait(for: #""state":"reloaded""#)
        daemon.signal(SIGTERM)
        let end = try daemon.finish()
        let details = end.events.filter { ["started", "reloaded"].contains($0.string("state")) }.map {
            $0.string("detail")
        }
        #expect(details.count == 2 && details[0] == details[1] && details[0].contains("kernels scalar"))
    }

    @Test("What cannot be is said")
    func mistakes() throws {
        let place = try Workplace()
        let missing = KernelSet.allCases.first { !$0.isAvailable }
        var cases: [([String], Int32, String)] = [
            (["--kernels", "scalar"], 2, "--kernels needs --repack"),
            (["--repack", "--kernels", "mmx"], 2, "there is no kernel set mmx"),
            (["--repack", "--kernels"], 2, "--kernels needs a value"),
        ]
        if let missing {
            cases.append((["--repack", "--kernels", "\(missing.name)"], 3, "lacks the kernel set \(missing.name)"))
        }
        for (arguments, code, text) in cases {
            let end = try Daemon.run([place.bundle, "--source", Workplace.clip] + arguments)
            #expect(end.code == code && end.errors.contains(text), "\(arguments): \(end.errors)")
            #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        }
    }

    #if arch(x86_64)
        private static let emulator = "/usr/bin/qemu-x86_64"
        private static let canEmulate =
            FileManager.default.isExecutableFile(atPath: emulator) && KernelSet.best != .scalar

        /// A CPU of 2008, which has neither AVX2 nor anything after it.
        @Test("A CPU without the bundle's kernel set", .enabled(if: canEmulate, "needs the Debian package qemu-user"))
        func lacking() throws {
            let place = try Workplace()
            let best = "\(KernelSet.best.name)"
            let arguments = [place.bundle, "--source", Workplace.clip]
            let old = ["-cpu", "Nehalem", Daemon.program.path]
            let refused = try Daemon(old + arguments, program: Self.emulator).finish()
            #expect(refused.code == 3 && refused.output.isEmpty)
            #expect(refused.errors.contains("packed for the kernel set \(best), but this CPU runs only scalar;"))
            #expect(refused.errors.contains("build it again with --kernels scalar, or start with --repack"))
            let repacked = try Daemon(old + arguments + ["--repack"], program: Self.emulator).finish()
            #expect(repacked.code == 0, "\(repacked.errors)")
            #expect(repacked.output == (try Daemon.run(arguments).output))
            let check = try Daemon(old + [place.bundle, "--check", "--repack"], program: Self.emulator).finish()
            #expect(check.errors.contains("kernels scalar repacked from \(best)"), "\(check.errors)")
        }
    #endif
}
