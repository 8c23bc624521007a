import Bundle
import CBundle
import Engine
import Events
import JSON
import Kernels
import System
import Watching

/// What `--bench` measured. Times are nanoseconds.
struct BenchResult {
    var times: [Int64]
    /// Until the boxes and tracks were there, too, and how many the last frame had; empty where there is no detector.
    var objectTimes: [Int64] = []
    var boxes = 0
    var tracks = 0
    /// Each step's, over `profiledRuns` inferences.
    var steps: [Int64]
    /// Of a frame to the input.
    var conversions: [Int64] = []
    /// From the start of the program to the first result; empty where it cannot be started again.
    var coldStarts: [Int64] = []
    /// Of the program, the pages of the bundle among them, after the first inference.
    var residentBytes: Int64 = 0
    /// Calls of the malloc family during all inferences; nil where the program does not count them.
    var allocations: Int64?

    init(runs: Int, steps: Int) {
        times = [Int64](repeating: 0, count: runs)
        self.steps = [Int64](repeating: 0, count: steps)
    }

    var profiledRuns: Int { min(times.count, 200) }

    /// The `percent`th percentile of `values`.
    static func percentile(_ percent: Int, _ values: [Int64]) -> Int64 {
        values.inOrder { $0 < $1 }[min(values.count * percent / 100, values.count - 1)]
    }
}

extension Bench {
    /// Field for field what `ocellus bench --json` prints, as far as a board can tell.
    func json(_ engine: borrowing Engine, _ result: BenchResult, _ placement: Placement) -> Errno? {
        let view = engine.bundle.view
        var out = JSONStream()
        out.object()
        out.text("model", view.text(view.model.pointee.name))
        out.text("kernels", engine.kernelSet.name)
        out.number("threads", Int64(engine.threads))
        out.list("cpus", inline: true)
        if placement == .pinned { for cpu in view.cpus { out.number(nil, Int64(cpu)) } }
        out.endList()
        out.number("macs", Int64(clamping: view.model.pointee.macs))
        out.number("arenaBytes", Int64(clamping: view.model.pointee.arena_bytes))
        out.number("weightBytes", Int64(view.weights.count))
        out.number("runs", Int64(result.times.count))
        out.number("min", BenchResult.percentile(0, result.times))
        out.number("median", BenchResult.percentile(50, result.times))
        out.number("p95", BenchResult.percentile(95, result.times))
        if !result.objectTimes.isEmpty {
            out.object("objects")
            out.number("min", BenchResult.percentile(0, result.objectTimes))
            out.number("median", BenchResult.percentile(50, result.objectTimes))
            out.number("boxes", Int64(result.boxes))
            out.number("tracks", Int64(result.tracks))
            out.endObject()
        }
        if !result.coldStarts.isEmpty {
            out.object("coldStart")
            out.number("min", BenchResult.percentile(0, result.coldStarts))
            out.number("median", BenchResult.percentile(50, result.coldStarts))
            out.endObject()
        }
        if !result.conversions.isEmpty {
            out.object("conversion")
            out.number("min", BenchResult.percentile(0, result.conversions))
            out.number("median", BenchResult.percentile(50, result.conversions))
            out.endObject()
        }
        out.number("residentBytes", result.residentBytes)
        if let allocations = result.allocations { out.number("allocations", allocations) }
        out.list("steps")
        let total = max(result.steps.reduce(0, +), 1)
        for index in view.steps.indices {
            let step = view.steps[index]
            out.object()
            out.text("name", view.text(step.name))
            out.text("kernel", step.kernelName)
            out.number("macs", Int64(clamping: step.macs))
            out.number("nanoseconds", result.steps[index] / Int64(result.profiledRuns))
            out.number("share", scaled: result.steps[index] * 10_000 / total, places: 4)
            out.endObject()
        }
        out.endList()
        out.endObject()
        return out.error
    }

    func text(_ engine: borrowing Engine, _ result: BenchResult, _ placement: Placement) -> Errno? {
        let view = engine.bundle.view
        var table = TextTable()
        table.append(view.text(view.model.pointee.name))
        table.append(": kernels ")
        table.append(engine.kernelSet.name)
        table.append(engine.threads == 1 ? ", 1 thread" : ", \(engine.threads) threads")
        if placement == .pinned { table.append(" on CPU \(cpuList(view.cpus.map { Int($0) }))") }
        table.append(", ")
        table.append(result.times.count == 1 ? "1 inference" : "\(result.times.count) inferences")
        table.end()
        summary(&table, view.model.pointee, weights: view.weights.count, result)
        table.end()
        table.append("  step kernel                       us     time     GMAC/s  name")
        table.end()
        for index in view.steps.indices {
            let step = view.steps[index]
            line(of: index, step, result, &table)
            table.append(view.text(step.name))
            table.end()
        }
        return table.error
    }

    func regions(
        _ engine: borrowing Engine, _ objects: FrameObjects?, converts: Bool, allocations: Int64?
    ) -> Errno? {
        let view = engine.bundle.view
        var table = TextTable()
        table.fact("arena", Int64(clamping: view.model.pointee.arena_bytes))
        table.fact("weights", Int64(view.weights.count))
        if let allocations { table.fact("allocations", allocations) }
        if let objects {
            table.fact("boxes", Int64(objects.boxes))
            table.fact("tracks", Int64(objects.tracks))
        }
        table.fact("macs", Int64(clamping: view.model.pointee.macs))
        for index in view.steps.indices {
            let step = view.steps[index]
            table.append("region\t\(index + 1)\t")
            table.append(step.kernelName)
            table.append("\t\(step.macs)\t")
            table.append(view.text(step.name))
            table.end()
        }
        if converts {
            table.append("region\t\(view.steps.count + 1)\tpicture\t0\tconversion of a frame")
            table.end()
        }
        if objects != nil {
            table.append("region\t\(view.steps.count + 2)\tobjects\t0\tboxes and tracks")
            table.end()
        }
        return table.error
    }

    private func summary(_ table: inout TextTable, _ model: oc_model, weights: Int, _ result: BenchResult) {
        let least = BenchResult.percentile(0, result.times)
        table.row("latency", "us, least") { $0.append(microseconds: least) }
        table.row("", "us, median") { $0.append(microseconds: BenchResult.percentile(50, result.times)) }
        table.row("", "us, 95th percentile") { $0.append(microseconds: BenchResult.percentile(95, result.times)) }
        if !result.objectTimes.isEmpty {
            table.row("objects", "us until boxes and tracks are made, too, least") {
                $0.append(microseconds: BenchResult.percentile(0, result.objectTimes))
            }
            table.row("", "us, median") { $0.append(microseconds: BenchResult.percentile(50, result.objectTimes)) }
        }
        if !result.conversions.isEmpty {
            table.row("conversion", "us of a frame to the input, least") {
                $0.append(microseconds: BenchResult.percentile(0, result.conversions))
            }
            table.row("", "us, median") { $0.append(microseconds: BenchResult.percentile(50, result.conversions)) }
        }
        if !result.coldStarts.isEmpty {
            table.row("cold start", "us from the program's start to the first result, least") {
                $0.append(microseconds: BenchResult.percentile(0, result.coldStarts))
            }
            table.row("", "us, median") { $0.append(microseconds: BenchResult.percentile(50, result.coldStarts)) }
        }
        table.row("memory", "bytes resident") { $0.append(result.residentBytes) }
        table.row("", "bytes of arena") { $0.append(Int64(clamping: model.arena_bytes)) }
        table.row("", "bytes of weights") { $0.append(Int64(weights)) }
        if let allocations = result.allocations {
            table.row("allocations", "after the first inference") { $0.append(allocations) }
        }
        table.row("work", "multiply-accumulates an inference") { $0.append(Int64(clamping: model.macs)) }
        table.row("rate", "GMAC/s") { $0.append(rate: model.macs, least) }
    }

    /// All columns but the last.
    private func line(of index: Int, _ step: oc_step, _ result: BenchResult, _ table: inout TextTable) {
        let time = result.steps[index] / Int64(result.profiledRuns)
        let total = max(result.steps.reduce(0, +), 1)
        table.right(width: 6) { $0.append(Int64(index)) }
        table.append(" ")
        table.left(width: 20, step.kernelName)
        table.right(width: 11) { $0.append(microseconds: time) }
        table.right(width: 7) { $0.append(scaled: result.steps[index] * 1000 / total, places: 1) }
        table.append(" %")
        table.right(width: 11) { if step.macs > 0 { $0.append(rate: step.macs, time) } }
        table.append("  ")
    }
}

extension Line {
    fileprivate mutating func append(microseconds nanoseconds: Int64) { append(scaled: nanoseconds / 100, places: 1) }

    /// In GMAC/s.
    fileprivate mutating func append(rate macs: UInt64, _ nanoseconds: Int64) {
        append(scaled: Int64(clamping: macs) * 100 / max(nanoseconds, 1), places: 2)
    }
}
