import Graph

/// Detectors whose layers correct boxes of several shapes a place, each level with as many as it likes: SSD, RetinaNet, EfficientDet,
/// RetinaFace.
enum PriorFamily {
    /// What the layers of a level may be: four numbers a prior in one, in another as many scores a prior on every level, and perhaps key
    /// points in a third. Priors are yet to be learned: there is one a box, of no extent.
    static func candidates(_ tail: HeadTail, _ graph: Graph, _ picture: PictureSide) -> [HeadCandidate] {
        guard let levels = LayerLevels(tail, graph, picture, alike: false)?.levels else { return [] }
        let orders: [[Int]]
        switch levels[0].layers.count {
        case 2: orders = [[0, 1], [1, 0]]
        case 3: orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        default: return []
        }
        return orders.compactMap { order in
            let depths = levels.map { level in order.map { graph[level.layers[$0]].shape[3] } }
            guard depths.allSatisfy({ $0[0] % 4 == 0 }) else { return nil }
            /// Numbers a prior, where they are as many on every level.
            func each(_ role: Int) -> Int? {
                let numbers = Set(depths.map { $0[role] % ($0[0] / 4) == 0 ? $0[role] / ($0[0] / 4) : 0 })
                return numbers.count == 1 ? numbers.first : nil
            }
            guard let classes = each(1), (1...4096).contains(classes), tail.bins.map({ $0 == classes }) ?? true else {
                return nil
            }
            let points = order.count == 3 ? each(2) ?? 1 : 0
            guard points % 2 == 0, points <= 128, order.count == 2 || points > 0 else { return nil }
            let made = zip(levels, depths).map { level, depths in
                let anchors = depths[0] / 4
                func field(_ role: Int) -> DetectorHead.Field {
                    .init(
                        level.layers[order[role]], placeStep: depths[role], anchorStep: depths[role] / anchors)
                }
                return DetectorHead.Level(
                    rows: level.rows, columns: level.columns, strideX: 0, strideY: 0,
                    priors: .init(
                        repeating: .init(x: 0, y: 0, width: 0, height: 0), count: level.rows * level.columns * anchors),
                    boxes: field(0), scores: field(1), points: points > 0 ? field(2) : nil)
            }
            return HeadCandidate(
                head: DetectorHead(
                    name: points > 0 ? "RetinaFace" : "SSD",
                    coder: .centre(
                        position: .linear(factor: 1, offset: 0), size: .exponential(factor: 1), isVerticalFirst: false),
                    levels: made, classes: classes, points: points / 2),
                picture: HeadRecognition.Picture(mean: [127.5], std: [127.5], fill: 128))
        }
    }

    /// RetinaFace as it is published (J. Deng et al., arXiv:1905.00641): three levels of two squares, a softmax of two, five key points.
    static let faces = AnchorPlan(
        sizes: .listed([16, 32, 64, 128, 256, 512].map { AnchorPlan.Extent(width: $0, height: $0) }),
        isVerticalFirst: false, positionFactor: 10, sizeFactor: 5, hasBackground: true)

    /// ImageNet's means of channels, blue first.
    static let facePicture = HeadRecognition.Picture(
        mean: [104, 117, 123], std: [1, 1, 1], isBlueFirst: true, fill: 0)

    static func isFaces(_ head: DetectorHead) -> Bool {
        head.points == 5 && head.classes == 2 && head.levels.map(\.anchors) == [2, 2, 2]
    }
}

extension DetectorHead {
    /// Leaves the first score of each box, the background's, unread.
    mutating func leaveBackground() {
        for index in levels.indices { levels[index].scores.first += levels[index].scores.step }
        classes -= 1
    }
}
