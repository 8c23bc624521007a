import JSON

/// What strings and numbers of JSON stand for.
enum JSONText {
    /// A string's text without its escapes; halves of pairs without the other become U+FFFD.
    /// - Parameter escaped: as `JSONReader.string` gives it, so its escapes are valid.
    static func plain(_ escaped: Bytes) -> Bytes {
        var text = Bytes()
        var index = 0
        while index < escaped.count {
            let byte = escaped[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < escaped.count else {
                text.append(byte)
                index += 1
                continue
            }
            switch escaped[index + 1] {
            case UInt8(ascii: "b"): text.append(8)
            case UInt8(ascii: "f"): text.append(12)
            case UInt8(ascii: "n"): text.append(10)
            case UInt8(ascii: "r"): text.append(13)
            case UInt8(ascii: "t"): text.append(9)
            case UInt8(ascii: "u"):
                var unit = hex(escaped, at: index + 2)
                if 0xd800..<0xdc00 ~= unit, index + 7 < escaped.count, escaped[index + 6] == UInt8(ascii: "\\"),
                    escaped[index + 7] == UInt8(ascii: "u")
                {
                    let second = hex(escaped, at: index + 8)
                    if 0xdc00..<0xe000 ~= second {
                        unit = 0x10000 + (unit - 0xd800) << 10 + (second - 0xdc00)
                        index += 6
                    }
                }
                text.append(contentsOf: Unicode.Scalar(unit)?.utf8Bytes ?? [0xef, 0xbf, 0xbd])
                index += 4
            default: text.append(escaped[index + 1])
            }
            index += 2
        }
        return text
    }

    private static func hex(_ text: Bytes, at start: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in start..<start + 4 {
            guard index < text.count else { return 0xfffd }
            let byte = text[index]
            value = value << 4 | UInt32(byte < 58 ? byte - 48 : (byte | 32) - 87)
        }
        return value
    }

    /// A plain decimal number in thousandths, rounded down towards 0; nil: it is none, has an exponent, or is above
    /// 2^53.
    static func thousandths(_ number: Bytes) -> Int64? {
        var value: Int64 = 0
        var places = -1
        var isNegative = false
        var digits = 0
        for (index, byte) in number.enumerated() {
            switch byte {
            case UInt8(ascii: "-") where index == 0: isNegative = true
            case UInt8(ascii: ".") where places < 0 && digits > 0: places = 0
            case 48...57:
                digits += 1
                if places >= 3 { continue }
                guard value < 1 << 53 else { return nil }
                value = value * 10 + Int64(byte - 48)
                if places >= 0 { places += 1 }
            default: return nil
            }
        }
        guard digits > 0 else { return nil }
        for _ in max(places, 0)..<3 {
            guard value < 1 << 57 else { return nil }
            value *= 10
        }
        return isNegative ? -value : value
    }

    /// Sixteen hexadecimal digits.
    static func boot(_ digits: Bytes) -> UInt64? {
        guard digits.count == 16 else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            switch byte {
            case 48...57: value = value << 4 | UInt64(byte - 48)
            case 97...102: value = value << 4 | UInt64(byte - 87)
            case 65...70: value = value << 4 | UInt64(byte - 55)
            default: return nil
            }
        }
        return value
    }
}

extension Unicode.Scalar {
    fileprivate var utf8Bytes: Bytes {
        let code = value
        if code < 0x80 { return [UInt8(code)] }
        if code < 0x800 { return [UInt8(0xc0 | code >> 6), UInt8(0x80 | code & 63)] }
        if code < 0x10000 { return [UInt8(0xe0 | code >> 12), UInt8(0x80 | code >> 6 & 63), UInt8(0x80 | code & 63)] }
        return [
            UInt8(0xf0 | code >> 18), UInt8(0x80 | code >> 12 & 63), UInt8(0x80 | code >> 6 & 63),
            UInt8(0x80 | code & 63),
        ]
    }
}
