import Boards
import Compiler
import Graph

/// What became of a model on the way to its bundle for this machine, rewrite by rewrite; `ocellus inspect --passes` prints it.
struct PassReport: Encodable {
    var file: String
    /// Whether it was quantized on the way.
    var isQuantized: Bool
    /// In order.
    var passes: [PassRun]

    /// Pictures that a model in float32 is quantized with: its form does not depend on many.
    private static let pictures = 2
    /// Operations that are named of each pass.
    private static let named = 6

    init(_ model: TrainedModel, about path: String) throws(Failure) {
        let progress = Progress()
        file = FileName.printable(path)
        isQuantized = model.graph.level == .real
        var model = model
        passes = []
        if isQuantized {
            var quantizing = Quantizing(pictures: [], pixels: nil)
            quantizing.input.crop = model.advisedCrop
            (quantizing.madeUp, quantizing.traces) = (Self.pictures, true)
            let pictures = try quantizing.read(model, about: path, progress: progress)
            let result = try quantizing.run(model, pictures, about: path, progress: progress)
            (model, passes) = (result.model, result.passes)
        }
        var options = Compiler.Options(board: try BoardProfile.named("host"))
        options.tracesPasses = true
        passes += try Compiler.compile(model, options, about: path) { progress.show($0.rawValue) }.passes
    }

    var text: String {
        var table = Columns([.right, .left, .left, .right, .left])
        table.add(["#", "on", "pass", "applied", "operations"])
        for (index, pass) in passes.enumerated() {
            table.add([
                "\(index + 1)", pass.level, pass.name, pass.applied == 0 ? "" : Format.grouped(pass.applied),
                pass.before == pass.after ? "\(pass.before)" : "\(pass.before) -> \(pass.after)",
            ])
        }
        let rows = table.lines(indent: 2)
        var lines = [
            "\(file): \(passes.count) passes\(isQuantized ? ", quantized with made-up pictures" : "")", rows[0],
        ]
        for (row, pass) in zip(rows.dropFirst(), passes) {
            lines.append(row)
            func add(_ what: String, _ text: String) { if !text.isEmpty { lines.append("       \(what)  \(text)") } }
            add("needs  ", pass.needs)
            add("ensures", pass.ensures)
            add("removed", Self.list(pass.removed))
            add("changed", Self.list(pass.changed))
            add("added  ", Self.list(pass.added))
        }
        return lines.joined(separator: "\n")
    }

    private static func list(_ origins: [String]) -> String {
        let shown = origins.prefix(named).map(Format.printable).joined(separator: "; ")
        return origins.count > named ? "\(shown) and \(Format.grouped(origins.count - named)) more" : shown
    }
}
