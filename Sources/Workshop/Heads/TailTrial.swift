import Graph

/// Layers of chosen numbers, and what the operations behind them make of these: a row a box.
struct TailTrial {
    let layers: [TensorID: [Float]]
    let rows: [[Float]]

    /// Nil where results are no rows of the head's boxes.
    /// - Parameter boxesLast: which dimension is tried first, where there are as many boxes as numbers of each.
    init?(_ tail: HeadTail, _ head: DetectorHead, _ layers: [TensorID: [Float]], boxesLast: Bool) {
        var rows = [[Float]](repeating: [], count: head.count)
        for (id, values) in zip(tail.graph.outputs, tail.run(tail.layers.map { layers[$0] ?? [] })) {
            let shape = Array(tail.graph[id].shape.drop { $0 == 1 })
            guard let found = Self.part(of: head, shape, boxesLast: boxesLast) else { return nil }
            let count = found.boxes.count
            let width = values.count / count
            for (row, box) in found.boxes.enumerated() {
                rows[box] +=
                    found.isLast
                    ? (0..<width).map { values[$0 * count + row] } : Array(values[row * width..<(row + 1) * width])
            }
        }
        self.layers = layers
        self.rows = rows
    }

    /// Which boxes an output of a shape is of, all or a level's, and whether they are its last dimensions or its first.
    private static func part(
        of head: DetectorHead, _ shape: [Int], boxesLast: Bool
    ) -> (boxes: Range<Int>, isLast: Bool)? {
        var parts = [0..<head.count]
        if head.levels.allSatisfy({ $0.anchors == 1 }) {
            for level in head.levels {
                let first = parts.count == 1 ? 0 : parts[parts.count - 1].upperBound
                parts.append(first..<first + level.places)
            }
        }
        let sides = [boxesLast, !boxesLast]
        func extents(_ count: Int, _ isLast: Bool) -> [Int] {
            Array(isLast ? shape.suffix(count) : shape.prefix(count))
        }
        // A level's own rows and columns before products: four numbers of each of its places are as many as the finer level's places.
        for (level, boxes) in zip(head.levels, parts.dropFirst()) where level.places > 1 {
            for isLast in sides where extents(2, isLast) == [level.rows, level.columns] { return (boxes, isLast) }
        }
        for isLast in sides {
            let counts = (0...shape.count).map { extents($0, isLast).reduce(1, *) }
            if let boxes = parts.first(where: { counts.contains($0.count) }) { return (boxes, isLast) }
        }
        return nil
    }
}

extension HeadTail {
    /// Numbers for all layers, the same at every call.
    var arbitraryLayers: [TensorID: [Float]] {
        var seed: UInt64 = 0x9e37_79b9_7f4a_7c15
        return filled { _ in
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int64(bitPattern: seed) >> 40) / Float(1 << 22)
        }
    }

    func filled(_ value: (TensorID) -> Float) -> [TensorID: [Float]] {
        var found: [TensorID: [Float]] = [:]
        for id in layers { found[id] = (0..<graph[id].elementCount).map { _ in value(id) } }
        return found
    }
}

/// The layers' numbers of one box.
struct RawBox {
    let box: [Double]
    let scores: [Double]
    let objectness: Double?
    let points: [Double]
}

extension DetectorHead {
    /// Raw numbers of a box.
    public var boxValues: Int {
        switch coder {
        case .centre: 4
        case .distances(let bins): 4 * bins
        case .cells: 0
        }
    }

    func raw(_ box: Int, _ layers: [TensorID: [Float]]) -> RawBox {
        var index = box
        for level in levels {
            let count = level.places * level.anchors
            guard index >= count else {
                let (place, anchor) = (index / level.anchors, index % level.anchors)
                func values(_ field: Field, _ count: Int) -> [Double] {
                    (0..<count).map {
                        Double(layers[field.tensor]?[field.element($0, place: place, anchor: anchor)] ?? 0)
                    }
                }
                return RawBox(
                    box: values(level.boxes, boxValues), scores: values(level.scores, classes),
                    objectness: level.objectness.map { values($0, 1)[0] },
                    points: level.points.map { values($0, points * (2 + pointGap)) } ?? [])
            }
            index -= count
        }
        preconditionFailure("there is no box \(box)")
    }
}
