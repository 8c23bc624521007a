import Bundle
import CBundle
import Foundation
import Graph
import TestSupport
import Testing
import Vision

@testable import Detectors
@testable import Tracking

/// Any detector on any bytes, from tensors to tracks: whatever comes, it is what the obvious way gives, and takes bounded time.
/// `OCELLUS_MUTATION_TENSORS` sets the number of small detectors; a hundredth of it is large.
@Suite("Random tensors through detectors")
struct TensorMutationTests {
    private static let cases =
        ProcessInfo.processInfo.environment["OCELLUS_MUTATION_TENSORS"].flatMap { Int($0) } ?? 1000

    @Test("Small detectors of every kind")
    func small() throws {
        var most = Work()
        for seed in MutationSeeds("small-tensors", cases: Self.cases) { try run(seed, isLarge: false, &most) }
        #expect(most.found > 0 && most.dropped > 0 && most.left > 1 && most.tracks > 1)
    }

    @Test("Thousands of places with 80 classes")
    func large() throws {
        var most = Work()
        for seed in MutationSeeds("large-tensors", cases: max(Self.cases / 100, 1)) {
            try run(seed, isLarge: true, &most)
        }
        #expect(most.found > 1000 && most.left > 1)
    }

    /// The most of any frame.
    private struct Work {
        var found = 0
        var dropped = 0
        var left = 0
        var tracks = 0
    }

    private func run(_ seed: UInt64, isLarge: Bool, _ most: inout Work) throws {
        var detectors = RandomDetector(seed, isLarge: isLarge)
        var made = try detectors.bundle()
        var random = SplitMix64(state: seed ^ 0x5eed)
        let record = made.bundle.view.detector!.pointee
        let detector = try #require(Detector(made.bundle.view))
        let decoder = try #require(BoxDecoder(made.bundle.view))
        var candidates = Candidates(capacity: Int(record.candidates))
        let shape = try #require(
            FrameShape(.rgb24, width: 1 + random.below(2000), height: 1 + random.below(2000)))
        let placement = FramePlacement(picture(made.bundle.view, &random), shape)
        let capacity = 1 + random.below(random.below(8) == 0 ? 512 : 24)
        var one = Tracker(tracks: capacity, detections: Int(record.detections))
        var two = Tracker(tracks: capacity, detections: Int(record.detections))
        var now = Int64(bitPattern: random.next()) >> Int64(random.below(64))
        var pattern = random.below(6)
        for _ in 0...(isLarge ? 1 : 3) {
            // Often the same again, so that tracks live.
            if random.below(3) > 0 { pattern = random.below(6) }
            if random.below(4) > 0 { fill(&made, pattern, &random) }
            let asked: UInt32? = [nil, nil, 1, 6554, 65536, .max][random.below(6)]
            let least = max(asked ?? record.score, 1)
            try made.withTensors { bytes in
                let all = Obvious.find(made.bundle.view, least: least, bytes)
                let best = all.prefix(Int(record.candidates))
                candidates.removeAll()
                decoder.find(least: least, into: &candidates, bytes)
                candidates.sort()
                try #require(candidates.count == best.count && candidates.dropped == all.count - best.count, "\(seed)")
                var scored: [Scored] = []
                for (index, right) in best.enumerated() {
                    let candidate = candidates[index]
                    #expect(candidate.box == right.box && candidate.score == right.score, "\(seed)")
                    #expect(candidate.label == right.label && candidate.level == right.level, "\(seed)")
                    let box = decoder.box(candidate, first: decoder.firstBox(ofLevel: candidate.level), bytes)
                    #expect(box.left <= box.right && box.top <= box.bottom, "\(seed)")
                    for corner in [box.left, box.top, box.right, box.bottom] {
                        #expect(abs(Int64(corner)) <= InputBox.limit, "\(seed)")
                    }
                    scored.append(
                        Scored(box: box, score: candidate.score, candidate: Int32(index), label: candidate.label))
                }
                let left = Obvious.suppress(scored, record, least: least)
                detector.read(least: asked, placement, bytes: bytes)
                let detections = Array(detector.detections)
                try #require(detections.count == left.count, "\(seed)")
                #expect(detector.dropped == candidates.dropped && detections.count <= Int(record.detections))
                let fuses = record.suppression == OC_SUPPRESS_FUSE.rawValue
                let pairs = fuses ? 2 * candidates.count : Int(record.detections)
                #expect(detector.compares <= candidates.count * pairs, "\(seed)")
                for (detection, right) in zip(detections, left) {
                    #expect(detection.score == right.score && detection.label == right.label, "\(seed)")
                    #expect(detection.box == frameBox(right.box, placement), "\(seed)")
                }
                check(detections, least: least, record, shape, "\(seed)")
                let points = detections.indices.flatMap { Array(detector.points(of: $0)) }
                #expect(points.allSatisfy { abs($0.x) <= Box.limit && abs($0.y) <= Box.limit }, "\(seed)")
                detector.read(least: asked, placement, bytes: bytes)
                #expect(detector.detections.elementsEqual(detections), "\(seed)")
                #expect(detections.indices.flatMap { Array(detector.points(of: $0)) } == points, "\(seed)")
                most.found = max(most.found, all.count)
                most.dropped = max(most.dropped, detector.dropped)
                most.left = max(most.left, left.count)
            }
            let steps: [Int64] = [0, 1, 33_333_333, 33_333_333, 33_333_333, 500_000_000, -7_000_000, .min, .max / 3]
            now = now.addingReportingOverflow(steps[random.below(steps.count)]).partialValue
            follow(detector, &one, &two, at: now, capacity: capacity, "\(seed)")
            most.tracks = max(most.tracks, one.count)
        }
    }

    /// What pictures are cut and fitted by, somehow.
    private func picture(_ view: BundleView, _ random: inout SplitMix64) -> oc_preprocess {
        var record = view.preprocess!.pointee
        let (x, y) = (random.below(65535), random.below(65535))
        record.crop = (
            UInt16(x), UInt16(y), UInt16(1 + random.below(65535 - x)), UInt16(1 + random.below(65535 - y))
        )
        if random.below(2) == 0 { record.crop = (0, 0, 65535, 65535) }
        record.fit = UInt8([OC_FIT_STRETCH, OC_FIT_COVER, OC_FIT_CONTAIN][random.below(3)].rawValue)
        return record
    }

    /// Bytes of every tensor, as they lie in the arena.
    private func fill(_ made: inout DetectorBundle, _ pattern: Int, _ random: inout SplitMix64) {
        let view = made.bundle.view
        // Around that from which on a box counts.
        let level = view.levels[0]
        let curve = UnsafeRawPointer(view.curves.baseAddress! + Int(level.scores.curve))
        let least = view.detector!.pointee.score
        let edge = (0..<255).first { curve.load(fromByteOffset: 4 * $0, as: Int32.self) >= Int32(least) } ?? 255
        let value = UInt8(truncatingIfNeeded: random.next())
        for id in made.head.tensors {
            var bytes = uniform(made.bytes[id]?.count ?? 0, &random)
            switch pattern {
            case 0: break
            case 1: bytes = [UInt8](repeating: made.byte(-128), count: bytes.count)
            case 2: bytes = [UInt8](repeating: made.byte(127), count: bytes.count)
            case 3: bytes = [UInt8](repeating: value, count: bytes.count)
            case 4:
                let near = (-1...2).map { made.byte(Int8(truncatingIfNeeded: min(max(edge + $0, 0), 255) - 128)) }
                for index in bytes.indices { bytes[index] = near[Int(bytes[index] & 3)] }
            default:
                // A few peaks, and boxes of any kind where these are tensors of their own.
                guard made.head.levels.contains(where: { $0.scores.tensor == id }) else { break }
                let peaks = bytes
                bytes = [UInt8](repeating: made.byte(-128), count: bytes.count)
                for _ in 0...random.below(8) {
                    let index = random.below(bytes.count)
                    bytes[index] = peaks[index]
                }
            }
            made.bytes[id] = bytes
        }
    }

    private func uniform(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { bytes, size in
            let raw = UnsafeMutableRawBufferPointer(bytes)
            var index = 0
            while index + 8 <= count {
                raw.storeBytes(of: random.next(), toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < count {
                raw[index] = UInt8(truncatingIfNeeded: random.next())
                index += 1
            }
            size = count
        }
    }

    private func frameBox(_ box: InputBox, _ placement: FramePlacement) -> Box {
        let (left, top) = placement.framePoint(Int64(box.left) << 8, Int64(box.top) << 8)
        let (right, bottom) = placement.framePoint(Int64(box.right) << 8, Int64(box.bottom) << 8)
        let (width, height) = (Int32(placement.frame.width) * 16, Int32(placement.frame.height) * 16)
        func within(_ place: Int32, _ end: Int32) -> Int32 { min(max(place, 0), end) }
        return Box(
            left: within(left, width), top: within(top, height), right: within(right, width),
            bottom: within(bottom, height))
    }

    private func check(
        _ detections: [Detection], least: UInt32, _ record: oc_detector, _ shape: FrameShape, _ seed: Comment
    ) {
        var before: UInt32 = 65536
        for detection in detections {
            #expect(detection.score >= least && detection.score <= before, seed)
            before = detection.score
            #expect(UInt32(detection.label) >= record.first_class && UInt32(detection.label) < record.classes, seed)
            let box = detection.box
            #expect(0 <= box.left && box.left <= box.right && box.right <= 16 * Int32(shape.width), seed)
            #expect(0 <= box.top && box.top <= box.bottom && box.bottom <= 16 * Int32(shape.height), seed)
        }
    }

    /// Gives a frame to two trackers, which must agree.
    private func follow(
        _ detector: Detector, _ one: inout Tracker, _ two: inout Tracker, at now: Int64, capacity: Int,
        _ seed: Comment
    ) {
        var changes: [(Track, Track.Change)] = []
        var others: [(Track, Track.Change)] = []
        one.take(detector.detections, at: now) { changes.append(($0, $1)) }
        two.take(detector.detections, at: now) { others.append(($0, $1)) }
        #expect(changes.count == others.count && zip(changes, others).allSatisfy { $0 == $1 }, seed)
        #expect(one.count <= capacity && one.count == two.count, seed)
        // Each pair in two rounds at most; a search goes to each column once, and looks at all that it knows of.
        let columns = detector.detections.count
        let searches = 3 * capacity * (columns + 1) * (columns + Assignment.pairs)
        #expect(one.steps <= 2 * capacity * columns + searches, seed)
        var before: Int64 = 0
        for index in 0..<one.count {
            let track = one[index]
            #expect(track == two[index] && track.identity > before, seed)
            before = track.identity
            let box = track.box
            #expect(box.left <= box.right && box.top <= box.bottom && (0...65536).contains(track.score), seed)
            for corner in [box.left, box.top, box.right, box.bottom] { #expect(abs(corner) <= Box.limit, seed) }
        }
    }
}
