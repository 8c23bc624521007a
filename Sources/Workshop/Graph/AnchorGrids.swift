extension DetectorHead.Level {
    /// Levels of boxes that have a prior each: grids where priors repeat from place to place, else lists.
    /// - Parameters:
    ///   - priors: one a box, a place's together, places row by row.
    ///   - boxes, scores: of box 0; `placeStep` is from box to box.
    public static func levels(
        of priors: [DetectorHead.Prior], boxes: DetectorHead.Field, scores: DetectorHead.Field
    ) -> [Self] {
        guard !priors.isEmpty else { return [] }
        var levels: [Self] = []
        var start = 0
        while start < priors.count {
            // As many as a bundle has room for.
            guard levels.count < 8 else { return lists(priors, boxes: boxes, scores: scores) }
            let grid = AnchorGrid(priors, from: start)
            levels.append(
                Self(
                    rows: grid.rows, columns: grid.columns, strideX: grid.strideX, strideY: grid.strideY,
                    priors: Array(priors[start..<start + grid.anchors]),
                    boxes: boxes.moved(by: start, anchors: grid.anchors),
                    scores: scores.moved(by: start, anchors: grid.anchors)))
            start += grid.rows * grid.columns * grid.anchors
        }
        return levels
    }

    /// A level that has a prior a box, with those of one place alone, if they repeat from place to place.
    public var gridded: Self {
        guard strideX == 0 else { return self }
        let anchors = anchors
        var level = self
        level.strideX = columns > 1 ? priors[anchors].x - priors[0].x : 1
        level.strideY = rows > 1 ? priors[columns * anchors].y - priors[0].y : 1
        level.priors = Array(priors[..<anchors])
        guard level.strideX > 0, level.strideY > 0 else { return self }
        let repeats = (0..<places).allSatisfy { place in
            (0..<anchors).allSatisfy { anchor in
                level.prior(place: place, anchor: anchor).isNear(prior(place: place, anchor: anchor))
            }
        }
        return repeats ? level : self
    }

    /// Every prior by itself.
    private static func lists(
        _ priors: [DetectorHead.Prior], boxes: DetectorHead.Field, scores: DetectorHead.Field
    ) -> [Self] {
        // No level has more rows than a picture.
        let columns = 256
        let whole = priors.count / columns * columns
        return [(0..<whole, columns), (whole..<priors.count, priors.count - whole)].compactMap { range, columns in
            guard !range.isEmpty else { return nil }
            return Self(
                rows: range.count / columns, columns: columns, strideX: 0, strideY: 0, priors: Array(priors[range]),
                boxes: boxes.moved(by: range.lowerBound, anchors: 1),
                scores: scores.moved(by: range.lowerBound, anchors: 1))
        }
    }
}

/// The longest grid that priors begin with.
private struct AnchorGrid {
    var rows = 1
    var columns = 1
    var anchors = 1
    /// 1 where there is but one place.
    var strideX = 1.0
    var strideY = 1.0

    init(_ priors: [DetectorHead.Prior], from start: Int) {
        let first = priors[start]
        func isSame(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1 / 64 }
        while start + anchors < priors.count, isSame(priors[start + anchors].x, first.x),
            isSame(priors[start + anchors].y, first.y)
        { anchors += 1 }
        let anchors = anchors
        /// Whether the place whose first prior has an index is the first place moved so far.
        func isPlace(_ index: Int, _ x: Double, _ y: Double) -> Bool {
            guard index + anchors <= priors.count else { return false }
            return (0..<anchors).allSatisfy { anchor in
                let (here, there) = (priors[start + anchor], priors[index + anchor])
                return isSame(here.x + x, there.x) && isSame(here.y + y, there.y) && isSame(here.width, there.width)
                    && isSame(here.height, there.height) && isSame(here.unitX, there.unitX)
                    && isSame(here.unitY, there.unitY)
            }
        }
        if start + anchors < priors.count, priors[start + anchors].x - first.x > 1 {
            let step = priors[start + anchors].x - first.x
            while isPlace(start + columns * anchors, Double(columns) * step, 0) { columns += 1 }
            if columns > 1 { strideX = step }
        }
        let row = columns * anchors
        if start + row < priors.count, priors[start + row].y - first.y > 1 {
            let (across, step) = (strideX, priors[start + row].y - first.y)
            let columns = columns
            while (0..<columns).allSatisfy({
                isPlace(start + rows * row + $0 * anchors, Double($0) * across, Double(rows) * step)
            }) { rows += 1 }
            if rows > 1 { strideY = step }
        }
    }
}

extension DetectorHead.Prior {
    fileprivate func isNear(_ other: Self) -> Bool {
        let numbers = [\Self.x, \.y, \.unitX, \.unitY, \.width, \.height]
        return numbers.allSatisfy { abs(self[keyPath: $0] - other[keyPath: $0]) < 1 / 64 }
    }
}

extension DetectorHead.Field {
    /// The same of boxes from one on, so many a place.
    fileprivate func moved(by boxes: Int, anchors: Int) -> Self {
        Self(
            tensor, first: first + boxes * placeStep, placeStep: anchors * placeStep, anchorStep: placeStep, step: step)
    }
}
