import CStatic
import Foundation
import TestSupport
import Testing

/// What static programs print by format with, against the C library's own.
@Suite struct PrintingTests {
    private struct Printed: Equatable {
        var result: Int32
        var bytes: [UInt8]
    }

    /// Into so many bytes with others behind them, which are to stay.
    private func print(
        _ function: (UnsafeMutablePointer<CChar>?, Int, UnsafePointer<CChar>?, CVaListPointer) -> Int32,
        _ format: String,
        _ arguments: [any CVarArg], room: Int
    ) -> Printed {
        var bytes = [CChar](repeating: 0x55, count: room + 8)
        let result = bytes.withUnsafeMutableBufferPointer { bytes in
            withVaList(arguments) { function(bytes.baseAddress, room, format, $0) }
        }
        return Printed(result: result, bytes: bytes.map { UInt8(bitPattern: $0) })
    }

    private func expectSame(_ format: String, _ arguments: [any CVarArg], rooms: [Int] = [200, 0, 1, 7]) {
        for room in rooms {
            let own = print({ oc_format($0, $1, $2!, $3) }, format, arguments, room: room)
            let system = print({ vsnprintf($0, $1, $2!, $3) }, format, arguments, room: room)
            #expect(own == system, "\(format) of \(arguments) in \(room) bytes")
        }
    }

    @Test("Whole numbers of every size with every flag, width and precision")
    func numbers() {
        let sizes: [(String, (Int64) -> any CVarArg)] = [
            ("hh", { CInt(CChar(truncatingIfNeeded: $0)) }), ("h", { CInt(CShort(truncatingIfNeeded: $0)) }),
            ("", { CInt(truncatingIfNeeded: $0) }), ("l", { CLong(truncatingIfNeeded: $0) }), ("ll", { $0 }),
            ("j", { $0 }),
            ("z", { Int(truncatingIfNeeded: $0) }), ("t", { Int(truncatingIfNeeded: $0) }),
        ]
        let values: [Int64] = [0, 1, -1, 9, 10, 127, -128, 255, 32768, 0x7fff_ffff, -0x8000_0000, .max, .min]
        var random = SplitMix64(state: 1)
        for (size, argument) in sizes {
            for letter in "diuoxX" {
                for value in values {
                    // No two flags of which one has no meaning with the other's conversion.
                    let flags =
                        (letter == "d" || letter == "i" ? ["", "-", "0", "+", " ", "-+", "0 "] : ["", "-", "0"])
                        + ("oxX".contains(letter) ? ["#", "-#", "0#"] : [])
                    let flag = flags[random.below(flags.count)]
                    let width = ["", "1", "8", "25"][random.below(4)]
                    let precision = ["", ".", ".0", ".1", ".12", ".30"][random.below(6)]
                    expectSame("<%\(flag)\(width)\(precision)\(size)\(letter)>", [argument(value)])
                }
            }
        }
    }

    @Test("Texts, characters, pointers, and widths that are arguments")
    func others() {
        "text".withCString { text in
            for format in ["%s", "%2s", "%9s|", "%-9s|", "%.2s", "%.0s", "%-9.9s|", "%.9s%%"] {
                expectSame(format, [text])
            }
            for (width, precision) in [(9, 2), (-9, 2), (0, -1), (3, 0)] as [(CInt, CInt)] {
                expectSame("<%*.*s>", [width, precision, text])
                expectSame("<%*.*d>", [width, precision, CInt(42)])
            }
            expectSame("%d of %s, 0x%02x 0x%02x\n", [CInt(3), text, CInt(0x47), CInt(7)])
            expectSame("%p %20p|%-20p|", [text, text, text])
        }
        let nothing: UnsafePointer<CChar>? = nil
        let null = unsafeBitCast(nothing, to: Int.self)
        for format in ["%s", "%9s", "%.3s", "%p", "%-9p|"] { expectSame(format, [null]) }
        for format in ["%c", "%4c|", "%-4c|"] {
            expectSame(format, [CInt(65)])
            expectSame(format, [CInt(0)])
        }
        expectSame("", [])
        expectSame("no conversion", [])
        expectSame("100%%", [])
    }

    @Test("What it cannot print ends the text, and is an error")
    func refused() {
        for format in ["%f", "%5.1e", "%n", "%ls", "%lc", "%1$d", "%'d", "%Lf", "%a", "%", "%l", "%m"] {
            let own = print({ oc_format($0, $1, $2!, $3) }, "so far " + format + " no more", [0, 0], room: 30)
            #expect(own.result == -1 && own.bytes.starts(with: Array("so far \0".utf8)), "\(format)")
            #expect(errno == EINVAL)
        }
        let long = print({ oc_format($0, $1, $2!, $3) }, "%2147483647d%d", [CInt(1), CInt(1)], room: 8)
        #expect(long.result == -1 && errno == EOVERFLOW && long.bytes[7] == 0)
    }
}
