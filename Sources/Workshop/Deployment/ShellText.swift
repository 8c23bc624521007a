/// Words for the programs that take them apart again.
public enum ShellText {
    /// A word as a POSIX shell takes it, whatever its characters.
    public static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"),
                UInt8(ascii: "@"), UInt8(ascii: "%"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: ","):
                true
            default: false
            }
        }
        if plain && !word.isEmpty { return word }
        // Unicode scalars: a quotation mark with a combining character behind it is one Character.
        var text = "'"
        for scalar in word.unicodeScalars {
            if scalar == "'" { text += #"'\''"# } else { text.unicodeScalars.append(scalar) }
        }
        return text + "'"
    }

    public static func quoted(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    /// A word as `ExecStart=` of a systemd unit takes it (systemd.service(5), "Command lines"; systemd.unit(5),
    /// "Specifiers"). Not for the program itself, whose `$` stands for itself.
    public static func unitQuoted(_ word: String) -> String {
        var text = "\""
        for scalar in word.unicodeScalars {
            switch scalar {
            case "\\": text += #"\\"#
            case "\"": text += #"\""#
            case "%": text += "%%"
            case "$": text += "$$"
            case "\n": text += #"\n"#
            case "\t": text += #"\t"#
            case "\r": text += #"\r"#
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// The words of a line as a POSIX shell sees them, with its three ways of quoting and nothing expanded; nil where a
    /// quotation is not closed.
    public static func words(of line: String) -> [String]? {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var rest = line.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case " ", "\t", "\n":
                if let done = word { words.append(String(done)) }
                word = nil
            case "'":
                guard let end = rest.firstIndex(of: "'") else { return nil }
                word = (word ?? .init()) + rest[..<end]
                rest = rest[rest.index(after: end)...]
            case "\"":
                guard let inside = quotation(&rest) else { return nil }
                word = (word ?? .init()) + inside
            case "\\":
                guard let next = rest.popFirst() else { return nil }
                word = (word ?? .init()) + [next]
            default: word = (word ?? .init()) + [scalar]
            }
        }
        if let done = word { words.append(String(done)) }
        return words
    }

    /// Up to the closing quotation mark; a backslash quotes only what would mean something there.
    private static func quotation(_ rest: inout Substring.UnicodeScalarView) -> String.UnicodeScalarView? {
        var inside = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\"" { return inside }
            if scalar == "\\", let next = rest.first, "\"\\$`".unicodeScalars.contains(next) {
                inside.append(next)
                rest.removeFirst()
            } else {
                inside.append(scalar)
            }
        }
        return nil
    }
}
