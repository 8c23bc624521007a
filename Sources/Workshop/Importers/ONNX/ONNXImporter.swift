import Foundation
import Graph
import ONNXFormat
import SwiftProtobuf

/// Reads ONNX models (`.onnx`, opset 6 to 24) that compute in float32.
public enum ONNXImporter {
    private static let opsets = 6...24
    /// Operators that are what they were in opset 1.
    private static let unchanged: Set<String> = ["GlobalAveragePool", "GlobalMaxPool", "Softplus", "Softsign", "Not"]
    private static let damaged = "the file is damaged or not an ONNX model: copy or export it again"

    /// - Parameters:
    ///   - bytes: the whole file; any bytes are safe.
    ///   - name: the file's name, for messages. The graph is named after it, without folders and extension.
    ///   - size: height and width of a picture input whose size the file leaves open; nil: what its metadata says.
    ///   - folder: the file's, where other files may hold its weights; nil: all is in `bytes`.
    /// - Returns: a graph of level `.real` that `Graph.validate()` has passed. Pictures `[1, C, H, W]` are `[1, H, W, C]` in it.
    /// - Throws: an error that names the file, the place and the remedy. A model with unsupported nodes is refused with all
    ///   of them named at once.
    public static func read(
        _ bytes: [UInt8], name: String, size: (height: Int, width: Int)? = nil, folder: String? = nil
    ) throws(ImportError) -> Graph {
        let model: Onnx_ModelProto
        do { model = try Onnx_ModelProto(serializedBytes: bytes) } catch {
            throw ImportError(file: name, problem: "its protocol buffer cannot be read", remedy: damaged)
        }
        let (translator, outputs) = try translate(model, name: name, size: size, folder: folder)
        for (output, value) in outputs {
            let node = ONNXNode(proto: Onnx_NodeProto(), index: model.graph.node.count, file: name)
            if value.wholes != nil {
                throw ImportError(
                    file: name, problem: "output '\(output)' follows from shapes alone and is no float32",
                    remedy: "export the model again without it")
            }
            let id = try translator.tensor(value, channelsLast: false, node)
            translator.graph[id].name = output
            if value.isQuantized, translator.graph[id].quantization == nil {
                translator.graph[id].quantization = value.quantization?.ofActivation
            }
            translator.graph.outputs.append(id)
        }
        var graph = translator.graph
        _ = graph.removeDeadNodes()
        do throws(GraphError) { try graph.validate() } catch {
            throw ImportError(file: name, problem: error.problem, remedy: error.remedy ?? "export the model again")
        }
        return graph
    }

    /// A model's nodes but for a last choice among boxes, and the values of its outputs.
    static func translate(
        _ model: Onnx_ModelProto, name: String, size: (height: Int, width: Int)? = nil, folder: String? = nil
    ) throws(ImportError) -> (ONNXTranslator, outputs: [(name: String, value: ONNXValue)]) {
        guard model.hasGraph else { throw ImportError(file: name, problem: "it has no graph", remedy: damaged) }
        guard let opset = model.opsetImport.first(where: { $0.domain.isEmpty || $0.domain == "ai.onnx" })?.version
        else {
            throw ImportError(file: name, problem: "it does not say which opset it is written in", remedy: damaged)
        }
        let isOld =
            (1..<opsets.lowerBound).contains(Int(opset))
            && model.graph.node.allSatisfy { unchanged.contains($0.opType) }
        guard opsets.contains(Int(opset)) || isOld else {
            throw ImportError(
                file: name,
                problem: "it is written in opset \(opset); \(opsets.lowerBound) to \(opsets.upperBound) are supported",
                remedy: "export it again with another opset_version, or convert it with onnx.version_converter")
        }
        let last = name.split(separator: "/").last.map(String.init) ?? name
        let translator = ONNXTranslator(
            file: name, name: last.hasSuffix(".onnx") ? String(last.dropLast(5)) : last, opset: Int(opset),
            external: ONNXExternalData(folder: folder))
        let selection = ONNXSelection(model.graph)
        let left = selection?.nodes ?? []
        try refuseUnsupported(model.graph, leaving: left, name)
        for tensor in model.graph.initializer {
            let value = try ONNXValue(tensor, file: name, external: translator.external)
            translator.define(tensor.name, translator.granted(value))
        }
        try defineInputs(model, translator, size ?? pictureSize(model), name)
        for (index, proto) in model.graph.node.enumerated() where !left.contains(index) {
            let node = ONNXNode(proto: proto, index: index, file: name)
            guard let type = ONNXOperator(proto) else { continue }
            let results = try translator.translate(type, node)
            for (result, value) in zip(proto.output, results) where !result.isEmpty { translator.define(result, value) }
        }
        var outputs: [(name: String, value: ONNXValue)] = []
        for output in selection?.outputs ?? model.graph.output.map(\.name) {
            let node = ONNXNode(proto: Onnx_NodeProto(), index: model.graph.node.count, file: name)
            outputs.append((output, try translator.value(output, of: node)))
        }
        translator.graph.selection = selection?.summary(translator.number)
        return (translator, outputs)
    }

    /// Whether an input of such a shape is a picture with its channels first, as PyTorch has it. One with three channels or
    /// one at its end has them last already.
    static func isPicture(_ shape: [Int]) -> Bool {
        shape.count == 4 && ([1, 3].contains(shape[1]) || ![1, 3].contains(shape[3]))
    }

    private static func refuseUnsupported(
        _ graph: Onnx_GraphProto, leaving left: Set<Int>, _ file: String
    ) throws(ImportError) {
        var counts: [String: Int] = [:]
        for (index, node) in graph.node.enumerated() where !left.contains(index) {
            if ONNXOperator(node) == nil { counts[ONNXOperator.name(of: node), default: 0] += 1 }
        }
        guard !counts.isEmpty else { return }
        throw .unsupported(
            counts, of: graph.node.count, "nodes", file: file, remedy: "export the model again without these:",
            further: ONNXAdvice.lines(counts.keys))
    }

    /// What YOLO's exporter writes: "[320, 320]", or one number of both.
    private static func pictureSize(_ model: Onnx_ModelProto) -> (height: Int, width: Int)? {
        guard let text = model.metadataProps.first(where: { $0.key == "imgsz" })?.value else { return nil }
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.allSatisfy({ (1...1 << 16).contains($0) }), let last = numbers.last, numbers.count <= 2 else {
            return nil
        }
        return (numbers[0], last)
    }

    private static func defineInputs(
        _ model: Onnx_ModelProto, _ translator: ONNXTranslator, _ size: (height: Int, width: Int)?, _ file: String
    ) throws(ImportError) {
        let constants = Set(model.graph.initializer.map(\.name))
        for input in model.graph.input where !constants.contains(input.name) {
            func refuse(_ problem: String, _ remedy: String) -> ImportError {
                ImportError(file: file, problem: "input '\(input.name)': \(problem)", remedy: remedy)
            }
            let type = input.type.tensorType
            let given = try translator.quantization(ofInput: input, model.graph, file)
            // Of any precision: here all are float32.
            let isReal = [.float, .float16, .bfloat16, .double].contains(
                Onnx_TensorProto.DataType(rawValue: Int(type.elemType)))
            guard isReal || given != nil else {
                throw refuse(
                    "has element type \(type.elemType); float32 is supported, and bytes that are dequantized at once",
                    "export the model again in float32")
            }
            var shape: [Int] = []
            // Where channels are last, rows and columns are one dimension before.
            let isLast = type.shape.dim.count == 4 && [1, 3].contains(type.shape.dim[3].dimValue)
            let rows = isLast && ![1, 3].contains(type.shape.dim[1].dimValue) ? 1 : 2
            for (dimension, extent) in type.shape.dim.enumerated() {
                if extent.dimValue > 0, extent.dimValue <= 1 << 24 {
                    shape.append(Int(extent.dimValue))
                } else if dimension == 0 {
                    shape.append(1)
                } else if type.shape.dim.count == 4, (rows...rows + 1).contains(dimension), let size {
                    shape.append(dimension == rows ? size.height : size.width)
                } else {
                    throw refuse(
                        "its dimension \(dimension) is not fixed",
                        "give the picture's size, as --size 320x320, or export it with one")
                }
            }
            guard let count = ONNXTranslator.count(shape), count <= GraphLimits.tensorBytes / 8 else {
                throw refuse("has the shape \(shape)", "export the model again with a smaller picture")
            }
            let isPicture = isPicture(shape)
            let id = translator.graph.append(
                Tensor(name: input.name, shape: isPicture ? ChannelsLast.shape(shape) : shape, type: .float32))
            translator.graph.inputs.append(id)
            translator.graph.tensors[id].quantization = given?.ofActivation
            translator.define(
                input.name,
                ONNXValue(
                    shape: shape, content: .activation(id), isChannelsLast: isPicture, quantization: given,
                    isQuantized: given != nil))
        }
    }
}
