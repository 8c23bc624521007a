import Boards
import Compiler
import Foundation
import Graph
import Heads

/// What a model was found to be, so that nobody looks twice.
final class Recognized {
    fileprivate var last: (anchors: AnchorPlan?, finding: HeadRecognition.Finding?)?
}

/// A trained model that is a detector of a known kind: boxes are made of what its last layers give.
struct ModelDetector {
    private let finding: HeadRecognition.Finding
    /// The float graph that an int8 one is made of; nil: the model is quantized.
    private let real: Graph?

    /// Nil where it is none that is known, or the sensor file says how an output is to be read.
    /// - Throws: what is wrong with what the sensor file says of its kind or anchors, or what it must say.
    init?(_ model: TrainedModel, _ sensor: SensorFile? = nil) throws(Failure) {
        if let sensor, sensor.detector?.kind == .cells {
            self.init(try Self.cells(model, sensor), in: model)
            return
        }
        guard sensor.map({ $0.output == SensorFile.Output() }) ?? true else { return nil }
        do throws(AnchorPlan.Mismatch) { try self.init(model, anchors: sensor?.detector?.anchors) } catch {
            throw Failure(sensor?.refusal("detector.anchors", error.problem) ?? error.problem)
        }
    }

    /// Nil where it is none that is known.
    init?(_ model: TrainedModel, anchors: AnchorPlan?) throws(AnchorPlan.Mismatch) {
        let found: HeadRecognition.Finding?
        if let known = model.recognized.last, known.anchors == anchors {
            found = known.finding
        } else {
            found =
                try anchors.map { (plan) throws(AnchorPlan.Mismatch) in
                    try HeadRecognition.find(in: model.graph, plan)
                } ?? HeadRecognition.find(in: model.graph)
            model.recognized.last = (anchors, found)
        }
        guard let found else { return nil }
        self.init(found, in: model)
    }

    private init(_ finding: HeadRecognition.Finding, in model: TrainedModel) {
        self.finding = finding
        real = model.graph.level == .real ? model.graph : nil
    }

    private static func cells(_ model: TrainedModel, _ sensor: SensorFile) throws(Failure) -> HeadRecognition.Finding {
        let (graph, output) = (model.graph, sensor.output)
        if let found = HeadRecognition.cells(in: graph, output: output.index, areLogits: output.scores == .sigmoid) {
            return found
        }
        let shape = graph.outputs.indices.contains(output.index) ? graph[graph.outputs[output.index]].shape : nil
        throw Failure(
            sensor.refusal(
                "detector.kind",
                "cells are scores [1, rows, columns, classes] of at most half as many rows and columns as the picture has pixels; "
                    + "output \(output.index) of the model "
                    + (shape.map { "is \($0)" } ?? "does not exist")
                    + "; name another with output.index, or remove this"))
    }

    /// What to say of a model that is none of a known kind.
    /// - Throws: where it is of no use so.
    static func missing(_ model: TrainedModel, _ sensor: SensorFile?) throws(Failure) -> [String] {
        guard sensor.map({ $0.output == SensorFile.Output() }) ?? true else { return [] }
        if let encodings = HeadRecognition.encodings(in: model.graph) {
            let places = encodings.levels.map { "\($0[1])x\($0[0])x\($0[2])" }.joined(separator: ", ")
            let text =
                "a detector's encodings of \(encodings.boxes) boxes (\(places)) with "
                + "\(Format.count(encodings.classes, "score")) each, of anchors that are not in the file; name them in a sensor file, as "
                + "detector: {anchors: {kind: ssd}} (docs/sensor-file.md)"
            if let sensor { throw Failure(sensor.refusal(sensor.detector == nil ? "model" : "detector", text)) }
            return [text] + (model.graph.selection.map { [$0.note] } ?? [])
        }
        guard let selection = model.graph.selection else { return [] }
        // A classifier's scores, of which it tells the best.
        if model.graph.outputs.count == 1 { return [selection.note] }
        let outputs = model.graph.outputs.map { "\(model.graph[$0].name) \(model.graph[$0].shape)" }
        throw Failure(
            model.path,
            "its \(selection.words) choose among boxes, which boards do themselves, but how it makes boxes is not known; "
                + "--keep-outputs takes what they read as it is: "
                + outputs.joined(separator: ", "))
    }

    /// Scores a box.
    var classes: Int { finding.head.classes }

    /// What a pixel usually means to such a model.
    var pixels: SensorFile.PixelScale {
        .normalized(mean: finding.picture.mean, std: finding.picture.std)
    }

    /// What such models want of pictures where there is no sensor file: all of them, with bars.
    func advise(_ input: inout SensorFile.Input) {
        (input.fit, input.fill) = (.contain, finding.picture.fill)
        if finding.picture.isBlueFirst { input.colour = .bgr }
    }

    /// The head as the model's graph has it, with what a sensor file says of boxes.
    func head(for sensor: SensorFile?) -> DetectorHead {
        var head = finding.head
        if let wanted = sensor?.detector { head.take(wanted) }
        return head
    }

    /// Takes the head into what is compiled.
    /// - Parameter graph: quantized; it ends afterwards where boxes begin.
    /// - Returns: what to say of it.
    func place(in graph: inout Graph, _ options: inout Compiler.Options) -> [String] {
        var notes: [String] = []
        if !finding.isProved {
            notes.append(
                "taken for a detector of the kind \(finding.head.name), by the shapes of its outputs; --keep-outputs leaves them as "
                    + "they are")
        }
        if real == nil, !finding.isDecoded {
            options.head = finding.head
        } else {
            guard let head = graph.cut(at: finding.head, of: real) else {
                return [
                    "a detector of the kind \(finding.head.name), but what its boxes are made of is not 8-bit: its outputs stay as "
                        + "they are"
                ]
            }
            options.head = head
        }
        if real == nil, let head = options.head, let note = coarseness(of: head, in: graph) { notes.append(note) }
        if let selection = graph.selection ?? real?.selection { notes.append(selection.note) }
        if let wanted = options.sensor?.detector { options.head?.take(wanted) }
        if options.sensor == nil {
            var input = SensorFile.Input()
            advise(&input)
            (options.fit, options.fill, options.colour) = (input.fit, input.fill, input.colour)
        }
        return notes
    }

    /// What to say of a file whose 8 bits tell too little, as where boxes and scores have one scale.
    private func coarseness(of head: DetectorHead, in graph: Graph) -> String? {
        guard let found = head.coarseness(in: graph) else { return nil }
        let shape = graph[graph.inputs[0]].shape
        let isCoarse = (score: found.score > 0.1, place: found.place > Double(max(shape[1], shape[2])) / 64)
        var parts: [String] = []
        if isCoarse.score {
            parts.append(String(format: "scores only in steps of %.2f around %.2f", found.score, head.score))
        }
        if isCoarse.place { parts.append(String(format: "places only in steps of %.0f pixels", found.place)) }
        guard !parts.isEmpty else { return nil }
        return "this file's int8 outputs tell \(parts.joined(separator: " and ")): give the float model, and "
            + "--calibrate"
    }
}

extension BoxSelection {
    /// "last 2 nodes (NonMaxSuppression)".
    var words: String { "last \(Format.count(nodes, "node")) (\(operators.joined(separator: ", ")))" }

    var note: String { "built without its \(words): boards choose by scores themselves" }
}

extension DetectorHead {
    /// Takes what a sensor file says of boxes.
    fileprivate mutating func take(_ wanted: SensorFile.Detector) {
        score = wanted.score ?? score
        overlap = wanted.overlap ?? overlap
        suppression = wanted.suppression ?? suppression
        candidates = wanted.candidates ?? candidates
        detections = wanted.detections ?? detections
    }
}
