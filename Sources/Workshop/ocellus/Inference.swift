import Boards
import Engine
import Foundation
import Vision

/// What one inference gave: scores where the model has labels to rank, else a summary of its outputs.
struct Inference: Codable {
    struct Score: Codable {
        var index: Int
        /// Nil where the bundle has no labels.
        var label: String?
        /// 0 to 1.
        var probability: Double
    }

    /// Where a frame stands in its clip.
    struct Place: Codable {
        /// From 0.
        var frame: Int64
        /// By the clip's frame rate.
        var seconds: Double
    }

    /// The picture or clip, or the file of raw tensors.
    var input: String
    /// Nil: a picture.
    var place: Place?
    /// The sensor's zone; nil: its own crop.
    var zone: String?
    var nanoseconds: Int64
    /// "float32" where a model was computed so on the host; nil: a bundle's int8.
    var arithmetic: String?
    /// Best first.
    var scores: [Score]?
    /// What a detector sees, best first.
    var detections: [DetectedObject]?
    var outputs: [OutputSummary]?
    /// The layer that was asked for, in place of scores and outputs.
    var layer: LayerValues?

    /// Without a result yet.
    init(input: String, place: Place?, zone: String? = nil, nanoseconds: Int64) {
        self.input = FileName.printable(input)
        self.place = place
        self.zone = zone
        self.nanoseconds = nanoseconds
    }

    /// - Parameter labels: as many as there are scores; nil: the bundle's own.
    init(
        _ engine: borrowing Engine, input: String, place: Place?, zone: String?, top: Int?, labels: [String]?,
        nanoseconds: Int64
    ) throws(Failure) {
        self.init(input: input, place: place, zone: zone, nanoseconds: nanoseconds)
        let view = engine.bundle.view
        guard let record = view.scores, let tensor = engine.scoreTensor else {
            outputs = (0..<engine.outputCount).map {
                OutputSummary(engine.describe(engine.outputTensor($0)), raw: engine.rawOutput($0))
            }
            return
        }
        let ranking = Scores(record)
        guard (top ?? 1) <= ranking.count else {
            throw Failure("--top \(top ?? 1): the model has \(Format.count(ranking.count, "score")); give no more")
        }
        let wanted = min(top ?? 5, ranking.count)
        let best = [RankedLabel](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = ranking.top(of: tensor, into: UnsafeMutableBufferPointer(rebasing: buffer[..<wanted]))
        }
        scores = best.map {
            let own = view.labels.indices.contains($0.label) ? view.string(view.labels[$0.label]) : nil
            return Score(
                index: $0.label, label: labels?[$0.label] ?? own, probability: Double($0.score) / 65536)
        }
    }

    /// What was looked at: `clip.y4m, frame 35 at 4.375 s, zone gate`.
    var title: String {
        var title = input
        if let place { title += ", frame \(place.frame) at " + String(format: "%.3f s", place.seconds) }
        if let zone { title += ", zone \(zone)" }
        return title
    }

    /// Objects that the text lists where nobody says how many; JSON has all.
    static let listedObjects = 20

    /// - Parameter most: objects to list.
    func text(objects most: Int = Self.listedObjects) -> String {
        let how = arithmetic.map { " in \($0)" } ?? ""
        var lines = ["\(title)  (\(Format.milliseconds(nanoseconds))\(how))"]
        if let layer {
            let values = layer.values.filter(\.isFinite)
            var table = Columns([.left, .left, .left])
            table.add([
                layer.name, "[\(Format.shape(layer.shape))]",
                String(format: "values %.4g to %.4g", values.min() ?? 0, values.max() ?? 0),
            ])
            lines += table.lines(indent: 2)
            lines.append("  --json prints all of them, --output-raw writes them as float32.")
        }
        if let scores {
            for score in scores {
                let percent = String(format: "%6.2f %%", score.probability * 100)
                lines.append("  \(percent)  \(Format.printable(score.label ?? "score \(score.index)"))")
            }
        }
        if let detections {
            if detections.isEmpty { lines.append("  no objects") }
            var table = Columns([.right, .left, .left])
            for object in detections.prefix(most) { table.add(object.columns) }
            lines += table.lines(indent: 2)
            if detections.count > most {
                lines.append("  … \(detections.count - most) more; --top \(detections.count) prints them")
            }
        }
        if let outputs {
            var table = Columns([.left, .left, .left, .left])
            for output in outputs {
                table.add([
                    output.tensor.name, "[\(Format.shape(output.tensor.shape))]", output.tensor.type,
                    String(format: "values %.4g to %.4g", output.min, output.max),
                ])
            }
            lines += table.lines(indent: 2)
            lines.append("  No output is a list of probabilities. A sensor file can say which one gives scores")
            lines.append("  (docs/sensor-file.md); --output-raw writes all outputs as they are.")
        }
        return lines.joined(separator: "\n")
    }
}
