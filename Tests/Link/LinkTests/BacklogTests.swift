import CLinux
import System
import Testing

@testable import Link

/// Which events wait, in which order, and which give way.
@Suite struct BacklogTests {
    @Test func comesOutInOrder() {
        var backlog = Backlog(memoryBytes: 65536)
        let kinds: [EventClass] = [.status, .heartbeat, .change, .update]
        for number in Int64(1)...40 {
            backlog.append(record(number), kinds[Int(number) % 4], isLate: false, now: 0)
        }
        #expect(drain(&backlog).map(\.position.sequence) == Array(1...40))
        #expect(backlog.count == 0 && backlog.usedBytes == 0)
    }

    @Test func lowestClassGivesWayAndIsCounted() {
        var backlog = Backlog(memoryBytes: 65536)
        var said = [Int64](repeating: 0, count: 4)
        for number in Int64(1)...2000 {
            let kind = EventClass(rawValue: UInt8(number % 4))!
            said[Int(kind.rawValue)] += 1
            backlog.append(record(number), kind, isLate: false, now: 0)
        }
        let left = drain(&backlog)
        // 256 blocks of one record each: all are of the highest class, and the newest of it.
        #expect(left.count == 256)
        #expect(left.allSatisfy { $0.position.sequence % 4 == 3 })
        #expect(left.last?.position.sequence == 1999)
        for kind in EventClass.allCases {
            let there = left.count { $0.position.sequence % 4 == Int64(kind.rawValue) }
            #expect(Int64(there) + backlog.drops.values[Int(kind.rawValue)] == said[Int(kind.rawValue)])
        }
        #expect(backlog.dropped == 2000 - 256)
    }

    @Test func betterOnesStayWhenALowOneComes() {
        var backlog = Backlog(memoryBytes: 65536)
        for number in Int64(1)...256 { backlog.append(record(number), .status, isLate: false, now: 0) }
        backlog.append(record(257), .heartbeat, isLate: false, now: 0)
        #expect(backlog.count == 256)
        #expect(backlog.drops.values[Int(EventClass.heartbeat.rawValue)] == 1)
    }

    @Test func whatIsUnderWayIsNeverDropped() {
        var backlog = Backlog(memoryBytes: 65536)
        for number in Int64(1)...256 { backlog.append(record(number), .heartbeat, isLate: false, now: 0) }
        let sent = (0..<16).compactMap { _ in backlog.send()?.waiting.sequence }
        for number in Int64(257)...1000 { backlog.append(record(number), .status, isLate: false, now: 0) }
        #expect(backlog.underWay == 16)
        backlog.connectionLost()
        #expect(backlog.send()?.waiting.sequence == sent.first)
    }

    @Test func lostConnectionSendsAllAgainInOrder() {
        var backlog = Backlog(memoryBytes: 65536)
        for number in Int64(1)...10 {
            backlog.append(record(number), number == 3 ? .heartbeat : .change, isLate: false, now: 0)
        }
        let sent = (0..<5).compactMap { _ in backlog.send()?.waiting.sequence }
        backlog.acknowledge(sent[1])
        backlog.connectionLost()
        #expect(drain(&backlog).map(\.position.sequence) == [1, 3, 4, 5, 6, 7, 8, 9, 10])
    }

    @Test func refusedAndMissingAreCounted() {
        var backlog = Backlog(memoryBytes: 65536)
        backlog.append(record(1), .change, isLate: false, now: 0)
        backlog.drop(backlog.send()!.waiting.sequence, at: .broker)
        backlog.addMissing(5)
        #expect(backlog.drops.total == 6 && backlog.dropped == 6)
        var names: [String] = []
        while let index = backlog.drops.first {
            let (kind, place) = DropCounts.names(index)
            names.append("\(kind) \(place) \(backlog.drops.values[index])")
            backlog.reported(index, backlog.drops.values[index])
        }
        #expect(names == ["change broker 1", "unknown sensor 5"])
        #expect(backlog.dropped == 6)
    }

    @Test func longRecordsAreWhole() {
        var backlog = Backlog(memoryBytes: 65536)
        let longest = record(1, bytes: 4000)
        backlog.append(longest, .change, isLate: false, now: 0)
        #expect(backlog.send()?.record == longest)
    }
}
