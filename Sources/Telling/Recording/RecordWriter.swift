import CLinux
import Events
import JSON
import System

/// The thread that writes records. It may wait for a slow card as long as it likes: the other one goes on without it.
final class RecordWriter: @unchecked Sendable {
    private let exchange: RecordExchange
    private let slots: [RecordSlot]
    private let facts: RecordFacts
    private let pixels: PixelKeeper?
    private let folder: RecordFolder
    private let run: Int64
    private var text: Line
    private let crcs: UnsafeMutableBufferPointer<UInt32>
    private var failures = 0
    private var retry: Int64 = 0  // not before

    init(
        _ folder: RecordFolder, _ exchange: RecordExchange, _ slots: [RecordSlot], _ facts: RecordFacts,
        _ pixels: PixelKeeper?
    ) {
        run = folder.next
        self.folder = folder
        self.exchange = exchange
        self.slots = slots
        self.facts = facts
        self.pixels = pixels
        text = Line(room: Line.recordRoom(facts))
        crcs = .allocate(capacity: facts.zones)
        crcs.initialize(repeating: 0)
    }

    deinit { crcs.deallocate() }

    /// The thread's life.
    func live() {
        oc_thread_be_patient()
        while true {
            // Read first: what was given before the stop is written.
            let isLast = exchange.isStopping
            while let index = exchange.toWrite.takeFirst() {
                work(index)
                exchange.free.append(index)
                _ = oc_event_post(exchange.done)
            }
            if isLast { break }
            exchange.wait(for: exchange.wake, -1)
        }
        exchange.end()
    }

    private func work(_ index: Int) {
        guard failures == 0 || Clock.monotonic >= retry else {
            exchange.countMissed()
            return
        }
        do throws(Errno) {
            try write(slots[index], index)
            failures = 0
            exchange.countKept()
        } catch {
            folder.abandon()
            exchange.countMissed()
            // A second, two, four, up to half a minute.
            retry = Clock.monotonic + 1_000_000_000 << Int64(min(failures, 5))
            failures += 1
            exchange.setTrouble(error.code)
        }
    }

    private func write(_ slot: RecordSlot, _ index: Int) throws(Errno) {
        var sizes = Line.RecordedPixels()
        if let pixels, slot.frame != nil {
            (sizes.picture, sizes.inputs) = try pixels.write(
                slot, index, into: folder, reserving: Line.recordRoom(facts)
            ) { zone, crc in crcs[zone] = crc }
        } else {
            folder.makeRoom(Int64(Line.recordRoom(facts)))
        }
        text.write(slot, facts, run: run, sizes) { crcs[$0] }
        try folder.write(text.bytes)
        try folder.commit(bytes: Int64(sizes.picture) + Int64(sizes.inputs) + Int64(text.count))
    }
}
