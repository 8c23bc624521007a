import CBundle

/// What the queue's file knows besides records. Written by turns at two places, so that one is always whole.
struct QueueHeader {
    static let bytes = 256
    static let distance: Int64 = 4096

    /// Higher for every writing.
    var generation: UInt64 = 0
    var blocks: UInt32 = 0
    /// Records up to this number are done.
    var acknowledged: UInt64 = 0
    /// Of the newest record when this was written.
    var newest: UInt64 = 0
    var position: SensorPosition?
    var drops = DropCounts()

    private static let magic: UInt64 = 0x3151_4b4e_494c_434f  // OCLINKQ1

    func write(into page: UnsafeMutableRawBufferPointer) {
        page.initializeMemory(as: UInt8.self, repeating: 0)
        var offset = 8
        func put(_ value: UInt64) {
            page.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        put(QueueHeader.magic)
        put(generation)
        put(UInt64(blocks))
        put(acknowledged)
        put(newest)
        put(position == nil ? 0 : 1)
        put(position?.boot ?? 0)
        put(UInt64(bitPattern: position?.sequence ?? 0))
        for value in drops.values { put(UInt64(bitPattern: value)) }
        let sum = oc_crc32c(0, page.baseAddress! + 8, QueueHeader.bytes - 8)
        page.storeBytes(of: UInt64(sum).littleEndian, toByteOffset: 0, as: UInt64.self)
    }

    init() {}

    /// - Returns: nil: this is no header, or a damaged one.
    init?(_ page: UnsafeRawBufferPointer) {
        func value(_ index: Int) -> UInt64 {
            UInt64(littleEndian: page.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        guard page.count >= QueueHeader.bytes, value(1) == QueueHeader.magic,
            value(0) == UInt64(oc_crc32c(0, page.baseAddress! + 8, QueueHeader.bytes - 8)),
            let blocks = UInt32(exactly: value(3))
        else { return nil }
        generation = value(2)
        self.blocks = blocks
        acknowledged = value(4)
        newest = value(5)
        position = value(6) == 1 ? SensorPosition(boot: value(7), sequence: Int64(bitPattern: value(8))) : nil
        for index in 0..<DropCounts.places { drops.values[index] = Int64(bitPattern: value(9 + index)) }
    }
}
