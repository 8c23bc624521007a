/// Texts from outside (labels, file names) may hold any bytes. Here they become text that every reader takes.
public enum UTF8Text {
    /// Bytes of the valid character that starts at `start` (RFC 3629: no overlong forms, no surrogates), or 0.
    public static func length(_ text: UnsafeRawBufferPointer, at start: Int) -> Int {
        let lead = text[start]
        let (count, low, high): (Int, UInt8, UInt8) =
            switch lead {
            case 0x00...0x7f: (1, 0x80, 0xbf)
            case 0xc2...0xdf: (2, 0x80, 0xbf)
            case 0xe0: (3, 0xa0, 0xbf)
            case 0xe1...0xec, 0xee...0xef: (3, 0x80, 0xbf)
            case 0xed: (3, 0x80, 0x9f)
            case 0xf0: (4, 0x90, 0xbf)
            case 0xf1...0xf3: (4, 0x80, 0xbf)
            case 0xf4: (4, 0x80, 0x8f)
            default: (0, 0, 0)
            }
        guard count > 0, count <= text.count - start else { return 0 }
        for index in 1..<max(count, 1) {
            let byte = text[start + index]
            guard index == 1 ? low <= byte && byte <= high : byte & 0xc0 == 0x80 else { return 0 }
        }
        return count
    }

    /// Whether all of it is UTF-8.
    public static func isValid(_ text: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < text.count {
            let length = length(text, at: index)
            guard length > 0 else { return false }
            index += length
        }
        return true
    }
}

extension Line {
    /// `text` as a JSON string with its quotation marks. Bytes that are not UTF-8 become U+FFFD. Characters that would
    /// take the string past `limit` bytes are left out.
    public mutating func append(jsonString text: UnsafeRawBufferPointer, limit: Int) {
        let end = count + limit - 1
        append(UInt8(ascii: "\""))
        var index = 0
        while index < text.count {
            let length = UTF8Text.length(text, at: index)
            let byte = text[index]
            let left = end - count
            if length == 0 {
                guard left >= 3 else { break }
                append("\u{fffd}" as StaticString)
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                guard left >= 2 else { break }
                append(UInt8(ascii: "\\"))
                append(byte)
            } else if byte < 0x20 || byte == 0x7f {
                guard left >= 6 else { break }
                append("\\u00" as StaticString)
                append(hex: byte, digits: "0123456789abcdef")
            } else {
                guard left >= length else { break }
                for offset in 0..<length { append(text[index + offset]) }
            }
            index += max(length, 1)
        }
        append(UInt8(ascii: "\""))
    }

    /// `text` as part of a topic. Letters, digits and `-._~` stand for themselves, every other byte is %XX: a topic
    /// then has no blank, no wildcard and no level of its own, and different texts stay different.
    public mutating func append(topicLevel text: UnsafeRawBufferPointer, limit: Int, keepsLevels: Bool = false) {
        let end = count + limit
        for byte in text {
            let plain: Bool =
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
                case UInt8(ascii: "/"): keepsLevels
                default: false
                }
            guard count + (plain ? 1 : 3) <= end else { break }
            if plain {
                append(byte)
            } else {
                append(UInt8(ascii: "%"))
                append(hex: byte, digits: "0123456789ABCDEF")
            }
        }
    }

    public mutating func append(hex byte: UInt8, digits: StaticString) {
        append(digits.utf8Start[Int(byte >> 4)])
        append(digits.utf8Start[Int(byte & 15)])
    }
}
