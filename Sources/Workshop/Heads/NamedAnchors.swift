import Graph

/// Detectors that leave boxes as corrections of anchors which are not in the file.
extension HeadRecognition {
    /// What such a graph gives.
    public struct Encodings: Sendable, Equatable {
        /// Scores a box.
        public var classes: Int
        /// A level's rows, columns and anchors a place, the finest first.
        public var levels: [[Int]]
        public var boxes: Int { levels.reduce(0) { $0 + $1.reduce(1, *) } }
    }

    /// Nil where outputs are no such thing.
    public static func encodings(in graph: Graph) -> Encodings? {
        guard graph.head == nil, let picture = PictureSide(graph), let tail = HeadTail(graph), tail.leavesEncodings,
            let head = PriorFamily.candidates(tail, graph, picture).first?.head, head.count >= 2 * head.levels.count
        else { return nil }
        return Encodings(classes: head.classes, levels: head.levels.map { [$0.rows, $0.columns, $0.anchors] })
    }

    /// A detector whose anchors somebody names.
    /// - Throws: `Mismatch` where the model has no such anchors, or has its own.
    public static func find(in graph: Graph, _ plan: AnchorPlan) throws(AnchorPlan.Mismatch) -> Finding {
        if let own = find(in: graph), own.isProved {
            throw AnchorPlan.Mismatch("the model has its own (\(own.head.name)); leave it out")
        }
        guard let picture = PictureSide(graph), let tail = HeadTail(graph), tail.leavesEncodings else {
            throw AnchorPlan.Mismatch("the model does not end with encodings of boxes and scores")
        }
        var mismatch = AnchorPlan.Mismatch(
            "the model's layers are no encodings of boxes and scores, each in a layer a level")
        for candidate in PriorFamily.candidates(tail, graph, picture) {
            do throws(AnchorPlan.Mismatch) {
                var finding = try find(tail, candidate, plan, picture)
                if let selection = graph.selection { finding.head.take(selection) }
                return finding
            } catch { mismatch = error }
        }
        throw mismatch
    }

    static func find(
        _ tail: HeadTail, _ candidate: HeadCandidate, _ plan: AnchorPlan, _ picture: PictureSide
    ) throws(AnchorPlan.Mismatch) -> Finding {
        var head = candidate.head
        let strides = head.levels.map { level in
            // Who lists sizes means steps of whole pixels, the others parts of the picture.
            if case .listed = plan.sizes {
                return (
                    x: LayerLevels.stride(picture.width, places: level.columns),
                    y: LayerLevels.stride(picture.height, places: level.rows)
                )
            }
            return (x: Double(picture.width) / Double(level.columns), y: Double(picture.height) / Double(level.rows))
        }
        try head.take(plan, strides: strides, width: picture.width, height: picture.height)
        if tail.bins != nil {
            let layers = tail.arbitraryLayers
            let expected = (0..<head.count).map { SoftScores(isSoftmax: true).values(head.raw($0, layers).scores) }
            guard head.readScores(ofSoftmaxIn: tail, layers, expected) else {
                throw AnchorPlan.Mismatch("the model's softmax is not one over each box's scores")
            }
        }
        if plan.hasBackground {
            guard head.classes > 1 else {
                throw AnchorPlan.Mismatch("the model has one score a box, which is no background's: background: false")
            }
            head.leaveBackground()
        }
        return Finding(head: head, isProved: true, isDecoded: true, picture: candidate.picture)
    }
}
