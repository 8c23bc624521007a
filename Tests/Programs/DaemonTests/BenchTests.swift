import CLinux
import Foundation
import Testing

/// `ocellusd BUNDLE --bench N`.
@Suite struct BenchTests {
    /// What the person sensor's bundle gives.
    private func bench(_ arguments: String...) throws -> String {
        let place = try Workplace()
        let daemon = try Daemon([place.bundle] + arguments)
        let output = daemon.outputData()
        daemon.process.waitUntilExit()
        #expect(daemon.process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self)
    }

    @Test("A report of latency, cold start, memory and every step", arguments: [1, 2])
    func report(threads: Int) throws {
        let output = try bench("--bench", "20", "--json", "--threads", "\(threads)", "--source", "nv12:320x240")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        #expect(report.string("model") == "person_detect" && report.int("runs") == 20)
        #expect(report.int("macs") == 7_157_888)
        #expect(0 < report.int("min") && report.int("min") <= report.int("median"))
        #expect(report.int("median") <= report.int("p95"))
        let coldStart = try #require(report["coldStart"] as? [String: Any])
        #expect(0 < coldStart.int("min") && coldStart.int("min") <= coldStart.int("median"))
        #expect(report.int("residentBytes") > report.int("weightBytes") + report.int("arenaBytes"))
        #expect((report["conversion"] as? [String: Any])?.int("min") ?? 0 > 0)
        let steps = try #require(report["steps"] as? [[String: Any]])
        #expect(steps.map { $0.int("macs") }.reduce(0, +) == report.int("macs"))
        #expect(steps.allSatisfy { !$0.string("name").isEmpty && $0.string("kernel") != "unknown" })
        let shares = steps.compactMap { $0["share"] as? Double }
        #expect(shares.count == steps.count && abs(shares.reduce(0, +) - 1) < 0.01)
    }

    @Test("The same as text")
    func text() throws {
        let output = try bench("--bench", "3", "--source", "yuyv:640x480")
        for part in [
            "conversion", " 3 inferences\n", " us, least\n", "cold start", " bytes resident\n", " 7157888 ", "softmax",
        ] {
            #expect(output.contains(part))
        }
    }

    @Test("No inference to time: the instant of the first result")
    func firstResult() throws {
        let before = oc_clock_monotonic()
        let instant = try #require(Int64(try bench("--bench", "0").dropLast()))
        #expect(before < instant && instant < oc_clock_monotonic())
    }

    @Test("Regions: a line a step")
    func regions() throws {
        let lines = try bench("--bench", "1", "--regions").split(separator: "\n").map { $0.split(separator: "\t") }
        let steps = lines.filter { $0[0] == "region" }
        #expect(steps.map { Int($0[1]) } == Array(1...steps.count))
        #expect(steps.compactMap { Int($0[3]) }.reduce(0, +) == 7_157_888)
        #expect(lines.contains(["macs", "7157888"]) && lines.contains { $0[0] == "arena" })
    }

    @Test(
        "Mistakes",
        arguments: [
            (["--bench"], "--bench needs a value"),
            (["--bench", "many"], "--bench takes a number from 0 to 1000000, not many"),
            (["--bench", "1.5"], "--bench takes a whole number"),
            (["--json"], "--json and --regions need --bench"),
            (
                ["--bench", "1", "--source", "clip.y4m"],
                "--bench takes no --source but one such as yuyv:640x480: to convert such frames as well"
            ),
            (["--bench", "1", "--regions", "--json"], "--regions prints no JSON: leave out --json"),
            (["--bench", "1", "--regions", "--threads", "2"], "--regions is for one thread: leave out --threads"),
        ])
    func mistakes(arguments: [String], message: String) throws {
        let end = try Daemon.run(["x.ocellus"] + arguments)
        #expect(end.code == 2 && end.errors == "ocellusd: \(message)\n")
    }
}
