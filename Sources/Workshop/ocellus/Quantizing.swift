import Boards
import Compiler
import Engine
import Graph
import Kernels
import Quantization
import Reference

/// Makes the int8 form of a model that computes in float32, and measures what that loses.
struct Quantizing {
    /// Pictures, folders and clips to calibrate with; empty: made-up pictures.
    var pictures: [String]
    /// What a pixel means; nil: what the model says, or a guess.
    var pixels: SensorFile.PixelScale?
    /// How a sensor treats its frames.
    var input = SensorFile.Input()
    /// So many pictures are made up where none are given.
    var madeUp = usuallyMadeUp
    /// Whether passes name what they changed.
    var traces = false

    /// Of pictures, every so manieth is held back to measure with.
    private static let heldBack = 5
    private static let usuallyMadeUp = 24
    /// Layers that are told what helps them.
    private static let worst = 5

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
        /// What each rewrite of the float graph did, in order.
        var passes: [PassRun]
        /// By the position of an output below what its values mean nothing.
        fileprivate var floors: [Int: Float]
        fileprivate var real: Graph
        fileprivate var held: Samples
    }

    /// Pictures as the model takes them.
    struct Pictures {
        fileprivate let calibration: CalibrationPictures
        fileprivate let scale: SensorFile.PixelScale
        /// What to say where the scale is a guess.
        fileprivate let guess: String?
        /// How many the user gave.
        fileprivate let given: Int

        /// Whether some are for measuring alone: a few are all needed, and are then measured with, too.
        var holdsBack: Bool { given >= 2 * Quantizing.heldBack }
    }

    func read(_ model: TrainedModel, about path: String, progress: Progress) throws(Failure) -> Pictures {
        let (scale, guess) = scale(model)
        var calibration = try CalibrationPictures(model.graph, input, scale, about: path)
        if pictures.isEmpty {
            calibration.makeUp(madeUp)
        } else {
            try calibration.read(pictures) { progress.show("reading pictures: \($0)") }
        }
        return Pictures(
            calibration: calibration, scale: scale, guess: guess, given: pictures.isEmpty ? 0 : calibration.count)
    }

    func run(
        _ model: TrainedModel, _ pictures: Pictures, _ effort: Effort = .usual, about path: String, progress: Progress
    ) throws(Failure) -> Result {
        let all = pictures.calibration.samples
        let holdsBack = all.count >= 2 * Self.heldBack
        let fitted = holdsBack ? all.filter { $0 % Self.heldBack != Self.heldBack - 1 } : all
        let held = (holdsBack ? all.filter { $0 % Self.heldBack == Self.heldBack - 1 } : all).spread(100)
        let result: Quantizer.Result
        do throws(QuantizationError) {
            // A Jetpac network's layers are what predictors were trained on.
            let features = Set(model.network?.layers.map(\.result) ?? [])
            result = try Quantizer.quantize(
                model.graph, samples: fitted, inputRanges: [0: pictures.calibration.range], unscaled: features,
                effort: effort, traces: traces
            ) { Self.show($0, progress) }
        } catch {
            throw Failure(path, error.description)
        }
        var quantized = model
        quantized.graph = result.graph
        var report = QuantizationReport(
            pictures: pictures.given, calibrated: fitted.count, fitted: result.fitted,
            compared: held.count, isHeldBack: holdsBack, isGiven: result.isGiven,
            rewrites: Dictionary(
                uniqueKeysWithValues: result.passes.filter { $0.level == "float32" && $0.applied > 0 }.map {
                    ($0.name, $0.applied)
                }),
            layers: result.losses, worst: LayerRemedy.worst(Self.worst, of: result.losses))
        report.notes += result.notes
        if let guess = pictures.guess { report.notes.append(guess) }
        if result.isGiven {
            // Pictures changed nothing.
        } else if pictures.given == 0 {
            report.notes.append(
                "calibrated with made-up pictures, for want of others: accuracy on real ones is lower than it could be. Give "
                    + "--calibrate a folder of pictures such as the model will see, 100 or so")
        } else if !holdsBack {
            report.notes.append(
                "\(Format.count(all.count, "picture")) to calibrate with: give 100 or so; a fifth of them is then held back and "
                    + "tells what the bundle is worth")
        }
        return Result(
            model: quantized, pixels: pictures.scale, report: report, passes: result.passes, floors: result.floors,
            real: model.graph, held: held)
    }

    private static func show(_ stage: Quantizer.Stage, _ progress: Progress) {
        switch stage {
        case .equalizing(let sample, let count): progress.show("equalizing", sample, of: count)
        case .calibrating(let sample, let count): progress.show("calibrating", sample, of: count)
        case .choosing(let scale, let count): progress.show("choosing scales", scale, of: count)
        case .fitting(let layer, let count): progress.show("fitting layers", layer, of: count)
        }
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
        var sums = real.outputs.indices.map { output in
            let tensor = real[real.outputs[output]]
            return AgreementSums(tensor.name, shape: tensor.shape, range: engine.range(ofOutput: output))
        }
        for index in 0..<held.count {
            progress.show("comparing with float", index, of: held.count)
            let inputs = held[index]
            let expected = executor.run(inputs)
            engine.fillInputs(inputs.flatMap(\.bytes)[...])
            engine.run()
            for output in sums.indices where real[real.outputs[output]].type == .float32 {
                func floored(_ values: [Float]) -> [Float] {
                    floors[output].map { floor in values.map { max($0, floor) } } ?? values
                }
                sums[output].add(floored(expected[output].array), floored(engine.reals(ofOutput: output)))
            }
        }
        report.outputs = sums.indices.filter { real[real.outputs[$0]].type == .float32 }.map { sums[$0].agreement }
    }
}
