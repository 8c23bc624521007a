import Graph

/// Networks that leave distributions of distances to whoever reads them.
extension DetectorGraph {
    /// Scores, after their sigmoid, and distributions of 8 numbers in one row a box, of a layer a level: NanoDet-Plus.
    /// - Parameter hasSigmoid: false where scores are left as they are, too.
    static func nano(side: Int, classes: Int, hasSigmoid: Bool = true) -> Graph {
        var made = DetectorGraph(side: side)
        let levels = [8, 16, 32, 64].map { stride -> TensorID in
            let layer = made.planes(made.layer(stride: stride, channels: classes + 32))
            guard hasSigmoid else { return layer }
            let scores = made.unary(.logistic, made.rows(layer, 0..<classes))
            return made.concatenate([scores, made.rows(layer, classes..<classes + 32)], axis: 1)
        }
        let all = made.concatenate(levels, axis: 2)
        let shape = made.graph[all].shape
        made.graph.outputs = [made.add(.transpose(permutation: [0, 2, 1]), [all], [1, shape[2], shape[1]])]
        return made.graph
    }

    /// Outputs a level: scores of all, then distributions of all: PicoDet, and YOLOv8 as it is made ready for accelerators.
    static func perLevel(side: Int, classes: Int, bins: Int, strides: [Int]) -> Graph {
        var made = DetectorGraph(side: side)
        var (scores, boxes): ([TensorID], [TensorID]) = ([], [])
        for stride in strides {
            for (channels, isScore) in [(classes, true), (4 * bins, false)] {
                let layer = made.layer(stride: stride, channels: channels)
                let places = made.graph[layer].shape[1] * made.graph[layer].shape[2]
                let rows = made.add(.reshape, [layer], [1, places, channels])
                if isScore { scores.append(made.unary(.logistic, rows)) } else { boxes.append(rows) }
            }
        }
        made.graph.outputs = scores + boxes
        return made.graph
    }
}
