import Bundle
import CBundle
import Drawing
import Foundation
import Pictures
import Vision

/// A frame as the sensor's bundle sets it upright, its masks painted over, for people to look at.
///
/// Only for bundles that permit pixels to be shown.
struct UprightPicture {
    private let record: oc_preprocess
    private let masks: [oc_region]
    private let zones: [(name: String, part: oc_region)]
    /// Of a detector: where its objects may be, and which lines they cross.
    let guides: [Drawing.Guide]

    /// - Returns: nil: the bundle takes no pictures.
    init?(_ view: BundleView, _: PixelPermit) {
        guard let record = view.preprocess?.pointee else { return nil }
        self.record = record
        masks = Array(view.masks)
        zones = view.zones.map { (view.string($0.name), $0.part) }
        let corners = view.corners.map(Drawing.Point.init)
        guides =
            view.areas.map { area in
                let own = corners[Int(area.first_corner)..<Int(area.first_corner) + Int(area.corners)]
                return Drawing.Guide(corners: Array(own), label: view.string(area.name))
            }
            + view.crossings.map { crossing in
                Drawing.Guide(
                    corners: [Drawing.Point(crossing.from), Drawing.Point(crossing.to)],
                    label: view.string(crossing.name), isCrossing: true)
            }
    }

    /// - Parameter width: of the picture; nil: as large as the frame.
    func picture(of frame: FrameView, width: Int? = nil) throws(Failure) -> Picture {
        let sides = record.upright(frame.shape)
        let wide = min(width ?? sides.width, Preprocessor.sizeLimit)
        let high = min(max(1, (sides.height * wide + sides.width / 2) / sides.width), Preprocessor.sizeLimit)
        var plain = oc_preprocess()
        (plain.width, plain.height, plain.channels) = (UInt32(wide), UInt32(high), 3)
        plain.orientation = record.orientation
        plain.crop = (0, 0, 65535, 65535)
        plain.fill = 0x80
        withUnsafeMutableBytes(of: &plain.table) { table in
            for index in table.indices { table[index] = UInt8(truncatingIfNeeded: index) }
        }
        do {
            let picture = try Picture(width: wide, height: high, channels: 3)
            var preprocessor = try Preprocessor(plain, frame.shape)
            preprocessor.convert(frame, into: picture.pixels)
            if !masks.isEmpty { Mask(plain, frame.shape, masks).paint(picture.pixels) }
            return picture
        } catch {
            throw Failure("a frame of \(frame.shape.width)x\(frame.shape.height) pixels cannot be drawn")
        }
    }

    /// What the model sees of a frame, a box a zone, and the masks.
    /// - Parameters:
    ///   - numbers: of the zones that are inferred, as `oc_watch.zone` counts.
    ///   - label: what stands above a zone's box, behind its name.
    func boxes(of shape: FrameShape, zones numbers: [Int], label: (Int) -> String = { _ in "" }) -> [Drawing.Box] {
        var boxes = masks.map { Drawing.Box($0, label: "mask", colour: 0x52606d) }
        for number in numbers {
            var record = record
            var name = ""
            if number > 0 {
                let zone = zones[number - 1]
                record.crop = (zone.part.x, zone.part.y, zone.part.width, zone.part.height)
                name = zone.name
            }
            let seen = record.seen(of: shape)
            // Where all is seen, there is nothing to show.
            if number == 0, numbers.count == 1, seen.width > 65000, seen.height > 65000 { continue }
            let text = label(number)
            boxes.append(
                Drawing.Box(
                    seen, label: name + (name.isEmpty || text.isEmpty ? "" : " ") + text,
                    colour: number == 0 ? 0x1e66d0 : nil))
        }
        return boxes
    }

    /// An object with its score.
    func box(_ object: DetectedObject, of shape: FrameShape) -> Drawing.Box {
        let sides = record.upright(shape)
        let (width, height) = (Double(sides.width), Double(sides.height))
        return Drawing.Box(
            left: object.left / width, top: object.top / height, right: object.right / width,
            bottom: object.bottom / height,
            label: (object.subLabel ?? object.name)
                + String(format: " %.0f %%", (object.subProbability ?? object.probability) * 100),
            colour: Drawing.colour(object.index),
            points: (object.points ?? []).map { Drawing.Point(x: $0.x / width, y: $0.y / height) })
    }
}

extension Drawing.Point {
    fileprivate init(_ corner: oc_corner) { self.init(x: Double(corner.x) / 65535, y: Double(corner.y) / 65535) }
}

extension Drawing.Box {
    init(_ region: oc_region, label: String, colour: Int32?) {
        self.init(
            left: Double(region.x) / 65535, top: Double(region.y) / 65535,
            right: Double(Int(region.x) + Int(region.width)) / 65535,
            bottom: Double(Int(region.y) + Int(region.height)) / 65535, label: label, colour: colour)
    }
}
