import Graph

/// Detectors that say of each cell of a grid what is in it, and nothing of its extents: FOMO of Edge Impulse.
enum CellFamily {
    /// What Edge Impulse's training makes: a softmax on a convolution of single cells, which are 8 or 16 pixels wide, and a network that
    /// only becomes coarser. A segmentation by such a network looks alike, so this is no proof.
    static func find(in graph: Graph, _ picture: PictureSide) -> HeadRecognition.Finding? {
        guard graph.outputs.count == 1, let head = head(of: graph, output: 0, picture) else { return nil }
        let level = head.levels[0]
        guard 2...32 ~= head.classes, level.strideX == level.strideY, [8, 16].contains(level.strideX),
            let softmax = graph.producer(of: level.scores.tensor), case .softmax = softmax.operation,
            let layer = graph.producer(of: softmax.inputs[0]), case .conv2D = layer.operation,
            graph[layer.inputs[1]].shape[1...2] == [1, 1], !graph.nodes.contains(where: \.operation.makesFiner)
        else { return nil }
        return finding(head, isProved: false)
    }

    /// What somebody calls cells.
    /// - Parameter areLogits: whether sigmoids of the output's numbers are scores, not these themselves.
    static func find(
        in graph: Graph, output: Int, areLogits: Bool, _ picture: PictureSide
    ) -> HeadRecognition.Finding? {
        guard var head = head(of: graph, output: output, picture) else { return nil }
        if areLogits { head.scoreCurve = .sigmoid(factor: 1, offset: 0) }
        return finding(head, isProved: true)
    }

    private static func finding(_ head: DetectorHead, isProved: Bool) -> HeadRecognition.Finding {
        HeadRecognition.Finding(
            head: head, isProved: isProved, isDecoded: true,
            picture: HeadRecognition.Picture(mean: [0], std: [255], fill: 0))
    }

    /// Nil unless an output is a grid of at least two pixels a cell.
    private static func head(of graph: Graph, output: Int, _ picture: PictureSide) -> DetectorHead? {
        guard graph.outputs.indices.contains(output) else { return nil }
        var scores = graph.outputs[output]
        while let node = graph.producer(of: scores) {
            switch node.operation {
            case .dequantize, .quantize: scores = node.inputs[0]
            // As ONNX has it: channels before rows.
            case .transpose(permutation: [0, 3, 1, 2]): scores = node.inputs[0]
            default: return head(of: graph, scores: scores, picture)
            }
        }
        return nil
    }

    private static func head(of graph: Graph, scores: TensorID, _ picture: PictureSide) -> DetectorHead? {
        let shape = graph[scores].shape
        guard shape.count == 4, shape[0] == 1, 2 * shape[1] <= picture.height, 2 * shape[2] <= picture.width,
            [.int8, .uint8, .float32].contains(graph[scores].type)
        else { return nil }
        let (x, y) = (
            LayerLevels.stride(picture.width, places: shape[2]), LayerLevels.stride(picture.height, places: shape[1])
        )
        let field = DetectorHead.Field(scores, placeStep: shape[3])
        let level = DetectorHead.Level(
            rows: shape[1], columns: shape[2], strideX: x, strideY: y,
            priors: [DetectorHead.Prior(x: x / 2, y: y / 2, width: x, height: y)], boxes: field, scores: field)
        var head = DetectorHead(
            name: "cells (FOMO)", coder: .cells, levels: [level], classes: shape[3],
            // Where there are several, the first is the background.
            firstClass: shape[3] > 1 ? 1 : 0, scoreCurve: .linear(factor: 1, offset: 0), score: 0.5)
        head.suppression = .fuse
        return head
    }
}

extension Graph {
    fileprivate func producer(of tensor: TensorID) -> Node? { nodes.first { $0.outputs.contains(tensor) } }
}

extension Operation {
    /// Whether results have more places than what it reads: networks that say something of each pixel end so.
    fileprivate var makesFiner: Bool {
        switch self {
        case .transposeConv, .resizeBilinear, .resizeNearestNeighbor, .depthToSpace: true
        default: false
        }
    }
}
