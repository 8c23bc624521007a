import CBundle

/// How an output becomes a score for each label.
public enum ScoresSection: BundleSection {
    public typealias Record = oc_scores
    public static var kind: oc_section_kind { OC_SECTION_SCORES }
    public static var name: StaticString { "scores" }
    public static var amount: SectionAmount { .optional }
    public static var repacking: SectionRepacking { .reformed }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let tensors = record.view.tensors
        let output = try record.index("tensor", below: tensors.count, "does not exist; build the bundle again")
        let tensor = tensors[Int(output.number)]
        try record.check(tensor.isByteActivation, output, "is not 8-bit; build the bundle again")
        let count = try record.u32("count")
        let labels = record.view.labels.count
        try record.check(
            count.number == UInt64(tensor.bytes) && (labels == 0 || count.number == labels), count,
            "is not that of the tensor and the labels; build the bundle again")
        let table = record.list("table", .table, width: 4, count: 256)
        var isSound = true
        for index in 0..<256 {
            isSound = isSound && table.start.load(fromByteOffset: 4 * index, as: UInt32.self) <= 65536
        }
        try record.check(isSound, table, "has a score above 65536; build the bundle again")
    }

    public static func reform(_ record: inout oc_scores, _ form: FormChange) {
        let mask = Int(form.mask(ofTensor: record.tensor))
        let old = record
        withUnsafeBytes(of: old.table) { from in
            withUnsafeMutableBytes(of: &record.table) { to in
                for byte in 0...255 {
                    to.storeBytes(
                        of: from.load(fromByteOffset: 4 * (byte ^ mask), as: UInt32.self), toByteOffset: 4 * byte,
                        as: UInt32.self)
                }
            }
        }
    }
}

/// The scores' names.
public enum LabelsSection: BundleSection {
    public typealias Record = oc_text
    public static var kind: oc_section_kind { OC_SECTION_LABELS }
    public static var name: StaticString { "labels" }
    public static var amount: SectionAmount { .many(0...Int.max) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) { try record.text("") }
}

/// When to speak.
public enum WatchSection: BundleSection {
    public typealias Record = oc_watch
    public static var kind: oc_section_kind { OC_SECTION_WATCH }
    public static var name: StaticString { "watch" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_WATCHES)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let rule = record.next
        try record.text("name")
        try record.label("label")
        let on = try record.u32("on", .fraction(65536), in: 0...65536)
        let off = try record.u32("off", .fraction(65536))
        try record.check(off.number <= on.number, off, "is above on; build the bundle again")
        try record.u32("smoothing", .fraction(65536), in: 1...65536)
        try record.u32("enterAfter", .milliseconds, none: 0)
        try record.u32("leaveAfter", .milliseconds, none: 0)
        try record.u32("cooldown", .milliseconds, none: 0)
        try record.u32("updateEvery", .milliseconds, none: 0)
        try record.u32("zone", in: 0...UInt64(record.view.zones.count), none: 0)
        let further = record.list("furtherLabels", .labels, width: 4, count: 2)
        try record.check(
            hasSoundLabels(rule, record.view), further,
            "are not those behind the labels of the rules before, rising; build the bundle again")
        try record.reserved(12)
    }

    /// Whether a rule's further labels lie behind those of the rules before it, each above the one before.
    private static func hasSoundLabels(_ record: UnsafeRawPointer, _ view: BundleView) -> Bool {
        let rule = record.load(as: oc_watch.self)
        guard rule.further_count > 0 else { return rule.further_first == 0 }
        // At most OC_MAX_WATCHES of 32 bits.
        var before = UInt64(0)
        for other in view.watches.indices {
            if UnsafeRawPointer(view.watches.baseAddress! + other) == record { break }
            before += UInt64(view.watches[other].further_count)
        }
        let labels = view.watchLabels
        guard UInt64(rule.further_first) == before, before + UInt64(rule.further_count) <= UInt64(labels.count) else {
            return false
        }
        var last = rule.label
        for index in Int(before)..<Int(before) + Int(rule.further_count) {
            guard labels[index] > last else { return false }
            last = labels[index]
        }
        return true
    }
}

/// What rules of several labels follow beside their first.
public enum WatchLabelsSection: BundleSection {
    public typealias Record = UInt32
    public static var kind: oc_section_kind { OC_SECTION_WATCH_LABELS }
    public static var name: StaticString { "watchLabels" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_WATCH_LABELS)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let start = record.next
        let label = try record.label("")
        var followed = UInt64(0)
        for rule in record.view.watches { followed += UInt64(rule.further_count) }
        let index = (start - UnsafeRawPointer(record.view.watchLabels.baseAddress!)) / MemoryLayout<UInt32>.stride
        try record.check(UInt64(index) < followed, label, "is of no rule; build the bundle again")
    }
}

extension FieldVisitor {
    /// A label, by its index.
    @discardableResult
    mutating func label(_ name: StaticString, none: UInt32? = nil) throws(BundleError) -> FieldValue {
        let scores = Int(clamping: view.scores?.pointee.count ?? view.detector?.pointee.classes ?? 0)
        return try index(name, .label, below: scores, none: none, "has no score; build the bundle again")
    }
}

extension BundleView {
    public var scores: UnsafePointer<oc_scores>? { records(ScoresSection.self).baseAddress }
    public var labels: UnsafeBufferPointer<oc_text> { records(LabelsSection.self) }
    public var watches: UnsafeBufferPointer<oc_watch> { records(WatchSection.self) }
    /// Of rules that follow several labels those beside the first, rule by rule.
    public var watchLabels: UnsafeBufferPointer<UInt32> { records(WatchLabelsSection.self) }

    /// What a rule follows beside its first label.
    public func furtherLabels(of rule: oc_watch) -> UnsafeBufferPointer<UInt32> {
        let first = Int(rule.further_first)
        return UnsafeBufferPointer(rebasing: watchLabels[first..<first + Int(rule.further_count)])
    }
}
