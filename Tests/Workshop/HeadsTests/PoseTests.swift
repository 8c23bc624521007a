import Graph
import Testing

@testable import Heads

@Suite("Detectors of poses")
struct PoseTests {
    /// Boxes by distances, one class, and 17 points of x, y and how visible they are, as YOLOv8's exporter writes them.
    /// - Parameter middle: what points count from, in strides: 0 of places' corners.
    private static func graph(side: Int, middle: Float = 0) throws -> Graph {
        var made = DetectorGraph(side: side)
        let strides = [8, 16, 32]
        var (boxes, scores, points): ([TensorID], [TensorID], [TensorID]) = ([], [], [])
        for stride in strides {
            boxes.append(made.planes(made.layer(stride: stride, channels: 4)))
            scores.append(made.planes(made.layer(stride: stride, channels: 1)))
            points.append(made.planes(made.layer(stride: stride, channels: 51)))
        }
        let sides = made.concatenate(boxes, axis: 2)
        let grid = made.grid(strides, offset: 0.5)
        let first = made.binary(.sub(.none), grid.middles, made.rows(sides, 0..<2))
        let last = made.binary(.add(.none), grid.middles, made.rows(sides, 2..<4))
        let half = made.constant([], [0.5])
        let centre = made.binary(.mul(.none), made.binary(.add(.none), first, last), half)
        let box = made.concatenate([centre, made.binary(.sub(.none), last, first)], axis: 1)
        let pixels = made.binary(.mul(.none), box, grid.strides)
        let all = made.concatenate(points, axis: 2)
        let count = made.graph[all].shape[2]
        let corners = made.grid(strides, offset: middle)
        let twice = made.constant([], [2])
        var rows: [TensorID] = []
        for point in 0..<17 {
            let twofold = made.binary(.mul(.none), made.rows(all, 3 * point..<3 * point + 2), twice)
            let moved = made.binary(.add(.none), twofold, corners.middles)
            rows.append(made.binary(.mul(.none), moved, grid.strides))
            rows.append(made.unary(.logistic, made.rows(all, 3 * point + 2..<3 * point + 3)))
        }
        let score = made.unary(.logistic, made.concatenate(scores, axis: 2))
        made.graph.outputs = [made.concatenate([pixels, score] + rows, axis: 1)]
        #expect(made.graph[made.graph.outputs[0]].shape == [1, 56, count])
        try made.graph.validate()
        return made.graph
    }

    @Test("YOLOv8 for poses: 17 points, from the corners of places")
    func pose() throws {
        let finding = try #require(HeadRecognition.find(in: Self.graph(side: 64)))
        #expect(finding.isProved && finding.isDecoded)
        #expect(finding.head.points == 17 && finding.head.pointGap == 1 && finding.head.classes == 1)
        let head = finding.head
        // A 1 is two strides right of the corner of place 9, in row 1 and column 1 of the finest level.
        let decoded = HeadDecoder(head).decode { id in
            var values = [Float](repeating: 0, count: 64 * 51)
            if id == head.levels[0].points?.tensor { values[9 * 51 + 3 * 16] = 1 }
            return values
        }
        #expect(Array(decoded[9].points.suffix(2)) == [8 + 16, 8] && decoded[9].points[0] == 8)
    }

    @Test("Points that count from elsewhere are not taken for those")
    func others() throws {
        #expect(HeadRecognition.find(in: try Self.graph(side: 64, middle: 0.5)) == nil)
    }
}
