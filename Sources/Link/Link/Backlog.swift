import System

/// Events on their way to the broker, in their order, in a store of fixed size. When it is full, the oldest of the
/// lowest class give way, and are counted.
///
/// What is under way to the broker stays until it is acknowledged, and is never dropped: it may have arrived.
struct Backlog: ~Copyable {
    struct Waiting {
        var sequence: UInt64
        var first: Int32
        var kind: EventClass
        /// It came while the broker was away, or before the program was started.
        var isLate: Bool
        /// On the monotonic clock, in nanoseconds.
        var since: Int64
    }

    private var store: BlockStore
    private var lanes = [Lane](repeating: Lane(), count: 4)
    private var header: QueueHeader
    private var next: UInt64
    private var isUnsynced = false
    private var isHeaderOld = false
    private var doneSinceHeader = 0
    private var lastSync: Int64 = Int64.min / 2
    private var lastHeader: Int64 = Int64.min / 2

    /// Records that were cut short by a power cut and are not there any more: the sensor is asked for them again.
    let torn: Int
    /// Where the sensor was when the newest record was taken.
    private(set) var position: SensorPosition?
    /// What is to be reported.
    private(set) var drops = DropCounts()
    /// All that were dropped, reported or not.
    private(set) var dropped: Int64 = 0
    /// The last error of the disk, until something is written again.
    private(set) var failure: Errno?

    private static var isLateFlag: UInt8 { 1 }
    /// At most so often is the disk asked to keep what it has, in nanoseconds.
    private static var syncDistance: Int64 { 100_000_000 }
    private static var headerDistance: Int64 { 1_000_000_000 }
    /// So many that are done are noted earlier: a program that is killed again and again still gets on.
    private static var headerRecords: Int { 32 }

    /// In memory.
    /// - Parameter memoryBytes: 64 KiB at least.
    init(memoryBytes: Int) {
        store = BlockStore(BlockDevice(memoryBlocks: memoryBytes / Block.bytes))
        header = QueueHeader()
        (next, torn, position) = (1, 0, nil)
    }

    /// With what a file has.
    init(_ found: consuming QueueFile.Found) throws(Errno) {
        let header = found.header
        var store = BlockStore(found.device)
        let recovered = try store.recover(behind: header.acknowledged)
        var position = header.position
        // The newest record that is whole knows better than a header that is written now and then.
        for record in recovered.records where record.sequence > header.newest {
            guard let bytes = try store.read(record.first) else { continue }
            position = SensorPosition(recordStart: bytes) ?? position
        }
        self.init(store: store, header: header, recovered.records, torn: recovered.torn, position: position)
        next = max(recovered.newest, header.newest, header.acknowledged) + 1
    }

    private init(
        store: consuming BlockStore, header: QueueHeader, _ records: [BlockStore.Recovered], torn: Int,
        position: SensorPosition?
    ) {
        self.store = store
        self.header = header
        self.torn = torn
        self.position = position
        next = 1
        drops = header.drops
        dropped = header.drops.total
        for record in records {
            lanes[Int(record.kind.rawValue)].append(
                Waiting(sequence: record.sequence, first: record.first, kind: record.kind, isLate: true, since: 0))
        }
        isHeaderOld = true
    }

    // MARK: What is there

    var count: Int { lanes.reduce(0) { $0 + $1.count } }
    var usedBytes: Int { (store.blocks - store.free) * Block.bytes }
    var isDurable: Bool { store.isDurable }
    var underWay: Int { lanes.reduce(0) { $0 + $1.sent } }

    // MARK: In

    /// Takes an event in, or drops it where only better ones wait.
    /// - Parameter isLate: the broker is away, or the event is old already.
    mutating func append(_ record: Record, _ kind: EventClass, isLate: Bool, now: Int64) {
        position = record.position
        isHeaderOld = true
        let bytes = record.bytes
        let needed = Block.count(forRecord: bytes.count)
        while store.free < needed {
            guard dropOne(upTo: kind) else { return count(kind, at: .queue) }
        }
        do throws(Errno) {
            let first = try store.write(
                bytes, sequence: next, kind: kind, flags: isLate ? Backlog.isLateFlag : 0)
            lanes[Int(kind.rawValue)].append(
                Waiting(sequence: next, first: first, kind: kind, isLate: isLate, since: now))
            isUnsynced = true
            failure = nil
        } catch {
            failure = error
            count(kind, at: .disk)
        }
        next += 1
    }

    /// Events that are known to be lost before they came here.
    mutating func addMissing(_ count: Int64) {
        drops.addMissing(count)
        dropped += count
        isHeaderOld = true
    }

    /// A new start of the sensor's daemon, of which nothing was taken yet.
    mutating func begin(_ position: SensorPosition) {
        self.position = position
        isHeaderOld = true
    }

    private mutating func dropOne(upTo kind: EventClass) -> Bool {
        for rank in 0...Int(kind.rawValue) {
            guard let victim = lanes[rank].removeOldestUnsent() else { continue }
            release(victim, forgets: true)
            count(victim.kind, at: .queue)
            return true
        }
        return false
    }

    private mutating func count(_ kind: EventClass, at place: DropCounts.Place) {
        drops.add(kind, at: place)
        dropped += 1
        isHeaderOld = true
    }

    private mutating func release(_ waiting: Waiting, forgets: Bool) {
        do throws(Errno) { try store.remove(waiting.first, forgets: forgets) } catch { failure = error }
        isHeaderOld = true
    }

    // MARK: Out

    /// The oldest that is not under way, which then is. Nil: there is none. What the disk has lost is counted.
    mutating func send() -> (waiting: Waiting, record: Record)? {
        while let lane = oldestLane() {
            let waiting = lanes[lane].send()
            var bytes: Bytes?
            do throws(Errno) { bytes = try store.read(waiting.first) } catch { failure = error }
            if let bytes, let record = Record(bytes) { return (waiting, record) }
            drop(waiting.sequence, at: .disk)
        }
        return nil
    }

    private func oldestLane() -> Int? {
        var best: (lane: Int, sequence: UInt64)?
        for index in lanes.indices {
            guard let sequence = lanes[index].nextSequence else { continue }
            if best == nil || sequence < best!.sequence { best = (index, sequence) }
        }
        return best?.lane
    }

    /// What is under way, once more.
    mutating func record(_ sequence: UInt64) -> Record? {
        for lane in lanes {
            guard let waiting = lane.underWay(sequence) else { continue }
            do throws(Errno) { return try store.read(waiting.first).flatMap { Record($0) } } catch { failure = error }
        }
        return nil
    }

    /// The broker has it.
    mutating func acknowledge(_ sequence: UInt64) {
        for index in lanes.indices {
            guard let done = lanes[index].removeSent(sequence) else { continue }
            doneSinceHeader += 1
            return release(done, forgets: false)
        }
    }

    /// What is under way is not wanted at that place.
    mutating func drop(_ sequence: UInt64, at place: DropCounts.Place) {
        for index in lanes.indices {
            guard let done = lanes[index].removeSent(sequence) else { continue }
            count(done.kind, at: place)
            return release(done, forgets: true)
        }
    }

    /// Nothing is under way any more: all is sent again, in its order.
    mutating func connectionLost() {
        for index in lanes.indices { lanes[index].unsend() }
    }

    /// A report of `count` drops is told to the broker.
    mutating func reported(_ index: Int, _ count: Int64) {
        drops.values[index] -= count
        isHeaderOld = true
    }

    // MARK: The disk

    /// Writes what is due: records at most every 100 ms; what is done once a second, or after 32 events.
    /// - Parameter isEnd: all, now.
    /// - Returns: when it wants to be called again, on the monotonic clock; nil: not before something changes.
    mutating func flush(now: Int64, isEnd: Bool = false) -> Int64? {
        guard store.isDurable, isUnsynced || isHeaderOld else { return nil }
        let isHeaderDue =
            isHeaderOld
            && (isEnd || doneSinceHeader >= Backlog.headerRecords || now - lastHeader >= Backlog.headerDistance)
        let isSyncDue = isUnsynced && (isEnd || now - lastSync >= Backlog.syncDistance)
        if isHeaderDue || isSyncDue {
            do throws(Errno) {
                if isHeaderDue {
                    // What the header says is done must not be ahead of the records it counts as newest.
                    header.generation += 1
                    header.acknowledged = (lanes.compactMap { $0.oldest }.min() ?? next) - 1
                    header.newest = next - 1
                    header.position = position
                    header.drops = drops
                    try store.write(header)
                }
                try store.sync()
                isUnsynced = false
                if isHeaderDue { (isHeaderOld, doneSinceHeader) = (false, 0) }
            } catch {
                failure = error
            }
            lastSync = now
            if isHeaderDue { lastHeader = now }
        }
        var due: Int64?
        if isUnsynced { due = lastSync + Backlog.syncDistance }
        if isHeaderOld { due = min(due ?? Int64.max, lastHeader + Backlog.headerDistance) }
        return due
    }
}
