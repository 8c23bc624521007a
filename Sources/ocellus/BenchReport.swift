import Engine
import Foundation

/// What `ocellus bench` says; `--json` prints these fields. Times are nanoseconds.
struct BenchReport: Codable {
    struct Step: Codable {
        var name: String
        var output: [Int]
        var nanoseconds: Double
        /// Of all steps' time, 0 to 1.
        var share: Double
        var macs: Int
        /// Of the machine's peak, 0 to 1; nil for steps without multiply-accumulates.
        var shareOfPeak: Double?
    }

    var model: String
    var kernels: String
    var threads: Int
    var runs: Int
    var min: Int64
    var median: Int64
    var p99: Int64
    var coldStart: ColdStart
    var macs: Int
    /// Multiply-accumulates a second that the kernel set's instructions reach on this machine; nil where unknown.
    var peakMacsPerSecond: Double?
    var steps: [Step]

    init(
        _ engine: borrowing Engine, model: String, times: [Int64], coldStart: ColdStart, steps profile: [Double],
        peak: Double?
    ) {
        let sorted = times.sorted()
        self.model = model
        kernels = "\(engine.kernelSet.name)"
        threads = engine.threads
        runs = sorted.count
        min = sorted.first ?? 0
        median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        p99 = sorted.isEmpty ? 0 : sorted[Swift.min(sorted.count - 1, sorted.count * 99 / 100)]
        self.coldStart = coldStart
        macs = Int(clamping: engine.bundle.view.model.pointee.macs)
        peakMacsPerSecond = peak
        let total = profile.reduce(0, +)
        let view = engine.bundle.view
        steps = profile.indices.map { index in
            let step = view.steps[index]
            let macs = Int(clamping: step.macs)
            let rate = Double(macs) / Swift.max(profile[index], 1) * 1e9
            return Step(
                name: view.string(step.name),
                output: view.tensors.indices.contains(Int(step.out.tensor))
                    ? engine.describe(view.tensors[Int(step.out.tensor)]).shape : [],
                nanoseconds: profile[index], share: total > 0 ? profile[index] / total : 0, macs: macs,
                shareOfPeak: macs > 0 ? peak.map { rate / $0 } : nil)
        }
    }

    var text: String {
        var head = Columns([.left, .right, .left])
        head.add(["latency", Format.milliseconds(median), "median of \(Format.count(runs, "inference"))"])
        head.add(["", Format.milliseconds(min), "least"])
        head.add(["", Format.milliseconds(p99), "99th percentile"])
        head.add(["cold start", Format.milliseconds(coldStart.total), "from file to first result"])
        head.add(["", Format.milliseconds(coldStart.load), "map and verify"])
        head.add(["", Format.milliseconds(coldStart.engine), "make the engine"])
        head.add(["", Format.milliseconds(coldStart.firstInference), "first inference"])
        let rate = Double(macs) / Double(Swift.max(median, 1))
        head.add(["work", Format.grouped(macs), "multiply-accumulates an inference"])
        head.add(["rate", String(format: "%.2f", rate), "GMAC/s" + Self.share(rate, of: peakMacsPerSecond)])
        let title = "\(model): kernels \(kernels), \(Format.count(threads, "thread"))"
        return ([title] + head.lines(indent: 2) + [""] + stepLines).joined(separator: "\n")
    }

    private static func share(_ rate: Double, of peak: Double?) -> String {
        guard let peak else { return "" }
        return String(format: ", %.0f %% of the %.1f that this machine reaches", rate / peak * 1e11, peak / 1e9)
    }

    private var stepLines: [String] {
        var table = Columns([.right, .left, .left, .right, .right, .right, .right])
        table.add(["step", "operator", "output", "us", "time", "GMAC/s", "of peak"])
        for (index, step) in steps.enumerated() {
            let rate = Double(step.macs) / Swift.max(step.nanoseconds, 1)
            table.add([
                "\(index)", step.name, Format.shape(step.output), String(format: "%.1f", step.nanoseconds / 1000),
                String(format: "%.1f %%", step.share * 100), step.macs > 0 ? String(format: "%.2f", rate) : "",
                step.shareOfPeak.map { String(format: "%.0f %%", $0 * 100) } ?? "",
            ])
        }
        return table.lines(indent: 2)
    }
}
