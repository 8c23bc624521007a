import System
import Testing

@testable import Recording

/// What counts for years: positions in queues, and sizes that only 64-bit machines can address.
@Suite struct SlotQueueTests {
    @Test(
        "First in, first out, over the ends of 31 and 32 bits", arguments: [0, UInt32(Int32.max) - 5, UInt32.max - 5])
    func wraps(start: UInt32) {
        for capacity in [1, 3, 4, 7] {
            let queue = SlotQueue(capacity: capacity, from: start)
            var next = 0
            for round in 0..<20 {
                let count = 1 + round % capacity
                for slot in 0..<count { queue.append(100 * round + slot) }
                for slot in 0..<count { #expect(queue.takeFirst() == 100 * round + slot) }
                #expect(queue.takeFirst() == nil)
                next += count
            }
            #expect(next > 10, "the counters passed the end")
        }
    }

    @Test("Slots of large pictures in many zones are counted in 64 bits")
    func sizes() {
        var settings = RecordSettings(folder: Path("/".utf8))
        (settings.before, settings.after, settings.side) = (1000, 1000, 4096)
        var facts = RecordFacts()
        (facts.inputBytes, facts.zones) = (8192 * 8192 * 3, 17)
        #expect(facts.allInputBytes == 3_422_552_064)
        #expect(Int32(exactly: facts.allInputBytes) == nil)
        #expect(PixelKeeper.memoryBytes(settings, facts) == 2002 * (50_331_648 + 3_422_552_064) + 83_887_104)
    }
}
