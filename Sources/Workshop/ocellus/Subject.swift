import Boards
import Compiler
import Graph
import Importers
import Kernels
import System

/// The formats of trained models that are read.
enum ModelFormat: String {
    case tensorFlowLite = "TensorFlow Lite"
    case onnx = "ONNX"
    case jetpac = "Jetpac"

    /// Nil of what is none of them. What nothing is known of is read as a TensorFlow Lite model, whose reader says what is wrong.
    init?(_ kind: FileKind?) {
        switch kind {
        case .model, nil: self = .tensorFlowLite
        case .foreign(.onnx): self = .onnx
        case .foreign(.jetpac): self = .jetpac
        default: return nil
        }
    }

    /// For messages.
    static let endings = ".tflite, .onnx, .ntwk"
}

/// A trained model's file.
struct TrainedModel {
    let path: String
    let bytes: [UInt8]
    let format: ModelFormat
    var graph: Graph { didSet { recognized = Recognized() } }
    /// What the file says of itself beside the network.
    let metadata: ModelMetadata?
    /// Why that is not read; nil: it is, or there is none.
    let metadataProblem: String?
    /// What a Jetpac network has beside its graph; nil of other formats.
    let network: JetpacNetwork?
    private(set) var recognized = Recognized()

    /// - Parameter size: of a picture input whose size the file leaves open.
    init(path: String, size: PictureSize? = nil) throws(Failure) {
        try self.init(path: path, bytes: WholeFile.read(path), size: size)
    }

    init(path: String, bytes: [UInt8], size: PictureSize? = nil) throws(Failure) {
        let kind = FileKind(of: bytes, named: path)
        guard let format = ModelFormat(kind) else {
            let expected = "a TensorFlow Lite, ONNX or Jetpac model (\(ModelFormat.endings))"
            throw Failure("\(path): \(kind?.words(insteadOf: expected) ?? expected)")
        }
        self.path = path
        self.bytes = bytes
        self.format = format
        do throws(ImportError) {
            switch format {
            case .onnx:
                let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
                graph = try ONNXImporter.read(
                    bytes, name: path, size: size.map { ($0.height, $0.width) }, folder: folder)
                network = nil
            case .jetpac:
                var network = try JetpacImporter.read(bytes, name: path)
                graph = network.graph
                // The graph is kept once.
                network.graph = Graph(name: graph.name, level: .real)
                self.network = network
            case .tensorFlowLite:
                graph = try TFLiteImporter.read(bytes, name: path)
                network = nil
            }
        } catch {
            throw Failure(error.description)
        }
        if let size, let problem = graph.problem(with: size) { throw Failure(path, problem) }
        do throws(ImportError) {
            metadata =
                switch format {
                case .onnx: ModelMetadata.read(onnx: bytes)
                case .jetpac: nil
                case .tensorFlowLite: try ModelMetadata.read(bytes, name: path)
                }
            metadataProblem = nil
        } catch {
            (metadata, metadataProblem) = (nil, error.problem)
        }
    }

    /// The last component of the path.
    var fileName: String { FileName.printable(path.split(separator: "/").last.map(String.init) ?? path) }
}

extension Graph {
    /// What is wrong with the size that a user gives of the picture; nil: it is the model's.
    fileprivate func problem(with size: PictureSize) -> String? {
        let shape = inputs.first.map { self[$0].shape } ?? []
        guard shape.count == 4 else { return "its input \(shape) is no picture; leave out --size" }
        guard shape[1] == size.height, shape[2] == size.width else {
            return
                "its pictures are \(shape[2])x\(shape[1]), as the file says, and not \(size.width)x\(size.height); leave out "
                + "--size, or export the model again with that size"
        }
        return nil
    }
}

/// What a command was asked to work on.
enum Subject {
    case bundle(path: String)
    case model(TrainedModel)
    case sensor(SensorFile, path: String, TrainedModel)

    /// A sensor file by its name, the others by their first bytes.
    /// - Parameter size: of a picture input whose size a model leaves open.
    init(path: String, size: PictureSize? = nil) throws(Failure) {
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
            self = try Self.sensor(path, size)
            return
        }
        let expected = "an .ocellus bundle or a model (\(ModelFormat.endings))"
        let bytes: [UInt8]
        do throws(Failure) { bytes = try WholeFile.read(path) } catch {
            guard let model = ForeignModel(folder: path) else { throw error }
            throw Failure("\(path): \(FileKind.foreign(model).words(insteadOf: expected))")
        }
        switch FileKind(of: bytes, named: path) {
        case .bundle: self = .bundle(path: path)
        case let kind where ModelFormat(kind) != nil && kind != nil:
            self = .model(try TrainedModel(path: path, bytes: bytes, size: size))
        case nil where path.hasSuffix(".ocellus"): self = .bundle(path: path)
        case nil where path.hasSuffix(".tflite"): self = .model(try TrainedModel(path: path, bytes: bytes, size: size))
        case let kind:
            throw Failure(
                "\(path): \(kind?.words(insteadOf: expected) ?? "a file of another kind, expected \(expected)")")
        }
    }
}

extension Subject {
    /// A sensor file without labels has those of its model.
    private static func sensor(_ path: String, _ size: PictureSize?) throws(Failure) -> Subject {
        var opened: Result<TrainedModel, Failure>?
        var note: String?
        let sensor: SensorFile
        do throws(ConfigurationError) {
            sensor = try SensorFile(contentsOf: path) { model, output, anchors in
                do throws(Failure) {
                    let model = try TrainedModel(path: model, size: size)
                    opened = .success(model)
                    // A detector's labels are as many as its classes; who names an output has no detector.
                    let detector = output == 0 ? try? ModelDetector(model, anchors: anchors) : nil
                    let found = model.labels(ofOutput: output, classes: detector?.classes)
                    note = found.note
                    return found.labels
                } catch {
                    opened = .failure(error)
                    return nil
                }
            }
        } catch {
            // Rules may be wrong because the model gave no labels.
            if case .failure(let failure) = opened { throw failure }
            throw Failure(error.description + (note.map { " (\($0))" } ?? ""))
        }
        switch opened {
        case .success(let model): return .sensor(sensor, path: path, model)
        case .failure(let failure): throw failure
        case nil: return .sensor(sensor, path: path, try TrainedModel(path: sensor.model, size: size))
        }
    }
}

extension Compiler {
    /// Compiles what a command was given; `about` names the file in errors.
    static func compile(
        _ model: TrainedModel, _ options: Options, about path: String, progress: (Stage) -> Void = { _ in }
    ) throws(Failure) -> Result {
        guard model.graph.level == .quantized else {
            throw Failure(
                path,
                "a model in float32; make an int8 bundle of it first: ocellus build \(path) --calibrate FOLDER, with a folder "
                    + "of pictures such as it will see")
        }
        var options = options
        let notes = options.take(from: model)
        do throws(CompileError) {
            var result = try Compiler(options).compile(
                model.graph, origin: model.fileName, originBytes: model.bytes, progress: progress)
            result.report.notes = notes + result.report.notes
            return result
        } catch {
            throw Failure(path, error.description)
        }
    }
}

extension BoardProfile {
    /// Refuses a kernel set that the board's CPU cannot run: its bundle would run nowhere.
    func check(_ set: KernelSet?) throws(Failure) {
        guard let set else { return }
        let obstacle =
            architecture == .native
            ? set.isAvailable ? nil : "are not for this machine's CPU, and --board is host"
            : obstacle(to: "\(set.name)")
        guard let obstacle else { return }
        throw Failure(
            "--kernels \(set.name): these kernels \(obstacle); leave it out for the profile's, \(kernels.rawValue)")
    }

    static func named(_ name: String) throws(Failure) -> BoardProfile {
        do throws(ConfigurationError) { return try find(name) } catch { throw Failure(error.description) }
    }
}
