/// Lines that wait for a reader: first in, first out, in a buffer of fixed size. When it is full, the oldest lines make
/// room and are counted.
///
/// Public only because a module that owns an `EventOutput` must see, in Embedded Swift, how its parts end.
public struct EventQueue: ~Copyable {
    private let ring: UnsafeMutableRawBufferPointer
    private var start = 0
    private var used = 0
    private(set) var lost: Int64 = 0

    /// - Parameter capacity: bytes; room for a longest line at least.
    init(capacity: Int) {
        ring = .allocate(byteCount: max(capacity, Line.capacity + 2), alignment: 1)
    }

    deinit { ring.deallocate() }

    var isEmpty: Bool { used == 0 }

    /// Each line lies in the ring behind its length in two bytes.
    /// - Parameter line: at most `Line.capacity` bytes.
    mutating func append(_ line: UnsafeRawBufferPointer) {
        let needed = line.count + 2
        while ring.count - used < needed {
            discardFirst()
            lost += 1
        }
        var position = (start + used) % ring.count
        put(UInt8(truncatingIfNeeded: line.count), at: &position)
        put(UInt8(truncatingIfNeeded: line.count >> 8), at: &position)
        for byte in line { put(byte, at: &position) }
        used += needed
    }

    /// Moves the oldest line into `line`. False: there is none.
    mutating func takeFirst(into line: inout Line) -> Bool {
        guard used > 0 else { return false }
        line.clear()
        let length = firstLength
        for offset in 0..<length { line.append(ring[(start + 2 + offset) % ring.count]) }
        discardFirst()
        return true
    }

    private var firstLength: Int { Int(ring[start]) | Int(ring[(start + 1) % ring.count]) << 8 }

    private mutating func discardFirst() {
        let length = firstLength + 2
        start = (start + length) % ring.count
        used -= length
    }

    private func put(_ byte: UInt8, at position: inout Int) {
        ring[position] = byte
        position = position + 1 == ring.count ? 0 : position + 1
    }
}
