/// A picture that comes from the sensor part by part, in Base64.
struct Picture {
    /// Bytes of a file that is taken at most: one of 1024 x 1024 noisy pixels has fewer.
    static let limit: Int64 = 4 << 20

    /// The sensor's, of who has asked.
    let transaction: Bytes
    private let bytes: Int
    private let parts: Int64
    private var next: Int64 = 1
    private(set) var file = Bytes()

    /// - Returns: nil: the line announces none that can be.
    init?(_ line: SensorLine) {
        guard let transaction = line.transaction, let bytes = line.bytes, let parts = line.parts,
            1...Picture.limit ~= bytes, 1...bytes ~= parts
        else { return nil }
        (self.transaction, self.bytes, self.parts) = (transaction, Int(bytes), parts)
        file.reserveCapacity(self.bytes)
    }

    enum Progress: Equatable { case more, whole, broken }

    mutating func add(_ line: SensorLine) -> Progress {
        guard line.part == next, let text = line.jpeg, Picture.decode(text, into: &file), file.count <= bytes else {
            return .broken
        }
        next += 1
        guard next > parts else { return .more }
        return file.count == bytes ? .whole : .broken
    }

    /// Base64 (RFC 4648) of whole groups, padding at the end alone.
    static func decode(_ text: Bytes, into bytes: inout Bytes) -> Bool {
        guard !text.isEmpty, text.count % 4 == 0 else { return false }
        var group: UInt32 = 0
        var padding = 0
        for (index, digit) in text.enumerated() {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "=") where index >= text.count - 2:
                padding += 1
                value = 0
            default: return false
            }
            guard padding == 0 || digit == UInt8(ascii: "=") else { return false }
            group = group << 6 | UInt32(value)
            guard index % 4 == 3 else { continue }
            bytes.append(UInt8(group >> 16))
            if padding < 2 { bytes.append(UInt8(group >> 8 & 255)) }
            if padding < 1 { bytes.append(UInt8(group & 255)) }
            group = 0
        }
        return true
    }
}
