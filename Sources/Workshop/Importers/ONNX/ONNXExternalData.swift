import Foundation
import ONNXFormat

/// Tensors that lie in files beside the model: ONNX's `external_data`, with the keys location, offset and length.
final class ONNXExternalData {
    private let folder: String?
    private var files: [String: Data] = [:]
    /// Bytes that may still be taken of each file.
    private var left: [String: Int] = [:]
    /// Sound files have each byte once. Twice as much is given, for weights that two names share; a small file that names the same
    /// gigabyte a thousand times gets no further.
    private static let times = 2

    /// - Parameter folder: the model's, that no path may leave; nil: there is none, as of a model in memory.
    init(folder: String?) { self.folder = folder }

    /// The raw data of a tensor.
    /// - Returns: nil where the tensor has its data itself.
    func data(_ proto: Onnx_TensorProto, file: String) throws(ImportError) -> [UInt8]? {
        guard proto.dataLocation == .external else { return nil }
        func refuse(_ problem: String, _ remedy: String) -> ImportError {
            ImportError(file: file, problem: "tensor '\(proto.name)': \(problem)", remedy: remedy)
        }
        func entry(_ key: String) -> String? { proto.externalData.first { $0.key == key }?.value }
        guard let location = entry("location"), !location.isEmpty else {
            throw refuse("says of no file where its data lie", "export the model again")
        }
        guard let folder else {
            throw refuse(
                "its data lie in another file, '\(location)'", "save the model as one file, as onnx.save_model does")
        }
        let bytes = try content(location, folder, refuse)
        guard let offset = entry("offset").map({ Int($0) }) ?? 0, offset >= 0, offset <= bytes.count,
            let length = entry("length").map({ Int($0) }) ?? bytes.count - offset, length >= 0,
            length <= bytes.count - offset
        else {
            throw refuse(
                "its data at \(entry("offset") ?? "0"), \(entry("length") ?? "all") bytes, are not within the \(bytes.count) of "
                    + "'\(location)'",
                "copy both files again, or export the model again")
        }
        guard let rest = left[location], length <= rest else {
            throw refuse("'\(location)' is read more often than it has bytes", "export the model again")
        }
        left[location] = rest - length
        return [UInt8](bytes.dropFirst(offset).prefix(length))
    }

    private func content(
        _ location: String, _ folder: String, _ refuse: (String, String) -> ImportError
    ) throws(ImportError) -> Data {
        if let known = files[location] { return known }
        let root = URL(fileURLWithPath: folder, isDirectory: true).resolvingSymlinksInPath().path
        let path = URL(fileURLWithPath: root, isDirectory: true).appendingPathComponent(location)
            .resolvingSymlinksInPath().path
        // Resolved, it has neither links nor dots that lead elsewhere.
        guard !location.hasPrefix("/"), !location.utf8.contains(0),
            path.hasPrefix(root == "/" ? "/" : root + "/")
        else {
            throw refuse(
                "its data are said to lie in '\(location)', which leaves the model's folder",
                "save the model as one file, as onnx.save_model does")
        }
        // No pipe or device is waited for.
        let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        guard kind == .typeRegular, let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        else {
            throw refuse(
                "its data lie in '\(location)', which cannot be read beside the model",
                "copy that file to the model's folder, under this name")
        }
        (files[location], left[location]) = (data, data.count * Self.times)
        return data
    }
}
