/// A FlatBuffers file, read in place and checked at every step: each offset, vtable, vector length and string is held
/// against the file's size before it is followed. The encoding is that of the FlatBuffers "internals" document.
///
/// Tables may be shared inside a file, so a small file can describe a huge tree. `charge` bounds what is taken out of
/// it: eight times the file, which no writer reaches.
final class FlatBuffer {
    let bytes: [UInt8]
    let file: String
    private var allowance: Int

    init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
        allowance = bytes.count * 8 + 4096
    }

    func damaged(at offset: Int, _ problem: String) -> ImportError {
        ImportError(file: file, offset: offset, problem: problem, remedy: ImportError.damaged)
    }

    /// Accounts for `amount` bytes about to be copied or visited on behalf of the record at `offset`.
    func charge(_ amount: Int, at offset: Int) throws(ImportError) {
        guard amount <= allowance else {
            throw damaged(at: offset, "the file refers to the same bytes over and over")
        }
        allowance -= amount
    }

    /// Holds `count` bytes from `offset` against the file's size.
    func check(_ offset: Int, _ count: Int, _ what: @autoclosure () -> String) throws(ImportError) {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
            throw damaged(
                at: max(offset, 0), "\(what()) would end past the file's \(bytes.count) bytes")
        }
    }

    // The readers below are for offsets that `check` has passed.

    func uint16(_ offset: Int) -> Int {
        Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
    }

    func uint32(_ offset: Int) -> UInt32 {
        UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
            | UInt32(bytes[offset + 3]) << 24
    }

    func int32(_ offset: Int) -> Int32 { Int32(bitPattern: uint32(offset)) }

    func uint64(_ offset: Int) -> UInt64 { UInt64(uint32(offset)) | UInt64(uint32(offset + 4)) << 32 }

    func int64(_ offset: Int) -> Int64 { Int64(bitPattern: uint64(offset)) }

    func float(_ offset: Int) -> Float { Float(bitPattern: uint32(offset)) }

    /// The position that the unsigned offset at `position` (already checked) points to.
    func follow(_ position: Int) -> Int { position + Int(uint32(position)) }

    /// The table that the offset at `position` points to.
    func table(at position: Int, _ place: Place) throws(ImportError) -> Table {
        try check(position, 4, "the offset of \(place)")
        let start = follow(position)
        try charge(16, at: position)
        try check(start, 4, "\(place)")
        let vtable = start - Int(int32(start))
        try check(vtable, 4, "the vtable of \(place)")
        let vtableBytes = uint16(vtable)
        let tableBytes = uint16(vtable + 2)
        guard vtableBytes >= 4, vtableBytes % 2 == 0, tableBytes >= 4 else {
            throw damaged(at: vtable, "the vtable of \(place) has impossible sizes \(vtableBytes) and \(tableBytes)")
        }
        try check(vtable, vtableBytes, "the vtable of \(place)")
        try check(start, tableBytes, "\(place)")
        return Table(
            buffer: self, place: place, start: start, vtable: vtable, vtableBytes: vtableBytes, tableBytes: tableBytes)
    }
}

/// Names a record in messages: "operator 12", or just "the model".
struct Place: CustomStringConvertible {
    var kind: StaticString
    var index: Int?

    init(_ kind: StaticString, _ index: Int? = nil) {
        self.kind = kind
        self.index = index
    }

    var description: String { index.map { "\(kind) \($0)" } ?? "\(kind)" }
}

/// One table whose vtable and extent lie inside the file.
struct Table {
    let buffer: FlatBuffer
    let place: Place
    let start: Int
    let vtable: Int
    let vtableBytes: Int
    let tableBytes: Int

    func damaged(_ problem: String) -> ImportError { buffer.damaged(at: start, "\(place): \(problem)") }

    /// Where a field of `size` bytes lies; nil when the writer left it at its default.
    func position(_ field: Int, size: Int) throws(ImportError) -> Int? {
        let entry = 4 + 2 * field
        guard entry + 2 <= vtableBytes else { return nil }
        let offset = buffer.uint16(vtable + entry)
        guard offset != 0 else { return nil }
        guard offset >= 4, offset + size <= tableBytes else {
            throw buffer.damaged(
                at: vtable + entry, "field \(field) of \(place) lies outside its table (\(tableBytes) bytes)")
        }
        return start + offset
    }

    func uint8(_ field: Int, default value: UInt8 = 0) throws(ImportError) -> UInt8 {
        guard let position = try position(field, size: 1) else { return value }
        return buffer.bytes[position]
    }

    func bool(_ field: Int, default value: Bool = false) throws(ImportError) -> Bool {
        guard let position = try position(field, size: 1) else { return value }
        return buffer.bytes[position] != 0
    }

    func int32(_ field: Int, default value: Int32 = 0) throws(ImportError) -> Int {
        guard let position = try position(field, size: 4) else { return Int(value) }
        return Int(buffer.int32(position))
    }

    func uint32(_ field: Int) throws(ImportError) -> Int {
        guard let position = try position(field, size: 4) else { return 0 }
        return Int(buffer.uint32(position))
    }

    func uint64(_ field: Int) throws(ImportError) -> UInt64 {
        guard let position = try position(field, size: 8) else { return 0 }
        return buffer.uint64(position)
    }

    func float(_ field: Int) throws(ImportError) -> Float {
        guard let position = try position(field, size: 4) else { return 0 }
        return buffer.float(position)
    }

    func table(_ field: Int, _ place: Place) throws(ImportError) -> Table? {
        guard let position = try position(field, size: 4) else { return nil }
        return try buffer.table(at: position, place)
    }

    func vector(_ field: Int, elementBytes: Int, _ what: StaticString) throws(ImportError) -> Vector? {
        guard let position = try position(field, size: 4) else { return nil }
        let start = buffer.follow(position)
        try buffer.check(start, 4, "\(what) of \(place)")
        let count = Int(buffer.uint32(start))
        // At most 2^32 elements of 8 bytes: no overflow.
        try buffer.check(start + 4, count * elementBytes, "\(what) of \(place) (\(count) elements)")
        return Vector(buffer: buffer, start: start + 4, count: count, elementBytes: elementBytes)
    }

    /// Nil when absent. Bytes that are not UTF-8 are replaced.
    func string(_ field: Int) throws(ImportError) -> String? {
        guard let vector = try vector(field, elementBytes: 1, "the text") else { return nil }
        return String(decoding: try vector.bytes(), as: UTF8.self)
    }

    func int32s(_ field: Int, _ what: StaticString) throws(ImportError) -> [Int] {
        guard let vector = try vector(field, elementBytes: 4, what) else { return [] }
        try vector.charge()
        let buffer = self.buffer
        return (0..<vector.count).map { Int(buffer.int32(vector.start + 4 * $0)) }
    }
}

/// Elements that lie inside the file.
struct Vector {
    let buffer: FlatBuffer
    let start: Int
    let count: Int
    let elementBytes: Int

    func charge() throws(ImportError) {
        try buffer.charge(count * elementBytes, at: start)
    }

    func bytes() throws(ImportError) -> [UInt8] {
        try charge()
        return Array(buffer.bytes[start..<start + count * elementBytes])
    }

    func floats() throws(ImportError) -> [Float] {
        try charge()
        let buffer = self.buffer
        return (0..<count).map { buffer.float(start + 4 * $0) }
    }

    func int64s() throws(ImportError) -> [Int64] {
        try charge()
        let buffer = self.buffer
        return (0..<count).map { buffer.int64(start + 8 * $0) }
    }

    /// The table that element `index` of a vector of offsets points to.
    func table(_ index: Int, _ kind: StaticString) throws(ImportError) -> Table {
        try buffer.table(at: start + 4 * index, Place(kind, index))
    }
}
