import JSON

extension Settings {
    /// Whether messages can be published there: UTF-8 without wildcards, blanks, control characters and empty levels.
    public static func isName(_ topic: [UInt8]) -> Bool {
        guard !topic.isEmpty, topic.count <= 65535, topic.first != UInt8(ascii: "$") else { return false }
        var last = UInt8(ascii: "/")
        for byte in topic {
            if byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") { return false }
            if byte == UInt8(ascii: "/"), last == byte { return false }
            last = byte
        }
        return last != UInt8(ascii: "/") && topic.withUnsafeBytes { UTF8Text.isValid($0) }
    }
}
