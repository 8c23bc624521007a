import ArgumentParser
import Boards
import Bundle
import Compiler
import Kernels

/// `ocellus inspect`: everything in a file.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show everything in a bundle or model.",
        discussion: """
            Of a bundle: header, sections, tensors, steps and a map of the arena. Of a model: operators and tensors.

              ocellus inspect person-sensor.ocellus
              ocellus inspect person-sensor.ocellus --svg arena.svg
              ocellus inspect mobilenet_v2.tflite --json
              ocellus inspect mobilenet_v2.tflite --passes

            The SVG picture shows which tensor has which bytes of the arena when; that of a model is the arena of its \
            bundle for this machine. --passes tells of a model what each rewrite on the way to a bundle for this machine             relies on, ensures and did; one in float32 is quantized with made-up pictures for that.
            """)

    @Argument(
        help: "An .ocellus bundle or a model (.tflite, .onnx, .ntwk).",
        completion: .file(extensions: ["ocellus", "tflite", "onnx", "ntwk"]))
    var file: String

    @Flag(help: "Print it as JSON.")
    var json = false

    @Flag(help: "Show what each rewrite of a model on the way to its bundle did.")
    var passes = false

    @Option(help: "Write a picture of the arena here.", completion: .file(extensions: ["svg"]))
    var svg: String?

    @Option(help: ArgumentHelp("The picture's size where the model leaves it open.", valueName: "width x height"))
    var size: PictureSize?

    func validate() throws {
        if passes && svg != nil { throw ValidationError("--passes and --svg exclude each other") }
        if let svg, svg.contains("."), svg != "-", !svg.lowercased().hasSuffix(".svg"), !svg.hasPrefix("/dev/") {
            throw ValidationError("--svg \(svg): the picture is written as SVG; give a name that ends in .svg")
        }
    }

    func run() throws {
        switch try Subject(path: file, size: size) {
        case .bundle where passes:
            throw Failure("\(file): a bundle, whose passes are done; inspect the model that it is built from")
        case .model(let model) where passes:
            let report = try PassReport(model, about: file)
            print(json ? try report.json() : report.text)
        case .bundle:
            let bundle = try Bundle.opened(file)
            let view = try bundle.verifiedSteps(about: file)
            let map = ArenaMap(view)
            if let svg { try draw(map, to: svg) }
            let report = BundleReport(view, file: FileName.printable(file))
            print(json ? try report.json() : report.text(map: map))
        case .model(let model):
            if let svg {
                let options = Compiler.Options(board: try BoardProfile.named("host"))
                let bytes = try Compiler.compile(model, options, about: file).bundle
                let bundle: Bundle
                do throws(BundleError) { bundle = try Bundle(copying: bytes) } catch {
                    throw Failure(file, error.message)
                }
                try draw(ArenaMap(bundle.verifiedSteps(about: file)), to: svg)
            }
            let report = ModelReport(model)
            print(json ? try report.json() : report.text)
        case .sensor(let sensor, _, _):
            throw Failure("\(file): a sensor file; inspect its model, \(sensor.model), or the bundle built from it")
        }
    }

    private func draw(_ map: ArenaMap, to path: String) throws(Failure) {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let picture = ArenaPicture(map, title: "Arena of \(name): \(Format.grouped(map.bytes)) bytes")
        try WholeFile.write(Array(picture.svg().utf8), to: path)
    }
}

extension Bundle {
    /// The view, whose steps then need no more checks either.
    func verifiedSteps(about path: String) throws(Failure) -> BundleView {
        try Self.verifySteps(of: view, about: path)
        if let second = view.second { try Self.verifySteps(of: second, about: path) }
        return view
    }

    private static func verifySteps(of view: BundleView, about path: String) throws(Failure) {
        let id = view.model.pointee.kernel_set
        guard let set = KernelSet(rawValue: id) else {
            throw Failure(
                "\(path): packed for kernel set number \(id), which this version does not have; use the one that built it"
            )
        }
        do throws(BundleError) { try StepVerifier(view, set: set).verifyAll() } catch {
            throw Failure(path, error.message)
        }
    }
}
