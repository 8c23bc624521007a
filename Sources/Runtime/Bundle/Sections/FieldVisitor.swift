import CBundle

/// One field of a record where it lies.
public struct Field {
    /// What its bytes mean.
    public enum Kind: Sendable {
        /// An `oc_text`.
        case text
        /// An `oc_text` whose parts each end with a 0 byte.
        case arguments
        case number
        case milliseconds
        case bytes
        /// A CRC-32C.
        case checksum
        /// An `oc_kernel_set_id`.
        case kernelSet
        case flag
        /// In units of 1 divided by this.
        case fraction(UInt32)
        /// What `first`, `first + 1`, … mean, separated by spaces.
        case choice(StaticString, first: UInt32)
        /// Of a record in another section.
        case index
        /// Of a label.
        case label
        /// Of a label of the cascade's model, + 1.
        case subLabel
        /// Of labels beside a first one: where they begin among the watch labels, and how many they are.
        case labels
        case signed
        case float
        /// CPUs by their number + 1, 0 behind the last.
        case cpus
        /// Extents, of which `rank` count.
        case shape(rank: Int)
        /// x, y, width and height in 1/65535.
        case region
        /// x and y of a place each, in 1/65535 of the frame.
        case places
        /// In units of 1 divided by this, below 0 too.
        case signedFractions(UInt32)
        /// An `oc_field`.
        case elements
        /// What each value of a byte becomes.
        case table
        case signedTable
        /// Nothing yet, and 0.
        case reserved
        /// What others describe.
        case other
    }

    /// In messages and reports; empty where the record is this field alone.
    public let name: StaticString
    public let kind: Kind
    /// From its first byte on.
    public let bytes: UnsafeRawBufferPointer
    /// Bytes of one of its elements.
    public let width: Int
    /// The number that means that there is none.
    public let none: UInt32?
}

/// A number of a record, and where it stands.
public struct FieldValue {
    public let number: UInt64
    let name: StaticString
    let start: UnsafeRawPointer
}

/// What is done with the fields of a record. Programs that go through a verified bundle implement `visit` and let `check` be.
public protocol FieldVisitor {
    var view: BundleView { get }
    /// Where the next field lies.
    var next: UnsafeRawPointer { get set }

    /// All that is stated of a field when it is visited holds already.
    mutating func visit(_ field: Field)

    /// - Parameter reason: a predicate of the field, and what to do.
    func check(_ isSound: Bool, _ field: FieldValue, _ reason: StaticString) throws(BundleError)
}

extension FieldVisitor {
    public func check(_ isSound: Bool, _ field: FieldValue, _ reason: StaticString) throws(BundleError) {}
}

/// How `describe` states fields: their names, their meanings and what holds for them.
extension FieldVisitor {
    @discardableResult
    public mutating func u8(
        _ name: StaticString, _ kind: Field.Kind = .number, in range: ClosedRange<UInt64> = 0...UInt64.max,
        none: UInt32? = nil
    ) throws(BundleError) -> FieldValue { try number(UInt8.self, name, kind, range, none) }

    @discardableResult
    public mutating func u16(
        _ name: StaticString, _ kind: Field.Kind = .number, in range: ClosedRange<UInt64> = 0...UInt64.max,
        none: UInt32? = nil
    ) throws(BundleError) -> FieldValue { try number(UInt16.self, name, kind, range, none) }

    @discardableResult
    public mutating func u32(
        _ name: StaticString, _ kind: Field.Kind = .number, in range: ClosedRange<UInt64> = 0...UInt64.max,
        none: UInt32? = nil
    ) throws(BundleError) -> FieldValue { try number(UInt32.self, name, kind, range, none) }

    @discardableResult
    public mutating func u64(
        _ name: StaticString, _ kind: Field.Kind = .number, in range: ClosedRange<UInt64> = 0...UInt64.max
    ) throws(BundleError) -> FieldValue { try number(UInt64.self, name, kind, range, nil) }

    private mutating func number<T: FixedWidthInteger>(
        _ type: T.Type, _ name: StaticString, _ kind: Field.Kind, _ range: ClosedRange<UInt64>, _ none: UInt32?
    ) throws(BundleError) -> FieldValue {
        let value = FieldValue(number: UInt64(next.load(as: type)), name: name, start: next)
        try check(range.contains(value.number), value, "is out of range; build the bundle again")
        pass(name, kind, width: MemoryLayout<T>.size, none: none)
        return value
    }

    /// One of the meanings that are named.
    /// - Parameter names: of `first`, `first + 1`, …, separated by spaces.
    @discardableResult
    public mutating func choice<T: FixedWidthInteger>(
        _ type: T.Type, _ name: StaticString, _ names: StaticString, first: UInt32 = 0
    ) throws(BundleError) -> FieldValue {
        let value = FieldValue(number: UInt64(next.load(as: type)), name: name, start: next)
        let spaces = names.withUTF8Buffer { $0.reduce(0) { $0 + ($1 == 32 ? 1 : 0) } }
        try check(
            value.number >= first && value.number <= UInt64(first) + UInt64(spaces), value,
            "is unknown; build the bundle again")
        pass(name, .choice(names, first: first), width: MemoryLayout<T>.size)
        return value
    }

    /// 0 or 1.
    public mutating func flag(_ name: StaticString) throws(BundleError) { try u8(name, .flag, in: 0...1) }

    /// A record of another section, by its number.
    /// - Parameter none: the number that means that there is none.
    @discardableResult
    public mutating func index(
        _ name: StaticString, _ kind: Field.Kind = .index, below count: Int, none: UInt32? = nil, _ reason: StaticString
    ) throws(BundleError) -> FieldValue {
        let value = FieldValue(number: UInt64(next.load(as: UInt32.self)), name: name, start: next)
        try check(value.number < count || none.map { UInt64($0) } == value.number, value, reason)
        pass(name, kind, width: 4, none: none)
        return value
    }

    /// - Returns: its length.
    @discardableResult
    public mutating func text(_ name: StaticString, _ kind: Field.Kind = .text) throws(BundleError) -> FieldValue {
        let text = next.load(as: oc_text.self)
        let value = FieldValue(number: UInt64(text.length), name: name, start: next)
        try check(
            UInt64(text.offset) + UInt64(text.length) <= UInt64(view.strings.count), value,
            "lies outside the strings section; build the bundle again")
        pass(name, kind, width: 4, count: 2)
        return value
    }

    /// A part of the frame: not empty, inside it.
    public mutating func region(_ name: StaticString) throws(BundleError) {
        let region = next.load(as: oc_region.self)
        let value = FieldValue(number: 0, name: name, start: next)
        try check(
            region.width > 0 && region.height > 0 && UInt32(region.x) + UInt32(region.width) <= 65535
                && UInt32(region.y) + UInt32(region.height) <= 65535, value,
            "is empty or leaves the frame; build the bundle again")
        pass(name, .region, width: 2, count: 4)
    }

    /// Several numbers of one meaning.
    /// - Returns: where they start; its number says nothing.
    @discardableResult
    public mutating func list(_ name: StaticString, _ kind: Field.Kind, width: Int, count: Int) -> FieldValue {
        let value = FieldValue(number: 0, name: name, start: next)
        pass(name, kind, width: width, count: count)
        return value
    }

    /// Bytes that have no meaning yet.
    public mutating func reserved(_ count: Int) throws(BundleError) {
        try check(
            SectionTable.isZero(UnsafeRawBufferPointer(start: next, count: count)),
            FieldValue(number: 0, name: "a field that this program does not know", start: next),
            "is not 0; use the matching ocellus, or build the bundle again")
        pass("", .reserved, width: 1, count: count)
    }

    private mutating func pass(
        _ name: StaticString, _ kind: Field.Kind, width: Int, count: Int = 1, none: UInt32? = nil
    ) {
        let bytes = UnsafeRawBufferPointer(start: next, count: width * count)
        next += bytes.count
        visit(Field(name: name, kind: kind, bytes: bytes, width: width, none: none))
    }
}
