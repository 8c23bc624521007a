import Boards
import Bundle
import CBundle
import Foundation
import Graph

/// The records that make boxes of a detector's raw numbers.
extension Emission {
    /// - Returns: how many labels a box may have.
    mutating func emitDetector(
        _ head: DetectorHead, _ sensor: SensorFile?, labels: [String], _ ports: Ports
    ) throws(CompileError) -> Int {
        guard labels.isEmpty || labels.count == head.classes else {
            let message =
                "there are \(labels.count) labels, but the detector (\(head.name)) has \(head.classes) scores a box"
                + (head.firstClass == 1 && labels.count == head.classes - 1
                    ? "; the first is the background's: put a label before the others, as in [background, …]"
                    : LabelList.hint(scores: head.classes))
            throw CompileError(sensor?.refusal("labels", message) ?? message)
        }
        var curves = CurveTable()
        var priors: [oc_prior] = []
        var levels: [oc_level] = []
        for level in head.levels {
            var record = oc_level()
            record.rows = UInt32(level.rows)
            record.columns = UInt32(level.columns)
            record.anchors = UInt32(level.anchors)
            record.first_prior = UInt32(priors.count)
            record.stride_x = UInt32(fixed(level.strideX))
            record.stride_y = UInt32(fixed(level.strideY))
            priors += level.priors.map { prior in
                oc_prior(
                    x: fixed(prior.x), y: fixed(prior.y), unit_x: fixed(prior.unitX), unit_y: fixed(prior.unitY),
                    width: fixed(prior.width), height: fixed(prior.height))
            }
            switch head.coder {
            case .centre(let position, let size, _):
                var sizes = level.boxes
                sizes.first += 2 * sizes.step
                record.positions = try field(level.boxes, .number(position), &curves, ports)
                record.sizes = try field(sizes, .number(size), &curves, ports)
            case .distances(let bins):
                let kind: CurveTable.Kind = bins > 1 ? .exponentials : .number(.linear(factor: 1, offset: 0))
                record.positions = try field(level.boxes, kind, &curves, ports)
                record.sizes = .none
            case .cells:
                (record.positions, record.sizes) = (.none, .none)
            }
            record.scores = try field(level.scores, .score(head.scoreCurve), &curves, ports)
            record.objectness = .none
            if let objectness = level.objectness {
                record.objectness = try field(objectness, .score(head.objectnessCurve), &curves, ports)
            }
            record.points = .none
            if let points = level.points, head.points > 0 {
                record.points = try field(points, .number(head.pointCurve), &curves, ports)
            }
            levels.append(record)
        }
        var record = oc_detector()
        record.name = intern(head.name)
        record.bins = 1
        switch head.coder {
        case .centre(_, _, let isVerticalFirst):
            record.coder = OC_CODER_CENTRE.rawValue
            record.vertical_first = isVerticalFirst ? 1 : 0
        case .distances(let bins):
            record.coder = OC_CODER_DISTANCES.rawValue
            record.bins = UInt32(bins)
        case .cells: record.coder = OC_CODER_CELLS.rawValue
        }
        record.classes = UInt32(head.classes)
        record.first_class = UInt32(head.firstClass)
        record.points = UInt32(head.points)
        record.point_gap = UInt8(head.pointGap)
        record.score = UInt32(min(max((head.score * 65536).rounded(), 1), 65536))
        record.overlap = UInt32(min(max((head.overlap * 65536).rounded(), 0), 65536))
        switch head.suppression {
        case .perClass: record.suppression = OC_SUPPRESS_CLASS.rawValue
        case .anyClass: record.suppression = OC_SUPPRESS_ANY.rawValue
        case .soft: record.suppression = OC_SUPPRESS_SOFT.rawValue
        case .none: record.suppression = OC_SUPPRESS_NONE.rawValue
        case .fuse: record.suppression = OC_SUPPRESS_FUSE.rawValue
        }
        record.candidates = UInt32(head.candidates)
        record.detections = UInt32(head.detections)
        add(OC_SECTION_DETECTOR, [record])
        add(OC_SECTION_LEVELS, levels)
        add(OC_SECTION_PRIORS, priors)
        add(OC_SECTION_CURVES, curves.records)
        return head.classes
    }

    private func field(
        _ field: DetectorHead.Field, _ kind: CurveTable.Kind, _ curves: inout CurveTable, _ ports: Ports
    ) throws(CompileError) -> oc_field {
        guard let id = ports.detectorTensor(field.tensor), let index = indices[id],
            let quantization = tensor(id).quantization
        else { throw CompileError("what the detector's boxes are made of is not 8-bit") }
        let isSigned = tensor(id).type == .int8
        return oc_field(
            tensor: index, first: UInt32(field.first), place: UInt32(field.placeStep),
            anchor: UInt32(field.anchorStep), step: UInt32(field.step),
            curve: curves.index(kind, quantization, isSigned: isSigned),
            flip: isSigned ? UInt32(0x80 ^ arenaFlip(id)) : 0)
    }
}

/// In 1/65536, as near as 32 bits come.
private func fixed(_ value: Double) -> Int32 {
    Int32(min(max((value * 65536).rounded(), Double(-Int32.max)), Double(Int32.max)))
}

extension oc_field {
    fileprivate static var none: oc_field {
        oc_field(tensor: OC_NO_FIELD, first: 0, place: 0, anchor: 0, step: 0, curve: 0, flip: 0)
    }
}

/// What elements stand for, each table once.
private struct CurveTable {
    enum Kind {
        case number(DetectorHead.Curve)
        /// 0 to 1.
        case score(DetectorHead.Curve)
        /// Of a softmax, by how far an element lies below the greatest.
        case exponentials
    }

    private(set) var records: [oc_curve] = []
    private var known: [[Int32]: UInt32] = [:]

    mutating func index(_ kind: Kind, _ quantization: Quantization, isSigned: Bool) -> UInt32 {
        let least = isSigned ? Int32(-128) : 0
        let values = (0..<256).map { element -> Int32 in
            let raw = Double(quantization.scale) * Double(Int32(element) + least - quantization.zeroPoint)
            switch kind {
            case .number(let curve): return fixed(curve.value(raw))
            case .score(let curve): return fixed(min(max(curve.value(raw), 0), 1))
            case .exponentials: return Int32((exp(-Double(quantization.scale) * Double(element)) * 1_048_576).rounded())
            }
        }
        if let index = known[values] { return index }
        var record = oc_curve()
        withUnsafeMutableBytes(of: &record.values) { raw in
            for (element, value) in values.enumerated() { raw.bindMemory(to: Int32.self)[element] = value }
        }
        records.append(record)
        known[values] = UInt32(records.count - 1)
        return UInt32(records.count - 1)
    }
}
