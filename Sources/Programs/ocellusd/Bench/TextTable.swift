import Events
import JSON
import System

/// Lines of columns on standard output, built without allocations beyond one buffer.
struct TextTable: ~Copyable {
    private var line = Line()
    /// Why the first line that could not be written was not.
    private(set) var error: Errno?

    /// Ends the line and writes it.
    mutating func end() {
        line.append(UInt8(ascii: "\n"))
        defer { line.clear() }
        guard error == nil else { return }
        do throws(Errno) { try FileDescriptor(borrowing: 1).writeFully(line.bytes) } catch { self.error = error }
    }

    mutating func append(_ text: StaticString) { line.append(text) }
    mutating func append(_ text: String) { for byte in text.utf8 { line.append(byte) } }
    mutating func append(_ text: some Sequence<UInt8>) { for byte in text { line.append(byte) } }

    /// `text`, then blanks up to `width`; at least one.
    mutating func left(width: Int, _ text: StaticString) {
        let end = line.count + width
        line.append(text)
        repeat { line.append(UInt8(ascii: " ")) } while line.count < end
    }

    /// What `build` appends, behind as many blanks as make it `width` long.
    mutating func right(width: Int, _ build: (inout Line) -> Void) {
        var cell = Line()
        build(&cell)
        for _ in 0..<max(width - cell.count, 1) { line.append(UInt8(ascii: " ")) }
        line.append(cell.bytes)
    }

    /// A line of what, how much, and what that is.
    mutating func row(_ name: StaticString, _ meaning: StaticString, _ value: (inout Line) -> Void) {
        line.append("  ")
        left(width: 12, name)
        right(width: 14, value)
        line.append(" ")
        line.append(meaning)
        end()
    }

    /// A line of a name and a number, with a tab between them.
    mutating func fact(_ name: StaticString, _ value: Int64) {
        line.append(name)
        line.append(UInt8(ascii: "\t"))
        line.append(value)
        end()
    }
}
