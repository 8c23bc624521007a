import Boards
import Checks
import Compiler
import Foundation
import Graph
import Importers
import Kernels
import Reference
import TestSupport
import Testing

/// Makes the golden cases that selfcheck carries, and sees to it that the committed ones are what the compiler makes today.
///
/// After a change of the compiler or the file format: `OCELLUS_WRITE_CASES=1 swift test --filter GoldenCasesTests`.
@Suite struct GoldenCasesTests {
    @Test("The carried cases are what the compiler makes")
    func carriedCases() throws {
        let made = try Self.cases()
        let path = Checkout.file("Sources/Programs/CChecks/cases.bin")
        if ProcessInfo.processInfo.environment["OCELLUS_WRITE_CASES"] != nil { try Data(made).write(to: path) }
        // Not `committed == made` in the expectation, which would print a megabyte of bytes where they differ.
        let place = zip(try Data(contentsOf: path), made).enumerated().first { $1.0 != $1.1 }?.offset
        let same = try Data(contentsOf: path) == Data(made)
        #expect(same, "they differ from byte \(place ?? made.count) on; see the comment in GoldenCasesTests.swift")
    }

    /// Cases of float32 that selfcheck carries, by what their names end in.
    private static let real = [
        "-wide", "-positive", "-outer", "-sharp", "div-constant", "sum-rows", "sum-columns", "reduce_max-rows",
        "log_softmax-one",
        "whole-signs", "topk_v2-float32", "pose", "boxes", "distances",
    ]

    /// The first and the last case of each operator of the suite, and the person detector on two inputs.
    private static func cases() throws -> [UInt8] {
        var names: [String] = []
        for name in OperatorSuite.operators {
            let all = OperatorSuite.cases(of: name)
            // float32 is not the same by itself on every CPU.
            let chosen = name == "real" ? all.filter { name in Self.real.contains { name.hasSuffix($0) } } : []
            names += (chosen + Set([all[0], all[all.count / 2], all[all.count - 1]]).subtracting(chosen)).sorted()
        }
        var bytes = Array("OCCASES1".utf8) + word(names.count + 1)
        for name in names {
            let graph = try TFLiteImporter.readFile(OperatorSuite.modelPath(name))
            var runs = try OperatorSuite.runs(
                name, inputs: graph.inputs.map { graph[$0].byteCount },
                outputs: graph.outputs.map { graph[$0].byteCount })
            if OperatorSuite.isReal(name) {
                for index in runs.indices { runs[index].outputs = ReferenceExecutor(graph).outputs(runs[index].inputs) }
            }
            bytes += try record(name, graph, runs: runs)
        }
        let golden = try #require(try ModelGolden.all()["person_detect"])
        let graph = try TFLiteImporter.readFile(try #require(ModelGolden.path(of: "person_detect")))
        bytes += try record("person_detect", graph, runs: try (0..<2).map { try personRun($0, golden) })
        return bytes
    }

    /// The model's two output bytes are recovered from their recorded CRC-32.
    private static func personRun(_ k: Int, _ golden: ModelGolden) throws -> GoldenRun {
        let pairs = (0..<65536).map { [UInt8($0 & 255), UInt8($0 >> 8)] }
        let output = try #require(pairs.first { CRC32.of($0) == golden.outputs[k][0] })
        return GoldenRun(inputs: [ModelGolden.input(k, byteCount: 96 * 96)], outputs: [output])
    }

    private static func record(_ name: String, _ graph: Graph, runs: [GoldenRun]) throws -> [UInt8] {
        // A profile whose caches are the same on every machine that compiles for it.
        var options = Compiler.Options(board: try BoardProfile.find("generic-aarch64"))
        options.kernelSet = .scalar
        options.threads = 1
        let bundle = try Compiler(options).compile(graph, origin: "\(name).tflite", originBytes: []).bundle
        let data = runs.flatMap { $0.inputs.flatMap { $0 } + $0.outputs.flatMap { $0 } }
        return block(Array(name.utf8)) + block(bundle) + word(runs.count) + block(data)
    }

    private static func word(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    private static func block(_ bytes: [UInt8]) -> [UInt8] { word(bytes.count) + bytes }
}
