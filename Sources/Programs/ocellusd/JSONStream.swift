import CLinux
import Events
import JSON
import System

/// JSON on standard output, a value at a time through one buffer of fixed size. Nothing here is worth being inlined.
struct JSONStream: ~Copyable {
    /// Longer texts are cut, so that every value fits the buffer.
    private static let textLimit = 1024

    private var line = Line()
    private var depth = 0
    private var needsComma = false
    private var inlineDepth = Int.max
    /// Why the first value that could not be written was not.
    private(set) var error: Errno?

    /// Opens an object, at the top or as a member.
    mutating func object(_ key: StaticString? = nil) { open("{", key) }

    /// Opens a list; `inline` keeps its values on one line.
    mutating func list(_ key: StaticString, inline: Bool = false) {
        open("[", key)
        if inline { inlineDepth = min(inlineDepth, depth) }
    }

    mutating func endObject() { close("}") }
    mutating func endList() { close("]") }

    /// A text of any bytes.
    @inline(never)
    mutating func text(_ key: StaticString? = nil, _ bytes: UnsafeRawBufferPointer) {
        place(key)
        line.append(jsonString: bytes, limit: JSONStream.textLimit)
        flush()
    }

    mutating func text(_ key: StaticString? = nil, _ text: UnsafePointer<CChar>) {
        var count = 0
        while text[count] != 0 { count += 1 }
        self.text(key, UnsafeRawBufferPointer(start: text, count: count))
    }

    mutating func text(_ key: StaticString, _ bytes: UnsafeBufferPointer<UInt8>) {
        text(key, UnsafeRawBufferPointer(bytes))
    }

    mutating func text(_ key: StaticString? = nil, _ bytes: [UInt8]) { bytes.withUnsafeBytes { text(key, $0) } }

    mutating func text(_ key: StaticString? = nil, _ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { text(key, $0) }
    }

    mutating func text(_ key: StaticString? = nil, _ text: StaticString) {
        self.text(key, UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(never)
    mutating func number(_ key: StaticString? = nil, _ value: Int64) {
        place(key)
        line.append(value)
        flush()
    }

    /// `value` / 10^`places`.
    @inline(never)
    mutating func number(_ key: StaticString, scaled value: Int64, places: Int) {
        place(key)
        line.append(scaled: value, places: places)
        flush()
    }

    @inline(never)
    private mutating func open(_ bracket: StaticString, _ key: StaticString?) {
        place(key)
        line.append(bracket)
        depth += 1
        needsComma = false
    }

    @inline(never)
    private mutating func close(_ bracket: StaticString) {
        let isInline = depth >= inlineDepth
        if depth == inlineDepth { inlineDepth = .max }
        depth -= 1
        if needsComma, !isInline { indent() }
        line.append(bracket)
        needsComma = true
        if depth == 0 { line.append(UInt8(ascii: "\n")) }
        flush()
    }

    /// What stands before a value: comma, new line, key.
    @inline(never)
    private mutating func place(_ key: StaticString?) {
        let isInline = depth >= inlineDepth
        if needsComma { line.append(isInline ? ", " : ",") }
        if depth > 0, !isInline { indent() }
        needsComma = true
        guard let key else { return }
        line.append(UInt8(ascii: "\""))
        line.append(key)
        line.append("\": ")
    }

    private mutating func indent() {
        line.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { line.append("  ") }
    }

    @inline(never)
    private mutating func flush() {
        defer { line.clear() }
        guard error == nil else { return }
        do throws(Errno) { try FileDescriptor(borrowing: 1).writeFully(line.bytes) } catch { self.error = error }
    }
}
