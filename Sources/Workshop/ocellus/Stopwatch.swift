import Bundle
import CBundle
import Engine
import Glibc
import System
import Watching

/// Times inferences, and of a detector what makes boxes and tracks of each.
struct Stopwatch {
    /// Nanoseconds of each inference, and until its boxes and tracks were there; of others than detectors the latter is empty.
    struct Times {
        var inferences: [Int64] = []
        var objects: [Int64] = []
    }

    private let inputs: [UInt8]
    let objects: FrameObjects?

    /// - Parameter inputs: all tensors' bytes, one after another; nil: random ones.
    init(_ engine: borrowing Engine, inputs: [UInt8]? = nil) {
        var random = SeededGenerator(seed: 1)
        self.inputs =
            inputs
            ?? (0..<engine.inputCount).flatMap { engine.describe(engine.inputTensor($0)).randomBytes(&random) }
        objects = FrameObjects(engine.bundle.view)
    }

    /// Times of `runs` inferences, after a few that warm caches and clocks up.
    func latencies(_ engine: borrowing Engine, runs: Int) -> Times {
        var times = Times()
        for run in -min(runs, 10)..<runs {
            // Inputs lie in memory that later steps reuse.
            engine.fillInputs(inputs[...])
            let start = Clock.monotonic
            engine.run()
            let inferred = Clock.monotonic
            objects?.take(engine)
            let end = Clock.monotonic
            guard run >= 0 else { continue }
            times.inferences.append(inferred - start)
            if objects != nil { times.objects.append(end - start) }
        }
        return times
    }

    /// Mean nanoseconds of each step.
    func profile(_ engine: borrowing Engine, runs: Int) -> [Double] {
        var total = [Int64](repeating: 0, count: engine.stepCount)
        for _ in 0..<runs {
            engine.fillInputs(inputs[...])
            total.withUnsafeMutableBufferPointer { engine.run(profile: $0) }
        }
        return total.map { Double($0) / Double(runs) }
    }
}

/// From a file to the first result, in nanoseconds. The file is in the page cache, as after a first start.
struct ColdStart: Codable {
    /// Mapping and verifying the bundle.
    var load: Int64
    /// Verifying the steps, making arena and threads.
    var engine: Int64
    var firstInference: Int64

    var total: Int64 { load + engine + firstInference }

    init(_ runnable: Runnable, threads: Int?) throws(Failure) {
        guard let bytes = runnable.bytes else {
            try self.init(path: runnable.path, about: runnable.path, threads)
            return
        }
        // A bundle made in memory has to be a file first: that is how a board finds it.
        var template = Array("/tmp/ocellus-bench-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else { throw Failure("/tmp", "no file can be made there to measure the cold start with") }
        close(descriptor)
        defer { unlink(path) }
        try WholeFile.write(bytes, to: path)
        try self.init(path: path, about: runnable.path, threads)
    }

    private init(path: String, about name: String, _ threads: Int?) throws(Failure) {
        let start = Clock.monotonic
        let bundle = try Bundle.opened(path)
        let loaded = Clock.monotonic
        let engine = try Engine.started(bundle, threads: threads, about: name)
        let ready = Clock.monotonic
        engine.run()
        firstInference = Clock.monotonic - ready
        load = loaded - start
        self.engine = ready - loaded
    }
}

extension TensorDescription {
    /// Random elements: any byte of an integer tensor, -1 to 1 in a float32 one.
    func randomBytes(_ random: inout SeededGenerator) -> [UInt8] {
        guard type == "float32" else { return (0..<bytes).map { _ in UInt8.random(in: 0...255, using: &random) } }
        return (0..<bytes / 4).flatMap { _ in
            let bits = Float.random(in: -1...1, using: &random).bitPattern
            return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
        }
    }
}

/// The same numbers for the same seed: the generator of Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators" (2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
