import System

/// Says what goes wrong once, not at each try, until it goes well again or goes wrong in another way.
struct Trouble {
    private var last = Bytes()

    mutating func say(_ text: Bytes) {
        guard text != last else { return }
        last = text
        Log.told(text)
    }

    /// It goes well.
    /// - Returns: whether it did not before.
    mutating func end() -> Bool {
        let was = !last.isEmpty
        last = Bytes()
        return was
    }
}

extension Log {
    /// Whatever others say stays one line.
    static func told(_ text: Bytes) { line(text.map { $0 < 0x20 || $0 == 0x7f ? 32 : $0 }) }
}
