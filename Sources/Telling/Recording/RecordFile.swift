import CLinux
import System

/// The files of a recording: `ocellus-0000000123.json` and those beside it, numbered in the order of what they tell.
///
/// What is being written has `.tmp` behind its name. Files with other names are other people's.
enum RecordFile: CaseIterable {
    /// What people look at.
    case picture
    /// The model's input, byte by byte.
    case input
    /// What was seen and said. It comes last, so that where it is the others are.
    case text

    static let digits = 10
    static let limit: Int64 = 9_999_999_999
    static let prefix: StaticString = "ocellus-"

    var ending: StaticString {
        switch self {
        case .picture: ".jpg"
        case .input: ".raw"
        case .text: ".json"
        }
    }

    static let temporary: StaticString = ".tmp"

    /// What a name says; nil: it is not one of these.
    static func parse(_ name: UnsafeBufferPointer<UInt8>) -> (number: Int64, file: RecordFile, isTemporary: Bool)? {
        let start = prefix.utf8CodeUnitCount
        guard name.count > start + digits, prefix.withUTF8Buffer({ $0.elementsEqual(name[..<start]) }) else {
            return nil
        }
        var number: Int64 = 0
        for byte in name[start..<start + digits] {
            guard 48...57 ~= byte else { return nil }
            number = number * 10 + Int64(byte - 48)
        }
        var rest = name[(start + digits)...]
        let isTemporary = rest.count > 4 && temporary.withUTF8Buffer { $0.elementsEqual(rest.suffix(4)) }
        if isTemporary { rest = rest.dropLast(4) }
        for file in allCases where file.ending.withUTF8Buffer({ $0.elementsEqual(rest) }) {
            return (number, file, isTemporary)
        }
        return nil
    }
}

/// Paths of a recording's files, put together without the heap.
struct RecordPath: ~Copyable {
    private let base: UnsafeMutablePointer<CChar>
    private let folderBytes: Int

    init(_ folder: Path) {
        folderBytes = folder.bytes.count
        base = .allocate(capacity: folderBytes + 64)
        for (index, byte) in folder.bytes.enumerated() { base[index] = CChar(bitPattern: byte) }
    }

    deinit { base.deallocate() }

    /// Valid until the next call.
    func of(_ number: Int64, _ file: RecordFile, isTemporary: Bool = false) -> UnsafePointer<CChar> {
        var end = folderBytes
        func append(_ text: StaticString) {
            for index in 0..<text.utf8CodeUnitCount {
                base[end] = CChar(bitPattern: text.utf8Start[index])
                end += 1
            }
        }
        append("/.")  // two characters at least, for a StaticString with an address
        end -= 1
        append(RecordFile.prefix)
        var rest = number
        for place in stride(from: RecordFile.digits - 1, through: 0, by: -1) {
            base[end + place] = CChar(48 + rest % 10)
            rest /= 10
        }
        end += RecordFile.digits
        append(file.ending)
        if isTemporary { append(RecordFile.temporary) }
        base[end] = 0
        return UnsafePointer(base)
    }

    /// For messages.
    func text(_ number: Int64, _ file: RecordFile) -> String { String(cString: of(number, file)) }
}
