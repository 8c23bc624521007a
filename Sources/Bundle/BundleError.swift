import System

/// Why a bundle was refused: what is wrong, at which byte of the file, and what to do about it.
public struct BundleError: Error, Sendable {
    public let reason: StaticString
    /// Offset from the start of the file.
    public let byte: Int

    public init(_ reason: StaticString, at byte: Int) {
        self.reason = reason
        self.byte = byte
    }

    /// "byte 4096: the steps section's checksum is wrong; copy the file again"
    public var message: String {
        "byte \(byte): \(reason.withUTF8Buffer { String(decoding: $0, as: UTF8.self) })"
    }
}
