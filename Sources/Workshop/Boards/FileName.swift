import System

/// Names of files as command lines give them: any bytes but NUL. In a `String`, a byte that is no UTF-8 stands as one character
/// of a private plane, so that the name finds its file again.
public enum FileName {
    /// The characters for bytes 0 to 255: the last of plane 16 before its two that are none.
    private static let plane: UInt32 = 0x10fe00

    private static func escape(_ byte: UInt8) -> Unicode.Scalar {
        // Within the code points of plane 16.
        Unicode.Scalar(plane + UInt32(byte)) ?? "\u{fffd}"
    }

    private static func isEscape(_ scalar: Unicode.Scalar) -> Bool { plane..<plane + 256 ~= scalar.value }

    /// An argument's bytes as text. `bytes(of:)` gives them back, whatever they are.
    public static func text(of bytes: some Collection<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let length =
                rest[rest.startIndex] < 0x80
                ? 1 : rest[rest.startIndex] < 0xe0 ? 2 : rest[rest.startIndex] < 0xf0 ? 3 : 4
            // One of the private characters in a name keeps its bytes too.
            if let scalar = String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars.first,
                !isEscape(scalar)
            {
                text.append(scalar)
                rest = rest.dropFirst(length)
            } else {
                text.append(escape(rest.removeFirst()))
            }
        }
        return String(text)
    }

    /// A name's bytes, as the kernel takes them.
    public static func bytes(of text: String) -> [UInt8] {
        guard text.unicodeScalars.contains(where: isEscape) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { isEscape($0) ? [UInt8($0.value - plane)] : Array(String($0).utf8) }
    }

    /// "png" of "x.PNG"; nil where a name has no ending.
    public static func ending(of path: String) -> String? {
        guard let name = path.split(separator: "/").last, let dot = name.lastIndex(of: "."), dot != name.startIndex
        else { return nil }
        return name[name.index(after: dot)...].lowercased()
    }

    public static func path(_ text: String) -> Path { Path(bytes(of: text)) }

    /// The name for people: what is no UTF-8 is replaced.
    public static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isEscape) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isEscape($0) ? "\u{fffd}" : $0 }))
    }
}
