import Boards
import Compiler
import Drawing
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
    /// The layers that lose most by themselves, worst first.
    var worst: [LayerRemedy]
    /// Ways to quantize that were tried, in order; empty where no loss was asked for.
    var attempts: [LossSearch.Attempt] = []
    var notes: [String] = []

    /// What the mean correlation of the output that correlates least lacks to 1.
    var loss: Double { outputs.leastCorrelated.map { 1 - $0.correlation } ?? 0 }

    /// Of what is compared with, and on what.
    private var comparison: String {
        "with \(isGiven ? "the file's numbers" : "float") on \(Format.count(compared, "picture"))"
            + (isHeldBack ? " held back" : " of the same")
    }

    private var calibration: String {
        isGiven
            ? "by the file, which has every scale: nothing was calibrated"
            : "from float32, calibrated on "
                + (pictures == 0 ? "made-up pictures" : Format.count(calibrated, "picture"))
    }

    var text: String {
        var lines = ["  quantized  \(calibration)", "  agreement  \(comparison)"]
        lines += outputs.table().lines(indent: 4)
        lines.append("  layers that lose most by themselves")
        var losses = Columns([.left, .right, .right, .right])
        losses.add(["layer", "own dB", "SNR dB", "beyond the range"])
        for remedy in worst {
            let layer = layers[remedy.layer]
            losses.add([
                layer.origin, layer.own.map { String(format: "%.1f", $0) } ?? "",
                String(format: "%.1f", layer.signalToNoise), layer.saturated.formatted(percent: 2),
            ])
        }
        let rows = losses.lines(indent: 4)
        lines += rows.prefix(1)
        for (row, remedy) in zip(rows.dropFirst(), worst) { lines += [row, "      \(remedy.remedy)"] }
        if !attempts.isEmpty {
            lines.append("  effort")
            var table = Columns([.left, .right, .right, .right, .left])
            table.add(["what", "loss", "seconds", "bundle bytes", ""])
            for attempt in attempts {
                table.add([
                    attempt.what, String(format: "%.4f", attempt.loss), String(format: "%.1f", attempt.seconds),
                    Format.grouped(attempt.bundleBytes), attempt.isKept ? "" : "no gain, not kept",
                ])
            }
            lines += table.lines(indent: 4)
        }
        lines += notes.map { "  note: \(Format.printable($0))" }
        return lines.joined(separator: "\n")
    }

    /// The same as a picture.
    func figure(of model: String) -> Figure {
        var plot = QuantizationPlot(
            title: "\(model), quantized", subtitle: calibration, comparison: "Agreement \(comparison)")
        plot.layers = layers.map {
            QuantizationPlot.Layer(signalToNoise: $0.signalToNoise, own: $0.own, saturated: $0.saturated)
        }
        plot.remarks = worst.map {
            QuantizationPlot.Remark(layer: $0.layer, name: $0.origin, text: $0.remedy)
        }
        plot.outputs = outputs.map { output in
            QuantizationPlot.Output(
                name: output.name, correlation: output.correlation, least: output.leastCorrelation,
                figures: [String(format: "SNR %.1f dB", output.signalToNoise)]
                    + (output.top1.map { [String(format: "same top-1 %.3f", $0)] } ?? [])
                    + (output.saturated.map { ["beyond the range \($0.formatted(percent: 2))"] } ?? []))
        }
        return plot.figure()
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
