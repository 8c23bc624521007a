import System

/// The small files in which Linux describes the machine. What is not there, or not to be read, is nil or empty.
final class MachineFiles {
    private let root: Path
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 1)

    /// - Parameter root: the folder that has `proc`, `sys` and `dev`; `/` for this machine.
    init(root: Path) { self.root = root }

    deinit { buffer.deallocate() }

    func path(_ path: StaticString) -> Path { root.appending(bytes(of: path)) }

    /// A file's first 256 KiB, without what stands at its end of line feeds and NULs.
    func read(_ path: Path) -> [UInt8]? {
        var count = 0
        do throws(Errno) { count = try FileDescriptor(reading: path, waits: false).readFully(into: buffer) } catch {
            return nil
        }
        while count > 0, buffer[count - 1] == UInt8(ascii: "\n") || buffer[count - 1] == 0 { count -= 1 }
        return count == 0 ? nil : Array(buffer[..<count])
    }

    func read(_ path: StaticString) -> [UInt8]? { read(self.path(path)) }

    /// A whole number at a file's start, with the units that /sys uses: "32K" is 32768.
    func number(_ path: Path) -> Int64? { read(path).flatMap(decimal) }

    /// The numbers of a folder's entries `<prefix><number>`, ascending.
    func numbers(in folder: StaticString, prefix: StaticString) -> [Int] {
        var names: [[UInt8]] = []
        do throws(Errno) { names = try Folder.names(in: path(folder)) } catch { return [] }
        var numbers: [Int] = []
        let prefix = bytes(of: prefix)
        for name in names where name.starts(with: prefix) {
            let digits = name.dropFirst(prefix.count)
            guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
                continue
            }
            numbers.append(digits.reduce(0) { $0 * 10 + Int($1 - 0x30) })
        }
        return numbers.inOrder { $0 < $1 }
    }
}

/// The bytes of a literal.
func bytes(of text: StaticString) -> [UInt8] { text.withUTF8Buffer { Array($0) } }

/// The bytes of a number in decimal.
func bytes(of number: Int) -> [UInt8] { Array("\(number)".utf8) }

/// The number that `text` begins with, in units of K, M or G where one follows; nil where there is none below 10^15.
func decimal(_ text: some Sequence<UInt8>) -> Int64? {
    var value: Int64 = 0
    var digits = 0
    for byte in text {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9") where digits < 15:
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            digits += 1
        case UInt8(ascii: " "), UInt8(ascii: "\t"):
            if digits > 0 { return value }
        case UInt8(ascii: "K") where digits > 0 && digits < 10: return value << 10
        case UInt8(ascii: "M") where digits > 0 && digits < 8: return value << 20
        case UInt8(ascii: "G") where digits > 0 && digits < 6: return value << 30
        default: return digits > 0 ? value : nil
        }
    }
    return digits > 0 ? value : nil
}
