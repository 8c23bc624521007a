import CLinux

/// A file's path: any bytes but NUL, as the kernel takes it. Text that is no UTF-8 stays as it is.
public struct Path: Equatable, Sendable {
    private let terminated: [CChar]

    /// - Parameter bytes: up to the first NUL, if there is one.
    public init(_ bytes: some Sequence<UInt8>) {
        var copy: [CChar] = []
        for byte in bytes {
            if byte == 0 { break }
            copy.append(CChar(bitPattern: byte))
        }
        copy.append(0)
        terminated = copy
    }

    /// - Parameter text: up to its NUL.
    public init(cString text: UnsafePointer<CChar>) {
        var copy: [CChar] = []
        var place = text
        while place.pointee != 0 {
            copy.append(place.pointee)
            place += 1
        }
        copy.append(0)
        terminated = copy
    }

    public var isEmpty: Bool { terminated.count == 1 }

    /// The bytes without the terminator.
    public var bytes: some RandomAccessCollection<UInt8> { terminated.dropLast().lazy.map { UInt8(bitPattern: $0) } }

    public func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        terminated.withUnsafeBufferPointer { buffer in
            // An array with a terminator at least has an address.
            body(buffer.baseAddress!)
        }
    }

    /// For messages; bytes that are not UTF-8 are replaced.
    public var description: String {
        @inline(never) get { String(decoding: bytes, as: UTF8.self) }
    }

    /// The path of `name` in this folder.
    public func appending(_ name: some Sequence<UInt8>) -> Path {
        var joined = Array(bytes)
        if joined.last != UInt8(ascii: "/") { joined.append(UInt8(ascii: "/")) }
        joined.append(contentsOf: name)
        return Path(joined)
    }

    /// Puts the file of this name in the place of another, whole.
    public func rename(to other: Path) throws(Errno) {
        _ = try checked(withCString { from in other.withCString { oc_rename(from, $0) } })
    }

    /// The path with `bytes` directly behind it.
    public func extended(_ more: some Sequence<UInt8>) -> Path { Path(Array(bytes) + Array(more)) }
}
