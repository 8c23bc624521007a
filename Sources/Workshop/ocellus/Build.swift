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
            """)

    @Argument(
        help: "A fully int8-quantized .tflite model, or a sensor file (.yaml) that names one.", completion: .source)
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
        if let output, let ending = ["tflite", "yaml", "yml"].first(where: output.hasSuffix) {
            throw ValidationError("-o \(output): a bundle is no .\(ending) file; give a name that ends in .ocellus")
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
        let model: TrainedModel
        let name: String
        var sources = [input, labels].compactMap { $0 }
        switch try Subject(path: input) {
        case .bundle:
            throw Failure("\(input): already a bundle; give the .tflite model or sensor file it is to be built from")
        case .model(let found):
            model = found
            name = model.graph.name
            if let labels { options.labels = try LabelFile.read(labels) }
        case .sensor(let sensor, _, let found):
            guard labels == nil else {
                throw Failure("\(input): a sensor file has labels of its own; leave out --labels")
            }
            model = found
            name = sensor.name
            sources.append(sensor.model)
            options.sensor = sensor
        }
        let result = try Compiler.compile(model, options, about: input) { stage in progress.show(stage.rawValue) }
        let path = output ?? "\(name).ocellus"
        if let other = sources.first(where: { WholeFile.same($0, path) }) {
            throw Failure(
                "\(path): the bundle would replace \(other), which it is built from; give another name with -o")
        }
        try WholeFile.write(result.bundle, to: path)
        progress.clear()
        if json {
            print(try result.report.json())
        } else if !quiet {
            print(result.report.text(path: path))
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
