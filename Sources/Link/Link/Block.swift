import CBundle
import LinkSettings

/// The queue's file is a header and blocks of one size. A record lies in as many blocks as it needs, wherever they
/// are free; each names the record's number and its own place in it, and has a checksum, so whatever a power cut
/// leaves is either whole or known to be not.
enum Block {
    static let bytes = 256
    /// Before a block's part of the record: checksum, bytes used, place, number of blocks, class, flags, 4 unused,
    /// sequence.
    static let headerBytes = 24
    static let payloadBytes = bytes - headerBytes
    /// Where the first block lies; the two headers come before it, on pages of their own.
    static let start: Int64 = 8192

    struct Label {
        var used: UInt16
        var place: UInt16
        var blocks: UInt16
        var rank: UInt8
        var flags: UInt8
        /// From 1 on.
        var sequence: UInt64
    }

    /// Completes a block whose record's part is in place.
    static func seal(_ block: UnsafeMutableRawBufferPointer, _ label: Label) {
        block.storeBytes(of: label.used.littleEndian, toByteOffset: 4, as: UInt16.self)
        block.storeBytes(of: label.place.littleEndian, toByteOffset: 6, as: UInt16.self)
        block.storeBytes(of: label.blocks.littleEndian, toByteOffset: 8, as: UInt16.self)
        block.storeBytes(of: label.rank, toByteOffset: 10, as: UInt8.self)
        block.storeBytes(of: label.flags, toByteOffset: 11, as: UInt8.self)
        block.storeBytes(of: UInt32(0), toByteOffset: 12, as: UInt32.self)
        block.storeBytes(of: label.sequence.littleEndian, toByteOffset: 16, as: UInt64.self)
        let sum = checksum(UnsafeRawBufferPointer(block))
        block.storeBytes(of: sum.littleEndian, toByteOffset: 0, as: UInt32.self)
    }

    /// What a block says of itself; nil: it is damaged, or was never written.
    static func label(of block: UnsafeRawBufferPointer) -> Label? {
        guard UInt32(littleEndian: block.loadUnaligned(as: UInt32.self)) == checksum(block) else { return nil }
        let label = Label(
            used: UInt16(littleEndian: block.loadUnaligned(fromByteOffset: 4, as: UInt16.self)),
            place: UInt16(littleEndian: block.loadUnaligned(fromByteOffset: 6, as: UInt16.self)),
            blocks: UInt16(littleEndian: block.loadUnaligned(fromByteOffset: 8, as: UInt16.self)),
            rank: block[10], flags: block[11],
            sequence: UInt64(littleEndian: block.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))
        guard label.used <= payloadBytes, label.place < label.blocks, label.sequence > 0,
            label.sequence < UInt64.max / 2, EventClass(rawValue: label.rank) != nil
        else { return nil }
        return label
    }

    static func isEmpty(_ block: UnsafeRawBufferPointer) -> Bool {
        for byte in block where byte != 0 { return false }
        return true
    }

    private static func checksum(_ block: UnsafeRawBufferPointer) -> UInt32 {
        oc_crc32c(0, block.baseAddress! + 4, bytes - 4)
    }

    static func count(forRecord recordBytes: Int) -> Int { max(1, (recordBytes + payloadBytes - 1) / payloadBytes) }
}

/// Where in a sensor's life the link is.
struct SensorPosition: Equatable {
    /// Which start of the daemon.
    var boot: UInt64
    /// Of the newest event that was taken.
    var sequence: Int64
}

/// An event as it waits.
struct Record: Equatable {
    var topic: Bytes
    var payload: Bytes
    var position: SensorPosition

    /// Bytes that any record may have.
    static let limit = 18 + Settings.topicLimit * 4 + 4096

    var bytes: Bytes {
        var all = Bytes()
        all.reserveCapacity(18 + topic.count + payload.count)
        for shift in stride(from: 0, to: 64, by: 8) {
            all.append(UInt8(truncatingIfNeeded: position.boot >> UInt64(shift)))
        }
        for shift in stride(from: 0, to: 64, by: 8) {
            all.append(UInt8(truncatingIfNeeded: position.sequence >> Int64(shift)))
        }
        all.append(UInt8(truncatingIfNeeded: topic.count))
        all.append(UInt8(truncatingIfNeeded: topic.count >> 8))
        all.add(topic)
        all.add(payload)
        return all
    }

    init(topic: Bytes, payload: Bytes, position: SensorPosition) {
        (self.topic, self.payload, self.position) = (topic, payload, position)
    }

    /// - Returns: nil: these are no record's bytes.
    init?(_ bytes: Bytes) {
        guard let place = SensorPosition(recordStart: bytes) else { return nil }
        let topicEnd = 18 + Int(bytes[16]) + Int(bytes[17]) << 8
        guard topicEnd <= bytes.count else { return nil }
        position = place
        topic = Bytes(bytes[18..<topicEnd])
        payload = Bytes(bytes[topicEnd...])
    }
}

extension SensorPosition {
    /// - Parameter bytes: a record's, the first 18 at least.
    init?(recordStart bytes: Bytes) {
        guard bytes.count >= 18 else { return nil }
        (boot, sequence) = (0, 0)
        for index in 0..<8 {
            boot |= UInt64(bytes[index]) << UInt64(8 * index)
            sequence |= Int64(bitPattern: UInt64(bytes[8 + index]) << UInt64(8 * index))
        }
        guard sequence >= 0 else { return nil }
    }
}
