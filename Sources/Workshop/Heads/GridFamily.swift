import Graph

/// Detectors of the YOLO kind: grids of places, each with one box or a few.
enum GridFamily {
    /// What the layers may be, by their channels; the likeliest first.
    static func candidates(_ levels: LayerLevels, _ tail: HeadTail) -> [HeadCandidate] {
        guard let first = levels.levels.first else { return [] }
        let kinds = first.layers.map { levels.channels[$0] ?? 0 }
        switch kinds.count {
        case 1: return combined(levels, kinds[0])
        case 2: return branches(levels, kinds, tail)
        case 3:
            // Undecoded, 51 numbers beside a score are COCO's 17 key points rather than so many classes; others are classes.
            let (poses, others) = (posed(levels, kinds, tail), decoupled(levels, kinds))
            return kinds.contains(51) ? poses + others : others + poses
        default: return []
        }
    }

    /// Numbers that a distance may be the mean of where the model does not compute it: NanoDet and PicoDet, YOLO, GFL.
    private static let depths = [8, 16, 17]

    // ImageNet's.
    private static let nano = HeadRecognition.Picture(
        mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395], isBlueFirst: true, fill: 0)
    private static let pico = HeadRecognition.Picture(
        mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], fill: 0)
    private static let yolox = HeadRecognition.Picture(mean: [0], std: [1], isBlueFirst: true, fill: 114)

    /// What a level's numbers are, by the positions of its layers among those of the first level.
    private struct Roles {
        var boxes: Int
        var scores: Int
        var objectness: Int?
        var points: Int?
        /// Of priors, in strides.
        var offset: Double
    }

    /// Levels that have a box a place and a layer for each of its parts.
    private static func made(_ levels: LayerLevels, _ kinds: [Int], _ roles: Roles) -> [DetectorHead.Level]? {
        let made = levels.levels.compactMap { level -> DetectorHead.Level? in
            /// Of several layers with as many channels the one in the same place among them.
            func field(_ position: Int) -> DetectorHead.Field? {
                let among = kinds[..<position].count { $0 == kinds[position] }
                let alike = level.layers.filter { levels.channels[$0] == kinds[position] }
                return alike.indices.contains(among) ? .init(alike[among], placeStep: kinds[position]) : nil
            }
            guard let boxes = field(roles.boxes), let scores = field(roles.scores) else { return nil }
            return DetectorHead.Level(
                rows: level.rows, columns: level.columns, strideX: level.strideX, strideY: level.strideY,
                priors: [prior(level, offset: roles.offset)], boxes: boxes, scores: scores,
                objectness: roles.objectness.flatMap(field), points: roles.points.flatMap(field))
        }
        return made.count == levels.levels.count ? made : nil
    }

    private static func prior(_ level: LayerLevels.Level, offset: Double) -> DetectorHead.Prior {
        DetectorHead.Prior(
            x: offset * level.strideX, y: offset * level.strideY, width: level.strideX, height: level.strideY)
    }

    /// Boxes and scores in a layer each: YOLOv6, v8, v9, v10, 11, 26, PicoDet.
    private static func branches(_ levels: LayerLevels, _ kinds: [Int], _ tail: HeadTail) -> [HeadCandidate] {
        let depths = tail.bins.map { [$0] } ?? [1] + depths
        let orders = depths.flatMap { bins in [(bins, 0, 1), (bins, 1, 0)] }
        return orders.compactMap { bins, boxAt, scoreAt in
            guard kinds[boxAt] == 4 * bins,
                let made = made(levels, kinds, Roles(boxes: boxAt, scores: scoreAt, offset: 0.5))
            else { return nil }
            let name =
                bins == 1
                ? "YOLO with distances (v6, 26)" : bins == 8 ? "PicoDet" : "YOLO with distributions (v8, v9, 11)"
            let head = DetectorHead(name: name, coder: .distances(bins: bins), levels: made, classes: kinds[scoreAt])
            return bins == 8 ? HeadCandidate(head: head, picture: pico) : HeadCandidate(head: head)
        }
    }

    /// Key points in a layer of their own, beside boxes by distances and scores: YOLOv8 and 11 for poses.
    private static func posed(_ levels: LayerLevels, _ kinds: [Int], _ tail: HeadTail) -> [HeadCandidate] {
        let bins = tail.bins ?? 1
        guard Set(kinds).count == 3, let boxAt = kinds.firstIndex(of: 4 * bins) else { return [] }
        let others = kinds.indices.filter { $0 != boxAt }
        return [(others[0], others[1]), (others[1], others[0])].flatMap { scoreAt, pointAt in
            [1, 0].compactMap { gap -> HeadCandidate? in
                let points = kinds[pointAt] / (2 + gap)
                let roles = Roles(boxes: boxAt, scores: scoreAt, points: pointAt, offset: 0.5)
                guard kinds[pointAt] == points * (2 + gap), (1...64).contains(points),
                    let made = made(levels, kinds, roles)
                else { return nil }
                // Points count from a place's corner, in strides, and twice as far as the number says.
                var head = DetectorHead(
                    name: "YOLO for poses (v8, 11)", coder: .distances(bins: bins), levels: made,
                    classes: kinds[scoreAt], points: points, pointCurve: .linear(factor: 2, offset: -0.5))
                head.pointGap = gap
                return HeadCandidate(head: head)
            }
        }
    }

    /// Boxes, objectness and scores in a layer each: YOLOX.
    private static func decoupled(_ levels: LayerLevels, _ kinds: [Int]) -> [HeadCandidate] {
        guard let boxAt = kinds.firstIndex(of: 4), let objectAt = kinds.firstIndex(of: 1),
            let scoreAt = kinds.indices.first(where: { $0 != boxAt && $0 != objectAt })
        else { return [] }
        let orders = kinds[scoreAt] == 1 ? [(objectAt, scoreAt), (scoreAt, objectAt)] : [(objectAt, scoreAt)]
        return orders.compactMap { objectAt, scoreAt in
            let roles = Roles(boxes: boxAt, scores: scoreAt, objectness: objectAt, offset: 0)
            return made(levels, kinds, roles).map { made in
                HeadCandidate(
                    head: DetectorHead(
                        name: "YOLOX",
                        coder: .centre(
                            position: .linear(factor: 1, offset: 0), size: .exponential(factor: 1),
                            isVerticalFirst: false),
                        levels: made, classes: kinds[scoreAt]),
                    picture: yolox)
            }
        }
    }

    /// All of an anchor's numbers in one layer: YOLOv3, v4, v5, v7 with anchors; NanoDet, whose distances stand behind the scores.
    private static func combined(_ levels: LayerLevels, _ channels: Int) -> [HeadCandidate] {
        var found: [HeadCandidate] = []
        /// - Parameters: where an anchor's numbers begin in it.
        func made(
            anchors: Int, offset: Double, boxes: Int, scores: Int, objectness: Int? = nil
        ) -> [DetectorHead.Level] {
            levels.levels.map { level in
                func field(_ first: Int) -> DetectorHead.Field {
                    .init(level.layers[0], first: first, placeStep: channels, anchorStep: channels / anchors)
                }
                return DetectorHead.Level(
                    rows: level.rows, columns: level.columns, strideX: level.strideX, strideY: level.strideY,
                    priors: .init(repeating: prior(level, offset: offset), count: anchors), boxes: field(boxes),
                    scores: field(scores), objectness: objectness.map(field))
            }
        }
        for anchors in [3, 1, 2, 4, 5, 6, 9] where channels % anchors == 0 && channels / anchors > 5 {
            // The anchors' sizes are asked of the model's own decoding.
            let five = DetectorHead(
                name: "YOLO with anchors (v5, v7)",
                coder: .centre(
                    position: .sigmoid(factor: 2, offset: -1), size: .squaredSigmoid(factor: 4), isVerticalFirst: false),
                levels: made(anchors: anchors, offset: 0.5, boxes: 0, scores: 5, objectness: 4),
                classes: channels / anchors - 5)
            var three = five
            three.name = "YOLO with anchors (v3, v4)"
            three.coder = .centre(
                position: .sigmoid(factor: 1, offset: -0.5), size: .exponential(factor: 1), isVerticalFirst: false)
            found += [HeadCandidate(head: five), HeadCandidate(head: three)]
        }
        for bins in depths where channels > 4 * bins {
            let classes = channels - 4 * bins
            found.append(
                HeadCandidate(
                    head: DetectorHead(
                        name: "NanoDet", coder: .distances(bins: bins),
                        levels: made(anchors: 1, offset: 0, boxes: classes, scores: 0), classes: classes),
                    picture: nano))
        }
        return found
    }
}
