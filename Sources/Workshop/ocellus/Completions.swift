import ArgumentParser
import Boards
import Foundation

/// What a shell offers for the values of arguments; `ocellus --generate-completion-script bash` and its like print it.
extension CompletionKind {
    static let bundle = file(extensions: ["ocellus"])
    /// What a bundle is built from.
    static let source = file(extensions: ["tflite", "onnx", "ntwk", "yaml", "yml"])
    /// What is run: built in memory, if it is no bundle.
    static let runnable = file(extensions: ["ocellus", "tflite", "onnx", "ntwk", "yaml", "yml"])
    /// Folders among them, as of every kind of file.
    static let frames = file(
        extensions: [
            "y4m", "mjpeg", "jpg", "jpeg", "png", "bmp", "pnm", "pbm", "pgm", "ppm", "pam", "JPG", "JPEG", "PNG", "BMP",
        ])
    /// The lists that come along, and files, of which any may be one.
    static let labels = custom { _, _, prefix in
        let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return LabelList.all.map(\.name) + names.filter { !$0.hasPrefix(".") }.map { folder + $0 }.sorted()
    }
    /// The built-in profiles, as they are when the script is made.
    static let board = list(BoardProfile.builtInNames)
}
