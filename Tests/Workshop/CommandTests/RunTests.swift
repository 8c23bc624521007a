import Foundation
import Importers
import Kernels
import TestSupport
import Testing

@Suite struct RunTests {
    @Test("A picture's labels come best first, as text, JSON and a picture")
    func picture() throws {
        let folder = try Folder()
        #expect(try Command("build", Sample.sensor, "-q", in: folder).code == 0)
        let text = try Command("run", "person-sensor.ocellus", Sample.photo, "--draw", "result.png", in: folder)
        #expect(text.code == 0, "\(text.errors)")
        let lines = text.text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].hasSuffix("  person") && lines[2].hasSuffix("  not a person"))
        #expect(try folder.read("result.png").starts(with: [0x89, 0x50, 0x4e, 0x47]))

        let json = try Command(
            "run", "person-sensor.ocellus", Sample.photo, Sample.photo, "--top", "1", "--json", in: folder)
        let results = try #require(try JSONSerialization.jsonObject(with: Data(json.output)) as? [[String: Any]])
        #expect(results.count == 2)
        let scores = try #require(results[0]["scores"] as? [[String: Any]])
        #expect(scores.count == 1)
        #expect(scores[0]["label"] as? String == "person")
        #expect((try #require(scores[0]["probability"] as? Double)) > 0.9)
    }

    @Test("For metadata only, no picture is written") func privacy() throws {
        let folder = try Folder()
        let sensor = try String(contentsOfFile: Sample.sensor, encoding: .utf8)
            .replacingOccurrences(of: "person_detect.tflite", with: Sample.personDetect)
        try Data((sensor + "\nprivacy: metadata-only\n").utf8).write(
            to: folder.url.appendingPathComponent("private.yaml"))
        #expect(try Command("build", "private.yaml", "-q", in: folder).code == 0)
        let refused = try Command("run", "person-sensor.ocellus", Sample.photo, "--draw", "result.png", in: folder)
        #expect(refused.code == 1 && refused.errors.contains("leave out --draw"), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.url.path + "/result.png"))
        #expect(try Command("run", "person-sensor.ocellus", Sample.photo, in: folder).code == 0)
        #expect(try Command("inspect", "person-sensor.ocellus", in: folder).text.contains("metadata-only"))
    }

    @Test(
        "Raw tensors go in and out byte for byte, from a bundle and straight from the model",
        arguments: ["split", "concatenation", "conv_2d", "quantize", "dequantize", "arg_max"])
    func raw(operation: String) throws {
        let folder = try Folder()
        let name = try #require(OperatorSuite.cases(of: operation).first)
        let model = OperatorSuite.modelPath(name)
        let golden = try #require(try Self.goldenRun(name))
        let input = golden.inputs.flatMap { $0 }
        let expected = golden.outputs.flatMap { $0 }
        #expect(try Command("build", model, "--kernels", "scalar", "-o", "scalar.ocellus", "-q", in: folder).code == 0)
        for (file, options) in [
            ("scalar.ocellus", []), ("scalar.ocellus", ["--kernels", "\(KernelSet.best.name)"]), (model, []),
        ] {
            let arguments = ["run", file, "--input-raw", "-", "--output-raw", "-"] + options
            let piped = try Command(arguments, input: input, in: folder)
            #expect(piped.code == 0, "\(piped.errors)")
            #expect(piped.output == expected, "\(name) from \(file)")
        }
        try folder.write(input, to: "in.bin")
        let filed = try Command(
            "run", "scalar.ocellus", "--input-raw", "in.bin", "--output-raw", "out.bin", in: folder)
        #expect(filed.code == 0 && filed.output.isEmpty)
        #expect(try folder.read("out.bin") == expected)
    }

    @Test("Outputs that are no probabilities are summed up")
    func withoutScores() throws {
        let folder = try Folder()
        let name = try #require(OperatorSuite.cases(of: "split").first)
        let input = try #require(try Self.goldenRun(name)).inputs.flatMap { $0 }
        let run = try Command("run", OperatorSuite.modelPath(name), "--input-raw", "-", input: input, in: folder)
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.text.contains("docs/sensor-file.md"))
    }

    private static func goldenRun(_ name: String) throws -> GoldenRun? {
        let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath(name))
        return try OperatorSuite.runs(
            name, inputs: graph.inputs.map { graph[$0].byteCount }, outputs: graph.outputs.map { graph[$0].byteCount }
        ).first
    }
}

@Suite struct BenchTests {
    @Test("--ns prints a number a run and nothing else")
    func nanoseconds() throws {
        let folder = try Folder()
        let model = OperatorSuite.modelPath(OperatorSuite.cases(of: "conv_2d")[0])
        let bench = try Command("bench", model, "--ns", "--runs", "7", "--threads", "2", in: folder)
        #expect(bench.code == 0, "\(bench.errors)")
        let lines = bench.text.split(separator: "\n")
        #expect(lines.count == 7)
        for line in lines { #expect((Int(line) ?? 0) > 0) }
    }

    @Test("The report covers every step")
    func report() throws {
        let folder = try Folder()
        #expect(try Command("build", Sample.sensor, "-q", "--kernels", "scalar", in: folder).code == 0)
        let bench = try Command("bench", "person-sensor.ocellus", "--runs", "2", "--json", in: folder)
        #expect(bench.code == 0, "\(bench.errors)")
        let fields = try bench.fields
        #expect(fields["runs"] as? Int == 2)
        #expect(fields["kernels"] as? String == "scalar")
        let steps = try #require(fields["steps"] as? [[String: Any]])
        #expect(steps.compactMap { $0["macs"] as? Int }.reduce(0, +) == fields["macs"] as? Int)
        #expect(abs(steps.compactMap { $0["share"] as? Double }.reduce(0, +) - 1) < 1e-6)
        let text = try Command("bench", "person-sensor.ocellus", "--runs", "2", in: folder).text
        #expect(text.contains("99th percentile") && text.contains("cold start") && text.contains("GMAC/s"))
    }
}
