// classify BUNDLE INPUT [OUTPUT]: runs a model on its raw input bytes, or on a picture that ends in .ppm (P6); prints the best
// labels, and writes the first output's bytes.
import Foundation
import Ocellus

let arguments = CommandLine.arguments
guard arguments.count >= 3 else { fatalError("usage: classify BUNDLE INPUT [OUTPUT]") }

do {
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: arguments[2])))
    var model = try Model(path: arguments[1], repacks: true)
    if arguments[2].hasSuffix(".ppm") {
        // "P6", width, height and 255, each with white space behind it, then three bytes a pixel.
        let header = file.split(separator: 10, maxSplits: 3, omittingEmptySubsequences: false)
        guard header.count == 4 else { fatalError("\(arguments[2]) is no such picture") }
        let sides = String(decoding: header[1], as: UTF8.self).split(separator: " ").compactMap { Int($0) } + [0, 0]
        try model.write(picture: Array(header[3]).span.bytes, .rgb, width: sides[0], height: sides[1])
    } else {
        try model.write(file.span.bytes)
    }
    try model.run()

    for best in model.labelCount > 0 ? try model.top(5) : [] {
        print(best.score, model.label(best.label) ?? "label \(best.label)")
    }
    if arguments.count > 3 { try Data(model.output()).write(to: URL(fileURLWithPath: arguments[3])) }
} catch {
    FileHandle.standardError.write(Data("classify: \(error)\n".utf8))
    exit(1)
}
