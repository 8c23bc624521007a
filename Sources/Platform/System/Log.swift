import CLinux

/// Lines on standard error, each with the program's name before it.
public enum Log {
    @inline(never)
    public static func line(_ text: String) { line(Array(text.utf8)) }

    public static func line(_ text: [UInt8]) {
        var line: [UInt8] = []
        line.append(contentsOf: String(cString: oc_program_name()).utf8)
        line.append(contentsOf: ": ".utf8)
        line.append(contentsOf: text)
        line.append(UInt8(ascii: "\n"))
        // In one piece, so that lines of several programs do not mix. Nobody is left to tell of a failure here.
        _ = line.withUnsafeBytes { oc_write(2, $0.baseAddress, $0.count) }
    }
}
