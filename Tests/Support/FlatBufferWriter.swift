/// A value of a FlatBuffers file, for building files in tests: sound ones, and ones that no converter would write.
package indirect enum FlatValue: Sendable {
    case uint8(UInt8)
    case int32(Int32)
    case uint64(UInt64)
    case float(Float)
    /// By field number.
    case table([Int: FlatValue])
    case string(String)
    case bytes([UInt8])
    case int32s([Int32])
    case int64s([Int64])
    case floats([Float])
    case tables([FlatValue])
    /// `count` references to one table, which is stored once, then further tables.
    case repeated(FlatValue, count: Int, then: [FlatValue])

    package static func bool(_ value: Bool) -> FlatValue { .uint8(value ? 1 : 0) }

    /// What the value takes inside a table: itself, or an offset to it.
    fileprivate var inlineSize: Int {
        switch self {
        case .uint8: 1
        case .uint64: 8
        default: 4
        }
    }
}

/// Lays out a value as a file, every object after those that refer to it.
package struct FlatBufferWriter {
    private(set) var bytes: [UInt8] = []

    package static func file(_ root: FlatValue, identifier: String = "TFL3") -> [UInt8] {
        var writer = FlatBufferWriter()
        writer.append(UInt32(0))
        writer.bytes += Array(identifier.utf8)
        writer.refer(from: 0, to: root)
        return writer.bytes
    }

    private mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func patch(_ value: UInt32, at position: Int) {
        for index in 0..<4 { bytes[position + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }

    private mutating func align() { while bytes.count % 8 != 0 { bytes.append(0) } }

    /// Writes `value` at the end and its offset at `position`.
    private mutating func refer(from position: Int, to value: FlatValue) {
        align()
        switch value {
        case .table(let fields):
            let start = writeTable(fields)
            patch(UInt32(start - position), at: position)
            writeChildren(of: fields, start: start)
        case .tables(let tables):
            patch(UInt32(bytes.count - position), at: position)
            append(UInt32(tables.count))
            let first = bytes.count
            for _ in tables { append(UInt32(0)) }
            for (index, table) in tables.enumerated() { refer(from: first + 4 * index, to: table) }
        case .repeated(let table, let count, let others):
            patch(UInt32(bytes.count - position), at: position)
            append(UInt32(count + others.count))
            let first = bytes.count
            for _ in 0..<count + others.count { append(UInt32(0)) }
            refer(from: first, to: table)
            let offset = (0..<4).reduce(0) { $0 | Int(bytes[first + $1]) << (8 * $1) }
            for index in 1..<count { patch(UInt32(offset - 4 * index), at: first + 4 * index) }
            for (index, other) in others.enumerated() { refer(from: first + 4 * (count + index), to: other) }
        default:
            patch(UInt32(bytes.count - position), at: position)
            writeElements(value)
        }
    }

    private mutating func writeElements(_ value: FlatValue) {
        func count(_ count: Int) -> UInt32 { UInt32(count) }
        switch value {
        case .string(let text):
            append(count(text.utf8.count))
            bytes += Array(text.utf8) + [0]
        case .bytes(let data):
            append(count(data.count))
            bytes += data
        case .int32s(let values):
            append(count(values.count))
            for value in values { append(value) }
        case .int64s(let values):
            append(count(values.count))
            for value in values { append(value) }
        case .floats(let values):
            append(count(values.count))
            for value in values { append(value.bitPattern) }
        default:
            preconditionFailure("\(value) is not a vector")
        }
    }

    /// The vtable, then the table with its references still open.
    private mutating func writeTable(_ fields: [Int: FlatValue]) -> Int {
        let slots = (fields.keys.max() ?? -1) + 1
        let vtable = bytes.count
        let vtableBytes = 4 + 2 * slots
        let positions = Self.positions(fields)
        let tableBytes = fields.reduce(4) { max($0, (positions[$1.key] ?? 0) + $1.value.inlineSize) }
        append(UInt16(vtableBytes))
        append(UInt16(tableBytes))
        for slot in 0..<slots { append(UInt16(positions[slot] ?? 0)) }
        align()
        let start = bytes.count
        append(UInt32(start - vtable))
        bytes += [UInt8](repeating: 0, count: tableBytes - 4)
        for (field, value) in fields {
            let at = start + (positions[field] ?? 0)
            switch value {
            case .uint8(let number): bytes[at] = number
            case .int32(let number): patch(UInt32(bitPattern: number), at: at)
            case .float(let number): patch(number.bitPattern, at: at)
            case .uint64(let number):
                patch(UInt32(truncatingIfNeeded: number), at: at)
                patch(UInt32(truncatingIfNeeded: number >> 32), at: at + 4)
            default: break
            }
        }
        return start
    }

    private mutating func writeChildren(of fields: [Int: FlatValue], start: Int) {
        let positions = Self.positions(fields)
        for (field, value) in fields.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .uint8, .int32, .uint64, .float: break
            default: refer(from: start + (positions[field] ?? 0), to: value)
            }
        }
    }

    /// Eight bytes a field, whatever its size.
    private static func positions(_ fields: [Int: FlatValue]) -> [Int: Int] {
        var next = 0
        return fields.keys.sorted().reduce(into: [:]) { result, field in
            next += 8
            result[field] = next
        }
    }
}
