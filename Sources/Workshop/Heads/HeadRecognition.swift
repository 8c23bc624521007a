import Foundation
import Graph

/// Finds out what detector a graph is: by the shapes of its last layers, and where operations behind them make boxes, by those: what is
/// believed of them is held against what they give for arbitrary numbers.
public enum HeadRecognition {
    /// A head whose tensors are those of the graph.
    public struct Finding: Sendable {
        public var head: DetectorHead
        /// Whether the model's file says so, or the model decodes boxes and was found to give the same; else it is taken for what its shapes say.
        public var isProved: Bool
        /// Whether outputs are other numbers than the head reads.
        public var isDecoded: Bool
        public var picture: Picture
    }

    /// How such a detector's pictures are usually made, where nobody says otherwise.
    public struct Picture: Sendable, Equatable {
        /// What a pixel means: (value - mean) / std, of all channels or of each.
        public var mean: [Double]
        public var std: [Double]
        public var isBlueFirst = false
        /// Of the bars beside a picture of another shape.
        public var fill: UInt8
    }

    /// - Parameter graph: valid, of either level.
    /// - Returns: nil: no detector that is known.
    public static func find(in graph: Graph) -> Finding? {
        guard let picture = PictureSide(graph) else { return nil }
        if let head = graph.head {
            // What TensorFlow's detectors are trained on: -1 to 1, and grey bars.
            return Finding(
                head: head, isProved: true, isDecoded: true, picture: Picture(mean: [127.5], std: [127.5], fill: 128))
        }
        guard
            var finding = AnchorFamily.find(in: graph, picture) ?? find(behindLayersOf: graph, picture)
                ?? CellFamily.find(in: graph, picture)
        else { return nil }
        if let selection = graph.selection { finding.head.take(selection) }
        return finding
    }

    private static func find(behindLayersOf graph: Graph, _ picture: PictureSide) -> Finding? {
        guard let tail = HeadTail(graph) else { return nil }
        let corrected = PriorFamily.candidates(tail, graph, picture)
        for candidate in corrected where candidate.head.points == 0 {
            if let finding = PriorProof(tail, candidate, picture).finding { return finding }
        }
        if tail.leavesEncodings, let faces = corrected.first(where: { PriorFamily.isFaces($0.head) }),
            var finding = try? find(tail, faces, PriorFamily.faces, picture)
        {
            (finding.isProved, finding.picture) = (false, PriorFamily.facePicture)
            return finding
        }
        guard let levels = LayerLevels(tail, graph, picture) else { return nil }
        for candidate in GridFamily.candidates(levels, tail) {
            if let finding = HeadProof(tail, candidate, picture).finding { return finding }
        }
        return nil
    }

    /// A graph whose user says that an output has scores of cells, [1, rows, columns, classes].
    /// - Parameter areLogits: whether sigmoids of the output's numbers are scores, not these themselves.
    /// - Returns: nil: that output cannot be such.
    public static func cells(in graph: Graph, output: Int, areLogits: Bool) -> Finding? {
        PictureSide(graph).flatMap { CellFamily.find(in: graph, output: output, areLogits: areLogits, $0) }
    }
}

/// The sides of a graph's picture input, in pixels.
struct PictureSide {
    let width: Int
    let height: Int

    init?(_ graph: Graph) {
        guard let input = graph.inputs.first, graph[input].shape.count == 4, [1, 3].contains(graph[input].shape[3])
        else { return nil }
        (height, width) = (graph[input].shape[1], graph[input].shape[2])
    }
}

/// A detector's last layers by the grid that they are computed on, the finest first.
struct LayerLevels {
    struct Level {
        let rows: Int
        let columns: Int
        /// In the order of the graph.
        let layers: [TensorID]
        let strideX: Double
        let strideY: Double
    }

    let levels: [Level]
    let channels: [TensorID: Int]

    /// Nil where the grids are not those of one picture, or do not have as many layers, or `alike`, layers of the same depths.
    init?(_ tail: HeadTail, _ graph: Graph, _ picture: PictureSide, alike: Bool = true) {
        var grids: [[Int]: [TensorID]] = [:]
        for id in tail.layers { grids[Array(graph[id].shape[1...2]), default: []].append(id) }
        levels = grids.sorted { ($0.key[0], $0.key[1]) > ($1.key[0], $1.key[1]) }.map { sides, layers in
            Level(
                rows: sides[0], columns: sides[1], layers: layers,
                strideX: Self.stride(picture.width, places: sides[1]),
                strideY: Self.stride(picture.height, places: sides[0]))
        }
        channels = Dictionary(uniqueKeysWithValues: tail.layers.map { ($0, graph[$0].shape[3]) })
        let kinds = levels.map { level in level.layers.map { channels[$0] ?? 0 }.sorted() }
        guard levels.count <= 8, !levels.isEmpty, levels.allSatisfy({ $0.strideX >= 2 && $0.strideY >= 2 }),
            kinds.allSatisfy({ alike ? $0 == kinds[0] : $0.count == kinds[0].count })
        else { return nil }
    }

    /// Pixels between places: 2, 4, 8 and so on, where the last place may be a part.
    static func stride(_ side: Int, places: Int) -> Double {
        let powers = sequence(first: 2) { $0 < side ? 2 * $0 : nil }
        let stride = powers.first { (side + $0 - 1) / $0 == places }
        return stride.map { Double($0) } ?? Double(side) / Double(places)
    }
}
