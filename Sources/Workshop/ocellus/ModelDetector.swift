import Boards
import Compiler
import Graph
import Heads

/// A trained model that is a detector of a known kind: boxes are made of what its last layers give.
struct ModelDetector {
    private let finding: HeadRecognition.Finding
    /// The float graph that an int8 one is made of; nil: the model is quantized.
    private let real: Graph?

    /// Nil where it is none that is known, or the sensor file says how an output is to be read.
    init?(_ model: TrainedModel, _ sensor: SensorFile? = nil) {
        guard sensor.map({ $0.output == SensorFile.Output() }) ?? true,
            let finding = HeadRecognition.find(in: model.graph)
        else { return nil }
        self.finding = finding
        real = model.graph.level == .real ? model.graph : nil
    }

    /// Scores a box.
    var classes: Int { finding.head.classes }

    /// What a pixel usually means to such a model.
    var pixels: SensorFile.PixelScale {
        .normalized(mean: finding.picture.mean, std: finding.picture.std)
    }

    /// What such models want of pictures where there is no sensor file: all of them, with bars.
    func advise(_ input: inout SensorFile.Input) {
        (input.fit, input.fill) = (.contain, finding.picture.fill)
        if finding.picture.isBlueFirst { input.colour = .bgr }
    }

    /// Takes the head into what is compiled.
    /// - Parameter graph: quantized; it ends afterwards where boxes begin.
    /// - Returns: what to say of it.
    func place(in graph: inout Graph, _ options: inout Compiler.Options) -> [String] {
        var notes: [String] = []
        if !finding.isProved {
            notes.append(
                "taken for a detector of the kind \(finding.head.name), by the shapes of its outputs; --keep-outputs leaves them as "
                    + "they are")
        }
        if real == nil, !finding.isDecoded {
            options.head = finding.head
        } else {
            guard let head = graph.cut(at: finding.head, of: real) else {
                return [
                    "a detector of the kind \(finding.head.name), but what its boxes are made of is not 8-bit: its outputs stay as "
                        + "they are"
                ]
            }
            options.head = head
            if real == nil, sharesScales(graph, head) {
                notes.append(
                    "boxes and scores have one scale in this file, which costs accuracy: give the float model, and --calibrate"
                )
            }
        }
        if let wanted = options.sensor?.detector { options.head?.take(wanted) }
        if options.sensor == nil {
            var input = SensorFile.Input()
            advise(&input)
            (options.fit, options.fill, options.colour) = (input.fit, input.fill, input.colour)
        }
        return notes
    }

    private func sharesScales(_ graph: Graph, _ head: DetectorHead) -> Bool {
        head.levels.contains { level in
            level.boxes.tensor != level.scores.tensor
                && graph[level.boxes.tensor].quantization == graph[level.scores.tensor].quantization
        }
    }
}

extension DetectorHead {
    /// Takes what a sensor file says of boxes.
    fileprivate mutating func take(_ wanted: SensorFile.Detector) {
        score = wanted.score ?? score
        overlap = wanted.overlap ?? overlap
        suppression = wanted.suppression.flatMap(Suppression.init) ?? suppression
        candidates = wanted.candidates ?? candidates
        detections = wanted.detections ?? detections
    }
}
