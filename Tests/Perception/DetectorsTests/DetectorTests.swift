import Bundle
import CBundle
import Graph
import Heads
import Kernels
import TestSupport
import Testing
import Vision

@testable import Detectors

/// Every kind of head, on arbitrary bytes, against the same in double precision and an obvious way to suppress.
@Suite("Boxes of raw numbers")
struct DetectorTests {
    struct Kind: CustomTestStringConvertible, Sendable {
        var name: String
        var bins = 0
        var anchors = 1
        var classes: Int
        var hasObjectness = false
        var points = 0
        var pointGap = 0
        var isCells = false
        var suppression = DetectorHead.Suppression.perClass
        var testDescription: String { name }
        var pointValues: Int { points * (2 + pointGap) }
    }

    static let kinds = [
        Kind(name: "distributions", bins: 16, classes: 20),
        Kind(name: "distances", bins: 1, classes: 3),
        Kind(name: "exponentials and objectness", classes: 5, hasObjectness: true),
        Kind(name: "three anchors", anchors: 3, classes: 4, hasObjectness: true),
        Kind(name: "one class with key points", anchors: 2, classes: 1, points: 6),
        Kind(name: "key points with a number behind each", classes: 2, points: 17, pointGap: 1),
        Kind(name: "any class", bins: 8, classes: 6, suppression: .anyClass),
        Kind(name: "soft", bins: 8, classes: 2, suppression: .soft),
        Kind(name: "none", bins: 1, classes: 2, suppression: .none),
        Kind(name: "cells", classes: 3, isCells: true, suppression: .fuse),
    ]

    private static let side = 64
    private static let strides = [8, 16, 32]

    private func bundle(_ kind: Kind, _ random: inout some RandomNumberGenerator) throws -> DetectorBundle {
        let values = kind.anchors > 1 || kind.points > 0 || kind.hasObjectness
        var layers: [(channels: Int, stride: Int)] = []
        for stride in Self.strides {
            if kind.isCells {
                layers.append((kind.classes, stride))
            } else if values {
                layers.append((kind.anchors * (5 + kind.classes + kind.pointValues), stride))
            } else {
                layers.append((4 * kind.bins, stride))
                layers.append((kind.classes, stride))
            }
        }
        let scales = layers.map { _ in
            Quantization(
                scale: Float.random(in: 0.01...0.08, using: &random),
                zeroPoint: Int32.random(in: -60...60, using: &random))
        }
        return try DetectorBundle(side: Self.side, layers: layers, scales: scales) { ids in
            let made = Self.strides.indices.map { index -> DetectorHead.Level in
                let stride = Double(Self.strides[index])
                let cells = Self.side / Self.strides[index]
                let prior = DetectorHead.Prior(x: stride / 2, y: stride / 2, width: stride, height: stride)
                if kind.isCells {
                    let field = DetectorHead.Field(ids[index], placeStep: kind.classes)
                    return DetectorHead.Level(
                        rows: cells, columns: cells, strideX: stride, strideY: stride, priors: [prior], boxes: field,
                        scores: field)
                }
                guard values else {
                    return DetectorHead.Level(
                        rows: cells, columns: cells, strideX: stride, strideY: stride, priors: [prior],
                        boxes: .init(ids[2 * index], placeStep: 4 * kind.bins),
                        scores: .init(ids[2 * index + 1], placeStep: kind.classes))
                }
                let row = 5 + kind.classes + kind.pointValues
                func field(_ first: Int) -> DetectorHead.Field {
                    .init(ids[index], first: first, placeStep: kind.anchors * row, anchorStep: row)
                }
                let priors = (0..<kind.anchors).map { anchor in
                    var prior = prior
                    prior.width *= Double(anchor + 1)
                    prior.height *= 1.5
                    return prior
                }
                return DetectorHead.Level(
                    rows: cells, columns: cells, strideX: stride, strideY: stride, priors: priors, boxes: field(0),
                    scores: field(5), objectness: kind.hasObjectness ? field(4) : nil,
                    points: kind.points > 0 ? field(5 + kind.classes) : nil)
            }
            let coder: DetectorHead.Coder =
                kind.isCells
                ? .cells
                : !values
                    ? .distances(bins: kind.bins)
                    : kind.anchors > 1
                        ? .centre(
                            position: .sigmoid(factor: 2, offset: -1), size: .squaredSigmoid(factor: 4),
                            isVerticalFirst: kind.points > 0)
                        : .centre(
                            position: .linear(factor: 1, offset: 0), size: .exponential(factor: 1),
                            isVerticalFirst: false)
            var head = DetectorHead(
                name: kind.name, coder: coder, levels: made, classes: kind.classes, points: kind.points,
                pointCurve: .linear(factor: 1, offset: 0), score: 0.3, overlap: 0.4)
            head.suppression = kind.suppression
            head.pointGap = kind.pointGap
            head.candidates = 4096
            head.detections = 512
            return head
        }
    }

    @Test("Corners within half a pixel, scores within 1/512, and what is left of those that overlap", arguments: kinds)
    func decoding(kind: Kind) throws {
        var random = SplitMix64(state: UInt64(kind.name.utf8.reduce(7) { $0 &* 31 &+ Int($1) }.magnitude))
        for round in 0..<6 {
            var made = try bundle(kind, &random)
            for id in made.head.tensors {
                let count = made.bytes[id]?.count ?? 0
                made.bytes[id] = (0..<count).map { _ in
                    let any = Int8.random(in: -128...127, using: &random)
                    return made.byte(round % 3 == 2 ? [-128, 127, 0][Int(any.magnitude) % 3] : any)
                }
            }
            let expected = HeadDecoder(made.head).decode { made.reals($0) }
            var record = oc_preprocess()
            (record.width, record.height, record.channels) = (UInt32(Self.side), UInt32(Self.side), 3)
            record.crop = (0, 0, 65535, 65535)
            let shape = try #require(FrameShape(.rgb24, width: Self.side, height: Self.side))
            let decoder = try #require(BoxDecoder(made.bundle.view))
            var candidates = Candidates(capacity: 1 << 14)
            var scored: [Scored] = []
            made.withTensors { bytes in
                decoder.find(least: 19661, into: &candidates, bytes)
                candidates.sort()
                for index in 0..<candidates.count {
                    let candidate = candidates[index]
                    let first = decoder.firstBox(ofLevel: candidate.level)
                    let box = decoder.box(candidate, first: first, bytes)
                    scored.append(
                        Scored(box: box, score: candidate.score, candidate: Int32(index), label: candidate.label))
                    let right = expected[Int(candidate.box)]
                    let best = right.scores.max() ?? 0
                    #expect(abs(Double(candidate.score) / 65536 - best) < 1 / 512.0)
                    #expect(abs(right.scores[Int(candidate.label)] - best) < 1e-6)
                    // What lies outside the picture counts as its edge.
                    func near(_ corner: Int32, _ value: Double) -> Bool {
                        let limit = Double(Self.side)
                        return abs(min(max(Double(corner) / 256, 0), limit) - min(max(value, 0), limit)) < 0.5
                    }
                    #expect(near(box.left, right.left) && near(box.top, right.top))
                    // Those whose extents are below 0 are empty here.
                    let (width, height) = (max(right.width, 0), max(right.height, 0))
                    #expect(near(box.right, right.left + width) && near(box.bottom, right.top + height))
                    for point in 0..<made.head.points {
                        let found = decoder.point(point, of: candidate, first: first, bytes)
                        #expect(abs(Double(found.x) / 65536 - right.points[2 * point]) < 0.5)
                        #expect(abs(Double(found.y) / 65536 - right.points[2 * point + 1]) < 0.5)
                    }
                }
            }
            // None is missing, but for those whose score lies so near the limit that either is right.
            let sure = expected.filter { ($0.scores.max() ?? 0) > 0.3 + 1 / 512.0 }.count
            let maybe = expected.filter { ($0.scores.max() ?? 0) > 0.3 - 1 / 512.0 }.count
            #expect(sure...maybe ~= candidates.count)
            let detector = try #require(Detector(made.bundle.view))
            made.withTensors { bytes in detector.read(FramePlacement(record, shape), bytes: bytes) }
            let left = Obvious.suppress(Array(scored.prefix(4096)), made.bundle.view.detector!.pointee, least: 19661)
            #expect(detector.detections.map(\.score) == left.map(\.score))
            #expect(detector.detections.map(\.label) == left.map(\.label))
        }
    }

    @Test("Packed again for another kernel set, the same boxes are read of what its activations look like")
    func repacked() throws {
        var random = SplitMix64(state: 11)
        var made = try bundle(Kind(name: "packed", bins: 4, classes: 3), &random)
        for id in made.head.tensors {
            let count = made.bytes[id]?.count ?? 0
            made.bytes[id] = (0..<count).map { _ in made.byte(Int8.random(in: -128...127, using: &random)) }
        }
        let other = try Bundle(copying: made.bundle.repacked(from: .scalar, for: .avx512vnni))
        #expect(other.view.model.pointee.flip == 0x80 && made.bundle.view.model.pointee.flip == 0)
        let (one, two) = (try #require(Detector(made.bundle.view)), try #require(Detector(other.view)))
        var record = oc_preprocess()
        (record.width, record.height, record.channels) = (UInt32(Self.side), UInt32(Self.side), 3)
        record.crop = (0, 0, 65535, 65535)
        let placement = FramePlacement(record, try #require(FrameShape(.rgb24, width: Self.side, height: Self.side)))
        made.withTensors { one.read(placement, bytes: $0) }
        // Scalar activations are int8, those of AVX-512 int8 + 128.
        for id in made.head.tensors { made.bytes[id] = made.bytes[id]?.map { $0 ^ 0x80 } }
        made.withTensors { bytes in
            two.read(placement) { tensor in
                let index = other.view.outputs.first { other.view.tensors[Int($0)].offset == tensor.offset }
                let place = other.view.outputs.firstIndex { $0 == index } ?? 0
                return bytes(made.bundle.view.tensors[Int(made.bundle.view.outputs[place])])
            }
        }
        #expect(!one.detections.isEmpty && one.detections.elementsEqual(two.detections))
    }

    @Test("Room for fewer candidates than come: the best are looked at")
    func room() throws {
        var random = SplitMix64(state: 3)
        var made = try bundle(Kind(name: "room", bins: 1, classes: 3, suppression: .none), &random)
        for id in made.head.tensors {
            let count = made.bytes[id]?.count ?? 0
            made.bytes[id] = (0..<count).map { _ in made.byte(Int8.random(in: -128...127, using: &random)) }
        }
        let decoder = try #require(BoxDecoder(made.bundle.view))
        var all = Candidates(capacity: 1000)
        var few = Candidates(capacity: 10)
        made.withTensors { bytes in
            decoder.find(least: 1, into: &all, bytes)
            decoder.find(least: 1, into: &few, bytes)
        }
        all.sort()
        few.sort()
        #expect(all.count == 84 && few.count == 10 && few.dropped == 74)
        for index in 0..<10 { #expect(all[index].box == few[index].box) }
    }
}
