/// Reads JSON (RFC 8259) value by value from bytes that may be anybody's. Allocates nothing.
public struct JSONReader {
    public struct Failure: Error {
        public let byte: Int
        public let reason: StaticString
    }

    private static let depthLimit = 8

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    public func failure(_ reason: StaticString) -> Failure { Failure(byte: position, reason: reason) }

    // MARK: Values

    /// An object's members in their order; `member` takes the value of each.
    public mutating func object(
        _ member: (_ key: UnsafeRawBufferPointer, _ reader: inout JSONReader) throws(Failure) -> Void
    ) throws(Failure) {
        try take(UInt8(ascii: "{"), "expected an object")
        if takes(UInt8(ascii: "}")) { return }
        repeat {
            let key = try string()
            try take(UInt8(ascii: ":"), "expected a colon")
            try member(key, &self)
        } while takes(UInt8(ascii: ","))
        try take(UInt8(ascii: "}"), "expected a comma or the object's end")
    }

    public mutating func array(
        _ item: (_ index: Int, _ reader: inout JSONReader) throws(Failure) -> Void
    ) throws(Failure) {
        try take(UInt8(ascii: "["), "expected a list")
        if takes(UInt8(ascii: "]")) { return }
        var index = 0
        repeat {
            try item(index, &self)
            index += 1
        } while takes(UInt8(ascii: ","))
        try take(UInt8(ascii: "]"), "expected a comma or the list's end")
    }

    /// A whole number in a range.
    public mutating func integer(_ range: ClosedRange<Int64>) throws(Failure) -> Int64 {
        skipBlanks()
        let start = position
        let isNegative = takes(UInt8(ascii: "-"))
        let first = position
        var number: Int64 = 0
        while position < bytes.count, 48...57 ~= bytes[position] {
            let (tenfold, isTooLong) = number.multipliedReportingOverflow(by: 10)
            let digit = Int64(bytes[position] - 48)
            let (next, isTooLarge) =
                isNegative ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
            guard !isTooLong, !isTooLarge else { throw Failure(byte: start, reason: "a number out of range") }
            number = next
            position += 1
        }
        guard position > first, position == first + 1 || bytes[first] != 48 else {
            throw Failure(byte: start, reason: "expected a whole number")
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") || bytes[position] | 32 == UInt8(ascii: "e") {
            throw Failure(byte: start, reason: "expected a whole number")
        }
        guard range.contains(number) else { throw Failure(byte: start, reason: "a number out of range") }
        return number
    }

    /// A whole number or null.
    public mutating func optionalInteger(_ range: ClosedRange<Int64>) throws(Failure) -> Int64? {
        takes(word: "null") ? nil : try integer(range)
    }

    /// Whether a number comes next.
    public mutating func comesNumber() -> Bool {
        skipBlanks()
        return position < bytes.count && (48...57 ~= bytes[position] || bytes[position] == UInt8(ascii: "-"))
    }

    /// A number from 0 to 1, in 1/65536, rounded to nearest.
    public mutating func score() throws(Failure) -> UInt32 {
        skipBlanks()
        let start = position
        try skipNumber()
        var whole: Int64 = 0
        var millionths: Int64 = 0
        var unit: Int64?  // of a digit behind the point
        for byte in bytes[start..<position] {
            let digit = Int64(byte) - 48
            if let part = unit, 0...9 ~= digit {
                millionths += digit * part
                unit = part / 10  // more than six decimals change nothing
            } else if 0...9 ~= digit {
                whole = min(whole * 10 + digit, 2)
            } else if byte == UInt8(ascii: ".") {
                unit = 100_000
            } else {
                throw Failure(byte: start, reason: "expected a number from 0 to 1, without an exponent")
            }
        }
        let value = whole * 1_000_000 + millionths
        guard value <= 1_000_000 else { throw Failure(byte: start, reason: "expected a number from 0 to 1") }
        return UInt32((value * 65536 + 500_000) / 1_000_000)
    }

    public mutating func boolean() throws(Failure) -> Bool {
        if takes(word: "true") { return true }
        guard takes(word: "false") else { throw failure("expected true or false") }
        return false
    }

    /// A string's bytes as they are in the file, escapes included.
    public mutating func string() throws(Failure) -> UnsafeRawBufferPointer {
        try take(UInt8(ascii: "\""), "expected a string")
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1])
            }
            guard byte >= 0x20 else { throw failure("a control character in a string") }
            if byte == UInt8(ascii: "\\") { try skipEscape() } else { position += 1 }
        }
        throw failure("the text is cut short")
    }

    /// Eight hexadecimal digits in a string.
    public mutating func checksum() throws(Failure) -> UInt32 {
        let digits = try string()
        var value: UInt32 = 0
        for byte in digits {
            switch byte {
            case 48...57: value = value << 4 | UInt32(byte - 48)
            case 97...102: value = value << 4 | UInt32(byte - 87)
            default: throw failure("expected eight hexadecimal digits")
            }
        }
        guard digits.count == 8 else { throw failure("expected eight hexadecimal digits") }
        return value
    }

    /// Any value.
    /// - Returns: its bytes.
    public mutating func value() throws(Failure) -> UnsafeRawBufferPointer {
        skipBlanks()
        let start = position
        try skip(depth: 0)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    /// Nothing but blanks follows.
    public mutating func end() throws(Failure) {
        skipBlanks()
        guard position == bytes.count else { throw failure("something follows the object") }
    }

    // MARK: Parts

    private mutating func skip(depth: Int) throws(Failure) {
        guard depth < JSONReader.depthLimit else { throw failure("too deep") }
        skipBlanks()
        guard position < bytes.count else { throw failure("the text is cut short") }
        switch bytes[position] {
        case UInt8(ascii: "{"): try object { (_, reader) throws(Failure) in try reader.skip(depth: depth + 1) }
        case UInt8(ascii: "["): try array { (_, reader) throws(Failure) in try reader.skip(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "-"), 48...57: try skipNumber()
        default:
            guard takes(word: "true") || takes(word: "false") || takes(word: "null") else {
                throw failure("expected a value")
            }
        }
    }

    private mutating func skipNumber() throws(Failure) {
        _ = takes(UInt8(ascii: "-"))
        try skipDigits()
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if position < bytes.count, bytes[position] | 32 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == 43 || bytes[position] == 45 { position += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(Failure) {
        let start = position
        while position < bytes.count, 48...57 ~= bytes[position] { position += 1 }
        guard position > start else { throw failure("expected a digit") }
    }

    private mutating func skipEscape() throws(Failure) {
        guard position + 1 < bytes.count else { throw failure("the text is cut short") }
        var length = 2
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            break
        case UInt8(ascii: "u"):
            length = 6
            guard position + 6 <= bytes.count else { throw failure("the text is cut short") }
            for byte in bytes[position + 2..<position + 6] {
                switch byte | 32 {
                case 48...57, 97...102: break
                default: throw failure("an unknown escape in a string")
                }
            }
        default: throw failure("an unknown escape in a string")
        }
        position += length
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 9, 10, 13, 32: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8, _ reason: StaticString) throws(Failure) {
        guard takes(byte) else { throw failure(position < bytes.count ? reason : "the text is cut short") }
    }

    private mutating func takes(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func takes(word: StaticString) -> Bool {
        skipBlanks()
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count,
            word.withUTF8Buffer({ $0.elementsEqual(bytes[position..<position + count]) })
        else { return false }
        position += count
        return true
    }
}
