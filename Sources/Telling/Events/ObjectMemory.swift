import Bundle
import Detectors
import Tracking

/// A row of numbers that is written or read from its start.
struct NumberRow {
    private let numbers: UnsafeMutableBufferPointer<Int64>
    private(set) var count = 0
    /// It was too short, or held a number out of its range.
    private(set) var isDamaged = false

    init(_ numbers: UnsafeMutableBufferPointer<Int64>) { self.numbers = numbers }

    mutating func write(_ number: Int64) {
        guard count < numbers.count else {
            isDamaged = true
            return
        }
        numbers[count] = number
        count += 1
    }

    mutating func write(_ box: FrameBox) {
        write(Int64(box.left))
        write(Int64(box.top))
        write(Int64(box.right))
        write(Int64(box.bottom))
    }

    mutating func read(_ range: ClosedRange<Int64>) -> Int64 {
        guard count < numbers.count, range.contains(numbers[count]) else {
            isDamaged = true
            return range.lowerBound
        }
        count += 1
        return numbers[count - 1]
    }

    mutating func readBox() -> FrameBox {
        func part() -> UInt32 { UInt32(truncatingIfNeeded: read(0...65536)) }
        let (left, top) = (part(), part())
        let (right, bottom) = (part(), part())
        return FrameBox(left: left, top: top, right: right, bottom: bottom)
    }

    /// The numbers from here on, so many of them.
    mutating func rest(_ length: Int) -> UnsafeMutableBufferPointer<Int64> {
        guard length >= 0, count + length <= numbers.count else {
            isDamaged = true
            return UnsafeMutableBufferPointer(start: nil, count: 0)
        }
        count += length
        return UnsafeMutableBufferPointer(rebasing: numbers[count - length..<count])
    }

    var left: UnsafeMutableBufferPointer<Int64> { UnsafeMutableBufferPointer(rebasing: numbers[count...]) }

    mutating func skip(_ length: Int) { count += length }
}

extension WatchState.Memory {
    private static var times: ClosedRange<Int64> { -1 << 61...1 << 61 }  // differences do not overflow

    func write(into row: inout NumberRow) {
        row.write((isPresent ? 1 : 0) + (average == nil ? 0 : 2) + (turning == nil ? 0 : 4) + (left == nil ? 0 : 8))
        row.write(average ?? 0)
        row.write(turning ?? 0)
        row.write(entered)
        row.write(spoke)
        row.write(left ?? 0)
    }

    init(from row: inout NumberRow) {
        self.init()
        let flags = row.read(0...15)
        isPresent = flags & 1 != 0
        let average = row.read(0...1 << 32)
        let turning = row.read(Self.times)
        entered = row.read(Self.times)
        spoke = row.read(Self.times)
        let left = row.read(Self.times)
        if flags & 2 != 0 { self.average = average }
        if flags & 4 != 0 { self.turning = turning }
        if flags & 8 != 0 { self.left = left }
    }
}

extension ObjectList {
    /// Recordings keep no more numbers of a frame.
    static var memoryLimit: Int { 8192 }

    /// Numbers that `save` writes at most of a bundle's rules, as far as recordings keep them.
    static func memoryBound(_ view: BundleView) -> Int {
        let tracks = capacity(view)
        let ofEntry =
            9 + 11 * view.watches.count + 3 * view.crossings.count + (view.cascade == nil ? 0 : SubLabelVotes.words)
        return min(3 + Tracker.words(tracks: tracks) + 2 * view.crossings.count + tracks * ofEntry, memoryLimit)
    }

    /// Writes all that it knows, so that another one of the same bundle goes on as this one does.
    /// - Returns: how many numbers that is; 0: there is no room.
    func save(into numbers: UnsafeMutableBufferPointer<Int64>) -> Int {
        var row = NumberRow(numbers)
        row.write(Int64(rules.count))
        row.write(Int64(crossings.count))
        let length = Tracker.words(tracks: tracker.count)
        row.write(Int64(length))
        guard !row.isDamaged, row.left.count >= length else { return 0 }
        row.skip(tracker.save(to: row.left))
        for crossing in crossings {
            row.write(crossing.into)
            row.write(crossing.outOf)
        }
        for index in entries.indices where entries[index].track > 0 {
            let entry = entries[index]
            row.write(Int64(index))
            row.write(entry.track)
            row.write(Int64(entry.label))
            row.write(entry.box)
            row.write(Int64(entry.score))
            row.write(entry.still)
            cascade?.write(index, into: &row)
            for rule in rules.indices {
                let state = states[rule * entries.count + index]
                state.watch.memory.write(into: &row)
                row.write(state.spoken == nil ? 0 : 1)
                row.write(state.spoken ?? FrameBox(left: 0, top: 0, right: 0, bottom: 0))
            }
            for crossing in crossings.indices {
                let memory = memories[crossing * entries.count + index]
                row.write((memory.isPlaced ? 1 : 0) + (memory.wentIn ? 2 : 0) + (memory.wentOut ? 4 : 0))
                row.write(memory.place.x)
                row.write(memory.place.y)
            }
        }
        return row.isDamaged ? 0 : row.count
    }

    /// Puts it where another one was.
    /// - Parameter numbers: what `save` wrote; of anything else no object is left, and no harm is done.
    /// - Returns: whether it was that.
    func restore(from numbers: UnsafeBufferPointer<Int64>) -> Bool {
        clear()
        var row = NumberRow(UnsafeMutableBufferPointer(mutating: numbers))
        guard row.read(0...64) == rules.count, row.read(0...64) == crossings.count else { return false }
        let words = row.rest(Int(row.read(0...Int64(Self.memoryLimit))))
        guard !row.isDamaged, tracker.restore(from: UnsafeBufferPointer(words)) else { return false }
        for index in crossings.indices {
            let into = row.read(0...1 << 53)
            crossings[index].restore(into: into, outOf: row.read(0...1 << 53))
        }
        while row.count < numbers.count, !row.isDamaged { readEntry(&row) }
        if row.isDamaged {
            clear()
            tracker.removeAll()
        }
        return !row.isDamaged
    }

    private func readEntry(_ row: inout NumberRow) {
        let index = Int(row.read(0...Int64(entries.count - 1)))
        entries[index].track = row.read(1 ... .max)
        entries[index].label = UInt16(truncatingIfNeeded: row.read(0...65535))
        entries[index].box = row.readBox()
        entries[index].score = UInt32(truncatingIfNeeded: row.read(0...65536))
        entries[index].still = row.read(0...1 << 61)
        cascade?.read(index, from: &row)
        for rule in rules.indices {
            let at = rule * entries.count + index
            states[at].watch = WatchState(WatchState.Memory(from: &row))
            let isSpoken = row.read(0...1) == 1
            let box = row.readBox()
            states[at].spoken = isSpoken ? box : nil
        }
        for crossing in crossings.indices {
            let flags = row.read(0...7)
            let x = row.read(0...65536)
            let memory = Crossing.Memory(
                place: FramePlace(x: x, y: row.read(0...65536)), isPlaced: flags & 1 != 0, wentIn: flags & 2 != 0,
                wentOut: flags & 4 != 0)
            memories[crossing * entries.count + index] = memory
        }
    }

    private func clear() {
        for index in entries.indices {
            entries[index] = Entry()
            cascade?.forget(index)
        }
        for index in states.indices { states[index] = State() }
        for index in memories.indices { memories[index] = Crossing.Memory() }
    }
}
