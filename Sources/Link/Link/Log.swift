import CLinux

/// Lines on standard error, each with the program's name before it.
enum Log {
    static func line(_ text: Bytes) {
        var line = Bytes("ocellus-link: ")
        // Whatever others say stays one line.
        line.add(text.map { $0 < 0x20 || $0 == 0x7f ? 32 : $0 })
        line.append(10)
        // In one piece. Nobody is left to tell of a failure here.
        _ = line.withUnsafeBytes { oc_write(2, $0.baseAddress, $0.count) }
    }
}

/// Says what goes wrong once, not at each try, until it goes well again or goes wrong in another way.
struct Trouble {
    private var last = Bytes()

    mutating func say(_ text: Bytes) {
        guard text != last else { return }
        last = text
        Log.line(text)
    }

    /// It goes well.
    /// - Returns: whether it did not before.
    mutating func end() -> Bool {
        let was = !last.isEmpty
        last = Bytes()
        return was
    }
}
