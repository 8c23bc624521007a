import ArgumentParser
import Boards
import Bundle
import Engine
import Foundation
import Kernels

/// `ocellus bench`: how long an inference takes, and where the time goes.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure latency, cold start and every step.",
        discussion: """
            Inputs are random unless a file has them. Latency is that of whole inferences, and of a detector also until \
            boxes and tracks are made of each; the steps are timed in runs of their own. The peak is what this machine \
            reaches with the kernel set's multiply-accumulate instructions alone.

              ocellus bench person-sensor.ocellus
              ocellus bench mobilenet_v2.tflite --runs 500 --threads 2
              ocellus bench mobilenet_v2.tflite --kernels scalar --json
              ocellus bench mobilenet_v2.tflite --ns > nanoseconds.txt
            """)

    @Argument(help: "An .ocellus bundle, a .tflite model or a sensor file (.yaml).", completion: .runnable)
    var model: String

    @Option(help: "Inferences to measure, 1 to 1000000.")
    var runs = 200

    @Option(help: "Worker threads, 1 to 16; for a bundle at most those it is built for.")
    var threads: Int?

    @Option(help: "Use this kernel set; a bundle is packed again for it in memory.")
    var kernels: KernelSet?

    @Option(help: "Read all input tensors from this file, as 'ocellus run' does.", completion: .file())
    var inputRaw: String?

    @Flag(
        help: "Print only each inference's nanoseconds, one a line, of a detector also those until its tracks are made."
    )
    var ns = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    func validate() throws {
        if !(1...1_000_000).contains(runs) {
            throw ValidationError("--runs \(runs) is out of range; give 1 to 1000000")
        }
        if let threads, !(1...16).contains(threads) {
            throw ValidationError("--threads \(threads) is out of range; give 1 to 16")
        }
        if ns && json { throw ValidationError("--ns and --json exclude each other") }
    }

    func run() throws {
        let progress = Progress()
        let runnable = try Runnable(path: model, kernels: kernels, threads: threads, progress: progress)
        if ns {
            let engine = try runnable.engine(threads: threads)
            _ = engine.placeThreads()
            let times = Stopwatch(engine, inputs: try inputs(engine)).latencies(engine, runs: runs)
            for run in times.inferences.indices {
                print("\(times.inferences[run])" + (times.objects.isEmpty ? "" : " \(times.objects[run])"))
            }
            return
        }
        progress.show("cold start")
        let coldStart = try ColdStart(runnable, threads: threads)
        let engine = try runnable.engine(threads: threads)
        let cpus = engine.placeThreads() == .pinned ? engine.bundle.view.cpus.map { Int($0) } : []
        let stopwatch = Stopwatch(engine, inputs: try inputs(engine))
        progress.show("\(Format.count(runs, "inference"))")
        let times = stopwatch.latencies(engine, runs: runs)
        progress.show("steps")
        let steps = stopwatch.profile(engine, runs: min(runs, 200))
        progress.show("peak")
        let peak = Peak.measure(engine.kernelSet, threads: engine.threads)
        progress.clear()
        let report = BenchReport(
            engine, cpus: cpus, model: FileName.printable(model), times: times, objects: stopwatch.objects,
            coldStart: coldStart, steps: steps, peak: peak)
        print(json ? try report.json() : report.text)
    }

    /// Nil: nobody gave them.
    private func inputs(_ engine: borrowing Engine) throws(Failure) -> [UInt8]? {
        guard let inputRaw else { return nil }
        return try engine.inputs(readFrom: inputRaw)
    }
}
