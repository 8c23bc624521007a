/// Writes as much of a text as fits: whole characters, and a terminator unless there is no room at all.
/// - Parameters:
///   - target: null where `capacity` is 0 or less.
/// - Returns: the bytes of the whole text.
func copy(_ text: some Collection<UInt8>, to target: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
    let count = text.count
    guard let target, capacity > 0 else { return count }
    var length = 0
    var end = 0  // of the last whole character
    for byte in text {
        if byte & 0xc0 != 0x80 { end = length }
        guard length < capacity - 1 else { break }
        target[length] = CChar(bitPattern: byte)
        length += 1
    }
    target[length == count ? length : end] = 0
    return count
}

/// Of texts that live for ever.
func copy(_ text: StaticString, to target: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
    text.withUTF8Buffer { copy($0, to: target, capacity) }
}
