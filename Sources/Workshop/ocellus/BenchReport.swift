import Bundle
import CBundle
import Engine
import Foundation
import Watching

/// What `ocellus bench` says; `--json` prints these fields. Times are nanoseconds.
struct BenchReport: Codable {
    /// An operator of the plan: one step, or several, such as the strips it is cut into.
    struct Step: Codable {
        var name: String
        /// The first of its steps, and how many they are.
        var first: Int
        var count: Int
        var output: [Int]
        var nanoseconds: Double
        /// Of all steps' time, 0 to 1.
        var share: Double
        var macs: Int
        /// Of the machine's peak, 0 to 1; nil for steps without multiply-accumulates.
        var shareOfPeak: Double?
    }

    /// Of a detector: what its inferences and the boxes and tracks behind them take together, and how many the last frame had.
    struct Objects: Codable {
        var min: Int64
        var median: Int64
        var boxes: Int
        var tracks: Int
    }

    var model: String
    var kernels: String
    var threads: Int
    /// The CPUs that they are pinned to.
    var cpus: [Int]
    var runs: Int
    var min: Int64
    var median: Int64
    var p99: Int64
    /// Nil of a bundle that has no detector.
    var objects: Objects?
    var coldStart: ColdStart
    var macs: Int
    /// Multiply-accumulates a second that the kernel set's instructions reach on this machine; nil where unknown.
    var peakMacsPerSecond: Double?
    var steps: [Step]

    init(
        _ engine: borrowing Engine, cpus: [Int], model: String, times: Stopwatch.Times, objects: FrameObjects?,
        coldStart: ColdStart, steps profile: [Double], peak: Double?
    ) {
        let sorted = times.inferences.sorted()
        self.model = model
        kernels = "\(engine.kernelSet.name)"
        threads = engine.threads
        self.cpus = cpus
        runs = sorted.count
        min = sorted.first ?? 0
        median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        p99 = sorted.isEmpty ? 0 : sorted[Swift.min(sorted.count - 1, sorted.count * 99 / 100)]
        if let objects {
            let sorted = times.objects.sorted()
            self.objects = Objects(
                min: sorted.first ?? 0, median: sorted.isEmpty ? 0 : sorted[sorted.count / 2], boxes: objects.boxes,
                tracks: objects.tracks)
        }
        self.coldStart = coldStart
        macs = Int(clamping: engine.bundle.view.model.pointee.macs)
        peakMacsPerSecond = peak
        let total = profile.reduce(0, +)
        steps = Self.operators(engine.bundle.view, profile)
        for index in steps.indices {
            let rate = Double(steps[index].macs) / Swift.max(steps[index].nanoseconds, 1) * 1e9
            steps[index].share = total > 0 ? steps[index].nanoseconds / total : 0
            steps[index].shareOfPeak = steps[index].macs > 0 ? peak.map { rate / $0 } : nil
        }
    }

    /// The steps' times, those of one operator added up.
    private static func operators(_ view: BundleView, _ profile: [Double]) -> [Step] {
        var operators: [Step] = []
        var indices: [String: Int] = [:]
        for (index, step) in view.steps.enumerated() {
            let name = view.string(step.name)
            let shape = step.out.shape(in: view)
            guard let known = indices[name] else {
                indices[name] = operators.count
                operators.append(
                    Step(
                        name: name, first: index, count: 1, output: shape, nanoseconds: profile[index], share: 0,
                        macs: Int(clamping: step.macs)))
                continue
            }
            operators[known].count += 1
            operators[known].nanoseconds += profile[index]
            operators[known].macs += Int(clamping: step.macs)
            // Strips do what the first one does; other steps move rows within a buffer, or prepare the output.
            let first = view.steps[operators[known].first]
            let isNext = step.kernel == first.kernel && step.in.0.tensor == first.in.0.tensor
            if isNext, first.isStrip(in: view) || step.isStrip(in: view) { operators[known].output[1] += shape[1] }
        }
        return operators
    }

    var text: String {
        var head = Columns([.left, .right, .left])
        head.add(["latency", Format.milliseconds(median), "median of \(Format.count(runs, "inference"))"])
        head.add(["", Format.milliseconds(min), "least"])
        head.add(["", Format.milliseconds(p99), "99th percentile"])
        if let objects {
            let boxes = objects.boxes == 1 ? "1 box" : "\(objects.boxes) boxes"
            let made = "\(boxes), \(Format.count(objects.tracks, "track"))"
            head.add(["objects", Format.milliseconds(objects.median), "median until tracks are made: \(made)"])
            head.add(["", Format.milliseconds(objects.min), "least"])
        }
        head.add(["cold start", Format.milliseconds(coldStart.total), "from file to first result"])
        head.add(["", Format.milliseconds(coldStart.load), "map and verify"])
        head.add(["", Format.milliseconds(coldStart.engine), "make the engine"])
        head.add(["", Format.milliseconds(coldStart.firstInference), "first inference"])
        let rate = Double(macs) / Double(Swift.max(median, 1))
        head.add(["work", Format.grouped(macs), "multiply-accumulates an inference"])
        head.add(["rate", String(format: "%.2f", rate), "GMAC/s" + Self.share(rate, of: peakMacsPerSecond)])
        let title = "\(model): kernels \(kernels), \(Format.threads(threads, cpus))"
        return ([title] + head.lines(indent: 2) + [""] + stepLines).joined(separator: "\n")
    }

    private static func share(_ rate: Double, of peak: Double?) -> String {
        guard let peak else { return "" }
        return String(format: ", %.0f %% of the %.1f that this machine reaches", rate / peak * 1e11, peak / 1e9)
    }

    private var stepLines: [String] {
        var table = Columns([.right, .left, .left, .right, .right, .right, .right])
        table.add(["step", "operator", "output", "us", "time", "GMAC/s", "of peak"])
        for step in steps {
            let rate = Double(step.macs) / Swift.max(step.nanoseconds, 1)
            table.add([
                "\(step.first)", step.count == 1 ? step.name : "\(step.name), \(step.count) steps",
                Format.shape(step.output), String(format: "%.1f", step.nanoseconds / 1000),
                String(format: "%.1f %%", step.share * 100), step.macs > 0 ? String(format: "%.2f", rate) : "",
                step.shareOfPeak.map { String(format: "%.0f %%", $0 * 100) } ?? "",
            ])
        }
        return table.lines(indent: 2)
    }
}
