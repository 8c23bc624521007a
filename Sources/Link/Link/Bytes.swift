import JSON

/// Texts of the link are bytes in UTF-8: topics, payloads, lines.
typealias Bytes = [UInt8]

extension [UInt8] {
    init(_ text: StaticString) {
        self.init()
        add(text)
    }

    mutating func add(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    mutating func add(_ bytes: [UInt8]) { append(contentsOf: bytes) }

    mutating func add(_ bytes: UnsafeRawBufferPointer) { append(contentsOf: bytes) }

    mutating func add(_ number: Int64) {
        var line = Line(room: 20)
        line.append(number)
        add(line.bytes)
    }

    mutating func add(_ truth: Bool) { add(truth ? "true" : "false") }

    /// Sixteen hexadecimal digits.
    mutating func add(hex number: UInt64) {
        for place in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(place) & 15)
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// A JSON string, with its quotation marks.
    /// - Parameter text: valid UTF-8.
    mutating func add(json text: [UInt8]) {
        let room = 6 * text.count + 2  // every byte as an escape
        var line = Line(room: room)
        text.withUnsafeBytes { line.append(jsonString: $0, limit: room) }
        add(line.bytes)
    }

    /// A JSON string whose text is escaped already, as a reader found it.
    mutating func add(escaped text: [UInt8]) {
        append(UInt8(ascii: "\""))
        append(contentsOf: text)
        append(UInt8(ascii: "\""))
    }

    /// Whether these are the first bytes.
    func begins(with other: [UInt8]) -> Bool {
        guard count >= other.count else { return false }
        for index in other.indices where self[index] != other[index] { return false }
        return true
    }

    /// Small letters for capital ones of ASCII.
    var lowercased: [UInt8] {
        map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 32 : $0 }
    }

    /// For calls of C: the bytes with a NUL behind them; of a text with a NUL inside, what is before it.
    func withText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        var copy: [CChar] = []
        copy.reserveCapacity(count + 1)
        for byte in self { copy.append(CChar(bitPattern: byte)) }
        copy.append(0)
        return copy.withUnsafeBufferPointer { body($0.baseAddress!) }
    }

    /// For messages.
    var text: String { @inline(never) get { String(decoding: self, as: UTF8.self) } }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
