import Graph

/// Detectors whose boxes correct a list of anchors, one row each: SSD, and MediaPipe's faces and palms.
enum AnchorFamily {
    static func find(in graph: Graph, _ picture: PictureSide) -> HeadRecognition.Finding? {
        let rows = graph.outputs.filter { graph[$0].shape.count == 3 && graph[$0].shape[0] == 1 }
        guard rows.count == 2, graph.outputs.count == 2 else { return nil }
        let (a, b) = (graph[rows[0]].shape, graph[rows[1]].shape)
        guard a[1] == b[1] else { return nil }
        let (boxes, scores) = a[2] == 1 ? (rows[1], rows[0]) : (rows[0], rows[1])
        guard graph[scores].shape[2] == 1 else { return nil }
        for detector in known {
            guard let head = detector.head(graph, boxes: boxes, scores: scores, picture) else { continue }
            return HeadRecognition.Finding(
                head: head, isProved: false, isDecoded: false,
                picture: HeadRecognition.Picture(
                    mean: [detector.mean], std: [detector.mean == 0 ? 255 : 127.5], fill: 0))
        }
        return nil
    }

    /// Anchors of MediaPipe's published graphs (Apache-2.0): squares as large as the picture, several a place.
    private static let known = [
        Known(name: "BlazeFace, short range", side: 128, values: 16, strides: [(8, 2), (16, 6)], mean: 127.5),
        Known(name: "BlazeFace, full range", side: 192, values: 16, strides: [(4, 1)], mean: 127.5),
        Known(name: "palm detection", side: 192, values: 18, strides: [(8, 2), (16, 6)], mean: 0),
        Known(name: "pose detection", side: 224, values: 12, strides: [(8, 2), (16, 2), (32, 6)], mean: 127.5),
    ]
}

private struct Known {
    let name: String
    /// Of the picture, and of every anchor.
    let side: Int
    /// Of one box, its key points among them.
    let values: Int
    /// Pixels between places, and anchors a place.
    let strides: [(pixels: Int, anchors: Int)]
    /// Of pixels: 0, or 127.5 of such that go from -1 to 1.
    let mean: Double

    func head(_ graph: Graph, boxes: TensorID, scores: TensorID, _ picture: PictureSide) -> DetectorHead? {
        let count = strides.reduce(0) { $0 + (side / $1.pixels) * (side / $1.pixels) * $1.anchors }
        guard picture.width == side, picture.height == side, graph[boxes].shape == [1, count, values] else {
            return nil
        }
        var row = 0
        let levels = strides.map { stride in
            let places = side / stride.pixels
            let middle = Double(stride.pixels) / 2
            let size = Double(side)
            func field(_ tensor: TensorID, _ values: Int, first: Int = 0) -> DetectorHead.Field {
                DetectorHead.Field(
                    tensor, first: row * values + first, placeStep: stride.anchors * values, anchorStep: values)
            }
            let level = DetectorHead.Level(
                rows: places, columns: places, strideX: Double(stride.pixels), strideY: Double(stride.pixels),
                priors: [DetectorHead.Prior](
                    repeating: DetectorHead.Prior(x: middle, y: middle, width: size, height: size),
                    count: stride.anchors),
                boxes: field(boxes, values), scores: field(scores, 1), points: field(boxes, values, first: 4))
            row += places * places * stride.anchors
            return level
        }
        let curve = DetectorHead.Curve.linear(factor: 1 / Double(side), offset: 0)
        return DetectorHead(
            name: name, coder: .centre(position: curve, size: curve, isVerticalFirst: false), levels: levels,
            classes: 1,
            points: (values - 4) / 2, pointCurve: curve, score: 0.5, overlap: 0.3)
    }
}
