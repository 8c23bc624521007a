import Foundation
import TestSupport
import Testing

@Suite struct BuildTests {
    @Test("A sensor file becomes a bundle of its name, with a report")
    func sensor() throws {
        let folder = try Folder()
        let build = try Command("build", Sample.sensor, in: folder)
        #expect(build.code == 0, "\(build.errors)")
        #expect(try folder.names() == ["person-sensor.ocellus"])
        #expect(build.text.contains("7,157,888"))
        #expect(build.text.contains("for 31 operators"), "steps may be more than operators")
        #expect(build.text.contains("arena"))
        #expect(build.errors.isEmpty)
    }

    @Test("The JSON report has the numbers of the bundle that was written")
    func json() throws {
        let folder = try Folder()
        let build = try Command(
            "build", Sample.personDetect, "--kernels", "scalar", "-o", "p.ocellus", "--json", in: folder)
        #expect(build.code == 0, "\(build.errors)")
        let fields = try build.fields
        #expect(fields["kernels"] as? String == "scalar")
        #expect(fields["macs"] as? Int == 7_157_888)
        #expect(fields["bundleBytes"] as? Int == (try folder.read("p.ocellus").count))
        let arena = try #require(fields["arenaBytes"] as? Int)
        #expect(arena <= 56 << 10)
        #expect(arena >= (try #require(fields["arenaFloorBytes"] as? Int)))
    }

    @Test("The smallest arena comes of strips, which inspect explains and bench adds up")
    func minMemory() throws {
        let folder = try Folder()
        let build = try Command("build", Sample.personDetect, "--min-memory", "-o", "p.ocellus", "--json", in: folder)
        #expect(build.code == 0, "\(build.errors)")
        let fields = try build.fields
        let steps = try #require(fields["steps"] as? Int)
        let operators = try #require(fields["operators"] as? Int)
        #expect(try #require(fields["arenaBytes"] as? Int) <= 32 << 10)
        #expect(steps > operators)
        let inspection = try Command("inspect", "p.ocellus", "--json", in: folder).fields
        let fusions = try #require(inspection["fusions"] as? [[String: Any]])
        let strips = try #require(fusions.first { ($0["what"] as? String)?.contains(" strips of ") == true })
        #expect(try #require(strips["bytes"] as? Int) > 0)
        #expect(fusions.contains { ($0["arenaBytes"] as? Int ?? 0) > 0 })
        #expect(try Command("inspect", "p.ocellus", in: folder).text.contains("by estimate"))
        let bench = try Command("bench", "p.ocellus", "--runs", "1", "--json", in: folder).fields
        let rows = try #require(bench["steps"] as? [[String: Any]])
        #expect(rows.count <= operators)
        #expect(rows.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == steps)
        #expect(rows.reduce(0) { $0 + ($1["macs"] as? Int ?? 0) } == fields["macs"] as? Int)
    }

    @Test("Help and documents agree on what the smallest arena may cost")
    func slowdown() throws {
        let help = try Command("build", "--help", in: try Folder()).text.replacing(/\s+/, with: " ")
        #expect(help.contains("for up to 1.2 times the time by an estimate"))
        for document in ["README.md", "docs/commands.md"] {
            let text = try String(contentsOf: Checkout.file(document), encoding: .utf8)
            #expect(text.contains("at most 1.2 times") || text.contains("no more than 1.2 times"), "\(document)")
            #expect(!text.contains("1.3 times"), "\(document)")
        }
    }

    @Test("Report and bundle say for which caches the plan was made")
    func caches() throws {
        let folder = try Folder()
        let model = OperatorSuite.modelPath(OperatorSuite.cases(of: "add")[0])
        let build = ["build", model, "--board", "raspberry-pi-5", "-o", "a.ocellus"]
        let expected = ["l1": 65536, "l2": 524_288, "l3": 2_097_152]
        let report = try Command(build + ["--json"], in: folder)
        #expect(try report.fields["caches"] as? [String: Int] == expected, "\(report.errors)")
        #expect(try Command(build, in: folder).text.contains("65,536  bytes of L1, 524,288 of L2, 2,097,152 of L3"))
        #expect(
            try Command("inspect", "a.ocellus", "--json", in: folder).fields["caches"] as? [String: Int] == expected)
        let text = try Command("inspect", "a.ocellus", in: folder).text
        #expect(text.contains("65,536 bytes of L1, 524,288 of L2, 2,097,152 of L3"))
    }

    @Test("The environment may stand in for the machine's caches, and for no board's")
    func forcedCaches() throws {
        let folder = try Folder()
        func steps(_ caches: String, board: String) throws -> Int? {
            let build = try Command(
                "build", Sample.personDetect, "--board", board, "--kernels", "scalar", "-o", "p.ocellus", "--json",
                environment: ["OCELLUS_CACHES": caches], in: folder)
            #expect(build.code == 0, "\(build.errors)")
            return try build.fields["steps"] as? Int
        }
        // All tensors fit, or strips of them.
        #expect(try steps("1M:2M:0", board: "host") == 30)
        #expect(try steps("16384:64KiB:0", board: "host") == 42)
        #expect(try steps("1M:2M:0", board: "generic-aarch64") == steps("16K:64K:0", board: "generic-aarch64"))
        for wrong in [
            "", "32K", "32K:1M", "32K:1M:0:0", "32k:1M:0", "0:1M:0", "32K:0:0", "4096M:1M:0", "x:y:z", "-1:2:3",
        ] {
            let build = try Command(
                "build", Sample.personDetect, "-o", "x.ocellus", environment: ["OCELLUS_CACHES": wrong], in: folder)
            #expect(build.code == 1 && build.errors.split(separator: "\n").count == 1)
            #expect(build.errors.contains("OCELLUS_CACHES: '\(wrong)' is not L1:L2:L3"), "\(build.errors)")
        }
        #expect(try folder.names() == ["p.ocellus"])
    }

    @Test("The same model gives the same bundle, replaced as a whole")
    func replaces() throws {
        let folder = try Folder()
        let model = OperatorSuite.modelPath(OperatorSuite.cases(of: "add")[0])
        #expect(try Command("build", model, "-o", "a.ocellus", "--quiet", in: folder).output.isEmpty)
        let first = try folder.read("a.ocellus")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.ocellus"), withDestinationPath: folder.path("a.ocellus"))
        #expect(try Command("build", model, "-o", "link.ocellus", in: folder).code == 0)
        #expect(try folder.read("a.ocellus") == first)
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link.ocellus")).hasSuffix(
                "a.ocellus"))
        #expect(try folder.names() == ["a.ocellus", "link.ocellus"])
    }

    @Test("Labels are one a line")
    func labels() throws {
        let folder = try Folder()
        try folder.write(Array("nobody\nsomebody\n\n".utf8), to: "labels.txt")
        let build = try Command("build", Sample.personDetect, "--labels", "labels.txt", "-o", "p.ocellus", in: folder)
        #expect(build.code == 0, "\(build.errors)")
        #expect(try Command("run", "p.ocellus", Sample.photo, in: folder).text.contains("somebody"))
    }
}
