import Foundation
import Graph

/// Everything in a trained model that the importer reads; `ocellus inspect --json` prints these fields.
struct ModelReport: Codable {
    struct Tensor: Codable {
        var name: String
        var shape: [Int]
        var type: String
        var bytes: Int
        /// One, or one a channel; empty where the tensor is not quantized.
        var scales: [Float]
        var zeroPoints: [Int32]
        var channelDimension: Int?
        var isConstant: Bool
    }

    struct Operator: Codable {
        var name: String
        var origin: String
        var parameters: String
        /// Indices into `tensors`.
        var inputs: [Int]
        var outputs: [Int]
        var macs: Int
    }

    var file: String
    /// "TensorFlow Lite", "ONNX" or "Jetpac".
    var format: String
    var fileBytes: Int
    var macs: Int
    var constantBytes: Int
    var inputs: [Int]
    var outputs: [Int]
    var tensors: [Tensor]
    var operators: [Operator]
    /// What of the file is no part of the graph, as boards do it themselves; nil: nothing.
    var leftOut: String?
    /// Nil: the model has none.
    var metadata: MetadataReport?

    init(_ model: TrainedModel) {
        let graph = model.graph
        file = model.path
        format = model.format.rawValue
        fileBytes = model.bytes.count
        macs = graph.macs
        constantBytes = graph.tensors.reduce(0) { $0 + ($1.constant?.count ?? 0) }
        inputs = graph.inputs
        outputs = graph.outputs
        tensors = graph.tensors.map { tensor in
            Tensor(
                name: tensor.name, shape: tensor.shape, type: tensor.type.name, bytes: tensor.byteCount,
                scales: tensor.quantization?.scales ?? [], zeroPoints: tensor.quantization?.zeroPoints ?? [],
                channelDimension: tensor.quantization.flatMap { $0.isPerChannel ? $0.dimension : nil },
                isConstant: tensor.constant != nil)
        }
        operators = graph.nodes.map { node in
            Operator(
                name: node.operation.name, origin: node.origin, parameters: node.operation.parameters,
                inputs: node.inputs, outputs: node.outputs, macs: graph.macs(of: node))
        }
        leftOut = graph.selection?.words
        metadata = MetadataReport(model)
    }

    var text: String {
        var head = Columns([.left, .left])
        head.add(["operators", Format.grouped(operators.count)])
        head.add(["work", "\(Format.grouped(macs)) multiply-accumulates an inference"])
        head.add(["constants", "\(Format.grouped(constantBytes)) bytes"])
        head.add(["inputs", inputs.map { "tensor \($0)" }.joined(separator: ", ")])
        head.add(["outputs", outputs.map { "tensor \($0)" }.joined(separator: ", ")])
        if let leftOut { head.add(["left out", leftOut]) }
        var nodes = Columns([.right, .left, .left, .left, .left, .right])
        nodes.add(["#", "operator", "tensors", "shapes", "parameters", "MACs"])
        for (index, node) in operators.enumerated() {
            let list = [node.inputs, node.outputs].map { $0.map { "\($0)" }.joined(separator: ",") }
            let shapes = [node.inputs.first, node.outputs.first].map { id in
                id.map { Format.shape(tensors[$0].shape) } ?? ""
            }
            nodes.add([
                "\(index)", node.name, "\(list[0])->\(list[1])", "\(shapes[0]) -> \(shapes[1])", node.parameters,
                node.macs > 0 ? Format.grouped(node.macs) : "",
            ])
        }
        var table = Columns([.right, .left, .left, .left, .left, .right, .left])
        table.add(["#", "shape", "type", "scale", "zero", "bytes", "name"])
        for (index, tensor) in tensors.enumerated() {
            table.add([
                "\(index)", Format.shape(tensor.shape), tensor.type, Self.scale(tensor),
                tensor.zeroPoints.count == 1 ? "\(tensor.zeroPoints[0])" : "",
                Format.grouped(tensor.bytes) + (tensor.isConstant ? " constant" : ""), tensor.name,
            ])
        }
        var parts = [["\(file): \(format) model, \(Format.grouped(fileBytes)) bytes"] + head.lines(indent: 2)]
        if let metadata { parts.append(["Metadata"] + metadata.lines) }
        parts += [["Operators"] + nodes.lines(indent: 2), ["Tensors"] + table.lines(indent: 2)]
        return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private static func scale(_ tensor: Tensor) -> String {
        guard let least = tensor.scales.min(), let most = tensor.scales.max() else { return "" }
        if tensor.scales.count == 1 { return String(format: "%.6g", least) }
        return String(format: "%.3g to %.3g for %d channels", least, most, tensor.scales.count)
    }
}
