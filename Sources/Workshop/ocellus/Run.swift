import ArgumentParser
import Boards
import Bundle
import Detectors
import Drawing
import Engine
import Foundation
import Kernels
import Pictures
import System
import Vision
import Watching

/// `ocellus run`: one inference a picture, or one on raw tensors.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a model on pictures, clips or raw tensors.",
        discussion: """
            Pictures are JPEG, PNG, BMP or PNM; a folder stands for its pictures. Of clips (.y4m, .mjpeg, or raw frames \
            such as yuv420:640x480:FILE) each frame is run. A sensor's zones are run one by one. A sensor file or an int8 \
            model is built in memory for this machine; a model in float32 is computed in float32.

              ocellus run person-sensor.ocellus photo.jpg
              ocellus run mobilenet_v2.ocellus *.jpg --top 3 --json
              ocellus run mobilenet_v2.tflite photo.jpg --labels imagenet-background
              ocellus run person-sensor.ocellus photo.jpg --draw result.png
              ocellus run sensor.yaml photos/ clip.y4m --top 1 --draw sheet.png
              ocellus run model.tflite --input-raw inputs.bin --output-raw outputs.bin
              ocellus run network.ntwk photo.jpg --layer -2 --output-raw features.bin

            --layer tells what a layer gives instead of what the model does: 0 is the last one, -1 that before it, or its \
            name. Of a bundle, layers are the tensors that fusing has left, which 'ocellus inspect' lists.

            Raw files hold the tensors one after another in the model's order, each in the model's type, little-endian \
            and row-major; '-' is standard input or output.
            """)

    @Argument(
        help: "An .ocellus bundle, a model (.tflite, .onnx, .ntwk) or a sensor file (.yaml).", completion: .runnable)
    var model: String

    @Argument(help: "Pictures, folders of pictures, and clips.", completion: .frames)
    var photos: [String] = []

    @Option(
        help: "Print so many labels or objects (default: 5 labels, or all of fewer; 20 objects, with --json all).")
    var top: Int?

    @Option(
        help: ArgumentHelp(
            "Name scores by a list of labels ('ocellus labels') or a text file with one a line.",
            valueName: "name or file"),
        completion: .labels)
    var labels: String?

    @Option(
        help:
            "Write the picture here as PNG, with scores or objects, what the model sees, masks, zones; of several, a sheet.",
        completion: .file(extensions: ["png"]))
    var draw: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Tell this layer's values: 0 for the last, -1 for the one before it, or a name.",
            valueName: "number or name"))
    var layer: LayerChoice?

    @OptionGroup var pixels: PixelOptions

    @Option(help: "Read all input tensors from this file instead of a picture.", completion: .file())
    var inputRaw: String?

    @Option(
        help: "Write all output tensors, or the layer's values as float32, to this file and print nothing.",
        completion: .file())
    var outputRaw: String?

    @Option(help: "Use this kernel set; a bundle is packed again for it in memory.")
    var kernels: KernelSet?

    @Flag(help: "Print the results as JSON.")
    var json = false

    func validate() throws {
        if photos.isEmpty && inputRaw == nil {
            throw ValidationError("nothing to run on; name a picture, or tensors with --input-raw")
        }
        if !photos.isEmpty && inputRaw != nil { throw ValidationError("give pictures or --input-raw, not both") }
        if let top, top < 1 { throw ValidationError("--top \(top) is out of range; give 1 or more") }
        if draw != nil && photos.isEmpty { throw ValidationError("--draw needs a picture") }
        if let draw, let ending = FileName.ending(of: draw), ending != "png" {
            throw ValidationError("--draw \(draw): the picture is written as PNG; give a name that ends in .png")
        }
        if outputRaw != nil && (json || draw != nil) {
            throw ValidationError("--output-raw prints nothing else; leave out --json and --draw")
        }
        if layer != nil && (draw != nil || top != nil || labels != nil) {
            throw ValidationError("--layer tells values and no scores; leave out --draw, --top and --labels")
        }
        if outputRaw != nil && photos.count > 1 { throw ValidationError("--output-raw takes one picture at a time") }
    }

    func run() throws {
        for output in [draw, outputRaw].compactMap({ $0 }) where output != "-" {
            let inputs = [model] + photos + (inputRaw.map { [$0] } ?? [])
            if let input = inputs.first(where: { WholeFile.same($0, output) }) {
                throw Failure("\(output): would replace \(input), which is read; give another name")
            }
            try WholeFile.expectFolder(of: output)
        }
        let labels = try labels.map { (name) throws(Failure) in try LabelFile.read(name) }
        let progress = Progress()
        progress.show("reading \(model)")
        let subject = try Subject(path: model)
        if case .model(let found) = subject, found.graph.level == .real {
            progress.clear()
            return try run(found, labels)
        }
        guard pixels.scale == nil else {
            throw Failure(
                "\(model): --mean and --std are for models in float32; a bundle has what it was built with, so leave them out"
            )
        }
        let runnable = try Runnable(subject, path: model, kernels: kernels, threads: nil, progress: progress)
        let engine = try runnable.engine()
        let layer = try layer.map { (choice) throws(Failure) in try EngineLayer(choice, of: engine, about: model) }
        for note in runnable.notes { remark("\(model): \(note)") }
        if let labels { try check(labels, engine) }
        let permit = engine.bundle.view.pixelPermit
        if draw != nil, permit == nil {
            throw Failure("\(model): is for metadata only (privacy in its sensor file); leave out --draw")
        }
        if let inputRaw {
            engine.fillInputs(try engine.inputs(readFrom: inputRaw)[...])
            let start = Clock.monotonic
            if let layer { for index in 0...layer.step { engine.runStep(index) } } else { engine.run() }
            let result = try result(
                engine, layer, inputRaw, nil, nil, labels?.labels, nanoseconds: Clock.monotonic - start)
            try report(engine, [result], isFirst: true)
            return
        }
        let inputs = try RunInput.all(photos)
        var runner = try FrameRunner(engine, about: model, through: layer?.step)
        if let outputRaw, inputs.count > 1 || inputs[0].isClip {
            throw Failure("--output-raw \(outputRaw): takes one picture at a time, no clips and folders of several")
        }
        if outputRaw != nil, runner.zones.count > 1 {
            throw Failure("\(model): has \(runner.zones.count) zones, and --output-raw takes one result; leave it out")
        }
        var drawing: RunDrawing?
        if draw != nil, let permit { drawing = RunDrawing(engine.bundle.view, permit, zones: runner.zones) }
        let detector = Detector(engine.bundle.view)
        let cascade: Cascade?
        do throws(EngineError) { cascade = try Cascade(of: engine, repack: .whereNeeded) } catch {
            throw Failure(model, error.message)
        }
        var results: [Inference] = []
        var isFirst = true
        for input in inputs {
            try runner.run(engine, input) { (frame, place, zone, nanoseconds) throws(Failure) in
                let view = engine.bundle.view
                let name = zone == 0 ? nil : view.string(view.zones[zone - 1].name)
                var result: Inference
                if layer == nil, let detector {
                    result = Inference(input: input.name, place: place, zone: name, nanoseconds: nanoseconds)
                    var objects = engine.detections(detector, frame.shape, top: top, labels: labels?.labels)
                    if let cascade, let record = view.preprocess?.pointee {
                        do throws(PreprocessorError) {
                            try cascade.describe(&objects, detector, frame, record)
                        } catch {
                            throw Failure(
                                model, "the second model's input is larger than \(Preprocessor.sizeLimit) pixels a side"
                            )
                        }
                    }
                    result.detections = objects
                } else {
                    result = try self.result(
                        engine, layer, input.name, place, name, labels?.labels, nanoseconds: nanoseconds)
                }
                if draw != nil { try drawing?.take(frame, result) }
                if json { results.append(result) } else { try report(engine, [result], isFirst: isFirst) }
                isFirst = false
            }
        }
        if json { try report(engine, results, isFirst: true) }
        if let draw { try drawing?.write(to: draw) }
    }

    private func result(
        _ engine: borrowing Engine, _ layer: EngineLayer?, _ input: String, _ place: Inference.Place?, _ zone: String?,
        _ labels: [String]?, nanoseconds: Int64
    ) throws(Failure) -> Inference {
        guard let layer else {
            return try Inference(
                engine, input: input, place: place, zone: zone, top: top, labels: labels, nanoseconds: nanoseconds)
        }
        var result = Inference(input: input, place: place, zone: zone, nanoseconds: nanoseconds)
        result.layer = layer.values(engine)
        return result
    }

    /// A model in float32.
    private func run(_ model: TrainedModel, _ labels: NamedLabels?) throws(Failure) {
        guard draw == nil, kernels == nil else {
            throw Failure(
                "\(self.model): a model in float32, of which --draw and --kernels know nothing; leave them out, or build a bundle"
            )
        }
        let run = try RealRun(model, about: self.model, pixels: pixels.scale, layer: layer, labels: labels, top: top)
        for note in run.notes { remark("\(self.model): \(note)") }
        var results: [Inference] = []
        var isFirst = true
        func take(_ result: Inference, _ bytes: [UInt8]) throws(Failure) {
            if let outputRaw {
                guard isFirst else {
                    throw Failure(
                        "--output-raw \(outputRaw): takes one picture at a time, no clips and folders of several")
                }
                try WholeFile.write(bytes, to: outputRaw)
            } else if json {
                results.append(result)
            } else {
                print((isFirst ? "" : "\n") + result.text())
            }
            isFirst = false
        }
        if let inputRaw {
            let (result, bytes) = try run.run(raw: try WholeFile.read(inputRaw), named: inputRaw)
            try take(result, bytes)
        } else {
            try run.run(photos, take)
        }
        if json, outputRaw == nil { print(try results.json()) }
    }

    /// Refuses labels that do not fit the model.
    private func check(_ named: NamedLabels, _ engine: borrowing Engine) throws(Failure) {
        let name = labels ?? ""
        let view = engine.bundle.view
        let counted = view.scores.map { Int($0.pointee.count) } ?? view.detector.map { Int($0.pointee.classes) }
        guard let scores = counted else {
            throw Failure(
                "--labels \(name): no output of the model is a list of probabilities; a sensor file can say which gives "
                    + "scores")
        }
        guard named.labels.count == scores else {
            throw Failure(
                "--labels \(name): \(Format.count(named.labels.count, "label")), but the model has "
                    + "\(Format.count(scores, "score"))\(LabelList.hint(scores: scores))")
        }
    }

    private func report(_ engine: borrowing Engine, _ results: [Inference], isFirst: Bool) throws(Failure) {
        if let outputRaw {
            if let layer = results.first?.layer { return try WholeFile.write(layer.bytes, to: outputRaw) }
            return try WholeFile.write((0..<engine.outputCount).flatMap { engine.rawOutput($0) }, to: outputRaw)
        }
        if json { return print(try results.json()) }
        for result in results {
            print((isFirst ? "" : "\n") + result.text(objects: top ?? Inference.listedObjects))
        }
    }
}
