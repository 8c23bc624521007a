/// A tag of a Jetpac file: four letters, the length of what follows, and that.
public enum Tag {
    private static func tag(_ type: String, _ payload: [UInt8]) -> [UInt8] {
        Array(type.utf8) + littleEndian(UInt32(payload.count)) + payload
    }

    private static func littleEndian(_ word: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
    }

    /// Texts and blobs are filled with NULs to a multiple of four.
    private static func filled(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }

    public static func text(_ text: String) -> [UInt8] { tag("CHAR", filled(Array(text.utf8) + [0])) }
    public static func whole(_ number: Int) -> [UInt8] { tag("UINT", littleEndian(UInt32(number))) }
    public static func real(_ number: Float) -> [UInt8] { tag("FL32", littleEndian(number.bitPattern)) }
    public static func blob(_ bytes: [UInt8]) -> [UInt8] { tag("BLOB", filled(bytes)) }
    public static func list(_ tags: [[UInt8]]) -> [UInt8] { tag("LIST", Array(tags.joined())) }

    public static func reals(_ numbers: [Float]) -> [UInt8] {
        tag("FARY", numbers.withUnsafeBytes { Array($0) })
    }

    /// Keys in the order given.
    public static func dictionary(_ pairs: [(String, [UInt8])]) -> [UInt8] {
        tag("DICT", Array(pairs.map { text($0.0) + $0.1 }.joined()))
    }

    /// An array of 32-bit floats.
    public static func array(_ numbers: [Float], _ shape: [Int]) -> [UInt8] {
        dictionary([("float_bits", whole(32)), ("dims", list(shape.map(whole))), ("data", reals(numbers))])
    }

    /// An array of 8 or 16 bits a number, between `low` and `high`.
    public static func array(
        _ bytes: [UInt8], bits: Int, _ shape: [Int], from low: Float, to high: Float
    ) -> [UInt8] {
        dictionary([
            ("float_bits", whole(bits)), ("dims", list(shape.map(whole))), ("min", real(low)), ("max", real(high)),
            ("quantized_data", blob(bytes)),
        ])
    }
}
