import ArgumentParser
import Boards
import Compiler
import Foundation
import Kernels

/// `ocellus build`: a trained model becomes a bundle.
struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build a bundle from a model or a sensor file.",
        discussion: """
            Prints what became of the model: steps, multiply-accumulates, weight bytes, the exact bytes of the arena.

              ocellus build person_detect.tflite
              ocellus build Examples/person-sensor/sensor.yaml --board generic-aarch64 -o front-door.ocellus
              ocellus build mobilenet_v2.tflite --labels imagenet --kernels scalar --json
              ocellus build face_float.tflite --calibrate photos/ --mean 127.5 --std 127.5
              ocellus build face_float.tflite --calibrate photos/ --mean 127.5 --std 127.5 --report loss.svg
            """)

    @Argument(
        help: "A .tflite, .onnx or .ntwk model, or a sensor file (.yaml) that names one.", completion: .source)
    var input: String

    @Option(help: "The board's profile, or the path of one; see 'ocellus boards'.", completion: .board)
    var board = "host"

    @Option(
        name: .shortAndLong, help: "The bundle to write (default: the model's or sensor's name + .ocellus, here).",
        completion: .bundle)
    var output: String?

    @Option(help: "Pack for this kernel set instead of the profile's.")
    var kernels: KernelSet?

    @Option(help: "Worker threads, 1 to 16, instead of the profile's.")
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "A list of labels ('ocellus labels'), or a text file with one a line; a sensor file has its own.",
            valueName: "name or file"),
        completion: .labels)
    var labels: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Pictures, folders and clips such as the model will see, 100 or so: a model in float32 is quantized with them.",
            valueName: "pictures"),
        completion: .frames)
    var calibrate: [String] = []

    @OptionGroup var pixels: PixelOptions

    @Option(help: ArgumentHelp("The picture's size where the model leaves it open.", valueName: "width x height"))
    var size: PictureSize?

    @Option(
        help: "Draw what quantization costs here, as SVG or PNG: signal to noise by layer, and what helps the worst.",
        completion: .file(extensions: ["svg", "png"]))
    var report: String?

    @Option(
        help: ArgumentHelp(
            "Quantize with more effort until no output's mean correlation with float, on pictures held back, is further below 1.",
            valueName: "loss"))
    var maxLoss: Double?

    @Flag(help: "Leave a detector's outputs as the model has them, and make no boxes of them.")
    var keepOutputs = false

    @Flag(help: "Make the arena as small as can be, for up to 1.2 times the time by an estimate.")
    var minMemory = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        if let threads, !(1...16).contains(threads) {
            throw ValidationError("--threads \(threads) is out of range; give 1 to 16")
        }
        if let output, let ending = ["tflite", "onnx", "ntwk", "yaml", "yml"].first(where: output.hasSuffix) {
            throw ValidationError("-o \(output): a bundle is no .\(ending) file; give a name that ends in .ocellus")
        }
        if let maxLoss, !(0...1).contains(maxLoss) {
            throw ValidationError("--max-loss \(maxLoss) is out of range; give 0 to 1, such as 0.01")
        }
        if let report, !["svg", "png"].contains(FileName.ending(of: report)) {
            throw ValidationError("--report \(report): SVG or PNG; give a name that ends in .svg or .png")
        }
        if json && quiet { throw ValidationError("--json and --quiet exclude each other") }
    }

    func run() throws {
        let progress = Progress(quiet: quiet)
        progress.show("reading \(input)")
        var options = Compiler.Options(board: try BoardProfile.named(board))
        try options.board.check(kernels)
        options.kernelSet = kernels
        options.threads = threads
        options.minimizesArena = minMemory
        var model: TrainedModel
        let name: String
        var sources = [input, labels].compactMap { $0 }
        switch try Subject(path: input, size: size) {
        case .bundle:
            throw Failure("\(input): already a bundle; give the model or sensor file it is to be built from")
        case .model(let found):
            model = found
            name = model.graph.name
            if let labels { options.labels = try LabelFile.read(labels) }
            options.pixels = pixels.scale ?? .raw
        case .sensor(let sensor, _, let found):
            guard labels == nil else {
                throw Failure("\(input): a sensor file has labels of its own; leave out --labels")
            }
            guard pixels.scale == nil else {
                throw Failure("\(input): a sensor file has input.mean and input.std; leave out --mean and --std")
            }
            model = found
            name = sensor.name
            sources.append(sensor.model)
            if let second = sensor.cascade?.path { sources.append(second) }
            options.sensor = sensor
        }
        let path = output ?? "\(name).ocellus"
        if let other = sources.first(where: { WholeFile.same($0, path) }) {
            throw Failure(
                "\(path): the bundle would replace \(other), which it is built from; give another name with -o")
        }
        if let report {
            if let other = (sources + calibrate).first(where: { WholeFile.same($0, report) }) {
                throw Failure("\(report): would replace \(other), which is read; give another name")
            }
            try WholeFile.expectFolder(of: report)
            guard model.graph.level == .real else {
                throw Failure("\(input): its model is quantized already; leave out --report")
            }
        }
        var quantization: Quantizing.Result?
        let result: Compiler.Result
        if model.graph.level == .real {
            let made = try quantize(model, options, progress)
            (quantization, result) = (made.quantization, made.compiled)
        } else {
            for (name, isGiven) in [("--calibrate", !calibrate.isEmpty), ("--max-loss", maxLoss != nil)] where isGiven {
                throw Failure("\(input): its model is quantized already; leave out \(name)")
            }
            var notes: [String] = []
            if !keepOutputs {
                notes =
                    try ModelDetector(model, options.sensor)?.place(in: &model.graph, &options)
                    ?? ModelDetector.missing(model, options.sensor)
            }
            var made = try Compiler.compile(model, options, about: input) { stage in progress.show(stage.rawValue) }
            made.report.notes = notes + made.report.notes
            result = made
        }
        var drawn: [UInt8]?
        if let report {
            drawn = try quantization.map { (quantization) throws(Failure) in
                try PictureFile.bytes(of: quantization.report.figure(of: model.fileName), named: report)
            }
        }
        try WholeFile.write(result.bundle, to: path)
        if let report, let drawn { try WholeFile.write(drawn, to: report) }
        progress.clear()
        if json {
            print(try WholeBuildReport(build: result.report, quantization: quantization?.report).json())
        } else if !quiet {
            print(result.report.text(path: path))
            if let quantization { print(quantization.report.text) }
        }
    }

    /// The int8 form of a float model, its bundle, and how that agrees with it.
    private func quantize(
        _ model: TrainedModel, _ options: Compiler.Options, _ progress: Progress
    ) throws(Failure) -> LossSearch.Build {
        var quantizing = Quantizing(pictures: calibrate, pixels: pixels.scale)
        let detector = try keepOutputs ? nil : ModelDetector(model, options.sensor)
        let missing = try keepOutputs || detector != nil ? [] : ModelDetector.missing(model, options.sensor)
        if let sensor = options.sensor {
            quantizing.input = sensor.input
            if sensor.input.pixels != .raw { quantizing.pixels = sensor.input.pixels }
        } else {
            quantizing.input.crop = model.advisedCrop
            detector?.advise(&quantizing.input)
        }
        if quantizing.pixels == nil, model.advisedPixels == nil { quantizing.pixels = detector?.pixels }
        let pictures = try quantizing.read(model, about: input, progress: progress)
        guard maxLoss == nil || pictures.holdsBack else {
            throw Failure(
                "\(input): --max-loss is measured on pictures that are held back; give 10 or more with --calibrate")
        }
        return try LossSearch.run(atMost: maxLoss, about: input) { (effort) throws(Failure) in
            var quantization = try quantizing.run(model, pictures, effort, about: input, progress: progress)
            var options = options
            options.pixels = quantization.pixels
            options.sensor?.input.pixels = quantization.pixels
            var model = quantization.model
            let notes = detector?.place(in: &model.graph, &options) ?? missing
            var compiled = try Compiler.compile(model, options, about: input) {
                progress.show($0.rawValue)
            }
            compiled.report.notes = notes + compiled.report.notes
            // Agreement is that of the model's own outputs.
            let isWhole = options.board.architecture == .native && options.head == nil
            try quantization.measure(isWhole ? compiled.bundle : nil, about: input, progress: progress)
            return (quantization, compiled)
        }
    }
}

extension BuildReport {
    func text(path: String) -> String {
        var table = Columns([.left, .right, .left])
        table.add(["steps", Format.grouped(steps), "for \(Format.count(operators, "operator"))"])
        table.add(["work", Format.grouped(macs), "multiply-accumulates an inference"])
        table.add(["weights", Format.grouped(weightBytes), "bytes"])
        table.add(["arena", Format.grouped(arenaBytes), "bytes"])
        table.add(["", Format.grouped(arenaFloorBytes), "bytes are the least any plan needs"])
        table.add([
            "", Format.grouped(largestStepBytes), "bytes in and out of the largest step, \(largestStep)",
        ])
        table.add(["caches", Format.grouped(caches.l1), Format.lowerCaches(l2: caches.l2, l3: caches.l3)])
        table.add(["bundle", Format.grouped(bundleBytes), "bytes"])
        if let detector { table.add(["detector", "", detector]) }
        if let cascade {
            table.add(["then", Format.grouped(cascade.most), "objects a frame at most by \(cascade.model)"])
            table.add(["", Format.grouped(cascade.macs), "multiply-accumulates for each"])
            table.add(["", Format.grouped(cascade.arenaBytes), "bytes, in the same arena"])
        }
        if let labelOrigin { table.add(["labels", Format.grouped(labels), "from \(labelOrigin)"]) }
        let folded = fused.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        for (index, entry) in folded.enumerated() {
            table.add([index == 0 ? "fused" : "", Format.grouped(entry.value), entry.key])
        }
        let title =
            "\(FileName.printable(path)): \(origin) for \(board), kernels \(kernels), \(Format.threads(threads, cpus))"
        let notes = notes.map { "  note: \(Format.printable($0))" }
        return ([title] + table.lines(indent: 2) + notes).joined(separator: "\n")
    }
}
