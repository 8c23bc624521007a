import Bundle
import CBundle

/// Every field of every record of a bundle, as the sections' descriptions go through them.
public struct BundleFields {
    public struct Section: Sendable {
        public let kind: oc_section_kind
        public let name: String
        public let isBytes: Bool
        public let mustBeThere: Bool
        /// How many records it may have where it is there.
        public let least: Int
        public let most: Int
        public let repacking: SectionRepacking
        public let recordBytes: Int
        /// Records that it has.
        public let count: Int
    }

    public struct Place: Sendable {
        public let kind: oc_section_kind
        public let section: String
        public let record: Int
        public let name: String
        public let meaning: Field.Kind
        /// Of its first byte from the section's start.
        public let offset: Int
        /// Bytes of one of its elements, and how many those are.
        public let width: Int
        public let count: Int
    }

    /// In the order of their descriptions, whether the bundle has them or not.
    public let sections: [Section]
    public let places: [Place]
    /// All texts.
    public let texts: [[UInt8]]

    public init(_ view: BundleView) throws {
        var reader = Reader(view: view, next: view.bytes.baseAddress!)
        try BundleSections.visit(&reader)
        (sections, places, texts) = (reader.sections, reader.places, reader.texts)
    }

    /// - Parameter file: a sound bundle.
    public init(_ file: [UInt8]) throws {
        let bundle = try Bundle(copying: file)
        try self.init(bundle.view)
    }

    private struct Reader: SectionVisitor, FieldVisitor {
        let view: BundleView
        var next: UnsafeRawPointer
        var sections: [Section] = []
        var places: [Place] = []
        var texts: [[UInt8]] = []
        private var start: UnsafeRawPointer
        private var record = 0

        init(view: BundleView, next: UnsafeRawPointer) {
            (self.view, self.next, start) = (view, next, next)
        }

        mutating func visit<S: BundleSection>(_ section: S.Type) throws(BundleError) {
            var (isBytes, mustBeThere, limits) = (false, false, 1...1)
            switch S.amount {
            case .bytes: (isBytes, limits) = (true, 0...Int.max)
            case .one: mustBeThere = true
            case .optional: break
            case .many(let range): (mustBeThere, limits) = (range.lowerBound > 0, range)
            }
            let records = view.records(section)
            sections.append(
                Section(
                    kind: S.kind, name: "\(S.name)", isBytes: isBytes, mustBeThere: mustBeThere,
                    least: limits.lowerBound, most: limits.upperBound, repacking: S.repacking,
                    recordBytes: MemoryLayout<S.Record>.stride, count: records.count))
            guard !isBytes, let base = records.baseAddress else { return }
            start = UnsafeRawPointer(base)
            for index in records.indices {
                record = index
                next = UnsafeRawPointer(base + index)
                try S.describe(&self)
            }
        }

        mutating func visit(_ field: Field) {
            let section = sections[sections.count - 1]
            let offset = field.bytes.baseAddress! - start
            places.append(
                Place(
                    kind: section.kind, section: section.name, record: record, name: "\(field.name)",
                    meaning: field.kind, offset: offset, width: field.width, count: field.bytes.count / field.width))
            switch field.kind {
            case .text, .arguments: texts.append(Array(view.text(field.bytes.load(as: oc_text.self))))
            default: break
            }
        }
    }
}
