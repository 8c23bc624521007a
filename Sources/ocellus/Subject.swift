import Boards
import Compiler
import Graph
import Importers
import System

/// A trained model's file.
struct TrainedModel {
    let path: String
    let bytes: [UInt8]
    let graph: Graph

    init(path: String) throws(Failure) {
        try self.init(path: path, bytes: WholeFile.read(path))
    }

    init(path: String, bytes: [UInt8]) throws(Failure) {
        if let other = FileKind(of: bytes), other != .model {
            throw Failure("\(path): \(other.rawValue), expected a TensorFlow Lite model (.tflite)")
        }
        self.path = path
        self.bytes = bytes
        do throws(ImportError) {
            graph = try TFLiteImporter.read(bytes, name: path)
        } catch {
            throw Failure(error.description)
        }
    }

    /// The last component of the path.
    var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// What a file is by its first bytes, where that is plain.
enum FileKind: String {
    case bundle = "an ocellus bundle"
    case model = "a TensorFlow Lite model"
    case png = "a PNG picture"
    case jpeg = "a JPEG picture"
    case zip = "a ZIP archive"
    case hdf5 = "an HDF5 file"
    case program = "a program"
    case empty = "an empty file"

    init?(of bytes: [UInt8]) {
        func begins(_ magic: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: magic) }
        if bytes.isEmpty {
            self = .empty
        } else if begins([0x89, 0x4f, 0x43, 0x4c]) {
            self = .bundle
        } else if begins(Array("TFL3".utf8), at: 4) {
            self = .model
        } else if begins([0x89, 0x50, 0x4e, 0x47]) {
            self = .png
        } else if begins([0xff, 0xd8, 0xff]) {
            self = .jpeg
        } else if begins([0x50, 0x4b, 0x03, 0x04]) {
            self = .zip
        } else if begins([0x89, 0x48, 0x44, 0x46]) {
            self = .hdf5
        } else if begins([0x7f, 0x45, 0x4c, 0x46]) {
            self = .program
        } else {
            return nil
        }
    }
}

/// What a command was asked to work on.
enum Subject {
    case bundle(path: String)
    case model(TrainedModel)
    case sensor(SensorFile, path: String, TrainedModel)

    /// A sensor file by its name, the others by their first bytes.
    init(path: String) throws(Failure) {
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
            let sensor: SensorFile
            do throws(ConfigurationError) { sensor = try SensorFile(contentsOf: path) } catch {
                throw Failure(error.description)
            }
            self = .sensor(sensor, path: path, try TrainedModel(path: sensor.model))
            return
        }
        let bytes = try WholeFile.read(path)
        switch FileKind(of: bytes) {
        case .bundle: self = .bundle(path: path)
        case .model: self = .model(try TrainedModel(path: path, bytes: bytes))
        case nil where path.hasSuffix(".ocellus"): self = .bundle(path: path)
        case nil where path.hasSuffix(".tflite"): self = .model(try TrainedModel(path: path, bytes: bytes))
        case let kind:
            throw Failure(
                "\(path): \(kind?.rawValue ?? "a file of another kind"), expected an .ocellus bundle or a .tflite model"
            )
        }
    }
}

extension Compiler {
    /// Compiles what a command was given; `about` names the file in errors.
    static func compile(
        _ model: TrainedModel, _ options: Options, about path: String, progress: (Stage) -> Void = { _ in }
    ) throws(Failure) -> Result {
        do throws(CompileError) {
            return try Compiler(options).compile(
                model.graph, origin: model.fileName, originBytes: model.bytes, progress: progress)
        } catch {
            throw Failure(path, error.description)
        }
    }
}

extension BoardProfile {
    static func named(_ name: String) throws(Failure) -> BoardProfile {
        do throws(ConfigurationError) { return try find(name) } catch { throw Failure(error.description) }
    }
}
