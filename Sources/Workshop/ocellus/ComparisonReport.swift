import Foundation
import Quantization

/// What `ocellus compare` says; `--json` prints these fields.
struct ComparisonReport: Encodable {
    struct Model: Encodable {
        var file: String
        /// "bundle", "ONNX model in float32".
        var kind: String
    }

    /// One output of one picture.
    struct Picture: Encodable {
        var input: String
        /// Nil: a picture and no clip.
        var place: Inference.Place?
        var output: String
        var agreement: InputAgreement

        var title: String { Self.title(input, place) }

        static func title(_ input: String, _ place: Inference.Place?) -> String {
            place.map { "\(input), frame \($0.frame) at " + String(format: "%.3f s", $0.seconds) } ?? input
        }
    }

    /// The boxes of one picture.
    struct Drawn: Encodable {
        var input: String
        var place: Inference.Place?
        var boxes: BoxAgreement

        var title: String { Picture.title(input, place) }
    }

    struct Layer: Encodable {
        var name: String
        /// Decibels, over all pictures together.
        var signalToNoise: Double
    }

    /// The first is right.
    var models: [Model]
    var pictures: Int
    /// How outputs were found to belong together; nil: two detectors' that do not.
    var matched: OutputPairing.Rule?
    /// Whether each channel of a layer counts up to a factor.
    var areChannelsScaled: Bool
    /// What both were given; nil where their inputs have different shapes.
    var input: OutputAgreement?
    /// Of two detectors.
    var boxes: BoxAgreement?
    /// Pictures of which one has boxes that the other has not, worst first.
    var drawn: [Drawn] = []
    /// By the first model's names.
    var outputs: [OutputAgreement] = []
    /// The second's names, output by output.
    var partners: [String] = []
    /// Those that differ most, worst first.
    var worst: [Picture] = []
    /// That both have by name, in execution order.
    var layers: [Layer] = []
    var notes: [String] = []

    var text: String {
        var head = Columns([.left, .left, .left])
        for (letter, model) in zip(["A", "B"], models) { head.add([letter, model.file, model.kind]) }
        var lines = head.lines()
        if let boxes {
            lines.append("  boxes      on \(Format.count(pictures, "picture")), \(boxes.text)")
            if !drawn.isEmpty {
                lines.append("  pictures whose boxes differ most")
                var table = Columns([.left, .right, .right, .right, .right])
                table.add(["picture", "of A", "of B", "of both", "F1"])
                for picture in drawn {
                    let boxes = picture.boxes
                    table.add([
                        picture.title, "\(boxes.first)", "\(boxes.second)", "\(boxes.both)",
                        String(format: "%.3f", boxes.f1),
                    ])
                }
                lines += table.lines(indent: 4)
            }
        }
        if let matched { lines += agreement(matched) }
        if !layers.isEmpty {
            lines.append(
                "  layers that differ most, of \(layers.count) that both have by name"
                    + (areChannelsScaled ? ", each channel up to a factor" : ""))
            var losses = Columns([.left, .right])
            losses.add(["layer", "SNR dB"])
            for layer in layers.sorted(by: { $0.signalToNoise < $1.signalToNoise }).prefix(5) {
                losses.add([layer.name, String(format: "%.1f", layer.signalToNoise)])
            }
            lines += losses.lines(indent: 4)
        }
        lines += notes.map { "  note: \(Format.printable($0))" }
        return lines.joined(separator: "\n")
    }

    /// Of outputs.
    private func agreement(_ matched: OutputPairing.Rule) -> [String] {
        var lines = [
            "  agreement  of B with A on \(Format.count(pictures, "picture")), outputs matched by \(matched.rawValue)"
        ]
        lines += outputs.table(partners: partners).lines(indent: 4)
        lines.append("  pictures that differ most")
        var table = Columns([.left, .left, .right, .right, .right, .left])
        table.add(["picture", "output", "correlation", "SNR dB", "largest error", "top-1"])
        for picture in worst {
            let agreement = picture.agreement
            table.add([
                picture.title, picture.output, String(format: "%.4f", agreement.correlation),
                String(format: "%.1f", agreement.signalToNoise), String(format: "%.4g", agreement.greatestError),
                agreement.isSameTop1.map { $0 ? "same" : "differs" } ?? "",
            ])
        }
        lines += table.lines(indent: 4)
        return lines
    }
}
