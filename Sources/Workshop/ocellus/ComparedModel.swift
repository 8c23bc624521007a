import Boards
import Bundle
import CBundle
import Compiler
import Detectors
import Engine
import Graph
import Heads
import Reference
import Vision

/// One of two models that are compared: it makes its input of a frame as it would anywhere, and tells real numbers.
protocol ComparedModel: AnyObject {
    var path: String { get }
    /// "ONNX model in float32", for the report.
    var kind: String { get }
    /// What the user should know, a sentence each.
    var notes: [String] { get }
    /// Whether channels of layers inside may be scaled by factors that later layers undo.
    var mayScaleChannels: Bool { get }
    var input: ComparedTensor { get }
    var outputs: [ComparedTensor] { get }
    /// Whether it draws boxes.
    var isDetector: Bool { get }
    /// In execution order.
    var layers: [ComparedTensor] { get }

    /// - Parameters:
    ///   - name: the frame's, for errors.
    ///   - wanted: positions among the layers.
    func run(_ frame: FrameView, named name: String, layers wanted: Set<Int>) throws(Failure) -> ComparedResult
}

struct ComparedTensor {
    var name: String
    var shape: [Int]
    /// All that its elements can stand for; nil where that is no 8-bit range.
    var range: ClosedRange<Float>?

    /// Without the extents of 1, which move no element.
    var extents: [Int] { shape.filter { $0 != 1 } }
    var text: String { "'\(name)' [\(Format.shape(shape))]" }
}

extension ComparedTensor {
    fileprivate init(_ record: oc_tensor, in view: BundleView) {
        let description = TensorDescription(record, in: view)
        self.init(name: description.name, shape: description.shape, range: record.range)
    }
}

/// What one frame gave.
struct ComparedResult {
    var input: [Float]
    var outputs: [[Float]]
    /// By position among the layers, those that were wanted.
    var layers: [Int: [Float]] = [:]
    /// A detector's.
    var objects: [DetectedObject] = []
}

/// A model that is computed in float32, with the scales that its file may give.
final class RealComparedModel: ComparedModel {
    let path: String
    let kind: String
    private(set) var notes: [String] = []
    let mayScaleChannels = false
    let input: ComparedTensor
    let outputs: [ComparedTensor]
    let layers: [ComparedTensor]
    private let executor: RealExecutor
    private let pictures: CalibrationPictures
    private let decoder: HeadDecoder?
    /// By tensor, the position among the layers.
    private let positions: [TensorID: Int]

    var isDetector: Bool { decoder != nil }

    /// - Parameters:
    ///   - preparation: how frames become its input.
    ///   - head: of a detector, as the graph has it.
    init(
        _ model: TrainedModel, about path: String, _ preparation: SensorFile.Input, pixels: SensorFile.PixelScale,
        head: DetectorHead?
    ) throws(Failure) {
        self.path = path
        let graph = model.graph
        let hasScales = graph.inputs.contains { graph[$0].quantization != nil }
        kind = "\(model.format.rawValue) model in float32" + (hasScales ? ", rounded where its file has scales" : "")
        pictures = try CalibrationPictures(
            graph, preparation, pixels, about: path, remedy: "models of one picture are compared")
        executor = RealExecutor(graph)
        decoder = head.map(HeadDecoder.init)
        func tensor(_ id: TensorID) -> ComparedTensor {
            let tensor = graph[id]
            return ComparedTensor(name: tensor.name, shape: tensor.shape, range: tensor.quantization?.int8Range)
        }
        input = tensor(graph.inputs[0])
        outputs = graph.outputs.map(tensor)
        let made = graph.nodes.flatMap(\.outputs)
        layers = made.map(tensor)
        positions = Dictionary(made.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    func run(_ frame: FrameView, named name: String, layers wanted: Set<Int>) throws(Failure) -> ComparedResult {
        let input = try pictures.input(frame, about: name)
        var layers: [Int: [Float]] = [:]
        var raw: [TensorID: [Float]] = [:]
        let heads = Set(decoder?.head.tensors ?? [])
        let outputs = executor.run([input]) { id, values in
            if let position = positions[id], wanted.contains(position) { layers[position] = Array(values) }
            if heads.contains(id) { raw[id] = Array(values) }
        }
        var result = ComparedResult(input: input.array, outputs: outputs.map(\.array), layers: layers)
        if let decoder {
            let placement = pictures.placement(of: frame.shape)
            result.objects = decoder.objects { raw[$0] ?? [] }.map { DetectedObject($0, placement) }
        }
        return result
    }
}

/// A bundle, or an int8 model that is built in memory.
final class EngineComparedModel: ComparedModel {
    let path: String
    let kind: String
    let notes: [String]
    let mayScaleChannels: Bool
    let input: ComparedTensor
    let outputs: [ComparedTensor]
    let layers: [ComparedTensor]
    /// What the bundle takes a pixel for.
    let pixels: SensorFile.PixelScale?
    private let engine: Engine
    private let detector: Detector?
    private let runner: FrameRunner
    private let picture: oc_tensor
    private let records: [EngineLayer]

    var isDetector: Bool { detector != nil }

    /// - Parameter format: of a model that is int8 by its file; nil: a bundle.
    init(_ runnable: Runnable, format: ModelFormat?) throws(Failure) {
        let bundle = try runnable.open()
        let packed: Bundle
        // All sets give the same bytes, so one that this CPU has is as good.
        do throws(EngineError) { packed = try bundle.packed(.whereNeeded) } catch {
            throw Failure(runnable.path, error.message)
        }
        let engine = try Engine.started(packed, threads: nil, about: runnable.path)
        path = runnable.path
        notes = runnable.notes
        kind = format.map { "\($0.rawValue) model in int8" } ?? "bundle"
        mayScaleChannels = format == nil
        let runner = try FrameRunner(engine, about: runnable.path)
        guard runner.zones.count == 1, let record = engine.bundle.view.preprocess?.pointee else {
            throw Failure(
                "\(path): has \(runner.zones.count) zones; compare its model, or a bundle of the model alone")
        }
        picture = engine.bundle.view.tensors[Int(record.tensor)]
        let view = engine.bundle.view
        input = ComparedTensor(picture, in: view)
        outputs = (0..<engine.outputCount).map { index in
            var output = ComparedTensor(engine.outputTensor(index), in: view)
            output.range = engine.range(ofOutput: index)
            return output
        }
        records = EngineLayer.all(of: engine).filter { $0.isWhole(in: engine) }
        layers = records.map { ComparedTensor($0.tensor, in: view) }
        pixels = record.pixels(of: picture, flip: engine.flip(of: picture))
        detector = Detector(view)
        self.engine = engine
        self.runner = runner
    }

    func run(_ frame: FrameView, named name: String, layers wanted: Set<Int>) throws(Failure) -> ComparedResult {
        try runner.fill(engine, with: frame, about: name)
        var result = ComparedResult(input: values(picture), outputs: [])
        let first = engine.bundle.view.preprocess.map { Int($0.pointee.skip_steps) } ?? 0
        for step in first..<max(first, engine.stepCount) {
            engine.runStep(step)
            for position in wanted where records[position].step == step {
                result.layers[position] = values(records[position].tensor)
            }
        }
        result.outputs = (0..<engine.outputCount).map { engine.reals(ofOutput: $0) }
        if let detector {
            result.objects = engine.detections(detector, frame.shape, top: nil, labels: [])
        }
        return result
    }

    private func values(_ tensor: oc_tensor) -> [Float] {
        let flip = engine.flip(of: tensor)
        return OutputSummary.values(engine.bytes(of: tensor).map { $0 ^ flip }, engine.describe(tensor)).map {
            Float($0)
        }
    }
}

extension oc_preprocess {
    /// The mean and deviation that its table has: those of the line through the pixels that lie within the tensor's range. Nil of a
    /// table that is no such line.
    fileprivate func pixels(of tensor: oc_tensor, flip: UInt8) -> SensorFile.PixelScale? {
        guard let range = tensor.range, tensor.scale > 0 else { return nil }
        var (means, deviations): ([Double], [Double]) = ([], [])
        for channel in 0..<Int(channels) {
            let values = withUnsafeBytes(of: table) { bytes in
                (0..<256).map { pixel in
                    let byte = bytes[256 * channel + pixel] ^ flip
                    let level = UInt32(tensor.type) == OC_TYPE_INT8.rawValue ? Int(Int8(bitPattern: byte)) : Int(byte)
                    return Double(tensor.scale) * Double(level - Int(tensor.zero_point))
                }
            }
            let (least, greatest) = (
                Double(range.lowerBound + 0.75 * tensor.scale), Double(range.upperBound - 0.75 * tensor.scale)
            )
            let inside = values.indices.filter { values[$0] > least && values[$0] < greatest }
            guard let first = inside.first, let last = inside.last, last > first else { return nil }
            let slope = (values[last] - values[first]) / Double(last - first)
            let isLine = inside.allSatisfy {
                abs(values[first] + slope * Double($0 - first) - values[$0]) <= 1.5 * Double(tensor.scale)
            }
            guard slope > 0, isLine else { return nil }
            deviations.append(1 / slope)
            means.append(Double(first) - values[first] / slope)
        }
        return .normalized(mean: means, std: deviations)
    }
}
