import CBundle

/// How outputs become boxes.
public enum DetectorSection: BundleSection {
    public typealias Record = oc_detector
    public static var kind: oc_section_kind { OC_SECTION_DETECTOR }
    public static var name: StaticString { "detector" }
    public static var amount: SectionAmount { .optional }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let view = record.view
        let name = try record.text("name")
        try record.check(
            !view.levels.isEmpty && view.preprocess != nil, name, "has no levels, or no picture; build the bundle again"
        )
        try record.choice(UInt32.self, "coder", "centre distances cells")
        try record.u32("bins", in: 1...UInt64(OC_MAX_BINS))
        let classes = try record.u32("classes", in: 1...UInt64(OC_MAX_CLASSES))
        try record.check(
            view.labels.isEmpty || UInt64(view.labels.count) == classes.number, classes,
            "are not as many as the labels; build the bundle again")
        try record.u32("firstClass", in: 0...classes.number - 1, none: 0)
        try record.u32("points", in: 0...UInt64(OC_MAX_POINTS), none: 0)
        try record.u32("score", .fraction(65536), in: 1...65536)
        try record.choice(UInt32.self, "suppression", "per-class any-class soft none fuse")
        try record.u32("overlap", .fraction(65536), in: 0...65536)
        try record.u32("candidates", in: 1...UInt64(OC_MAX_CANDIDATES))
        try record.u32("detections", in: 1...UInt64(OC_MAX_DETECTIONS))
        try record.flag("verticalFirst")
        try record.u8("pointGap", in: 0...8, none: 0)
        try record.reserved(14)
    }
}

/// The grids of places that boxes come from.
public enum LevelsSection: BundleSection {
    public typealias Record = oc_level
    public static var kind: oc_section_kind { OC_SECTION_LEVELS }
    public static var name: StaticString { "levels" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_LEVELS)) }
    public static var repacking: SectionRepacking { .reformed }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let view = record.view
        let level = record.next.load(as: oc_level.self)
        let sides = 1...UInt64(OC_MAX_INPUT_SIDE)
        let rows = try record.u32("rows", in: sides)
        guard let detector = view.detector?.pointee else {
            return try record.check(false, rows, "is of no detector; build the bundle again")
        }
        let columns = try record.u32("columns", in: sides)
        let anchors = try record.u32("anchors", in: 1...UInt64(OC_MAX_BOXES))
        let places = rows.number * columns.number
        try record.check(
            places * anchors.number <= UInt64(OC_MAX_BOXES), anchors, "make too many boxes; build the bundle again")
        let first = try record.u32("firstPrior")
        let isGrid = level.stride_x > 0
        try record.check(
            first.number + anchors.number * (isGrid ? 1 : places) <= UInt64(view.priors.count), first,
            "and those after it do not exist; build the bundle again")
        let stride = try record.u32("strideX", .fraction(65536), in: 0...UInt64(Int32.max), none: 0)
        try record.check(
            isGrid == (level.stride_y > 0) && UInt64(level.stride_x) * columns.number <= UInt64(Int32.max), stride,
            "is none in one direction, or leaves the picture; build the bundle again")
        let down = try record.u32("strideY", .fraction(65536), in: 0...UInt64(Int32.max), none: 0)
        try record.check(
            UInt64(level.stride_y) * rows.number <= UInt64(Int32.max), down,
            "leaves the picture; build the bundle again")
        let isCentre = detector.coder == OC_CODER_CENTRE.rawValue
        let isCell = detector.coder == OC_CODER_CELLS.rawValue
        try record.field(
            "positions", level, values: isCentre ? 2 : isCell ? 0 : 4 * detector.bins,
            isCentre ? .number : detector.bins > 1 ? .exponentials : .number)
        try record.field("sizes", level, values: isCentre ? 2 : 0, .number)
        try record.field("scores", level, values: detector.classes, .scores)
        try record.field("objectness", level, values: 1, .scores, isOptional: true)
        try record.field("keyPoints", level, values: (2 + UInt32(detector.point_gap)) * detector.points, .number)
        try record.reserved(12)
    }

    public static func reform(_ record: inout oc_level, _ form: FormChange) {
        func reform(_ field: inout oc_field) {
            if field.tensor != OC_NO_FIELD { field.flip ^= UInt32(form.mask(ofTensor: field.tensor)) }
        }
        reform(&record.positions)
        reform(&record.sizes)
        reform(&record.scores)
        reform(&record.objectness)
        reform(&record.points)
    }
}

/// Where boxes start from.
public enum PriorsSection: BundleSection {
    public typealias Record = oc_prior
    public static var kind: oc_section_kind { OC_SECTION_PRIORS }
    public static var name: StaticString { "priors" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_BOXES)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        record.list("middle", .signedFractions(65536), width: 4, count: 2)
        record.list("unit", .signedFractions(65536), width: 4, count: 2)
        record.list("size", .signedFractions(65536), width: 4, count: 2)
    }
}

/// What raw numbers stand for.
public enum CurvesSection: BundleSection {
    public typealias Record = oc_curve
    public static var kind: oc_section_kind { OC_SECTION_CURVES }
    public static var name: StaticString { "curves" }
    public static var amount: SectionAmount { .many(0...5 * Int(OC_MAX_LEVELS)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        record.list("", .signedTable, width: 4, count: 256)
    }
}

/// What a curve must be like for those who read it.
private enum CurveKind {
    /// Any numbers.
    case number
    /// 0 to 65536, rising with the element, so that elements can be compared in place of scores.
    case scores
    /// 2^20 for the greatest of a softmax's numbers, and falling.
    case exponentials

    func holds(_ curve: UnsafePointer<oc_curve>) -> Bool {
        let raw = UnsafeRawPointer(curve)
        func value(_ index: Int) -> Int32 { raw.load(fromByteOffset: 4 * index, as: Int32.self) }
        var isSound = true
        switch self {
        case .number: break
        case .scores:
            isSound = value(0) >= 0 && value(255) <= 65536
            for index in 1..<256 { isSound = isSound && value(index - 1) <= value(index) }
        case .exponentials:
            isSound = value(0) == 1 << 20 && value(255) >= 0
            for index in 1..<256 { isSound = isSound && value(index - 1) >= value(index) }
        }
        return isSound
    }
}

extension FieldVisitor {
    /// Where a level's numbers of one meaning lie.
    /// - Parameter values: of a box; 0: the field must be absent.
    fileprivate mutating func field(
        _ name: StaticString, _ level: oc_level, values: UInt32, _ kind: CurveKind, isOptional: Bool = false
    ) throws(BundleError) {
        let field = next.load(as: oc_field.self)
        let place = list(name, .elements, width: 4, count: 7)
        let isAbsent = field.tensor == OC_NO_FIELD
        guard values > 0, !isAbsent else {
            return try check(
                isAbsent && (values == 0 || isOptional), place, "is missing, or one too many; build the bundle again")
        }
        let isKnown = Int(field.tensor) < view.tensors.count && Int(field.curve) < view.curves.count
        try check(isKnown, place, "names a tensor or curve that does not exist; build the bundle again")
        let tensor = view.tensors[Int(field.tensor)]
        let places = UInt64(level.rows) * UInt64(level.columns)
        // Each product is below 2^53.
        let last =
            UInt64(field.first) + (places - 1) * UInt64(field.place) + UInt64(level.anchors - 1) * UInt64(field.anchor)
            + UInt64(values - 1) * UInt64(field.step)
        try check(
            tensor.isByteActivation && last < UInt64(tensor.bytes), place,
            "leaves its tensor, or is not 8-bit; build the bundle again")
        try check(field.flip == 0 || field.flip == 0x80, place, "has an unknown flip; build the bundle again")
        try check(
            kind.holds(view.curves.baseAddress! + Int(field.curve)), place,
            "has a curve that is none of its kind; build the bundle again")
    }
}

extension BundleView {
    public var detector: UnsafePointer<oc_detector>? { records(DetectorSection.self).baseAddress }
    public var levels: UnsafeBufferPointer<oc_level> { records(LevelsSection.self) }
    public var priors: UnsafeBufferPointer<oc_prior> { records(PriorsSection.self) }
    public var curves: UnsafeBufferPointer<oc_curve> { records(CurvesSection.self) }
}
