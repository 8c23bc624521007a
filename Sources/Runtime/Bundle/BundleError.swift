import CBundle
import System

/// Why a bundle was refused: what is wrong, where in the file, and what to do about it.
public struct BundleError: Error, Sendable {
    private enum Subject: Sendable {
        case file
        case format(UInt32)
        case section(StaticString)
        case field(StaticString, of: StaticString, record: Int?)
    }

    private let subject: Subject
    public let reason: StaticString
    /// Offset from the start of the file.
    public private(set) var byte: Int

    /// About the file as a whole, or a place in it that has no name.
    public init(_ reason: StaticString, at byte: Int) { self.init(.file, reason, byte) }

    /// - Parameter reason: a predicate of the section.
    init(section: StaticString, _ reason: StaticString, at byte: Int) { self.init(.section(section), reason, byte) }

    /// - Parameters:
    ///   - field: empty where the record is that field alone.
    ///   - record: its number, where its section may hold several.
    ///   - reason: a predicate of the field.
    init(field: StaticString, of section: StaticString, record: Int?, _ reason: StaticString, at byte: Int) {
        self.init(.field(field, of: section, record: record), reason, byte)
    }

    /// A format version that this program does not read.
    init(format: UInt32) {
        let reason: StaticString =
            format > OC_VERSION
            ? "put the ocellusd of the ocellus that built it on this machine, or build the bundle again with this version's"
            : "build the bundle again with this version's ocellus"
        self.init(.format(format), reason, 8)
    }

    private init(_ subject: Subject, _ reason: StaticString, _ byte: Int) {
        self.subject = subject
        self.reason = reason
        self.byte = byte
    }

    /// The same of bytes that lie in a file from an offset on.
    func moved(by offset: Int) -> BundleError {
        var moved = self
        moved.byte += offset
        return moved
    }

    /// "byte 4096: watch 2: off is above on; build the bundle again"
    public var message: String {
        var text = "byte \(byte): "
        switch subject {
        case .file: break
        case .format(let found):
            text += "the bundle has format \(found), this program reads format \(OC_VERSION); "
        case .section(let name): text += "section \(Self.string(name)) "
        case .field(let name, let section, let record):
            text += Self.string(section)
            if let record { text += " \(record)" }
            text += name.utf8CodeUnitCount > 0 ? ": \(Self.string(name)) " : " "
        }
        return text + Self.string(reason)
    }

    private static func string(_ text: StaticString) -> String {
        text.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    }
}
