import Boards
import Compiler
import Foundation
import Quantization

/// What `ocellus build` says about the quantization of a float model; `--json` prints these fields.
struct QuantizationReport: Encodable {
    /// Given by the user.
    var pictures: Int
    /// Of which ranges were taken, to which layers were fitted, and with which the outputs were compared.
    var calibrated: Int
    var fitted: Int
    var compared: Int
    /// Whether those that were compared are others than those that were calibrated with.
    var isHeldBack: Bool
    /// The file has every scale, so that nothing was calibrated.
    var isGiven: Bool
    /// Changes of the float graph, and how often.
    var rewrites: [String: Int]
    var outputs: [OutputAgreement] = []
    /// In execution order.
    var layers: [LayerLoss]
    var notes: [String] = []

    /// The layers that lose most, worst first.
    private var worst: [LayerLoss] { Array(layers.sorted { $0.signalToNoise < $1.signalToNoise }.prefix(5)) }

    var text: String {
        let shown = pictures == 0 ? "made-up pictures" : Format.count(calibrated, "picture")
        var lines = [
            isGiven
                ? "  quantized  by the file, which has every scale: nothing was calibrated"
                : "  quantized  from float32, calibrated on \(shown)"
        ]
        let kind = isGiven ? "the file's numbers" : "float"
        lines.append(
            "  agreement  with \(kind) on \(Format.count(compared, "picture"))\(isHeldBack ? " held back" : " of the same")"
        )
        var table = Columns([.left, .right, .right, .right, .right])
        table.add(["output", "correlation", "least", "SNR dB", "same top-1"])
        for output in outputs {
            table.add([
                output.name, String(format: "%.4f", output.correlation),
                String(format: "%.4f", output.leastCorrelation),
                String(format: "%.1f", output.signalToNoise), output.top1.map { String(format: "%.3f", $0) } ?? "",
            ])
        }
        lines += table.lines(indent: 4)
        lines.append("  layers that lose most")
        var losses = Columns([.left, .right, .right])
        losses.add(["layer", "SNR dB", "beyond the range"])
        for layer in worst {
            losses.add([
                layer.origin, String(format: "%.1f", layer.signalToNoise),
                String(format: "%.2f %%", layer.saturated * 100),
            ])
        }
        lines += losses.lines(indent: 4)
        lines += notes.map { "  note: \(Format.printable($0))" }
        return lines.joined(separator: "\n")
    }
}

/// The report of a build, with that of its quantization where there was one.
struct WholeBuildReport: Encodable {
    var build: BuildReport
    var quantization: QuantizationReport?

    private enum Key: CodingKey { case quantization }

    func encode(to encoder: any Encoder) throws {
        try build.encode(to: encoder)
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encodeIfPresent(quantization, forKey: .quantization)
    }
}
