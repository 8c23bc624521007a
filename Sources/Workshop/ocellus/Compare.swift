import ArgumentParser
import Boards
import Foundation

/// `ocellus compare`: how two models agree on the same pictures.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare two models or bundles on the same pictures.",
        discussion: """
            Takes any two of: models in float32 or int8 (.tflite, .onnx, .ntwk; quantized by whatever tool), bundles and \
            sensor files. The first is right. Each prepares pictures in its own way: by its bundle or sensor file, by \
            --mean and --std, by its metadata, or as the other one does.

              ocellus compare net.onnx net.ocellus photos/
              ocellus compare net.onnx peer_int8.tflite photos/ --mean 127.5 --std 127.5
              ocellus compare old.ocellus new.ocellus clip.y4m --json
              ocellus compare net.onnx net.ocellus photos/ --fail-below 0.98

            Outputs belong together by name, else by order or shape; of two detectors the boxes are compared. Where both have layers of one name, those that differ \
            most are told, too. Models that differ are no error, unless --fail-below says how much is one.
            """)

    @Argument(help: "The model that is right: a bundle, a model or a sensor file (.yaml).", completion: .runnable)
    var first: String

    @Argument(help: "The model that is compared with it.", completion: .runnable)
    var second: String

    @Argument(help: "Pictures, folders of pictures, and clips.", completion: .frames)
    var photos: [String]

    @OptionGroup var pixels: PixelOptions

    @Option(help: ArgumentHelp("The picture's size where a model leaves it open.", valueName: "width x height"))
    var size: PictureSize?

    @Option(
        help: ArgumentHelp(
            "End with 1 where the mean correlation of an output, or of detectors F1 of the boxes, is lower; -1 to 1.",
            valueName: "limit"))
    var failBelow: Double?

    @Flag(help: "Print the report as JSON.")
    var json = false

    func validate() throws {
        if photos.isEmpty { throw ValidationError("nothing to compare on; name pictures, a folder or a clip") }
        if let failBelow, !(-1...1).contains(failBelow) {
            throw ValidationError("--fail-below \(failBelow) is out of range; give a number from -1 to 1")
        }
    }

    func run() throws {
        let progress = Progress()
        progress.show("reading \(first)")
        var sides = [try Side(first, size)]
        progress.show("reading \(second)")
        sides.append(try Side(second, size))
        if pixels.scale != nil, !sides.contains(where: \.needsPixels) {
            throw Failure(
                "\(first), \(second): both know what a pixel means; leave out --mean and --std, which are for models")
        }
        // A bundle knows its pixels when it is open, so bundles are opened first.
        var models = try sides.map { (side) throws(Failure) in try side.opened(progress) }
        for index in sides.indices where models[index] == nil {
            let other = sides[1 - index]
            let known = (models[1 - index] as? EngineComparedModel)?.pixels ?? other.ownPixels
            models[index] = try sides[index].opened(given: pixels.scale, other: known, progress)
        }
        let pair = models.compactMap(\.self)
        var comparison = try Comparison(pair[0], pair[1])
        let inputs = try RunInput.all(photos)
        var reader = FrameReader()
        for (number, input) in inputs.enumerated() {
            progress.show("comparing", number, of: inputs.count)
            try reader.read(input) { (frame, place) throws(Failure) in
                try comparison.add(frame, named: input.name, place)
            }
        }
        progress.clear()
        var report = comparison.report()
        report.notes = sides.flatMap(\.notes) + report.notes
        print(json ? try report.json() : report.text)
        if let failBelow, let boxes = report.boxes {
            guard boxes.f1 < failBelow else { return }
            throw Failure(
                "\(second): its boxes agree with those of \(first) by F1 " + String(format: "%.4f", boxes.f1)
                    + ", below --fail-below \(failBelow)"
                    + (report.drawn.first.map { "; they differ most on \($0.title)" } ?? ""))
        }
        if let failBelow, let least = report.outputs.leastCorrelated, least.correlation < failBelow {
            throw Failure(
                "\(second): output '\(least.name)' correlates with that of \(first) by "
                    + String(format: "%.4f", least.correlation) + ", below --fail-below \(failBelow)"
                    + (report.worst.first.map { "; it differs most on \($0.title)" } ?? ""))
        }
    }
}
