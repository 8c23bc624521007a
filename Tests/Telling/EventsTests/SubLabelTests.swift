import Bundle
import CBundle
import Detectors
import TestSupport
import Testing

@testable import Events

/// What a second model says of a detector's objects, and which of them it is asked about.
@Suite struct SubLabelTests {
    /// Pairs of a count and a label, nil: an answer that does not count.
    private func votes(_ answers: (Int, UInt16?)...) -> SubLabelVotes {
        var votes = SubLabelVotes()
        for (count, label) in answers { for _ in 0..<count { votes.take(label, at: 0, turn: 1) } }
        return votes
    }

    @Test("The sub-label is that of more than half of the votes, of which newer ones weigh more")
    func majority() {
        #expect(votes().winner == nil)
        #expect(votes((1, 7)).winner == 7)
        #expect(votes((1, nil), (1, 7)).winner == 7, "the newer weighs more")
        #expect(votes((1, 7), (1, nil)).winner == nil)
        #expect(votes((5, 7), (2, 8)).winner == 7)
        #expect(votes((100, 7), (9, 8)).winner == 7)
        #expect(votes((100, 7), (12, 8)).winner == 8, "who was long another is soon what he is now")
        #expect(votes((3, 1), (3, 2), (3, 3), (3, 4), (40, 5)).winner == 5, "a fifth label finds a place")
    }

    @Test("It is that of an obvious count, whatever the answers", arguments: 0..<200)
    func obvious(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let labels = 1 + random.below(9)
        var votes = SubLabelVotes()
        var weights = [Int](repeating: 0, count: labels)
        var total = 0
        for _ in 0..<random.below(200) {
            let label = random.below(5) == 0 ? nil : random.below(3) == 0 ? random.below(labels) : 0
            votes.take(label.map { UInt16($0) }, at: 0, turn: 1)
            for index in weights.indices { weights[index] -= weights[index] / 16 }
            total += 65536 - total / 16
            if let label { weights[label] += 65536 }
            let best = weights.indices.max { weights[$0] < weights[$1] } ?? 0
            // Where a label lost its place among the few its older votes are gone, which only takes from it.
            if let winner = votes.winner {
                #expect(Int(winner) == best && 2 * weights[best] > total)
            } else {
                #expect(labels > 4 || 2 * weights[best] <= total)
            }
        }
    }

    @Test("Memories come back, and of damaged ones nothing overflows")
    func memory() {
        var numbers = [Int64](repeating: 0, count: SubLabelVotes.words)
        numbers.withUnsafeMutableBufferPointer { numbers in
            var row = NumberRow(numbers)
            let before = votes((3, 1), (2, nil), (9, 2))
            before.write(into: &row)
            #expect(row.count == SubLabelVotes.words && !row.isDamaged)
            row = NumberRow(numbers)
            var after = SubLabelVotes(from: &row)
            #expect(after.winner == 2 && after.looked == before.looked)
            for value in [Int64.min, -1, 0, 65535, 65536, 17 * 65536, 1 << 61, .max] {
                numbers.update(repeating: value)
                row = NumberRow(numbers)
                after = SubLabelVotes(from: &row)
                for _ in 0..<100 { after.take(3, at: 5, turn: 1) }
                #expect(after.winner == 3 && 5 - after.looked == 0)
            }
        }
    }

    private func list(_ change: (inout oc_cascade) -> Void = { _ in }) throws -> WatchList {
        var file = BundleFile(SampleBundle.make())
        file.edit(OC_SECTION_CASCADE, as: oc_cascade.self) {
            ($0.most, $0.every) = (2, 0)
            change(&$0)
        }
        for rule in 0..<2 {
            file.edit(OC_SECTION_OBJECT_RULES, rule, as: oc_object_rule.self) {
                $0 = oc_object_rule()
                ($0.most_width, $0.most_height) = (65535, 65535)
                // The first rule is about dogs that are the second model's "dog", the second about pets of any kind.
                $0.sub_label = rule == 0 ? 2 : 0
            }
        }
        let bundle = try Bundle(copying: file.bytes())
        return WatchList(bundle.view)
    }

    /// A frame with dogs (label 1) and cats (0) in their places; the second model answers.
    private func see(
        _ list: inout WatchList, _ frame: Int64, dogs: Int = 0, cats: Int = 0, _ answer: (Int64) -> UInt16?
    ) -> (asked: [Int64], said: [String]) {
        let objects = (0..<dogs + cats).map { index in
            let left = Int32(200 * index + 50) * 16
            return Detection(
                box: Box(left: left, top: 1600, right: left + 1600, bottom: 3200), score: 60000,
                label: index < dogs ? 1 : 0)
        }
        var (asked, said): ([Int64], [String]) = ([], [])
        func take(_ news: WatchNews) {
            let subLabel = news.sighting.map { String(decoding: $0.subLabel, as: UTF8.self) } ?? ""
            said.append("\(String(decoding: news.object, as: UTF8.self)) \(news.change) \(subLabel)")
        }
        objects.withUnsafeBufferPointer {
            list.follow($0, width: 1000, height: 1000, at: frame * 100_000_000, report: take)
        }
        while let subject = list.nextSubject(at: frame * 100_000_000) {
            asked.append(subject.track)
            list.take(answer: answer(subject.track), of: subject, at: frame * 100_000_000)
        }
        list.judge(at: frame * 100_000_000, report: take)
        return (asked, said)
    }

    @Test("It is asked about so many objects of a frame, each in its turn, and of the labels alone that it is for")
    func turns() throws {
        var list = try list()
        var asked: [[Int64]] = []
        for frame in 0..<8 { asked.append(see(&list, Int64(frame), dogs: 3, cats: 1) { _ in 1 }.asked) }
        // Tracks are confirmed in the second frame.
        let dogs = Array(asked.drop { $0.isEmpty })
        #expect(dogs.count >= 6 && dogs.allSatisfy { $0.count == 2 })
        let counts = Dictionary(dogs.joined().map { ($0, 1) }, uniquingKeysWith: +)
        #expect(counts.count == 3, "cats are not for it")
        #expect((counts.values.max() ?? 0) - (counts.values.min() ?? 0) <= 1, "\(dogs)")
    }

    @Test("An object is looked at again after its time")
    func every() throws {
        var list = try list { $0.every = 300 }
        let asked = (0..<11).map { see(&list, Int64($0), dogs: 1) { _ in 1 }.asked.count }
        let first = try #require(asked.firstIndex(of: 1))
        #expect(asked[first...].enumerated().allSatisfy { $0.element == ($0.offset % 3 == 0 ? 1 : 0) }, "\(asked)")
    }

    @Test("A rule of a sub-label follows objects while the second model says so")
    func rule() throws {
        var list = try list()
        var said: [String] = []
        for frame in 0..<40 { said += see(&list, Int64(frame), dogs: 1) { _ in frame < 20 ? 1 : 0 }.said }
        let dog = said.filter { $0.hasPrefix("a dog ") }
        #expect(dog.count == 2 && dog[0].hasPrefix("a dog enter") && dog[0].hasSuffix(" dog"))
        #expect(dog[1].hasPrefix("a dog leave") && dog[1].hasSuffix(" cat"), "\(dog)")
        #expect(said.count { $0.hasPrefix("a pet enter") } == 1 && !said.contains { $0.hasPrefix("a pet leave") })
    }

    @Test("Without an answer there is no sub-label, and its rule is silent")
    func unanswered() throws {
        var list = try list()
        for frame in 0..<10 {
            let said = see(&list, Int64(frame), dogs: 1) { _ in nil }.said
            #expect(said.allSatisfy { $0.hasPrefix("a pet enter") && $0.hasSuffix(" ") }, "\(said)")
        }
    }

    @Test("What it has said is in the memory that recordings keep")
    func memories() throws {
        var first = try list()
        for frame in 0..<10 { _ = see(&first, Int64(frame), dogs: 2, cats: 1) { $0 == 1 ? 1 : 0 } }
        var numbers = [Int64](repeating: 0, count: 8192)
        let count = numbers.withUnsafeMutableBufferPointer { first.saveObjects(into: $0) }
        #expect(count > 0)
        var second = try list()
        numbers.prefix(count).withUnsafeBufferPointer { second.restoreObjects($0) }
        for frame in 10..<40 {
            // Nobody answers any more: both say what they know.
            let (one, other) = (
                see(&first, Int64(frame), dogs: frame < 20 ? 2 : 0) { _ in frame % 3 == 0 ? 0 : nil },
                see(&second, Int64(frame), dogs: frame < 20 ? 2 : 0) { _ in frame % 3 == 0 ? 0 : nil }
            )
            #expect(one.asked == other.asked && one.said == other.said, "frame \(frame)")
        }
    }
}
