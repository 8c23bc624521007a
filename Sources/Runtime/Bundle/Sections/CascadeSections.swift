import CBundle

/// How a second model looks at a detector's objects.
public enum CascadeSection: BundleSection {
    public typealias Record = oc_cascade
    public static var kind: oc_section_kind { OC_SECTION_CASCADE }
    public static var name: StaticString { "cascade" }
    public static var amount: SectionAmount { .optional }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let score = try record.u32("score", .fraction(65536), in: 1...65536)
        try record.check(record.view.detector != nil, score, "is of no detector; build the bundle again")
        try record.check(record.view.second != nil, score, "is of no model; build the bundle again")
        try record.u32("margin", .fraction(65536), in: 0...65536)
        try record.u32("most", in: 1...UInt64(OC_MAX_TRACKS))
        try record.u32("every", .milliseconds, none: 0)
        try record.reserved(16)
    }
}

/// The labels of the objects that it looks at, rising.
public enum CascadeLabelsSection: BundleSection {
    public typealias Record = UInt32
    public static var kind: oc_section_kind { OC_SECTION_CASCADE_LABELS }
    public static var name: StaticString { "cascadeLabels" }
    public static var amount: SectionAmount { .many(0...Int(OC_MAX_WATCH_LABELS)) }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {
        let view = record.view
        let index = record.next - UnsafeRawPointer(view.cascadeLabels.baseAddress!)
        let label = try record.label("")
        let before = index > 0 ? view.cascadeLabels[index / MemoryLayout<UInt32>.stride - 1] : nil
        try record.check(
            before.map { UInt64($0) < label.number } ?? true, label, "does not rise; build the bundle again")
        try record.check(view.cascade != nil, label, "is of no cascade; build the bundle again")
    }
}

/// The second model's bundle: of labels and their scores, without a detector or a cascade of its own. All else that it says of a
/// sensor has no meaning here.
public enum CascadeBundleSection: BundleSection {
    public typealias Record = UInt8
    public static var kind: oc_section_kind { OC_SECTION_CASCADE_BUNDLE }
    public static var name: StaticString { "cascadeBundle" }
    public static var amount: SectionAmount { .bytes }

    public static func describe(_ record: inout some FieldVisitor) throws(BundleError) {}

    /// Verifies it as a bundle.
    /// - Throws: where it is none; the byte counts in the whole file.
    static func verify(_ view: BundleView) throws(BundleError) {
        let bytes = view.bytes(of: Self.self)
        guard let start = bytes.baseAddress else { return }
        let at = start - view.bytes.baseAddress!
        let inner: BundleView
        do throws(BundleError) {
            // One that holds another would be looked at without an end.
            guard try BundleView(known: bytes).bytes(of: Self.self).baseAddress == nil else {
                throw BundleError("a cascade in a cascade; build the bundle again", at: 0)
            }
            inner = try BundleView(verifying: bytes)
        } catch {
            throw error.moved(by: at)
        }
        guard view.cascade != nil else {
            throw BundleError(section: name, "is of no cascade; build the bundle again", at: at)
        }
        guard inner.preprocess != nil, inner.scores != nil, !inner.labels.isEmpty, inner.detector == nil else {
            throw BundleError(
                section: name, "does not give scores of labels for a picture; build the bundle again", at: at)
        }
    }
}

extension BundleView {
    public var cascade: UnsafePointer<oc_cascade>? { records(CascadeSection.self).baseAddress }
    /// None: objects of all labels.
    public var cascadeLabels: UnsafeBufferPointer<UInt32> { records(CascadeLabelsSection.self) }

    /// The cascade's model; nil where there is none.
    public var second: BundleView? {
        let bytes = bytes(of: CascadeBundleSection.self)
        guard bytes.baseAddress != nil else { return nil }
        return try? BundleView(known: bytes)
    }
}
