import CBundle

/// One kind of section, described once: what lies in it, what holds for it, what repacking makes of it. Whatever goes through all
/// sections (the verifier, `repacked`, `ocellus inspect`, tests that damage bundles) follows these descriptions.
public protocol BundleSection {
    associatedtype Record

    static var kind: oc_section_kind { get }
    /// In messages and reports.
    static var name: StaticString { get }
    static var amount: SectionAmount { get }
    static var repacking: SectionRepacking { get }

    /// Walks through one record, field by field in the order of the file to its end, and states what holds for each.
    static func describe(_ record: inout some FieldVisitor) throws(BundleError)

    /// Of sections that are `.reformed`: what `describe` tells, for activations in another form.
    static func reform(_ record: inout Record, _ form: FormChange)
}

extension BundleSection {
    public static var repacking: SectionRepacking { .copied }
    public static func reform(_ record: inout Record, _ form: FormChange) {}
}

/// How much a section holds.
public enum SectionAmount: Sendable {
    /// Bytes without records.
    case bytes
    /// One record; the section must be there.
    case one
    /// One record, or the section is absent.
    case optional
    /// So many records; where 0 is among it, the section may be absent.
    case many(ClosedRange<Int>)

    /// Whether it is about one record at most.
    public var isSingle: Bool {
        switch self {
        case .one, .optional: true
        case .bytes, .many: false
        }
    }
}

/// What becomes of a section when its bundle is packed for another kernel set.
public enum SectionRepacking: Sendable {
    /// The same bytes.
    case copied
    /// The same records, each as `reform` makes it.
    case reformed
    /// Made anew.
    case replaced
}

/// How activations of one kernel set's form turn into another's.
public struct FormChange {
    private let tensors: UnsafeBufferPointer<oc_tensor>
    private let int8: UInt8

    /// - Parameter int8: what elements of int8 tensors are XORed with.
    public init(_ view: BundleView, int8: UInt8) {
        tensors = view.tensors
        self.int8 = int8
    }

    /// What the bytes of a tensor are XORed with.
    func mask(ofTensor index: UInt32) -> UInt8 {
        UInt32(tensors[Int(index)].type) == OC_TYPE_INT8.rawValue ? int8 : 0
    }
}

/// What goes through all sections.
public protocol SectionVisitor {
    mutating func visit<S: BundleSection>(_ section: S.Type) throws(BundleError)
}

/// All kinds of sections.
public enum BundleSections {
    /// In the order in which a report tells them. The model comes last: its arena is held against all that lies in it, which
    /// must be sound by then.
    public static func visit(_ visitor: inout some SectionVisitor) throws(BundleError) {
        try visitor.visit(StringsSection.self)
        try visitor.visit(TensorsSection.self)
        try visitor.visit(StepsSection.self)
        try visitor.visit(WeightsSection.self)
        try visitor.visit(InputsSection.self)
        try visitor.visit(OutputsSection.self)
        try visitor.visit(PreprocessSection.self)
        try visitor.visit(MasksSection.self)
        try visitor.visit(ZonesSection.self)
        try visitor.visit(MotionSection.self)
        try visitor.visit(ScoresSection.self)
        try visitor.visit(DetectorSection.self)
        try visitor.visit(LevelsSection.self)
        try visitor.visit(PriorsSection.self)
        try visitor.visit(CurvesSection.self)
        try visitor.visit(TrackerSection.self)
        try visitor.visit(LabelsSection.self)
        try visitor.visit(WatchSection.self)
        try visitor.visit(WatchLabelsSection.self)
        try visitor.visit(AreasSection.self)
        try visitor.visit(CornersSection.self)
        try visitor.visit(ObjectRulesSection.self)
        try visitor.visit(CrossingsSection.self)
        try visitor.visit(CascadeSection.self)
        try visitor.visit(CascadeLabelsSection.self)
        try visitor.visit(CascadeBundleSection.self)
        try visitor.visit(SensorSection.self)
        try visitor.visit(SourceSection.self)
        try visitor.visit(ControlsSection.self)
        try visitor.visit(LinesSection.self)
        try visitor.visit(RecordSection.self)
        try visitor.visit(FusionsSection.self)
        try visitor.visit(ModelSection.self)
    }
}
