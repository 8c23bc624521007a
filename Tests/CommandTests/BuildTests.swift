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
