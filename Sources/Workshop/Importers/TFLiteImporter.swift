import Foundation
import Graph

/// Reads TensorFlow Lite models (`.tflite`, schema version 3).
public enum TFLiteImporter {
    /// - Parameters:
    ///   - bytes: the whole file; any bytes are safe.
    ///   - name: the file's name, for messages. The graph is named after it, without folders and extension.
    /// - Returns: a graph that `Graph.validate()` has passed.
    /// - Throws: an error that names the file, the place and the remedy. A model with unsupported operators is refused
    ///   with all of them named at once.
    public static func read(_ bytes: [UInt8], name: String) throws(ImportError) -> Graph {
        let model = try TFLiteModel(FlatBuffer(bytes, file: name))
        let subgraph = try model.mainSubgraph()
        try subgraph.foldShapes()
        try subgraph.findDetection()
        try subgraph.findLevel()
        try subgraph.refuseUnsupported()
        return try subgraph.graph(named: modelName(name))
    }

    /// Reads the file at `path` as `read(_:name:)` does.
    public static func readFile(_ path: String) throws(ImportError) -> Graph {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw ImportError(
                file: path, problem: "cannot be read (\(error.localizedDescription))",
                remedy: "check the path and its permissions")
        }
        return try read([UInt8](data), name: path)
    }

    private static func modelName(_ file: String) -> String {
        let last = file.split(separator: "/").last.map(String.init) ?? file
        return last.hasSuffix(".tflite") ? String(last.dropLast(7)) : last
    }
}
