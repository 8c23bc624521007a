extension Line {
    /// Bytes in Base64 (RFC 4648), with its padding.
    public mutating func append(base64 bytes: UnsafeRawBufferPointer) {
        let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        var index = 0
        while index < bytes.count {
            let count = min(bytes.count - index, 3)
            var group = UInt32(bytes[index]) << 16
            if count > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[index + 2]) }
            for place in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * place)) & 63
                append(place <= count ? digits.utf8Start[digit] : UInt8(ascii: "="))
            }
            index += count
        }
    }
}
