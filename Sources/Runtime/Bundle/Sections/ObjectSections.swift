import CBundle

/// How a detector's boxes become objects that last.
public enum TrackerSection: BundleSection {
    public typealias Record = oc_tracker
    public static var kind: oc_section_kind { OC_SECTION_TRACKER }
    public static var name: StaticString { "tracker" }
    public static var amount: SectionAmount { .optional }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let high = try record.u32("high", .fraction(65536), in: 1...65536)
        try record.check(record.view.detector != nil, high, "is of no detector; build the bundle again")
        try record.u32("low", .fraction(65536), in: 1...high.number)
        try record.u32("birth", .fraction(65536), in: high.number...65536)
        try record.u32("lost", .milliseconds)
        try record.u32("tracks", in: 1...UInt64(OC_MAX_TRACKS))
        try record.reserved(12)
    }
}

/// Parts of the frame that objects are in, as polygons.
public enum AreasSection: BundleSection {
    public typealias Record = oc_area
    public static var kind: oc_section_kind { OC_SECTION_AREAS }
    public static var name: StaticString { "areas" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_AREAS)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let view = record.view
        let start = record.next
        try record.text("name")
        let first = try record.u32("firstCorner")
        var before = UInt64(0)
        for index in view.areas.indices where UnsafeRawPointer(view.areas.baseAddress! + index) < start {
            before += UInt64(view.areas[index].corners)
        }
        try record.check(first.number == before, first, "is not that behind the area before; build the bundle again")
        let corners = try record.u32("corners", in: 3...UInt64(OC_MAX_CORNERS))
        try record.check(
            before + corners.number <= UInt64(view.corners.count), corners, "are not all there; build the bundle again")
        try record.reserved(16)
    }
}

/// The corners of all areas.
public enum CornersSection: BundleSection {
    public typealias Record = oc_corner
    public static var kind: oc_section_kind { OC_SECTION_CORNERS }
    public static var name: StaticString { "corners" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_CORNERS)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        record.list("", .places, width: 2, count: 2)
    }
}

/// Which of a detector's objects a watch rule is about.
public enum ObjectRulesSection: BundleSection {
    public typealias Record = oc_object_rule
    public static var kind: oc_section_kind { OC_SECTION_OBJECT_RULES }
    public static var name: StaticString { "objectRules" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_WATCHES)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let view = record.view
        let rule = record.next.load(as: oc_object_rule.self)
        let area = try record.u32("area", in: 0...UInt64(view.areas.count), none: 0)
        try record.check(
            view.objectRules.count == view.watches.count, area, "is of no watch rule; build the bundle again")
        record.list("leastSize", .places, width: 2, count: 2)
        let most = record.list("mostSize", .places, width: 2, count: 2)
        try record.check(
            rule.most_width >= rule.least_width && rule.most_height >= rule.least_height, most,
            "is below the least; build the bundle again")
        let least = try record.u32("leastAspect", .fraction(65536), none: 0)
        try record.u32("mostAspect", .fraction(65536), none: 0)
        try record.check(
            rule.most_aspect == 0 || rule.most_aspect >= rule.least_aspect, least,
            "is above the most; build the bundle again")
        try record.choice(UInt8.self, "anchor", "feet middle")
        try record.reserved(1)
        let subLabel = try record.u16("subLabel", .subLabel, none: 0)
        try record.check(
            subLabel.number == 0 || subLabel.number <= UInt64(view.second?.labels.count ?? 0), subLabel,
            "does not exist; build the bundle again")
        try record.reserved(8)
    }
}

/// Lines that objects cross.
public enum CrossingsSection: BundleSection {
    public typealias Record = oc_crossing
    public static var kind: oc_section_kind { OC_SECTION_CROSSINGS }
    public static var name: StaticString { "crossings" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_CROSSINGS)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let crossing = record.next.load(as: oc_crossing.self)
        let name = try record.text("name")
        try record.check(record.view.detector != nil, name, "is of no detector; build the bundle again")
        record.list("from", .places, width: 2, count: 2)
        let to = record.list("to", .places, width: 2, count: 2)
        try record.check(
            crossing.from.x != crossing.to.x || crossing.from.y != crossing.to.y, to,
            "is where it starts; build the bundle again")
        try record.label("label", none: OC_ANY_LABEL)
        try record.choice(UInt8.self, "anchor", "feet middle")
        try record.reserved(11)
    }
}

extension BundleView {
    public var tracker: UnsafePointer<oc_tracker>? { records(TrackerSection.self).baseAddress }
    public var areas: UnsafeBufferPointer<oc_area> { records(AreasSection.self) }
    public var corners: UnsafeBufferPointer<oc_corner> { records(CornersSection.self) }
    /// One a watch rule, or none.
    public var objectRules: UnsafeBufferPointer<oc_object_rule> { records(ObjectRulesSection.self) }
    public var crossings: UnsafeBufferPointer<oc_crossing> { records(CrossingsSection.self) }

    /// Those of an area.
    public func corners(of area: oc_area) -> UnsafeBufferPointer<oc_corner> {
        UnsafeBufferPointer(rebasing: corners[Int(area.first_corner)..<Int(area.first_corner + area.corners)])
    }
}
