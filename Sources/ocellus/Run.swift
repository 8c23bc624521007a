import ArgumentParser
import Bundle
import Drawing
import Engine
import Foundation
import Kernels
import Pictures
import System
import Vision

/// `ocellus run`: one inference a picture, or one on raw tensors.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a model on pictures or raw tensors.",
        discussion: """
            Pictures are JPEG, PNG, BMP, PGM or PPM. A .tflite model or a sensor file is built in memory for this machine.

              ocellus run person-sensor.ocellus photo.jpg
              ocellus run mobilenet_v2.ocellus *.jpg --top 3 --json
              ocellus run person-sensor.ocellus photo.jpg --draw result.png
              ocellus run model.tflite --input-raw inputs.bin --output-raw outputs.bin

            Raw files hold the tensors one after another in the model's order, each in the model's type, little-endian \
            and row-major; '-' is standard input or output.
            """)

    @Argument(help: "An .ocellus bundle, a .tflite model or a sensor file (.yaml).")
    var model: String

    @Argument(help: "Pictures.")
    var photos: [String] = []

    @Option(help: "Print so many labels (default: 5, or all where there are fewer).")
    var top: Int?

    @Option(help: "Paint the result on the picture and write it here as PNG.")
    var draw: String?

    @Option(help: "Read all input tensors from this file instead of a picture.")
    var inputRaw: String?

    @Option(help: "Write all output tensors to this file and print nothing.")
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
        if draw != nil && photos.count != 1 { throw ValidationError("--draw needs exactly one picture") }
        if outputRaw != nil && (json || draw != nil) {
            throw ValidationError("--output-raw prints nothing else; leave out --json and --draw")
        }
        if outputRaw != nil && photos.count > 1 { throw ValidationError("--output-raw takes one picture at a time") }
    }

    func run() throws {
        let engine = try Runnable(path: model, kernels: kernels, threads: nil, progress: Progress()).engine()
        let permit = engine.bundle.view.pixelPermit
        if draw != nil, permit == nil {
            throw Failure("\(model): is for metadata only (privacy in its sensor file); leave out --draw")
        }
        if let inputRaw {
            let raw = try WholeFile.read(inputRaw)
            guard raw.count == engine.inputBytes else {
                let inputs = (0..<engine.inputCount).map { engine.describe(engine.inputTensor($0)).text }
                throw Failure(
                    "\(inputRaw): has \(Format.count(raw.count, "byte")), but the model's inputs take "
                        + "\(Format.grouped(engine.inputBytes)): \(inputs.joined(separator: ", then "))")
            }
            engine.fillInputs(raw[...])
            let start = Clock.monotonic
            engine.run()
            let result = try Inference(engine, input: inputRaw, top: top, nanoseconds: Clock.monotonic - start)
            try report(engine, [result], isFirst: true)
            return
        }
        var runner = try PictureRunner(engine, about: model)
        var results: [Inference] = []
        for (index, photo) in photos.enumerated() {
            let nanoseconds = try runner.run(engine, photo)
            let result = try Inference(engine, input: photo, top: top, nanoseconds: nanoseconds)
            if let draw, let permit { try paint(runner.picture, result, to: draw, permit) }
            if json { results.append(result) } else { try report(engine, [result], isFirst: index == 0) }
        }
        if json { try report(engine, results, isFirst: true) }
    }

    private func report(_ engine: borrowing Engine, _ results: [Inference], isFirst: Bool) throws(Failure) {
        if let outputRaw {
            return try WholeFile.write((0..<engine.outputCount).flatMap { engine.rawOutput($0) }, to: outputRaw)
        }
        if json { return print(try results.json()) }
        for result in results { print((isFirst ? "" : "\n") + result.text) }
    }

    private func paint(
        _ picture: borrowing Picture, _ result: Inference, to path: String, _: PixelPermit
    ) throws(Failure) {
        let scores = (result.scores ?? []).map {
            Drawing.Score(label: $0.label ?? "\($0.index)", probability: $0.probability)
        }
        let file: [UInt8]
        do throws(DrawingError) {
            let painted = try Drawing.annotate(picture, scores: scores)
            do throws(PictureError) { file = try painted.png() } catch { throw DrawingError.tooLarge }
        } catch {
            throw Failure(path, error.description)
        }
        try WholeFile.write(file, to: path)
    }
}

/// Takes pictures from files into the model.
struct PictureRunner: ~Copyable {
    /// The last one that was run.
    private(set) var picture = Picture()

    init(_ engine: borrowing Engine, about path: String) throws(Failure) {
        guard engine.pictureTensor != nil else {
            let input = engine.inputCount > 0 ? engine.describe(engine.inputTensor(0)).text : "none"
            throw Failure(
                "\(path): takes no pictures, its first input is \(input); give its tensors with --input-raw")
        }
    }

    /// - Returns: nanoseconds from decoded picture to outputs.
    mutating func run(_ engine: borrowing Engine, _ path: String) throws(Failure) -> Int64 {
        let file = try WholeFile.read(path)
        do {
            try file.withUnsafeBytes { bytes in try picture.decode(bytes) }
        } catch {
            throw Failure(path, "\(error)")
        }
        let format: PixelFormat = picture.channels == 3 ? .rgb24 : .grey
        guard let shape = FrameShape(format, width: picture.width, height: picture.height, range: .full),
            let frame = FrameView(shape, packed: UnsafeRawBufferPointer(picture.pixels)),
            let record = engine.bundle.view.preprocess, let target = engine.pictureTensor
        else { throw Failure(path, "the picture is too large") }
        do throws(PreprocessorError) {
            var preprocessor = try Preprocessor(record.pointee, shape)
            let start = Clock.monotonic
            preprocessor.convert(frame, into: target)
            engine.runPicture()
            return Clock.monotonic - start
        } catch {
            throw Failure(path, "the model's input is larger than \(Preprocessor.sizeLimit) pixels a side")
        }
    }
}
