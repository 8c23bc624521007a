/// Text is put together by calls. The standard library's own appending is inlined at every part of every message, some 300
/// bytes each, which made messages a tenth of the daemon. These take the place of its functions of the same names.
extension DefaultStringInterpolation {
    @inline(never)
    public mutating func appendLiteral(_ literal: String) { write(literal) }

    @inline(never)
    public mutating func appendInterpolation(_ value: String) { write(value) }

    @inline(never)
    public mutating func appendInterpolation(_ value: Int64) { write(value.description) }

    public mutating func appendInterpolation(_ value: Int) { appendInterpolation(Int64(value)) }

    public mutating func appendInterpolation(_ value: Int32) { appendInterpolation(Int64(value)) }

    public mutating func appendInterpolation(_ value: UInt32) { appendInterpolation(Int64(value)) }
}

extension String {
    @inline(never)
    public static func += (text: inout String, more: String) { text.append(more) }

    @inline(never)
    public static func + (first: String, second: String) -> String {
        var text = first
        text.append(second)
        return text
    }
}

extension StaticString {
    public var text: String {
        @inline(never) get { withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
    }
}
