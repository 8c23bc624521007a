import Graph

/// A tag of a Jetpac file: a type of four letters, a length, and so many bytes.
struct JetpacTag {
    enum Kind: String {
        case text = "CHAR"
        case whole = "UINT"
        case real = "FL32"
        case reals = "FARY"
        case bytes = "BLOB"
        case list = "LIST"
        case dictionary = "DICT"
    }

    let kind: Kind
    /// Where the tag begins.
    let offset: Int
    /// Where what it holds lies, within the file.
    let payload: Range<Int>
}

/// Reads the tags of a Jetpac file (`.ntwk`). Whatever the bytes are, every range that it gives lies within the file, within
/// that of the tag around it, and costs no more than the file's size.
///
/// The format is that of the engine of 2014: all numbers are little-endian, and the next tag begins where the length before
/// it ends.
struct JetpacReader {
    static let damaged = "the file is damaged or not a Jetpac network: copy it again"
    /// Entries of a list or dictionary: networks have a thousand labels.
    private static let entries = 1 << 16

    let bytes: [UInt8]
    let file: String

    func fail(_ problem: String, at offset: Int, remedy: String = damaged) -> ImportError {
        ImportError(file: file, offset: offset, problem: problem, remedy: remedy)
    }

    private func word(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    /// The tag that begins at `offset` and must end by `end`.
    func tag(at offset: Int, end: Int) throws(ImportError) -> JetpacTag {
        guard end - offset >= 8 else {
            throw fail("\(end - offset) bytes are left where a tag of 8 or more begins", at: offset)
        }
        let name = String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
        guard let kind = JetpacTag.Kind(rawValue: name) else {
            let code = bytes[offset..<offset + 4].map { "\($0)" }.joined(separator: " ")
            throw fail("a tag of unknown type (bytes \(code))", at: offset)
        }
        let length = Int(word(at: offset + 4))
        guard length <= end - offset - 8 else {
            throw fail("\(name) claims \(length) bytes, but \(end - offset - 8) are left", at: offset)
        }
        return JetpacTag(kind: kind, offset: offset, payload: offset + 8..<offset + 8 + length)
    }

    private func check(_ tag: JetpacTag, _ kind: JetpacTag.Kind, _ what: String, bytes: Int? = nil) throws(ImportError)
    {
        guard tag.kind == kind else {
            throw fail("\(what): a \(tag.kind.rawValue) where a \(kind.rawValue) belongs", at: tag.offset)
        }
        if let bytes, tag.payload.count != bytes {
            throw fail("\(what): \(tag.payload.count) bytes where \(bytes) belong", at: tag.offset)
        }
    }

    /// The text up to its first NUL, which must be there.
    func text(_ tag: JetpacTag, _ what: String) throws(ImportError) -> String {
        try check(tag, .text, what)
        guard let end = bytes[tag.payload].firstIndex(of: 0) else {
            throw fail("\(what): a text without its end", at: tag.offset)
        }
        return String(decoding: bytes[tag.payload.lowerBound..<end], as: UTF8.self)
    }

    func whole(_ tag: JetpacTag, _ what: String) throws(ImportError) -> Int {
        try check(tag, .whole, what, bytes: 4)
        return Int(word(at: tag.payload.lowerBound))
    }

    /// A finite number.
    func real(_ tag: JetpacTag, _ what: String) throws(ImportError) -> Float {
        try check(tag, .real, what, bytes: 4)
        let value = Float(bitPattern: word(at: tag.payload.lowerBound))
        guard value.isFinite else { throw fail("\(what) is not finite", at: tag.offset) }
        return value
    }

    /// What the tags in a LIST are, one behind the other.
    func list(_ tag: JetpacTag, _ what: String) throws(ImportError) -> [JetpacTag] {
        try check(tag, .list, what)
        return try tags(in: tag, what)
    }

    private func tags(in outer: JetpacTag, _ what: String) throws(ImportError) -> [JetpacTag] {
        var found: [JetpacTag] = []
        var offset = outer.payload.lowerBound
        while offset < outer.payload.upperBound {
            guard found.count < Self.entries else {
                throw fail("\(what): more than \(Self.entries) entries", at: outer.offset)
            }
            let next = try tag(at: offset, end: outer.payload.upperBound)
            found.append(next)
            offset = next.payload.upperBound
        }
        return found
    }

    /// The values of a DICT by their keys. Of a key that comes twice the last value counts.
    func dictionary(_ tag: JetpacTag, _ what: String) throws(ImportError) -> JetpacDictionary {
        try check(tag, .dictionary, what)
        let parts = try tags(in: tag, what)
        guard parts.count % 2 == 0 else {
            throw fail("\(what): its last key has no value", at: parts.last?.offset ?? tag.offset)
        }
        var values: [String: JetpacTag] = [:]
        for index in stride(from: 0, to: parts.count, by: 2) {
            values[try text(parts[index], "a key of \(what)")] = parts[index + 1]
        }
        return JetpacDictionary(reader: self, values: values, offset: tag.offset, what: what)
    }
}

/// A DICT, and how errors call it.
struct JetpacDictionary {
    let reader: JetpacReader
    let values: [String: JetpacTag]
    let offset: Int
    let what: String

    private func required(_ key: String) throws(ImportError) -> JetpacTag {
        guard let tag = values[key] else { throw reader.fail("\(what) has no '\(key)'", at: offset) }
        return tag
    }

    private func name(_ key: String) -> String { "'\(key)' of \(what)" }

    func text(_ key: String) throws(ImportError) -> String { try reader.text(required(key), name(key)) }

    func list(_ key: String) throws(ImportError) -> [JetpacTag] { try reader.list(required(key), name(key)) }

    func dictionary(_ key: String) throws(ImportError) -> JetpacDictionary {
        try reader.dictionary(required(key), name(key))
    }

    /// - Parameter value: where the key is missing; nil: it must be there.
    func whole(_ key: String, default value: Int? = nil) throws(ImportError) -> Int {
        if let value, values[key] == nil { return value }
        return try reader.whole(required(key), name(key))
    }

    /// A whole number within a range.
    func whole(
        _ key: String, in range: ClosedRange<Int>, default value: Int? = nil
    ) throws(ImportError) -> Int {
        let number = try whole(key, default: value)
        guard range.contains(number) else {
            throw reader.fail(
                "\(name(key)) is \(number); \(range.lowerBound) to \(range.upperBound) are supported", at: offset)
        }
        return number
    }

    func real(_ key: String, default value: Float? = nil) throws(ImportError) -> Float {
        if let value, values[key] == nil { return value }
        return try reader.real(required(key), name(key))
    }

    func array(_ key: String) throws(ImportError) -> JetpacArray {
        try JetpacArray(dictionary(key))
    }
}
