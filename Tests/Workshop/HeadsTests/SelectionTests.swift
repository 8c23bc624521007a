import Foundation
import Graph
import Importers
import Reference
import TestSupport
import Testing

@testable import Heads

/// The models of make-detectors.py, and what ONNX Runtime found with them in one picture.
enum DetectorFiles {
    static func graph(_ name: String) throws -> Graph {
        let file = Checkout.file("Tests/Data/models/detectors/\(name).onnx")
        return try ONNXImporter.read(Array(Data(contentsOf: file)), name: "\(name).onnx")
    }

    /// Rows of left, top, right, bottom, score and class, the best first.
    static func detections(_ name: String) throws -> [[Double]] {
        let file = Checkout.file("Tests/Data/models/detectors/detections.json")
        let all = try JSONDecoder().decode([String: [[Double]]].self, from: Data(contentsOf: file))
        return try #require(all[name])
    }

    static let side = 64

    /// The script's picture, rows of pixels.
    static var picture: [Float] {
        (0..<side * side).flatMap { place in
            (0..<3).map { channel in
                let (x, y) = (place % side, place / side)
                return Float((7 * x + 13 * y + x * y / 5 + 29 * channel) % 33) / 32
            }
        }
    }

    /// All boxes of the picture.
    static func decoded(_ head: DetectorHead, _ graph: Graph) -> [HeadDecoder.Decoded] {
        var graph = graph
        graph.outputs = head.tensors
        let results = RealExecutor(graph).run([RealBuffer(picture)]).map(\.array)
        let values = Dictionary(uniqueKeysWithValues: zip(head.tensors, results))
        return HeadDecoder(head).decode { values[$0] ?? [] }
    }
}

@Suite("Files that choose among boxes themselves")
struct SelectionTests {
    /// A box and one of its classes.
    private struct Choice {
        let box: HeadDecoder.Decoded
        let score: Double
        let kind: Int

        func overlaps(_ other: Choice) -> Double {
            func shared(_ low: Double, _ extent: Double, _ otherLow: Double, _ otherExtent: Double) -> Double {
                max(0, min(low + extent, otherLow + otherExtent) - max(low, otherLow))
            }
            let both =
                shared(box.left, box.width, other.box.left, other.box.width)
                * shared(box.top, box.height, other.box.top, other.box.height)
            return both / (box.width * box.height + other.box.width * other.box.height - both)
        }
    }

    /// - Parameter bestOnly: of each box its best class alone.
    private func choose(_ head: DetectorHead, _ boxes: [HeadDecoder.Decoded], bestOnly: Bool) -> [Choice] {
        let all = boxes.flatMap { box -> [Choice] in
            let choices = box.scores.enumerated().map { Choice(box: box, score: $1, kind: $0) }
            guard bestOnly else { return choices }
            return choices.max { $0.score < $1.score }.map { [$0] } ?? []
        }
        var left: [Choice] = []
        for choice in all.filter({ $0.score > head.score }).sorted(by: { $0.score > $1.score }) {
            let isHidden =
                head.suppression != .none
                && left.contains { $0.kind == choice.kind && $0.overlaps(choice) > head.overlap }
            if !isHidden { left.append(choice) }
        }
        return left
    }

    @Test(
        "Boxes and scores are those that the whole file gives",
        arguments: [
            ("end-to-end", false), ("suppressed", true), ("indices", false), ("matrix", true), ("ssd", false),
        ])
    func agrees(name: String, bestOnly: Bool) throws {
        let graph = try DetectorFiles.graph(name)
        let finding = try #require(HeadRecognition.find(in: graph))
        #expect(finding.isProved && finding.isDecoded && finding.head.classes == 3)
        var boxes = DetectorFiles.decoded(finding.head, graph)
        // torchvision's are cut off with the picture before they are compared.
        if name == "ssd" { boxes = boxes.map { Self.clipped($0) } }
        let found = choose(finding.head, boxes, bestOnly: bestOnly)
        let expected = try DetectorFiles.detections(name)
        try #require(expected.count >= 8 && found.count >= expected.count)
        for row in expected {
            let choice = try #require(
                found.first { abs($0.score - row[4]) < 1e-3 && abs($0.box.left - row[0]) < 0.02 }, "\(row)")
            #expect(choice.kind == Int(row[5]))
            let right = choice.box.left + choice.box.width
            let bottom = choice.box.top + choice.box.height
            #expect(
                abs(choice.box.top - row[1]) < 0.02 && abs(right - row[2]) < 0.02 && abs(bottom - row[3]) < 0.02)
        }
        // Nothing else is better than the last that the file tells, of classes that it tells no limit of.
        if name != "indices" {
            let last = try #require(expected.map { $0[4] }.min())
            #expect(found.filter { $0.score > last + 1e-3 }.count == expected.filter { $0[4] > last + 1e-3 }.count)
        }
    }

    private static func clipped(_ box: HeadDecoder.Decoded) -> HeadDecoder.Decoded {
        func clamp(_ x: Double) -> Double { min(max(x, 0), Double(DetectorFiles.side)) }
        let (left, right) = (clamp(box.left), clamp(box.left + box.width))
        let (top, bottom) = (clamp(box.top), clamp(box.top + box.height))
        return HeadDecoder.Decoded(
            x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top,
            scores: box.scores, points: [])
    }

    @Test("Thresholds are the file's")
    func thresholds() throws {
        let end = try #require(HeadRecognition.find(in: DetectorFiles.graph("end-to-end"))).head
        #expect(end.suppression == .none && end.detections == 20 && end.score == 0.25)
        let suppressed = try #require(HeadRecognition.find(in: DetectorFiles.graph("suppressed"))).head
        #expect(suppressed.suppression == .perClass && abs(suppressed.overlap - 0.6) < 1e-6)
        #expect(abs(suppressed.score - 0.3) < 1e-6)
        let indices = try #require(HeadRecognition.find(in: DetectorFiles.graph("indices"))).head
        #expect(indices.overlap == 0.5 && abs(indices.score - 0.35) < 1e-6 && indices.detections == 100)
        let graph = try DetectorFiles.graph("ssd")
        #expect(graph.selection?.operators == ["NonMaxSuppression", "NonZero", "TopK"])
        #expect(graph.outputs.count == 2 && graph.nodes.allSatisfy { !$0.origin.contains("NonMaxSuppression") })
        #expect(abs(try #require(graph.selection?.score) - 0.3) < 1e-6)
        #expect(abs(try #require(graph.selection?.overlap) - 0.55) < 1e-6)
    }

    @Test("A choice behind which the network goes on is no end of it")
    func inside() throws {
        // The best places' features are weighed again.
        func message(weights: [Int64]) -> String {
            var model = ONNXSample.model(input: [1, 3, 8, 8], output: "out")
            model.graph.initializer = [
                ONNXSample.reals("w", [12, 3, 1, 1], .init(repeating: 0.5, count: 36)), ONNXSample.wholes("k", [4]),
                ONNXSample.wholes("flat", [1, 12, 64]),
                ONNXSample.reals("m", weights, .init(repeating: 1, count: Int(weights[0] * weights[1]))),
            ]
            var best = ONNXSample.node("TopK", ["rows", "k"], "best", ["axis": 2])
            best.output.append("index")
            model.graph.node = [
                ONNXSample.node("Conv", ["picture", "w"], "layer"),
                ONNXSample.node("Reshape", ["layer", "flat"], "rows"), best,
                ONNXSample.node("MatMul", ["best", "m"], "out"),
            ]
            do throws(ImportError) {
                let graph = try ONNXImporter.read(try! model.serializedBytes() as [UInt8], name: "m.onnx")
                return graph.selection.map { "left out \($0.nodes)" } ?? "nothing left out"
            } catch { return error.description }
        }
        #expect(message(weights: [4, 16]) == "left out 3")
        #expect(message(weights: [4, 32]).contains("TopK: once"))
    }

    @Test("Damaged files are read or refused")
    func damaged() throws {
        let names = ["end-to-end", "suppressed", "indices", "matrix", "ssd", "encoded", "strange"]
        let files = try names.map { name in
            let file = Checkout.file("Tests/Data/models/detectors/\(name).onnx")
            return (name: name, bytes: Array(try Data(contentsOf: file)))
        }
        let run = MutationRun("selections", files: files, cases: 1_500) { bytes in
            do throws(ImportError) {
                let graph = try ONNXImporter.read(bytes, name: "damaged.onnx")
                _ = HeadRecognition.find(in: graph)
                _ = HeadRecognition.encodings(in: graph)
                return true
            } catch { return false }
        }
        #expect(run.refused > run.cases / 50 && run.accepted > run.cases / 50)
    }
}
