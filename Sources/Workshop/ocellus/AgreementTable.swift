import Foundation
import Quantization

extension [OutputAgreement] {
    /// The output whose mean correlation is least.
    var leastCorrelated: OutputAgreement? { self.min { $0.correlation < $1.correlation } }

    /// Rows as every report shows them.
    /// - Parameter partners: what the other model calls them; told where that is another name.
    func table(partners: [String] = []) -> Columns {
        var table = Columns([.left, .right, .right, .right, .right, .right, .right])
        table.add(["output", "correlation", "least", "SNR dB", "largest error", "beyond the range", "same top-1"])
        for (index, output) in enumerated() {
            let partner = partners.indices.contains(index) && partners[index] != output.name ? partners[index] : nil
            table.add([
                output.name + (partner.map { " / \($0)" } ?? ""), String(format: "%.4f", output.correlation),
                String(format: "%.4f", output.leastCorrelation), String(format: "%.1f", output.signalToNoise),
                String(format: "%.4g", output.greatestError),
                output.saturated.map { String(format: "%.2f %%", $0 * 100) } ?? "",
                output.top1.map { String(format: "%.3f", $0) } ?? "",
            ])
        }
        return table
    }
}
