import CBundle

/// Sees to it that each section is there, and holds as many records as it may.
struct AmountVerifier: SectionVisitor {
    private let table: SectionTable

    init(_ table: SectionTable) { self.table = table }

    func visit<S: BundleSection>(_ section: S.Type) throws(BundleError) {
        let limits: ClosedRange<Int>
        var mayLack = true
        switch S.amount {
        case .bytes: limits = 0...Int.max
        case .one:
            limits = 1...1
            mayLack = false
        case .optional: limits = 1...1
        case .many(let range):
            limits = range
            mayLack = range.lowerBound == 0
        }
        guard let entry = table.entry(of: S.kind) else {
            guard mayLack else {
                throw BundleError(section: S.name, "is missing; build the bundle again", at: SectionTable.countByte)
            }
            return
        }
        guard UInt64(entry.count) * UInt64(MemoryLayout<S.Record>.stride) == entry.bytes else {
            throw BundleError(
                section: S.name, "has another length than its records; build the bundle again", at: entry.countByte)
        }
        // Not more than the file has bytes, so it fits an Int.
        guard limits.contains(Int(entry.count)) else {
            throw BundleError(
                section: S.name, "has more or fewer records than it may; build the bundle again", at: entry.countByte)
        }
    }
}

/// Checks all records. Afterwards no index, offset or enumeration of the bundle needs checking again.
struct RecordVerifier: SectionVisitor, FieldVisitor {
    let view: BundleView
    var next: UnsafeRawPointer
    private var section: StaticString = ""
    private var record: Int?

    /// - Parameter view: sections' amounts verified.
    init(_ view: BundleView) {
        self.view = view
        next = view.bytes.baseAddress!
    }

    mutating func visit<S: BundleSection>(_ section: S.Type) throws(BundleError) {
        if case .bytes = S.amount { return }
        self.section = S.name
        let records = view.records(section)
        for index in records.indices {
            record = S.amount.isSingle ? nil : index
            next = UnsafeRawPointer(records.baseAddress! + index)
            try S.describe(&self)
        }
    }

    func visit(_ field: Field) {}

    func check(_ isSound: Bool, _ field: FieldValue, _ reason: StaticString) throws(BundleError) {
        guard isSound else {
            throw BundleError(
                field: field.name, of: section, record: record, reason, at: field.start - view.bytes.baseAddress!)
        }
    }
}
