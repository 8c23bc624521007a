// Elements as files and tensors hold them.

extension Array<UInt8> {
    /// The whole numbers that lie one behind the other; what is left over at the end is none.
    public func littleEndian<Word: FixedWidthInteger>(_ type: Word.Type) -> [Word] {
        withUnsafeBytes { bytes in
            (0..<bytes.count / MemoryLayout<Word>.size).map {
                Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Word>.size, as: Word.self))
            }
        }
    }

    public var littleEndianFloats: [Float] { littleEndian(UInt32.self).map { Float(bitPattern: $0) } }
}

extension ElementType {
    /// Whole numbers as a tensor of this type, int32 or int64, holds them.
    public func bytes(_ values: [Int]) -> [UInt8] {
        values.flatMap { value in (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }
}
