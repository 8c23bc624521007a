import CBundle

/// How pictures come in.
public enum PreprocessSection: BundleSection {
    public typealias Record = oc_preprocess
    public static var kind: oc_section_kind { OC_SECTION_PREPROCESS }
    public static var name: StaticString { "preprocess" }
    public static var amount: SectionAmount { .optional }
    public static var repacking: SectionRepacking { .reformed }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let sides = 1...UInt64(OC_MAX_INPUT_SIDE)
        let width = try record.u32("width", in: sides)
        let height = try record.u32("height", in: sides)
        let channels = try record.u32("channels")
        try record.check(
            channels.number == 1 || channels.number == 3, channels, "is neither 1 nor 3; build the bundle again")
        let tensors = record.view.tensors
        let input = try record.index("tensor", below: tensors.count, "does not exist; build the bundle again")
        let tensor = tensors[Int(input.number)]
        let bytes = width.number * height.number * channels.number
        try record.check(
            tensor.isByteActivation && UInt64(tensor.bytes) == bytes, input,
            "is not 8-bit, or not of the picture's size; build the bundle again")
        try record.u32("skippedSteps", in: 0...UInt64(record.view.steps.count), none: 0)
        try record.choice(UInt8.self, "fit", "stretch cover contain")
        try record.flag("bgr")
        try record.u8("fill", none: 0)
        try record.choice(
            UInt8.self, "orientation", "0 90 180 270 0-mirrored 90-mirrored 180-mirrored 270-mirrored")
        try record.region("crop")
        record.list("table", .table, width: 1, count: 3 * 256)
    }

    public static func reform(_ record: inout oc_preprocess, _ form: FormChange) {
        let mask = form.mask(ofTensor: record.tensor)
        withUnsafeMutableBytes(of: &record.table) { for index in $0.indices { $0[index] ^= mask } }
    }
}

/// Parts of the frame that nobody looks at.
public enum MasksSection: BundleSection {
    public typealias Record = oc_region
    public static var kind: oc_section_kind { OC_SECTION_MASKS }
    public static var name: StaticString { "masks" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_MASKS)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) { try record.region("") }
}

/// Parts of the frame that are looked at one by one.
public enum ZonesSection: BundleSection {
    public typealias Record = oc_zone
    public static var kind: oc_section_kind { OC_SECTION_ZONES }
    public static var name: StaticString { "zones" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_ZONES)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let name = try record.text("name")
        try record.check(
            record.view.preprocess != nil, name, "is a zone of no picture; build the bundle again")
        try record.region("part")
        try record.reserved(16)
    }
}

/// When a frame is looked at, for what moves in it.
public enum MotionSection: BundleSection {
    public typealias Record = oc_motion
    public static var kind: oc_section_kind { OC_SECTION_MOTION }
    public static var name: StaticString { "motion" }
    public static var amount: SectionAmount { .optional }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        try record.u32("level", in: 1...255)
        try record.u32("area", .fraction(65536), in: 1...65536)
        try record.u32("hold", .milliseconds)
        try record.u32("every", .milliseconds, none: 0)
        try record.reserved(16)
    }
}

extension BundleView {
    public var preprocess: UnsafePointer<oc_preprocess>? { records(PreprocessSection.self).baseAddress }
    public var masks: UnsafeBufferPointer<oc_region> { records(MasksSection.self) }
    public var zones: UnsafeBufferPointer<oc_zone> { records(ZonesSection.self) }
    /// Those that are inferred, as `oc_watch.zone` counts: that rules name, or without rules, the picture's own crop.
    public var inferredZones: [Int] {
        var numbers: [Int] = []
        for number in 0...zones.count {
            var isNamed = number == 0 && watches.isEmpty
            for watch in watches where Int(watch.zone) == number { isNamed = true }
            if isNamed { numbers.append(number) }
        }
        return numbers
    }
    public var motion: UnsafePointer<oc_motion>? { records(MotionSection.self).baseAddress }
}
