import Bundle
import CBundle
import Detectors
import Engine
import Events
import Foundation
import Heads
import Vision
import Watching

/// A box that a detector drew, for people and programs.
struct DetectedObject: Codable {
    struct Point: Codable {
        var x: Double
        var y: Double
    }

    /// Of its label.
    var index: Int
    /// Nil where the bundle has no labels.
    var label: String?
    /// 0 to 1.
    var probability: Double
    /// In pixels of the upright frame: right and bottom are the first outside.
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double
    /// What the second model calls it, and how sure it is; nil: it was not asked, or is not sure enough.
    var subLabel: String?
    var subProbability: Double?
    /// Key points, in the model's order.
    var points: [Point]?

    /// For a table.
    var columns: [String] {
        [
            String(format: "%.2f %%", probability * 100), Format.printable(name + (subText.map { ", " + $0 } ?? "")),
            String(format: "%.1f, %.1f to %.1f, %.1f", left, top, right, bottom),
        ]
    }

    var name: String { label ?? "object \(index)" }

    private var subText: String? {
        guard let subLabel, let subProbability else { return nil }
        return subLabel + String(format: " %.2f %%", subProbability * 100)
    }
}

extension DetectedObject {
    /// - Parameter placement: of the input in the frame.
    init(_ object: HeadDecoder.Object, _ placement: FramePlacement) {
        func corner(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
            // Far outside is outside.
            func fixed(_ value: Double) -> Int64 { Int64(max(-1e6, min(value, 1e6)) * 65536) }
            let place = placement.framePoint(fixed(x), fixed(y))
            return (
                max(0, min(Double(place.x) / Double(Box.unitsPerPixel), Double(placement.frame.width))),
                max(0, min(Double(place.y) / Double(Box.unitsPerPixel), Double(placement.frame.height)))
            )
        }
        let (left, top) = corner(object.box.left, object.box.top)
        let (right, bottom) = corner(object.box.left + object.box.width, object.box.top + object.box.height)
        self.init(
            index: object.label, probability: object.score, left: left, top: top, right: right, bottom: bottom)
    }
}

extension Cascade {
    /// Adds what the second model says of the objects of a frame.
    /// - Parameter objects: the detector's of the frame, as many as are told.
    func describe(_ objects: inout [DetectedObject], _ detector: Detector, _ frame: FrameView, _ record: oc_preprocess)
        throws(PreprocessorError)
    {
        let (width, height) = record.upright(frame.shape)
        for index in objects.indices where wants(objects[index].index) {
            let box = FrameBox(detector.detections[index].box, width: width, height: height)
            guard let answer = try answer(frame, box), vote(answer) != nil else { continue }
            objects[index].subLabel = name(of: answer)
            objects[index].subProbability = Double(answer.score) / 65536
        }
    }
}

extension Engine {
    /// What the detector makes of the outputs, best first.
    /// - Parameters:
    ///   - frame: that was run: the whole of it, as a detector's zones are no pictures of their own.
    ///   - labels: as many as there are classes; nil: the bundle's own.
    func detections(
        _ detector: Detector, _ frame: FrameShape, top: Int?, labels: [String]?
    ) -> [DetectedObject] {
        guard let record = bundle.view.preprocess?.pointee else { return [] }
        detector.read(FramePlacement(record, frame)) { UnsafeRawBufferPointer(bytes(of: $0)) }
        func pixels(_ value: Int32) -> Double { Double(value) / Double(Box.unitsPerPixel) }
        let names = labels ?? bundle.view.labels.map { bundle.view.string($0) }
        return detector.detections.indices.prefix(top ?? .max).map { index in
            let found = detector.detections[index]
            let label = Int(found.label)
            return DetectedObject(
                index: label, label: names.indices.contains(label) ? names[label] : nil,
                probability: Double(found.score) / 65536, left: pixels(found.box.left), top: pixels(found.box.top),
                right: pixels(found.box.right), bottom: pixels(found.box.bottom),
                points: detector.points == 0
                    ? nil : detector.points(of: index).map { .init(x: pixels($0.x), y: pixels($0.y)) })
        }
    }
}
