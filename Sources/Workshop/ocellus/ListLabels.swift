import ArgumentParser
import Boards
import Bundle

/// `ocellus labels`: what scores may stand for.
struct ListLabels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "labels",
        abstract: "List the label lists that come with ocellus, or the labels of one or of a model.",
        discussion: """
              ocellus labels
              ocellus labels imagenet
              ocellus labels coco --plain > my-labels.txt
              ocellus labels person-sensor.ocellus

            A list's name stands wherever labels are asked for: --labels imagenet, or labels: imagenet in a sensor file. A \
            file of that name is ./imagenet.
            """)

    @Argument(
        help: "A list's name, or an .ocellus bundle, .tflite model or sensor file (.yaml).",
        completion: .list(LabelList.all.map(\.name)))
    var source: String?

    @Flag(help: "Print no indices, as files of labels are.")
    var plain = false

    func run() throws {
        guard let source else {
            var table = Columns([.left, .right, .left])
            for list in LabelList.all { table.add([list.name, Format.grouped(list.labels.count), list.about]) }
            print(table.lines().joined(separator: "\n"))
            return
        }
        let labels = try LabelList.named(source)?.labels ?? Self.labels(of: source)
        if plain {
            print(labels.map(Format.printable).joined(separator: "\n"))
        } else {
            var table = Columns([.right, .left])
            for (index, label) in labels.enumerated() { table.add(["\(index)", label]) }
            print(table.lines().joined(separator: "\n"))
        }
    }

    private static func labels(of path: String) throws(Failure) -> [String] {
        let subject: Subject
        do throws(Failure) { subject = try Subject(path: path) } catch {
            throw Failure(error.message + LabelList.hint(missing: path))
        }
        var scores: Int?
        switch subject {
        case .bundle:
            let bundle = try Bundle.opened(path)
            let view = bundle.view
            if !view.labels.isEmpty { return view.labels.map { view.string($0) } }
            scores = view.scores.map { Int($0.pointee.count) }
        case .sensor(let sensor, _, _):
            if !sensor.labels.isEmpty { return sensor.labels }
        case .model(let model):
            let found = model.labels(ofOutput: 0)
            if let labels = found.labels { return labels.labels }
            if let note = found.note { throw Failure("\(path): \(note)") }
            if let problem = model.metadataProblem {
                throw Failure("\(path): the model's metadata is not read: \(problem)")
            }
            scores = model.graph.outputs.first.map { model.graph[$0].elementCount }
        }
        throw Failure("\(path): has no labels" + (scores.map { LabelList.hint(scores: $0) } ?? ""))
    }
}
