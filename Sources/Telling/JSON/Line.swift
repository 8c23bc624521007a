/// One line of text in a buffer of fixed size. Building it allocates nothing and knows no locale.
public struct Line: ~Copyable {
    /// No line is longer, its line feed included: as much as a pipe takes in one piece (PIPE_BUF).
    public static var capacity: Int { 4096 }

    private let base: UnsafeMutablePointer<UInt8>
    private let room: Int
    public private(set) var count = 0

    public init() { self.init(room: Line.capacity) }

    /// A text that is not for a pipe, of at most so many bytes.
    public init(room: Int) {
        self.room = room
        base = .allocate(capacity: room)
    }

    deinit { base.deallocate() }

    /// What was written so far; valid until the next change.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Bytes that can be appended.
    public var left: Int { room - count }

    public mutating func clear() { count = 0 }

    /// Appends what `read` puts into the room that is left.
    /// - Returns: what `read` does: bytes that were read, or below 0 an error.
    public mutating func fill(_ read: (UnsafeMutableRawBufferPointer) -> Int64) -> Int64 {
        let result = read(UnsafeMutableRawBufferPointer(start: base + count, count: left))
        count += max(Int(truncatingIfNeeded: result), 0)
        return result
    }

    /// - Parameter bytes: at most `count`.
    public mutating func removeFirst(_ bytes: Int) {
        base.update(from: base + bytes, count: count - bytes)
        count -= bytes
    }

    /// Bytes past the capacity are not taken; callers bound their texts so that this never happens.
    public mutating func append(_ byte: UInt8) {
        guard count < room else { return }
        base[count] = byte
        count += 1
    }

    public mutating func append(_ text: StaticString) {
        // Every StaticString here is a literal of more than one scalar or ASCII, so it has a pointer.
        guard text.hasPointerRepresentation else { return }
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    public mutating func append(_ text: UnsafeRawBufferPointer) {
        for byte in text { append(byte) }
    }

    public mutating func append(_ number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(digits: number.magnitude, atLeast: 1)
    }

    /// `number` in decimal with leading zeros up to `width` digits.
    public mutating func append(digits number: UInt64, atLeast width: Int) {
        var divisor: UInt64 = 1
        var digits = 1
        while digits < width || number / divisor >= 10 {
            divisor *= 10
            digits += 1
        }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    /// `number` / 10^`places` with exactly that many decimals.
    public mutating func append(scaled number: Int64, places: Int) {
        var unit: UInt64 = 1
        for _ in 0..<places { unit *= 10 }
        if number < 0 { append(UInt8(ascii: "-")) }
        append(digits: number.magnitude / unit, atLeast: 1)
        append(UInt8(ascii: "."))
        append(digits: number.magnitude % unit, atLeast: places)
    }

    /// Nanoseconds as milliseconds with three decimals, rounded down.
    public mutating func append(milliseconds nanoseconds: Int64) {
        append(scaled: nanoseconds / 1000, places: 3)
    }

    /// A score in 1/65536 with four decimals, rounded to nearest.
    public mutating func append(score: UInt32) {
        append(scaled: (Int64(score) * 10_000 + 32_768) >> 16, places: 4)
    }
}
