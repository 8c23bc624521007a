/// Comparing with texts of the program's own: the library's comparisons take code of their own for each kind of sequence, and twice
/// as much for texts that are Unicode. Inlinable, so that every module has them for its own kinds of bytes: what is generic at
/// run time takes iterators from the heap, frame by frame.
extension Sequence<UInt8> {
    /// Whether the first bytes are these.
    @inlinable @inline(never)
    public func begins(with text: StaticString) -> Bool {
        var bytes = makeIterator()
        for offset in 0..<text.utf8CodeUnitCount where bytes.next() != text.utf8Start[offset] { return false }
        return true
    }

    /// Whether these are all bytes.
    @inlinable @inline(never)
    public func isEqual(to text: StaticString) -> Bool {
        var bytes = makeIterator()
        for offset in 0..<text.utf8CodeUnitCount where bytes.next() != text.utf8Start[offset] { return false }
        return bytes.next() == nil
    }
}
