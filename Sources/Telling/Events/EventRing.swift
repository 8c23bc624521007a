import JSON

/// The last events, for readers that each go their own way: one copy of each, in memory of fixed size. When it is full, the oldest
/// go; a reader that had not got that far sees by its cursor how many.
///
/// Events are numbered from 1 on without a gap, as `EventFormatter` numbers those of one start.
///
/// Public only because a module that owns an `EventOutput` must see, in Embedded Swift, how its parts end.
public struct EventRing: ~Copyable {
    /// Where a reader is.
    struct Cursor: BitwiseCopyable {
        /// Of the next event that it is to get.
        fileprivate(set) var sequence: Int64 = 1
        fileprivate var position = 0
    }

    private let ring: UnsafeMutableRawBufferPointer
    private var start = 0
    private var used = 0
    /// Of the oldest event that is kept; one more than `newest` where none is.
    private(set) var oldest: Int64 = 1
    /// Of the newest event; 0: there was none yet.
    private(set) var newest: Int64 = 0

    /// - Parameter capacity: bytes; room for a longest line at least.
    init(capacity: Int) {
        ring = .allocate(byteCount: max(capacity, Line.capacity + 2), alignment: 1)
    }

    deinit { ring.deallocate() }

    /// Each event lies in the ring behind its length in two bytes.
    /// - Parameter body: at most `Line.capacity` bytes: a whole line, or without its end, where that differs from reader to reader.
    mutating func append(_ body: UnsafeRawBufferPointer) {
        let needed = body.count + 2
        while ring.count - used < needed {
            let length = self.length(at: start) + 2
            start = place(start + length)
            used -= length
            oldest += 1
        }
        let end = place(start + used)
        ring[end] = UInt8(truncatingIfNeeded: body.count)
        ring[place(end + 1)] = UInt8(truncatingIfNeeded: body.count >> 8)
        let first = place(end + 2)
        let part = min(body.count, ring.count - first)
        copy(UnsafeRawBufferPointer(rebasing: body[..<part]), to: first)
        copy(UnsafeRawBufferPointer(rebasing: body[part...]), to: 0)
        used += needed
        newest += 1
    }

    /// Behind the newest event.
    var end: Cursor { Cursor(sequence: newest + 1, position: place(start + used)) }

    /// At an event, or at the oldest where that one is gone, or behind the newest where it has not come yet.
    func cursor(at sequence: Int64) -> Cursor {
        guard sequence <= newest else { return end }
        var cursor = Cursor(sequence: oldest, position: start)
        while cursor.sequence < sequence { skip(&cursor) }
        return cursor
    }

    /// Adds what comes next for a reader to a line.
    /// - Parameter missed: grows by events that are gone.
    /// - Returns: where the reader is then; nil: nothing comes.
    func next(_ cursor: Cursor, missed: inout Int64, into line: inout Line) -> Cursor? {
        guard cursor.sequence <= newest else { return nil }
        var cursor = cursor
        if cursor.sequence < oldest {
            missed += oldest - cursor.sequence
            cursor = Cursor(sequence: oldest, position: start)
        }
        let first = place(cursor.position + 2)
        let count = length(at: cursor.position)
        let part = min(count, ring.count - first)
        line.append(UnsafeRawBufferPointer(rebasing: ring[first..<first + part]))
        line.append(UnsafeRawBufferPointer(rebasing: ring[0..<count - part]))
        skip(&cursor)
        return cursor
    }

    private func skip(_ cursor: inout Cursor) {
        cursor.position = place(cursor.position + 2 + length(at: cursor.position))
        cursor.sequence += 1
    }

    private func length(at position: Int) -> Int { Int(ring[position]) | Int(ring[place(position + 1)]) << 8 }

    private func place(_ position: Int) -> Int { position < ring.count ? position : position - ring.count }

    private func copy(_ bytes: UnsafeRawBufferPointer, to position: Int) {
        guard !bytes.isEmpty else { return }
        UnsafeMutableRawBufferPointer(rebasing: ring[position..<position + bytes.count]).copyMemory(from: bytes)
    }
}
