import System

/// Records in blocks: which are free, which belong together. Knows nothing of what a record is worth.
struct BlockStore: ~Copyable {
    private let device: BlockDevice
    private var following: [Int32]  // of each block: the record's next one
    private var cursor = 0
    private(set) var free: Int
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * Block.bytes, alignment: 8)

    private static var isFree: Int32 { -2 }
    private static var isLast: Int32 { -1 }

    /// A record that a file had.
    struct Recovered {
        var sequence: UInt64
        var first: Int32
        var kind: EventClass
        var flags: UInt8
    }

    init(_ device: consuming BlockDevice) {
        following = [Int32](repeating: BlockStore.isFree, count: device.blocks)
        free = device.blocks
        self.device = device
    }

    deinit { piece.deallocate() }

    var blocks: Int { following.count }
    var isDurable: Bool { device.isDurable }

    /// Writes a record into free blocks.
    /// - Parameter record: no more bytes than `free` blocks hold.
    /// - Returns: its first block.
    mutating func write(
        _ record: Bytes, sequence: UInt64, kind: EventClass, flags: UInt8
    ) throws(Errno) -> Int32 {
        let count = Block.count(forRecord: record.count)
        guard count <= free, count <= 64 else { throw .noSpace }
        var places: [Int] = []
        places.reserveCapacity(count)
        while places.count < count {
            if following[cursor] == BlockStore.isFree { places.append(cursor) }
            cursor = cursor + 1 == following.count ? 0 : cursor + 1
        }
        for (place, _) in places.enumerated() {
            let block = UnsafeMutableRawBufferPointer(
                rebasing: piece[(place * Block.bytes)..<((place + 1) * Block.bytes)])
            block.initializeMemory(as: UInt8.self, repeating: 0)
            let start = place * Block.payloadBytes
            let used = min(Block.payloadBytes, record.count - start)
            record.withUnsafeBytes {
                let part = UnsafeRawBufferPointer(rebasing: $0[start..<start + used])
                UnsafeMutableRawBufferPointer(rebasing: block[Block.headerBytes...]).copyMemory(from: part)
            }
            Block.seal(
                block,
                Block.Label(
                    used: UInt16(used), place: UInt16(place), blocks: UInt16(count), rank: kind.rawValue, flags: flags,
                    sequence: sequence))
        }
        // Neighbours in one piece.
        var start = 0
        while start < count {
            var end = start + 1
            while end < count, places[end] == places[end - 1] + 1 { end += 1 }
            let run = UnsafeRawBufferPointer(rebasing: piece[(start * Block.bytes)..<(end * Block.bytes)])
            try device.write(run, at: places[start])
            start = end
        }
        for index in places.indices {
            following[places[index]] = index + 1 < count ? Int32(places[index + 1]) : BlockStore.isLast
        }
        free -= count
        return Int32(places[0])
    }

    /// A record's bytes; nil: the disk has them no more.
    func read(_ first: Int32) throws(Errno) -> Bytes? {
        var record = Bytes()
        var block = first
        let one = UnsafeMutableRawBufferPointer(rebasing: piece[..<Block.bytes])
        while block >= 0 {
            try device.read(one, at: Int(block))
            guard let label = Block.label(of: UnsafeRawBufferPointer(one)) else { return nil }
            record.append(contentsOf: one[Block.headerBytes..<Block.headerBytes + Int(label.used)])
            block = following[Int(block)]
        }
        return record
    }

    /// Gives a record's blocks back.
    /// - Parameter forgets: it shall not come again after a power cut.
    mutating func remove(_ first: Int32, forgets: Bool) throws(Errno) {
        var block = first
        while block >= 0 {
            let next = following[Int(block)]
            following[Int(block)] = BlockStore.isFree
            free += 1
            block = next
        }
        if forgets, device.isDurable { try wipe(Int(first)) }
    }

    private func wipe(_ block: Int) throws(Errno) {
        let one = UnsafeMutableRawBufferPointer(rebasing: piece[..<Block.bytes])
        one.initializeMemory(as: UInt8.self, repeating: 0)
        try device.write(UnsafeRawBufferPointer(one), at: block)
    }

    func write(_ header: QueueHeader) throws(Errno) { try device.write(header) }

    func sync() throws(Errno) { try device.sync() }

    /// Finds the records that a file has and that are not done, in their order.
    /// - Returns: also the newest number of all, and how many records were torn.
    mutating func recover(
        behind acknowledged: UInt64
    ) throws(Errno) -> (records: [Recovered], newest: UInt64, torn: Int) {
        struct Seen {
            var label: Block.Label
            var block: Int32
        }
        var seen: [Seen] = []
        var damaged = 0
        var unfinished = 0
        var newest: UInt64 = 0
        var index = 0
        while index < blocks {
            let count = min(64, blocks - index)
            let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<(count * Block.bytes)])
            try device.read(part, at: index)
            for offset in 0..<count {
                let block = UnsafeRawBufferPointer(
                    rebasing: UnsafeRawBufferPointer(part)[(offset * Block.bytes)..<((offset + 1) * Block.bytes)])
                guard let label = Block.label(of: block) else {
                    if Block.isEmpty(block) { continue }
                    damaged += 1
                    UnsafeMutableRawBufferPointer(mutating: block).initializeMemory(as: UInt8.self, repeating: 0)
                    try device.write(block, at: index + offset)
                    continue
                }
                newest = max(newest, label.sequence)
                if label.sequence > acknowledged { seen.append(Seen(label: label, block: Int32(index + offset))) }
            }
            index += count
        }
        seen.sort {
            $0.label.sequence != $1.label.sequence
                ? $0.label.sequence < $1.label.sequence : $0.label.place < $1.label.place
        }
        var records: [Recovered] = []
        var start = 0
        while start < seen.count {
            var end = start
            let label = seen[start].label
            while end < seen.count, seen[end].label.sequence == label.sequence { end += 1 }
            let isWhole =
                end - start == Int(label.blocks)
                && (start..<end).allSatisfy { Int(seen[$0].label.place) == $0 - start }
            if isWhole, let kind = EventClass(rawValue: label.rank) {
                for place in start..<end {
                    following[Int(seen[place].block)] = place + 1 < end ? seen[place + 1].block : BlockStore.isLast
                }
                free -= end - start
                records.append(
                    Recovered(sequence: label.sequence, first: seen[start].block, kind: kind, flags: label.flags))
            } else {
                // The last one was being written. Of others the rest is what came over them, when they were done or
                // dropped.
                if label.sequence == newest { unfinished += 1 }
                for place in start..<end { try wipe(Int(seen[place].block)) }
            }
            start = end
        }
        // A damaged block mostly is the unfinished record's next.
        return (records, newest, max(damaged, unfinished))
    }
}
