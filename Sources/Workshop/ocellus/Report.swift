import Boards
import Bundle
import Foundation
import System

/// Rows of text whose columns line up. Cells that start with a digit are numbers as a rule and stand to the right.
struct Columns {
    enum Alignment { case left, right }

    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ alignments: [Alignment]) { self.alignments = alignments }

    mutating func add(_ cells: [String]) { rows.append(cells.map(Format.printable)) }

    /// One line a row, two spaces between columns, no spaces at the ends of lines.
    func lines(indent: Int = 0) -> [String] {
        let widths = alignments.indices.map { column in
            rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = String(repeating: " ", count: indent)
            for (column, cell) in row.enumerated() where alignments.indices.contains(column) {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += (column == 0 ? "" : "  ") + (alignments[column] == .right ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

/// Numbers as reports show them.
enum Format {
    /// "7,387,976"
    static func grouped(_ number: some BinaryInteger) -> String {
        var digits = String(number.magnitude)
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = String(digits.dropLast(3))
        }
        return (number < 0 ? "-" : "") + ([digits[...]] + groups).joined(separator: ",")
    }

    /// Of eight digits.
    static func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// "4 threads on CPU 0-3"
    static func threads(_ number: Int, _ cpus: [Int]) -> String {
        count(number, "thread") + (cpus.isEmpty ? "" : " on CPU \(cpuList(cpus))")
    }

    /// What follows the bytes of L1: "bytes of L1, 524,288 of L2, 16,777,216 of L3"
    static func lowerCaches(l2: Int, l3: Int) -> String {
        "bytes of L1, \(grouped(l2)) of L2" + (l3 > 0 ? ", \(grouped(l3)) of L3" : "")
    }

    /// Nanoseconds as "0.412 ms".
    static func milliseconds(_ nanoseconds: some BinaryInteger) -> String {
        String(format: "%.3f ms", Double(nanoseconds) / 1e6)
    }

    /// [1, 96, 96, 1] as "1x96x96x1"; "scalar" without dimensions.
    static func shape(_ extents: some Sequence<some BinaryInteger>) -> String {
        let text = extents.map { "\($0)" }.joined(separator: "x")
        return text.isEmpty ? "scalar" : text
    }

    /// Names come from files: control characters must reach neither the terminal nor a picture.
    static func printable(_ name: String) -> String {
        let text = FileName.printable(name)
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{fffd}" : $0 }))
    }

    static func count(_ number: Int, _ noun: String) -> String { "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")" }
}

extension Encodable {
    /// Indented JSON with sorted keys, for `--json`.
    func json() throws(Failure) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do { return String(decoding: try encoder.encode(self), as: UTF8.self) } catch {
            throw Failure("the result has no JSON form: \(error)")
        }
    }
}

/// A line on stderr beside a result on stdout, which a script then has alone.
func remark(_ text: String) {
    FileHandle.standardError.write(Data("ocellus: \(Format.printable(text))\n".utf8))
}

/// One line on stderr that says what is going on, where somebody watches; nothing in scripts and pipes.
final class Progress {
    private let isShown: Bool
    private var width = 0
    /// What is under way, and since when by the monotonic clock.
    private var stage = (what: "", start: Int64(0))

    init(quiet: Bool = false) { isShown = !quiet && isatty(2) == 1 }

    deinit { clear() }

    func show(_ text: String) {
        guard isShown else { return }
        write("\r" + text + String(repeating: " ", count: max(0, width - text.count)))
        width = text.count
    }

    /// So many parts of all are done; how long the others take, by those.
    func show(_ what: String, _ done: Int, of all: Int) {
        guard isShown else { return }
        if stage.what != what { stage = (what, Clock.monotonic) }
        let passed = Double(Clock.monotonic - stage.start) / 1e9
        let left = done > 0 ? String(format: ", %.0f s left", passed / Double(done) * Double(all - done)) : ""
        show("\(what): \(done) of \(all)\(left)")
    }

    func clear() {
        guard isShown, width > 0 else { return }
        write("\r" + String(repeating: " ", count: width) + "\r")
        width = 0
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
