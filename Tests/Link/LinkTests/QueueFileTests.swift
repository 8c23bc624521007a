import CLinux
import LinkSettings
import System
import Testing

@testable import Link

/// The file of the queue: what a power cut, a wrong file and a bad disk leave.
@Suite struct QueueFileTests {
    @Test func keepsWhatWaits() throws {
        let folder = QueueFolder()
        var first = try folder.open()
        for number in Int64(1)...20 { first.append(record(number, bytes: 300), .change, isLate: false, now: 0) }
        for _ in 0..<5 { first.acknowledge(first.send()!.waiting.sequence) }
        _ = first.flush(now: 0, isEnd: true)
        try close(first)
        var second = try folder.open()
        #expect(second.torn == 0)
        #expect(second.position == SensorPosition(boot: 7, sequence: 20))
        #expect(drain(&second).map(\.position.sequence) == Array(6...20))
    }

    @Test func losesNothingWithoutAWordOfTheEnd() throws {
        let folder = QueueFolder()
        var first = try folder.open()
        for number in Int64(1)...20 { first.append(record(number), .change, isLate: false, now: 0) }
        for _ in 0..<5 { first.acknowledge(first.send()!.waiting.sequence) }
        try close(first)
        // What is done was not written yet: it comes again, and nothing is lost.
        var second = try folder.open()
        #expect(second.position?.sequence == 20)
        #expect(Set(drain(&second).map(\.position.sequence)).isSuperset(of: 6...20))
    }

    private func close(_ backlog: consuming Backlog) throws {}

    /// A last record of which so many bytes were written, at every byte of it.
    @Test func isCutAtEveryByte() throws {
        let folder = QueueFolder()
        var backlog = try folder.open()
        for number in Int64(1)...3 { backlog.append(record(number, bytes: 300), .change, isLate: false, now: 0) }
        _ = backlog.flush(now: 0, isEnd: true)
        let before = try folder.contents
        backlog.append(record(4, bytes: 300), .change, isLate: false, now: 0)
        let after = try folder.contents
        try close(backlog)
        let changed = before.indices.filter { before[$0] != after[$0] }
        let range = changed.first!...changed.last!
        #expect(range.count > 300)
        for end in range {
            let torn = Bytes(before[..<range.lowerBound]) + after[range.lowerBound...end] + before[(end + 1)...]
            try folder.write(torn)
            var opened = try folder.open()
            let isWhole = end == range.upperBound
            #expect(opened.torn == (isWhole ? 0 : 1), "cut at \(end)")
            #expect(opened.position?.sequence == (isWhole ? 4 : 3))
            #expect(drain(&opened).map(\.position.sequence) == (isWhole ? [1, 2, 3, 4] : [1, 2, 3]))
            try close(opened)
            // What was torn is told once.
            #expect(try folder.open().torn == 0)
        }
    }

    /// One damaged byte anywhere: of a record or of a header, never more than that record is gone.
    @Test func isDamagedAtEveryByte() throws {
        let folder = QueueFolder()
        var backlog = try folder.open()
        for number in Int64(1)...3 { backlog.append(record(number, bytes: 20), .change, isLate: false, now: 0) }
        _ = backlog.flush(now: 0, isEnd: true)
        try close(backlog)
        let whole = try folder.contents
        for place in whole.indices where whole[place] != 0 {
            var damaged = whole
            damaged[place] ^= 0x55
            try folder.write(damaged)
            var opened = try folder.open()
            let left = drain(&opened).map(\.position.sequence)
            #expect(left == [1, 2, 3] || (left.count == 2 && opened.torn == 1), "byte \(place)")
            try close(opened)
        }
    }

    @Test func isMadeAgainWhereMakingItWasCut() throws {
        let folder = QueueFolder()
        try folder.write(Bytes(repeating: 0, count: 30000))
        #expect(try folder.open().count == 0)
        #expect(try folder.contents.count == Int(Settings.least))
    }

    @Test func refusesOtherFiles() throws {
        let folder = QueueFolder()
        try folder.write(Bytes("something else"))
        #expect(throws: QueueFile.Failure.isOther) { _ = try folder.open() }
        #expect(try folder.contents == Bytes("something else"))
    }

    @Test func isForOneOnly() throws {
        let folder = QueueFolder()
        let first = try folder.open()
        #expect(throws: QueueFile.Failure.isTaken) { _ = try QueueFile.open(folder.path, bytes: Settings.least) }
        #expect(first.count == 0)
    }

    @Test func keepsItsSize() throws {
        let folder = QueueFolder()
        try close(folder.open())
        let found = try folder.found(1 << 20)
        #expect(found.kept == Settings.least)
    }

    @Test func countsSurvive() throws {
        let folder = QueueFolder()
        var first = try folder.open()
        first.addMissing(3)
        _ = first.flush(now: 0, isEnd: true)
        try close(first)
        let second = try folder.open()
        #expect(second.drops.total == 3)
    }

    @Test func whatWasDroppedDoesNotComeAgain() throws {
        let folder = QueueFolder()
        var first = try folder.open()
        for number in Int64(1)...600 { first.append(record(number, bytes: 250), .update, isLate: false, now: 0) }
        let dropped = first.dropped
        #expect(dropped > 0)
        try close(first)
        var second = try folder.open()
        #expect(Int64(drain(&second).count) + dropped == 600)
    }

    @Test func aDiskThatFailsIsCounted() throws {
        let folder = QueueFolder()
        var backlog = try folder.open()
        oc_force_error(OC_CALL_WRITE, 0, 1, Int32(OC_EIO))
        defer { oc_force_no_errors() }
        backlog.append(record(1), .change, isLate: false, now: 0)
        #expect(backlog.failure == .inputOutput)
        #expect(backlog.count == 0 && backlog.drops.total == 1)
        backlog.append(record(2), .change, isLate: false, now: 0)
        #expect(backlog.failure == nil && backlog.count == 1)
    }

    @Test func syncsAtMostEveryTenthOfASecond() throws {
        let folder = QueueFolder()
        var backlog = try folder.open()
        backlog.append(record(1), .change, isLate: false, now: 0)
        _ = backlog.flush(now: 1_000_000_000)
        backlog.append(record(2), .change, isLate: false, now: 0)
        #expect(backlog.flush(now: 1_000_000_001) == 1_100_000_000)
        #expect(backlog.flush(now: 1_100_000_000) == 2_000_000_000)
        #expect(backlog.flush(now: 2_000_000_000) == nil)
    }
}
