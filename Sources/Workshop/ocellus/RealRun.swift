import Boards
import Foundation
import Graph
import Reference
import System
import Vision

/// `ocellus run` of a model in float32: on this machine, with all its processors, as no board runs it.
struct RealRun {
    private let model: TrainedModel
    private let path: String
    private let executor: RealExecutor
    private let layer: (name: String, result: TensorID)?
    private let labels: [String]?
    private let top: Int?
    private let pixels: SensorFile.PixelScale
    /// What the user should know, a sentence each.
    private(set) var notes: [String]

    /// - Parameters:
    ///   - pixels: what a pixel means; nil: what the model says, or a guess.
    ///   - labels: of the scores; nil: the model's own.
    init(
        _ model: TrainedModel, about path: String, pixels: SensorFile.PixelScale?, layer: LayerChoice?,
        labels named: NamedLabels?, top: Int?
    ) throws(Failure) {
        self.model = model
        self.path = path
        self.top = top
        let layers = model.layers
        self.layer = try layer.map { (choice) throws(Failure) in
            layers[try choice.index(in: layers.map(\.name), about: path)]
        }
        notes = [
            "computed in float32 on this machine; a board runs the int8 bundle that 'ocellus build --calibrate' makes of it"
        ]
        if let selection = model.graph.selection {
            notes.append("outputs are what the model's choice among boxes reads, without \(selection.words)")
        }
        if let given = pixels ?? model.advisedPixels {
            self.pixels = given
        } else {
            self.pixels = .normalized(mean: [0], std: [255])
            notes.append("what a pixel means is a guess: 0 to 1; the model does not say. Give --mean and --std")
        }
        let scores = model.graph.scores
        if let named {
            guard let scores else {
                throw Failure("--labels: no output of the model is a list of probabilities; leave it out")
            }
            guard named.labels.count == scores else {
                throw Failure(
                    "--labels: \(Format.count(named.labels.count, "label")), but the model has "
                        + "\(Format.count(scores, "score"))\(LabelList.hint(scores: scores))")
            }
            labels = named.labels
        } else {
            let own = model.labels(ofOutput: 0)
            labels = own.labels?.labels
            if let note = own.note { notes.append(note) }
        }
        if let scores, (top ?? 1) > scores {
            throw Failure("--top \(top ?? 1): the model has \(Format.count(scores, "score")); give no more")
        }
        executor = RealExecutor(model.graph)
    }

    /// Pictures, and clips frame by frame.
    func run(_ photos: [String], _ take: (Inference, [UInt8]) throws(Failure) -> Void) throws(Failure) {
        var input = SensorFile.Input()
        input.crop = model.advisedCrop
        let pictures = try CalibrationPictures(
            model.graph, input, pixels, about: path, remedy: "give all inputs with --input-raw")
        var reader = FrameReader()
        for photo in try RunInput.all(photos) {
            try reader.read(photo) { (frame, place) throws(Failure) in
                let buffer = try pictures.input(frame, about: photo.name)
                let (inference, bytes) = infer([buffer], photo.name, place)
                try take(inference, bytes)
            }
        }
    }

    /// All inputs as they are: float32, one behind the other.
    func run(raw: [UInt8], named name: String) throws(Failure) -> (Inference, [UInt8]) {
        let graph = model.graph
        let counts = graph.inputs.map { graph[$0].elementCount }
        guard raw.count == counts.reduce(0, +) * 4 else {
            throw Failure(
                "\(name): has \(Format.count(raw.count, "byte")), but the model's inputs take "
                    + "\(Format.grouped(counts.reduce(0, +) * 4)): float32, one after another")
        }
        var rest = raw[...]
        var inputs: [RealBuffer] = []
        for count in counts {
            inputs.append(RealBuffer(Array(rest.prefix(4 * count)).littleEndianFloats))
            rest = rest.dropFirst(4 * count)
        }
        return infer(inputs, name, nil)
    }

    /// - Returns: what to tell, and the bytes for `--output-raw`.
    private func infer(
        _ inputs: [RealBuffer], _ name: String, _ place: Inference.Place?
    ) -> (Inference, [UInt8]) {
        let graph = model.graph
        var found: [Float] = []
        let start = Clock.monotonic
        let outputs = executor.run(inputs) { id, values in
            if id == layer?.result { found = Array(values) }
        }
        var inference = Inference(input: name, place: place, nanoseconds: Clock.monotonic - start)
        inference.arithmetic = "float32"
        if let layer {
            let values = LayerValues(name: layer.name, shape: graph[layer.result].shape, values: found)
            inference.layer = values
            return (inference, values.bytes)
        }
        if let scores = graph.scores {
            let values = outputs[0].array
            let best = (0..<scores).sorted { (values[$0], $1) > (values[$1], $0) }.prefix(min(top ?? 5, scores))
            inference.scores = best.map {
                Inference.Score(index: $0, label: labels?[$0], probability: Double(values[$0]))
            }
        } else {
            inference.outputs = zip(graph.outputs, outputs).map { id, values in
                let tensor = TensorDescription(
                    name: graph[id].name, shape: graph[id].shape, type: "float32", bytes: 4 * values.count, scale: 0,
                    zeroPoint: 0)
                return OutputSummary(tensor, raw: values.bytes)
            }
        }
        return (inference, outputs.flatMap(\.bytes))
    }
}

extension Graph {
    /// How many scores the first output has, where it is a list of probabilities: what ends in a softmax or logistic function; else nil.
    fileprivate var scores: Int? {
        guard let output = outputs.first, tensors[output].elementCount == tensors[output].shape.last,
            tensors[output].elementCount <= 65536
        else { return nil }
        var id = output
        while let node = nodes.last(where: { $0.outputs.contains(id) }) {
            switch node.operation {
            case .softmax, .unary(.logistic): return tensors[output].elementCount
            case .reshape: id = node.inputs[0]
            default: return nil
            }
        }
        return nil
    }
}
