import System

/// Where a network camera's stream is: `rtsp://192.168.1.20:554/stream2`. Nothing in the daemon goes there: a program of its
/// own, `ocellus-fetch`, does.
public struct NetworkAddress: Equatable, Sendable {
    /// As it was written.
    public let text: [UInt8]
    /// A name or number, without the brackets of IPv6.
    public let host: [UInt8]
    /// Nil: the scheme's own.
    public let port: Int?

    /// No address is longer.
    private static var limit: Int { 1024 }

    /// - Returns: nil for what is no address but a path.
    /// - Throws: what is wrong with it. What stands before its host is never told: it may be a password.
    init?(parsing text: [UInt8]) throws(SourceError) {
        guard let slashes = NetworkAddress.endOfScheme(text) else { return nil }
        let scheme = text[..<slashes]
        let rest = text[(slashes + 3)...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = rest[..<(end ?? rest.endIndex)]
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw SourceError(
                "--source",
                "an address has no user and password: put user:password into a credentials file (docs/cameras.md)")
        }
        let name = "--source " + String(decoding: text.prefix(NetworkAddress.limit), as: UTF8.self)
        guard NetworkAddress.isScheme(scheme) else {
            throw SourceError(
                name, "expected an address that begins with rtsp://, rtsps://, http:// or https://, in lower case")
        }
        guard text.count <= NetworkAddress.limit else {
            throw SourceError(name, "an address has at most \(NetworkAddress.limit) bytes")
        }
        // Programs, lists of them and units take these apart.
        guard text.allSatisfy({ 0x21...0x7e ~= $0 && $0 != 0x22 && $0 != 0x27 && $0 != 0x5c }) else {
            throw SourceError(
                name, "an address has no blanks, quotes, backslashes and letters beyond ASCII: write them as %XX")
        }
        guard let (host, rest) = NetworkAddress.splitHost(authority) else {
            throw SourceError(
                name, "the host before the port or path is missing or no host, for example rtsp://192.168.1.20/stream2")
        }
        if rest.isEmpty {
            port = nil
        } else {
            guard rest.first == UInt8(ascii: ":"), let number = Int64(decimal: rest.dropFirst()), 1...65535 ~= number
            else { throw SourceError(name, "the port behind the host is a number from 1 to 65535") }
            port = Int(number)
        }
        self.host = Array(host)
        self.text = text
    }

    /// Before "://", where letters alone stand before it: no path is written so.
    private static func endOfScheme(_ text: [UInt8]) -> Int? {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            text[(colon + 1)...].begins(with: "//"), text[..<colon].allSatisfy({ 97...122 ~= $0 | 0x20 })
        else { return nil }
        return colon
    }

    private static func isScheme(_ text: ArraySlice<UInt8>) -> Bool {
        text.isEqual(to: "rtsp") || text.isEqual(to: "rtsps") || text.isEqual(to: "http")
            || text.isEqual(to: "https")
    }

    /// The host, and what stands behind it.
    private static func splitHost(_ authority: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        guard authority.first == UInt8(ascii: "[") else {
            let end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
            let host = authority[..<end]
            let isName = host.allSatisfy {
                97...122 ~= $0 | 0x20 || 48...57 ~= $0 || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_")
            }
            return isName && !host.isEmpty && host.first != UInt8(ascii: "-") ? (host, authority[end...]) : nil
        }
        guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        let host = authority[(authority.startIndex + 1)..<end]
        let isNumber = host.allSatisfy {
            97...102 ~= $0 | 0x20 || 48...57 ~= $0 || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        }
        return isNumber && host.contains(UInt8(ascii: ":")) ? (host, authority[(end + 1)...]) : nil
    }
}
