import Boards
import Compiler
import Engine
import Foundation
import Graph
import Kernels
import Quantization
import Reference
import System

/// Makes the int8 form of a model that computes in float32, and measures what that loses.
struct Quantizing {
    /// Pictures, folders and clips to calibrate with; empty: made-up pictures.
    var pictures: [String]
    /// What a pixel means; nil: what the model says, or a guess.
    var pixels: SensorFile.PixelScale?
    /// How a sensor treats its frames.
    var input = SensorFile.Input()

    /// Of pictures, every so manieth is held back to measure with.
    private static let heldBack = 5
    private static let madeUp = 24

    /// What a pixel means, and what to say where that is a guess.
    private func scale(_ model: TrainedModel) -> (SensorFile.PixelScale, note: String?) {
        if let pixels { return (pixels, nil) }
        if let advised = model.advisedPixels { return (advised, nil) }
        return (
            .normalized(mean: [0], std: [255]),
            "what a pixel means is a guess: 0 to 1 (mean 0, std 255). The model does not say; a wrong guess costs most of its "
                + "accuracy. Give --mean and --std, or input.mean and input.std in a sensor file"
        )
    }

    /// What came of it. How the outputs agree is not known yet.
    struct Result {
        /// With the int8 graph.
        var model: TrainedModel
        /// What a pixel means to it.
        var pixels: SensorFile.PixelScale
        var report: QuantizationReport
        fileprivate var real: Graph
        fileprivate var held: Samples
    }

    func run(_ model: TrainedModel, about path: String, progress: Progress) throws(Failure) -> Result {
        let (scale, guess) = scale(model)
        var pictures = try CalibrationPictures(model.graph, input, scale, about: path)
        if self.pictures.isEmpty {
            pictures.makeUp(Self.madeUp)
        } else {
            try pictures.read(self.pictures) { progress.show("reading pictures: \($0)") }
        }
        let all = pictures.samples
        // A few pictures are all needed; they are then measured with, too.
        let holdsBack = all.count >= 2 * Self.heldBack
        let fitted = holdsBack ? all.filter { $0 % Self.heldBack != Self.heldBack - 1 } : all
        let held = (holdsBack ? all.filter { $0 % Self.heldBack == Self.heldBack - 1 } : all).spread(100)
        let result: Quantizer.Result
        var clock = (stage: "", start: Int64(0))
        do throws(QuantizationError) {
            // A Jetpac network's layers are what predictors were trained on.
            let features = Set(model.network?.layers.map(\.result) ?? [])
            result = try Quantizer.quantize(
                model.graph, samples: fitted, inputRanges: [0: pictures.range], unscaled: features
            ) { stage in
                progress.show(Self.words(stage, &clock))
            }
        } catch {
            throw Failure(path, error.description)
        }
        var quantized = model
        quantized.graph = result.graph
        var report = QuantizationReport(
            pictures: self.pictures.isEmpty ? 0 : all.count, calibrated: fitted.count, fitted: result.fitted,
            compared: held.count, isHeldBack: holdsBack, isGiven: result.isGiven, rewrites: result.rewrites,
            layers: result.losses)
        report.notes += result.notes
        if let guess { report.notes.append(guess) }
        guard !result.isGiven else {
            return Result(model: quantized, pixels: scale, report: report, real: model.graph, held: held)
        }
        if self.pictures.isEmpty {
            report.notes.append(
                "calibrated with made-up pictures, for want of others: accuracy on real ones is lower than it could be. Give "
                    + "--calibrate a folder of pictures such as the model will see, 100 or so")
        } else if !holdsBack {
            report.notes.append(
                "\(Format.count(all.count, "picture")) to calibrate with: give 100 or so; a fifth of them is then held back and "
                    + "tells what the bundle is worth")
        }
        return Result(model: quantized, pixels: scale, report: report, real: model.graph, held: held)
    }

    /// - Parameter clock: the stage before, and when it began in nanoseconds.
    private static func words(_ stage: Quantizer.Stage, _ clock: inout (stage: String, start: Int64)) -> String {
        let (what, done, all): (String, Int, Int)
        switch stage {
        case .equalizing(let sample, let count): (what, done, all) = ("equalizing", sample, count)
        case .calibrating(let sample, let count): (what, done, all) = ("calibrating", sample, count)
        case .choosing(let scale, let count): (what, done, all) = ("choosing scales", scale, count)
        case .fitting(let layer, let count): (what, done, all) = ("fitting layers", layer, count)
        }
        if clock.stage != what { clock = (what, Clock.monotonic) }
        let passed = Double(Clock.monotonic - clock.start) / 1e9
        let left = done > 0 ? passed / Double(done) * Double(all - done) : nil
        return "\(what): \(done) of \(all)" + (left.map { String(format: ", %.0f s left", $0) } ?? "")
    }
}

extension Quantizing.Result {
    /// How a bundle's outputs agree with those in float, on the pictures that were held back.
    /// - Parameter bundle: for this machine; nil: one is made. Bundles for all boards give the same bytes.
    mutating func measure(_ bundle: [UInt8]?, about path: String, progress: Progress) throws(Failure) {
        let made: [UInt8]
        if let bundle {
            made = bundle
        } else {
            made = try Compiler.compile(model, Compiler.Options(board: try BoardProfile.named("host")), about: path)
                .bundle
        }
        let engine = try Runnable(path: path, bytes: made, notes: []).engine()
        let executor = RealExecutor(real)
        var sums = real.outputs.map { AgreementSums(real[$0]) }
        for index in 0..<held.count {
            progress.show("comparing with float: \(index) of \(held.count)")
            let inputs = held[index]
            let expected = executor.run(inputs)
            engine.fillInputs(inputs.flatMap(\.bytes)[...])
            engine.run()
            for output in sums.indices where real[real.outputs[output]].type == .float32 {
                sums[output].add(expected[output].array, engine.floatOutput(output))
            }
        }
        report.outputs = sums.indices.filter { real[real.outputs[$0]].type == .float32 }.map { sums[$0].agreement }
    }
}
