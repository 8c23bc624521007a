import Graph

/// Detectors of the YOLO kind: grids of places, each with one box or a few.
enum GridFamily {
    /// What the layers may be, by their channels; the likeliest first.
    static func candidates(_ levels: LayerLevels, _ tail: HeadTail) -> [DetectorHead] {
        guard let first = levels.levels.first else { return [] }
        switch first.layers.count {
        case 1: return combined(levels, tail)
        case 2: return branches(levels, tail)
        case 3: return posed(levels, tail) + decoupled(levels)
        default: return []
        }
    }

    /// A layer of a level by its channels; of several alike the one at a position among them.
    private static func layer(
        _ level: LayerLevels.Level, _ levels: LayerLevels, channels: Int, at position: Int = 0
    ) -> TensorID? {
        let found = level.layers.filter { levels.channels[$0] == channels }
        return found.indices.contains(position) ? found[position] : nil
    }

    /// How pictures are usually made for a head of this family.
    static func picture(of head: DetectorHead) -> HeadRecognition.Picture {
        switch head.name {
        case decoupledName: HeadRecognition.Picture(mean: [0], std: [1], isBlueFirst: true, fill: 114)
        // ImageNet's, blue first.
        case nanoName:
            HeadRecognition.Picture(
                mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395], isBlueFirst: true, fill: 0)
        case picoName:
            HeadRecognition.Picture(mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], fill: 0)
        default: HeadRecognition.Picture(mean: [0], std: [255], fill: 114)
        }
    }

    private static let nanoName = "NanoDet"
    private static let picoName = "PicoDet"

    /// Numbers that a distance may be the mean of where the model does not compute it: NanoDet and PicoDet, YOLO, GFL.
    private static let depths = [8, 16, 17]

    /// Boxes and scores in a layer each: YOLOv6, v8, v9, v10, 11, 26, PicoDet.
    private static func branches(_ levels: LayerLevels, _ tail: HeadTail) -> [DetectorHead] {
        let kinds = levels.levels[0].layers.map { levels.channels[$0] ?? 0 }
        let depths = tail.bins.map { [$0] } ?? [1] + depths
        let orders = depths.flatMap { bins in [(bins, 0, 1), (bins, 1, 0)] }
        return orders.compactMap { bins, boxAt, scoreAt -> DetectorHead? in
            guard kinds[boxAt] == 4 * bins else { return nil }
            let classes = kinds[scoreAt]
            let made = levels.levels.compactMap { level -> DetectorHead.Level? in
                let isSame = kinds[0] == kinds[1]
                guard let boxes = layer(level, levels, channels: kinds[boxAt], at: isSame ? boxAt : 0),
                    let scores = layer(level, levels, channels: classes, at: isSame ? scoreAt : 0)
                else { return nil }
                return DetectorHead.Level(
                    rows: level.rows, columns: level.columns, strideX: level.strideX, strideY: level.strideY,
                    priors: [prior(level, offset: 0.5)], boxes: DetectorHead.Field(boxes, placeStep: 4 * bins),
                    scores: DetectorHead.Field(scores, placeStep: classes))
            }
            guard made.count == levels.levels.count else { return nil }
            return DetectorHead(
                name: bins == 1 ? distancesName : bins == 8 ? picoName : distributionsName,
                coder: .distances(bins: bins), levels: made, classes: classes)
        }
    }

    /// Key points in a layer of their own, beside boxes by distances and scores: YOLOv8 and 11 for poses.
    private static func posed(_ levels: LayerLevels, _ tail: HeadTail) -> [DetectorHead] {
        let kinds = levels.levels[0].layers.map { levels.channels[$0] ?? 0 }
        let bins = tail.bins ?? 1
        guard Set(kinds).count == 3, let boxAt = kinds.firstIndex(of: 4 * bins) else { return [] }
        let others = kinds.indices.filter { $0 != boxAt }
        return [(others[0], others[1]), (others[1], others[0])].flatMap { scoreAt, pointAt in
            [1, 0].compactMap { gap -> DetectorHead? in
                let points = kinds[pointAt] / (2 + gap)
                guard kinds[pointAt] == points * (2 + gap), (1...64).contains(points) else { return nil }
                let made = levels.levels.compactMap { level -> DetectorHead.Level? in
                    guard let boxes = layer(level, levels, channels: kinds[boxAt]),
                        let scores = layer(level, levels, channels: kinds[scoreAt]),
                        let field = layer(level, levels, channels: kinds[pointAt])
                    else { return nil }
                    return DetectorHead.Level(
                        rows: level.rows, columns: level.columns, strideX: level.strideX, strideY: level.strideY,
                        priors: [prior(level, offset: 0.5)], boxes: DetectorHead.Field(boxes, placeStep: 4 * bins),
                        scores: DetectorHead.Field(scores, placeStep: kinds[scoreAt]),
                        points: DetectorHead.Field(field, placeStep: kinds[pointAt]))
                }
                guard made.count == levels.levels.count else { return nil }
                // Points count from a place's corner, in strides, and twice as far as the number says.
                var head = DetectorHead(
                    name: "YOLO for poses (v8, 11)", coder: .distances(bins: bins), levels: made,
                    classes: kinds[scoreAt], points: points, pointCurve: .linear(factor: 2, offset: -0.5))
                head.pointGap = gap
                return head
            }
        }
    }

    private static let distancesName = "YOLO with distances (v6, 26)"
    private static let distributionsName = "YOLO with distributions (v8, v9, 11)"
    private static let decoupledName = "YOLOX"

    /// Boxes, objectness and scores in a layer each: YOLOX.
    private static func decoupled(_ levels: LayerLevels) -> [DetectorHead] {
        let kinds = levels.levels[0].layers.map { levels.channels[$0] ?? 0 }
        guard let boxAt = kinds.firstIndex(of: 4), let objectAt = kinds.firstIndex(of: 1),
            let scoreAt = kinds.indices.first(where: { $0 != boxAt && $0 != objectAt })
        else { return [] }
        let orders = kinds[scoreAt] == 1 ? [(objectAt, scoreAt), (scoreAt, objectAt)] : [(objectAt, scoreAt)]
        return orders.compactMap { objectAt, scoreAt in
            let made = levels.levels.compactMap { level -> DetectorHead.Level? in
                let isSame = kinds[scoreAt] == 1
                guard let boxes = layer(level, levels, channels: 4),
                    let object = layer(level, levels, channels: 1, at: isSame && objectAt > scoreAt ? 1 : 0),
                    let scores = layer(
                        level, levels, channels: kinds[scoreAt], at: isSame && scoreAt > objectAt ? 1 : 0)
                else { return nil }
                return DetectorHead.Level(
                    rows: level.rows, columns: level.columns, strideX: level.strideX, strideY: level.strideY,
                    priors: [prior(level, offset: 0)], boxes: DetectorHead.Field(boxes, placeStep: 4),
                    scores: DetectorHead.Field(scores, placeStep: kinds[scoreAt]),
                    objectness: DetectorHead.Field(object, placeStep: 1))
            }
            guard made.count == levels.levels.count else { return nil }
            return DetectorHead(
                name: decoupledName,
                coder: .centre(
                    position: .linear(factor: 1, offset: 0), size: .exponential(factor: 1), isVerticalFirst: false),
                levels: made, classes: kinds[scoreAt])
        }
    }

    /// All of an anchor's numbers in one layer: YOLOv3, v4, v5, v7 with anchors; NanoDet, whose distances stand behind the scores.
    private static func combined(_ levels: LayerLevels, _ tail: HeadTail) -> [DetectorHead] {
        let channels = levels.channels[levels.levels[0].layers[0]] ?? 0
        var heads: [DetectorHead] = []
        for anchors in [3, 1, 2, 4, 5, 6, 9] where channels % anchors == 0 && channels / anchors > 5 {
            let values = channels / anchors
            let made = levels.levels.map { level in
                let layer = level.layers[0]
                func field(_ first: Int) -> DetectorHead.Field {
                    DetectorHead.Field(layer, first: first, placeStep: channels, anchorStep: values)
                }
                // The anchors' sizes are asked of the model's own decoding.
                return DetectorHead.Level(
                    rows: level.rows, columns: level.columns, strideX: level.strideX, strideY: level.strideY,
                    priors: [DetectorHead.Prior](repeating: prior(level, offset: 0.5), count: anchors),
                    boxes: field(0), scores: field(5), objectness: field(4))
            }
            let five = DetectorHead(
                name: "YOLO with anchors (v5, v7)",
                coder: .centre(
                    position: .sigmoid(factor: 2, offset: -1), size: .squaredSigmoid(factor: 4), isVerticalFirst: false),
                levels: made, classes: values - 5)
            var three = five
            three.name = "YOLO with anchors (v3, v4)"
            three.coder = .centre(
                position: .sigmoid(factor: 1, offset: -0.5), size: .exponential(factor: 1), isVerticalFirst: false)
            heads += [five, three]
        }
        for bins in depths where channels > 4 * bins {
            let classes = channels - 4 * bins
            let made = levels.levels.map { level in
                let layer = level.layers[0]
                return DetectorHead.Level(
                    rows: level.rows, columns: level.columns, strideX: level.strideX, strideY: level.strideY,
                    priors: [prior(level, offset: 0)],
                    boxes: DetectorHead.Field(layer, first: classes, placeStep: channels),
                    scores: DetectorHead.Field(layer, placeStep: channels))
            }
            heads.append(
                DetectorHead(name: nanoName, coder: .distances(bins: bins), levels: made, classes: classes))
        }
        return heads
    }

    private static func prior(_ level: LayerLevels.Level, offset: Double) -> DetectorHead.Prior {
        DetectorHead.Prior(
            x: offset * level.strideX, y: offset * level.strideY, width: level.strideX, height: level.strideY)
    }
}
