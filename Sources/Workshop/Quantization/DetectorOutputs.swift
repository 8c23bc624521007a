import Graph

extension Graph {
    /// Outputs that hold one score for each of many anchors, as logits, beside the anchors' boxes (SSD, BlazeFace).
    var detectorScores: [TensorID] {
        let fixed = Set(nodes.filter { $0.operation.fixedQuantization != nil }.flatMap(\.outputs))
        return outputs.filter { id in
            let shape = tensors[id].shape
            return shape.count == 3 && shape[1] > 1 && shape[2] == 1 && !fixed.contains(id)
                && outputs.contains {
                    let other = tensors[$0].shape
                    return other.count == 3 && other[1] == shape[1] && other[2] >= 4
                }
        }
    }

    /// Outputs that hold the boxes of a detector's anchors, and that which holds the anchors' scores.
    var detectorBoxes: [TensorID: TensorID] {
        let scores = detectorScores
        var found: [TensorID: TensorID] = [:]
        for id in outputs where tensors[id].shape.count == 3 && tensors[id].shape[2] >= 4 {
            found[id] = scores.first { tensors[$0].shape[1] == tensors[id].shape[1] }
        }
        return found
    }
}
