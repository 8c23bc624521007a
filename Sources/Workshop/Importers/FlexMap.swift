/// A map of numbers in the encoding of FlexBuffers, in which TensorFlow Lite's custom operators keep their options ("FlexBuffers" in
/// FlatBuffers' documentation of its internals). Any bytes are safe.
struct FlexMap {
    private var values: [String: Double] = [:]

    /// Most that any operator has is a tenth of it.
    private static let limit = 256

    private static let integer = 1, unsigned = 2, real = 3, map = 9, boolean = 26
    /// Of numbers that an offset leads to.
    private static let indirect = [6: integer, 7: unsigned, 8: real]

    /// Nil where the bytes are no such map. Values that are no numbers are left out.
    init?(_ bytes: [UInt8]) {
        // The root is behind all: its value, its type, and how wide the value is.
        guard bytes.count >= 3 else { return nil }
        let reader = FlexReader(bytes: bytes)
        let (type, rootWidth) = (Int(bytes[bytes.count - 2]), Int(bytes[bytes.count - 1]))
        let width = 1 << (type & 3)
        guard type >> 2 == Self.map, FlexReader.widths.contains(rootWidth),
            let start = reader.follow(bytes.count - 2 - rootWidth, rootWidth),
            let count = reader.unsigned(start - width, width), count <= UInt64(Self.limit),
            let keyWidth = reader.unsigned(start - 2 * width, width).map({ Int(truncatingIfNeeded: $0) }),
            FlexReader.widths.contains(keyWidth), let keys = reader.follow(start - 3 * width, width),
            reader.unsigned(keys - keyWidth, keyWidth) == count
        else { return nil }
        for index in 0..<Int(count) {
            guard let key = reader.follow(keys + index * keyWidth, keyWidth), let name = reader.text(key),
                let type = reader.unsigned(start + Int(count) * width + index, 1).map({ Int($0) })
            else { return nil }
            values[name] = Self.number(reader, at: start + index * width, type: type, width)
        }
    }

    private static func number(_ reader: FlexReader, at position: Int, type: Int, _ width: Int) -> Double? {
        switch type >> 2 {
        case integer: return reader.signed(position, width).map { Double($0) }
        case unsigned, boolean: return reader.unsigned(position, width).map { Double($0) }
        case real: return reader.real(position, width)
        default:
            guard let kind = indirect[type >> 2], let place = reader.follow(position, width) else { return nil }
            return number(reader, at: place, type: kind << 2, 1 << (type & 3))
        }
    }

    /// Nil where there is none, or none that is finite.
    func number(_ name: String) -> Double? { values[name].flatMap { $0.isFinite ? $0 : nil } }
}

private struct FlexReader {
    let bytes: [UInt8]

    static let widths = [1, 2, 4, 8]

    func unsigned(_ position: Int, _ width: Int) -> UInt64? {
        guard position >= 0, width <= bytes.count, position <= bytes.count - width else { return nil }
        return (0..<width).reduce(0) { $0 | UInt64(bytes[position + $1]) << UInt64(8 * $1) }
    }

    func signed(_ position: Int, _ width: Int) -> Int64? {
        let unused = Int64(64 - 8 * width)
        return unsigned(position, width).map { (Int64(bitPattern: $0) << unused) >> unused }
    }

    func real(_ position: Int, _ width: Int) -> Double? {
        guard let bits = unsigned(position, width) else { return nil }
        switch width {
        case 2: return Double(Float16(bitPattern: UInt16(bits)))
        case 4: return Double(Float(bitPattern: UInt32(bits)))
        case 8: return Double(bitPattern: bits)
        default: return nil
        }
    }

    /// Offsets count backwards.
    func follow(_ position: Int, _ width: Int) -> Int? {
        guard let offset = unsigned(position, width), offset <= UInt64(max(position, 0)) else { return nil }
        return position - Int(offset)
    }

    /// Ends with a byte of 0.
    func text(_ position: Int) -> String? {
        let rest = bytes[position...].prefix(65)
        guard let end = rest.firstIndex(of: 0) else { return nil }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
