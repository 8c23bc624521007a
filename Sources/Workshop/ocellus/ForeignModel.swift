import Boards
import Importers
import System

/// A trained model of another kind than is taken: what to call it, and what becomes a `.tflite` of it.
enum ForeignModel: Equatable {
    case onnx, savedModel, frozenGraph, keras, pytorch, safetensors
    case coreML, ncnn, ncnnWeights, openVINO, paddle, mnn
    case tensorRT, rockchip, sophgo, hailo, executorch
    case jetpac, edgeImpulse, mediaPipe, cSource

    /// By the first bytes, or where these say nothing by the name.
    init?(of bytes: [UInt8], named name: String) {
        func begins(_ text: String, at offset: Int = 0) -> Bool {
            bytes.dropFirst(offset).starts(with: Array(text.utf8))
        }
        let ending = name.split(separator: "/").last?.split(separator: ".").dropFirst().last?.lowercased() ?? ""
        if bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) {
            self = .keras
        } else if bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]), let kind = Self(archive: bytes) {
            self = kind
        } else if Self.isPickle(bytes) {
            self = .pytorch
        } else if begins("7767517"), bytes.dropFirst(7).first.map({ $0 == 10 || $0 == 13 }) ?? true {
            self = .ncnn
        } else if bytes.starts(with: [0xdd, 0x85, 0x76, 0x00]) {
            self = .ncnn
        } else if begins("DICT"), begins("CHAR", at: 8) {
            self = .jetpac
        } else if begins("ptrt") || begins("ftrt") {
            self = .tensorRT
        } else if begins("RKNN") {
            self = .rockchip
        } else if begins("CviModel") {
            self = .sophgo
        } else if begins("ET", at: 4), bytes.count > 8, bytes[6..<8].allSatisfy({ 0x30...0x39 ~= $0 }) {
            self = .executorch
        } else if begins("{\"", at: 8), bytes.count > 16, bytes[4..<8].allSatisfy({ $0 == 0 }) {
            self = .safetensors
        } else if let kind = Self.protocolBuffer(bytes, ending) ?? Self.text(bytes) ?? Self.endings[ending] {
            self = kind
        } else {
            return nil
        }
    }

    /// A folder that is one model.
    init?(folder path: String) {
        guard let names = try? Folder.names(in: FileName.path(path)) else { return nil }
        let name = path.split(separator: "/").last ?? ""
        if names.contains(Array("saved_model.pb".utf8)) {
            self = .savedModel
        } else if name.hasSuffix(".mlpackage") || name.hasSuffix(".mlmodelc") {
            self = .coreML
        } else {
            return nil
        }
    }

    /// Names of files whose bytes say nothing.
    private static let endings: [String: ForeignModel] = [
        "onnx": .onnx, "pb": .frozenGraph, "h5": .keras, "keras": .keras, "pt": .pytorch, "pth": .pytorch,
        "safetensors": .safetensors, "mlmodel": .coreML, "param": .ncnn, "bin": .ncnnWeights, "pdmodel": .paddle,
        "pdiparams": .paddle, "mnn": .mnn, "engine": .tensorRT, "plan": .tensorRT, "trt": .tensorRT, "rknn": .rockchip,
        "cvimodel": .sophgo, "hef": .hailo, "pte": .executorch, "ntwk": .jetpac, "eim": .edgeImpulse,
    ]

    /// ZIP archives are told by the files in them.
    private init?(archive bytes: [UInt8]) {
        let names = ModelArchive.names(in: bytes, limit: 10_000)
        func has(_ suffix: String) -> Bool { names.contains { $0.hasSuffix(suffix) } }
        if has("/data.pkl") || names.contains("data.pkl") || has("archive_format") {
            self = .pytorch
        } else if names.contains("model.weights.h5") {
            self = .keras
        } else if names.contains(where: { $0.contains("edge-impulse-sdk/") }) {
            self = .edgeImpulse
        } else if has("saved_model.pb") {
            self = .savedModel
        } else if has(".tflite") {
            self = .mediaPipe
        } else {
            return nil
        }
    }

    /// PyTorch's files before its archives: Python's pickle, protocol 2 to 5.
    private static func isPickle(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 4, bytes[0] == 0x80, 2...5 ~= bytes[1] else { return false }
        // A number of ten bytes, a frame, or an empty or ordered dictionary.
        return [0x8a, 0x95, 0x7d, 0x63].contains(bytes[2])
    }

    /// ONNX, Core ML, SavedModel and frozen graphs begin with a field's number and kind as protocol buffers write them.
    private static func protocolBuffer(_ bytes: [UInt8], _ ending: String) -> ForeignModel? {
        guard bytes.count > 4 else { return nil }
        if bytes[0] == 0x0a {
            // A node: its name, its operation.
            guard let name = text(in: bytes, field: 0x0a, from: varintEnd(bytes, from: 1)),
                text(in: bytes, field: 0x12, from: name) != nil
            else { return nil }
            return .frozenGraph
        }
        guard bytes[0] == 0x08, 1...31 ~= bytes[1] else { return nil }
        if ending == "mlmodel" { return .coreML }
        // The version of a SavedModel's format is 1; of ONNX's it is 3 or more today, of Core ML's 1 to 9.
        if bytes[1] == 1 { return bytes[2] == 0x12 ? .savedModel : nil }
        if ending != "onnx", bytes[2] == 0x12, let start = varintEnd(bytes, from: 3), start < bytes.count,
            bytes[start] == 0x0a
        {
            return .coreML
        }
        return [0x12, 0x1a, 0x22, 0x32, 0x3a, 0x42].contains(bytes[2]) ? .onnx : nil
    }

    /// Where the number that begins at `start` ends.
    private static func varintEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        return bytes[start...].prefix(5).firstIndex { $0 < 0x80 }.map { $0 + 1 }
    }

    /// Where a field of 1 to 127 printable bytes ends.
    private static func text(in bytes: [UInt8], field: UInt8, from start: Int?) -> Int? {
        guard let start, start + 2 < bytes.count, bytes[start] == field, 1...127 ~= bytes[start + 1] else { return nil }
        let end = start + 2 + Int(bytes[start + 1])
        guard end <= bytes.count, bytes[start + 2..<end].allSatisfy({ 0x20...0x7e ~= $0 }) else { return nil }
        return end
    }

    private static func text(_ bytes: [UInt8]) -> ForeignModel? {
        let start = String(decoding: bytes.prefix(4096), as: UTF8.self).lowercased()
        if start.contains("<net ") && start.contains("<layer") { return .openVINO }
        // "TFL3" as a table of bytes.
        if start.contains("0x54, 0x46, 0x4c, 0x33") || start.contains("0x54,0x46,0x4c,0x33") { return .cSource }
        return nil
    }

    var description: String {
        switch self {
        case .onnx: "an ONNX model"
        case .savedModel: "a TensorFlow SavedModel"
        case .frozenGraph: "a frozen TensorFlow graph (.pb)"
        case .keras: "a Keras model or weights"
        case .pytorch: "a PyTorch model or weights"
        case .safetensors: "weights without a network (safetensors)"
        case .coreML: "a Core ML model"
        case .ncnn: "an ncnn network"
        case .ncnnWeights: "a .bin file, as weights of ncnn and OpenVINO are"
        case .openVINO: "an OpenVINO model"
        case .paddle: "a PaddlePaddle model"
        case .mnn: "an MNN model"
        case .tensorRT: "a TensorRT engine, compiled for one GPU"
        case .rockchip: "an RKNN model, compiled for Rockchip's NPU"
        case .sophgo: "a cvimodel, compiled for Sophgo's TPU"
        case .hailo: "a HEF, compiled for Hailo's accelerator"
        case .executorch: "an ExecuTorch program"
        case .jetpac: "a Jetpac network (.ntwk)"
        case .edgeImpulse: "an Edge Impulse library or program"
        case .mediaPipe: "an archive with a .tflite in it, as MediaPipe's tasks are"
        case .cSource: "C source with a TensorFlow Lite model in it"
        }
    }

    var remedy: String {
        let model = "a .tflite"
        return switch self {
        case .onnx: "build it, or make \(model) of it with onnx2tf"
        case .savedModel, .keras, .frozenGraph: "make \(model) of it with TensorFlow's TFLiteConverter"
        case .pytorch, .safetensors:
            "make \(model) of the network with litert-torch, or of its ONNX export with onnx2tf"
        case .executorch: "make \(model) of the PyTorch model that it was exported from, with litert-torch"
        case .coreML, .ncnn, .ncnnWeights, .openVINO, .paddle, .mnn:
            "make \(model) of the Keras, PyTorch or ONNX model that it was made from"
        case .tensorRT, .rockchip, .sophgo, .hailo:
            "no CPU can run it; make \(model) of the Keras, PyTorch or ONNX model that it was compiled from"
        case .jetpac: "build it with 'ocellus build --calibrate'"
        case .edgeImpulse: "download \"TensorFlow Lite (int8 quantized)\" from the project's dashboard"
        case .mediaPipe: "unpack it with unzip, and give the .tflite in it"
        case .cSource: "take the .tflite that it was made from"
        }
    }
}
