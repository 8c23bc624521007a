import Bundle
import CBundle
import CLinux
import Engine
import Events
import JSON
import System
import Watching
import Vision

/// `ocellusd BUNDLE --bench N`: how fast this board runs a bundle, and in how much memory.
struct Bench {
    struct Request {
        /// Inferences; 0: only say when the first result was there.
        var runs: Int
        var json = false
        /// Tell a counting plugin where inferences and steps begin and end, instead of timing them.
        var regions = false
        /// Frames to convert to the input, besides.
        var frame: FrameShape?
    }

    private let options: Options
    private let request: Request

    init(_ options: Options, _ request: Request) {
        self.options = options
        self.request = request
    }

    func run() -> ExitCode {
        let engine: Engine
        do throws(Model.LoadError) { engine = try Model.engine(BundleFile(options.bundle), options) } catch {
            Log.line(error.message)
            return .bundle
        }
        var frame: ArbitraryFrame?
        if let shape = request.frame {
            do throws(Model.LoadError) { frame = try Model.frame(options.bundle, shape, engine) } catch {
                Log.line(error.message)
                return .bundle
            }
        }
        let placement = engine.placeThreads()
        Bench.fillInputs(engine)
        if request.regions { return countRegions(engine, &frame) }
        engine.run()
        if request.runs == 0 { return tellTime() }

        let resident = oc_resident_bytes()
        var result = BenchResult(runs: request.runs, steps: engine.stepCount)
        result.residentBytes = resident
        let objects = FrameObjects(engine.bundle.view)
        if objects != nil { result.objectTimes = result.times }
        let allocations = oc_allocations()
        time(engine, objects, &frame, &result)
        if allocations >= 0 { result.allocations = oc_allocations() - allocations }
        measureColdStart(&result)
        guard let error = request.json ? json(engine, result, placement) : text(engine, result, placement) else {
            return .success
        }
        return Bench.refused(error)
    }

    private static func refused(_ error: Errno) -> ExitCode {
        Log.line("cannot write to standard output: \(error.description)")
        return .output
    }

    /// Latencies of whole inferences; then the steps, in runs of their own.
    private func time(
        _ engine: borrowing Engine, _ objects: FrameObjects?, _ frame: inout ArbitraryFrame?,
        _ result: inout BenchResult
    ) {
        for run in -min(request.runs, 10)..<request.runs {
            // Inputs lie in memory that later steps reuse.
            Bench.fillInputs(engine)
            let start = Clock.monotonic
            engine.run()
            let inferred = Clock.monotonic
            objects?.take(engine)
            let end = Clock.monotonic
            guard run >= 0 else { continue }
            result.times[run] = inferred - start
            if objects != nil { result.objectTimes[run] = end - start }
        }
        if let objects { (result.boxes, result.tracks) = (objects.boxes, objects.tracks) }
        for _ in 0..<result.profiledRuns {
            Bench.fillInputs(engine)
            result.steps.withUnsafeMutableBufferPointer { engine.run(profile: $0) }
        }
        guard frame != nil, let tensor = engine.pictureTensor else { return }
        for _ in 0..<result.profiledRuns {
            let start = Clock.monotonic
            frame?.convert(into: tensor)
            result.conversions.append(Clock.monotonic - start)
        }
    }

    /// Starts this program again, some times, and takes the time until it has its first result. The bundle is in the
    /// page cache by then.
    private func measureColdStart(_ result: inout BenchResult) {
        var arguments: [UnsafePointer<CChar>?] = []
        for index in 0..<oc_argument_count() { arguments.append(oc_argument(index)) }
        // The last --bench counts.
        for text in ["--bench", "0"] as [StaticString] {
            arguments.append(UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self))
        }
        arguments.append(nil)
        var output = [CChar](repeating: 0, count: 32)
        // They would inherit this thread's CPUs, and could not take others. What cannot be undone was never done.
        do throws(Errno) { try Thread.place(Thread.current, on: []) } catch {}
        for _ in 0..<5 {
            let start = Clock.monotonic
            let count = oc_run_again(arguments, &output, output.count)
            guard count > 0, let end = decimal(output[..<Int(count)].lazy.map { UInt8(bitPattern: $0) }) else { return }
            result.coldStarts.append(end - start)
        }
    }

    /// The instant of the first result on the monotonic clock, which all processes share.
    private func tellTime() -> ExitCode {
        var line = Line()
        line.append(Clock.monotonic)
        line.append(UInt8(ascii: "\n"))
        do throws(Errno) { try FileDescriptor(borrowing: 1).writeFully(line.bytes) } catch {
            return Bench.refused(error)
        }
        return .success
    }

    /// Region 0 is an inference, region N + 1 step N of the inference after it, the one
    /// behind the last step a frame's conversion, and the next what makes boxes and tracks of the outputs when
    /// they have come some times. Prints what they are, in fields that tabs separate.
    private func countRegions(_ engine: borrowing Engine, _ frame: inout ArbitraryFrame?) -> ExitCode {
        let objects = FrameObjects(engine.bundle.view)
        let allocations = oc_allocations()
        for _ in 0..<request.runs {
            Bench.fillInputs(engine)
            oc_region_start()
            engine.run()
            oc_region_end(0)
        }
        Bench.fillInputs(engine)
        for index in 0..<engine.stepCount {
            oc_region_start()
            engine.runStep(index)
            oc_region_end(index + 1)
        }
        if frame != nil, let tensor = engine.pictureTensor {
            oc_region_start()
            frame?.convert(into: tensor)
            oc_region_end(engine.stepCount + 1)
        }
        if let objects {
            for _ in 0..<10 { objects.take(engine) }
            oc_region_start()
            objects.take(engine)
            oc_region_end(engine.stepCount + 2)
        }
        let counted = allocations < 0 ? nil : oc_allocations() - allocations
        guard let error = regions(engine, objects, converts: frame != nil, allocations: counted) else {
            return .success
        }
        return Bench.refused(error)
    }

    /// The same arbitrary values in every run.
    private static func fillInputs(_ engine: borrowing Engine) {
        var state: UInt32 = 1
        for index in 0..<engine.inputCount {
            let bytes = engine.input(index)
            let isFloat = engine.inputTensor(index).type == UInt8(OC_TYPE_FLOAT32.rawValue)
            for offset in stride(from: 0, to: bytes.count, by: isFloat ? 4 : 1) {
                state = state &* 1_664_525 &+ 1_013_904_223
                let value = Int8(truncatingIfNeeded: state >> 24)
                if isFloat {
                    bytes.storeBytes(of: Float(value) / 128, toByteOffset: offset, as: Float.self)
                } else {
                    bytes[offset] = UInt8(bitPattern: value)
                }
            }
        }
    }
}
