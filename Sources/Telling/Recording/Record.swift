import CBundle
import Events
import JSON
import System

/// A list in memory that stays; as long as no record of this program needs more.
struct RecordList<Element: BitwiseCopyable>: ~Copyable {
    private let base: UnsafeMutablePointer<Element>
    private let limit: Int
    private(set) var count = 0

    init(limit: Int) {
        self.limit = limit
        base = .allocate(capacity: limit)
    }

    deinit { base.deallocate() }

    subscript(index: Int) -> Element { base[index] }

    var all: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }

    mutating func clear() { count = 0 }

    mutating func append(_ element: Element, _ reader: JSONReader) throws(JSONReader.Failure) {
        guard count < limit else { throw reader.failure("too many items") }
        base[count] = element
        count += 1
    }
}

/// A record's text, read.
final class Record {
    struct Input {
        var zone = 0
        var bytes = 0
        var crc: UInt32 = 0
    }

    struct Event {
        var latency: Int64 = 0
        var lost: Int64 = 0
    }

    struct Told {
        var topic = UnsafeRawBufferPointer(start: nil, count: 0)
        var event = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    private(set) var run: Int64 = 0
    private(set) var epoch: Int64 = 0
    private(set) var modelCRC: UInt32 = 0
    private(set) var bundleCRC: UInt32 = 0
    private(set) var hasFrame = false
    private(set) var frame = RecordFrame(
        moment: Moment(wall: 0, monotonic: 0), progress: SourceProgress(), sequence: 0, lost: 0)
    private(set) var inputs = RecordList<Input>(limit: 64)
    private(set) var memories = RecordList<WatchState.Memory>(limit: 1024)
    private(set) var events = RecordList<Event>(limit: 1024)
    private(set) var objects = RecordList<Int64>(limit: 8192)
    /// Tracks and what a second model said of each, -1: nothing.
    private(set) var answers = RecordList<Int64>(limit: 2 * Int(OC_MAX_TRACKS))
    /// Parts of the text that was read.
    private(set) var told = RecordList<Told>(limit: 256)

    private var found: UInt32 = 0  // members that must be there, a bit each
    private var input = Input()
    private var memory = WatchState.Memory()
    private var isWhole = false
    private var event = Event()
    private var item = Told()

    private static let times: ClosedRange<Int64> = -1 << 61...1 << 61  // differences do not overflow
    private static let counts: ClosedRange<Int64> = 0...1 << 53

    /// Reads another text in place of the last.
    func read(_ text: UnsafeRawBufferPointer) throws(JSONReader.Failure) {
        inputs.clear()
        memories.clear()
        events.clear()
        objects.clear()
        answers.clear()
        told.clear()
        frame.progress = SourceProgress()
        (frame.width, frame.height) = (0, 0)
        found = 0
        var reader = JSONReader(text)
        try reader.object { (key, reader) throws(JSONReader.Failure) in try read(key, &reader) }
        try reader.end()
        // Without a frame it is a run's end.
        hasFrame = found & 1 << 5 != 0
        guard found & 0x1f == 0x1f, !hasFrame || found == 0x3ff else {
            throw reader.failure("a member that every record has is missing")
        }
    }

    private func read(_ key: UnsafeRawBufferPointer, _ reader: inout JSONReader) throws(JSONReader.Failure) {
        if key.isEqual(to: "ocellus") {
            guard try reader.integer(Record.counts) == 1 else {
                throw reader.failure("a recording of another version of this program")
            }
            found |= 1
        } else if key.isEqual(to: "model") {
            modelCRC = try reader.checksum()
            found |= 1 << 3
        } else if key.isEqual(to: "bundle") {
            bundleCRC = try reader.checksum()
            found |= 1 << 4
        } else if key.isEqual(to: "inputs") {
            try reader.array { (_, reader) throws(JSONReader.Failure) in try readInput(&reader) }
        } else if key.isEqual(to: "rules") {
            try reader.array { (_, reader) throws(JSONReader.Failure) in try readRule(&reader) }
        } else if key.isEqual(to: "events") {
            try reader.array { (_, reader) throws(JSONReader.Failure) in try readEvent(&reader) }
        } else if key.isEqual(to: "objects") {
            try reader.array { (_, reader) throws(JSONReader.Failure) in
                try objects.append(try reader.integer(.min ... .max), reader)
            }
        } else if key.isEqual(to: "answers") {
            try reader.array { (index, reader) throws(JSONReader.Failure) in
                let range: ClosedRange<Int64> = index % 2 == 0 ? 1 ... .max : -1...65535
                try answers.append(try reader.integer(range), reader)
            }
        } else if key.isEqual(to: "told") {
            try reader.array { (_, reader) throws(JSONReader.Failure) in try readTold(&reader) }
        } else if key.isEqual(to: "wall_ns") {
            frame.moment.wall = try reader.integer(Record.times)
            found |= 1 << 6
        } else if key.isEqual(to: "monotonic_ns") {
            frame.moment.monotonic = try reader.integer(Record.times)
            found |= 1 << 7
        } else if !(try readCount(key, &reader)) {
            _ = try reader.value()
        }
    }

    /// - Returns: false: it is no count.
    private func readCount(
        _ key: UnsafeRawBufferPointer, _ reader: inout JSONReader
    ) throws(JSONReader.Failure) -> Bool {
        if key.isEqual(to: "run") {
            run = try reader.integer(Record.counts)
            found |= 1 << 1
        } else if key.isEqual(to: "epoch") {
            epoch = try reader.integer(Record.counts)
            found |= 1 << 2
        } else if key.isEqual(to: "frame") {
            frame.progress.frame = try reader.integer(Record.counts)
            found |= 1 << 5
        } else if key.isEqual(to: "seq") {
            frame.sequence = try reader.integer(Record.counts)
            found |= 1 << 8
        } else if key.isEqual(to: "frames") {
            frame.progress.frames = try reader.integer(Record.counts)
            found |= 1 << 9
        } else if key.isEqual(to: "width") {
            frame.width = Int(try reader.integer(0...65536))
        } else if key.isEqual(to: "height") {
            frame.height = Int(try reader.integer(0...65536))
        } else if key.isEqual(to: "dropped") {
            frame.progress.dropped = try reader.integer(Record.counts)
        } else if key.isEqual(to: "faults") {
            frame.progress.faults = try reader.integer(Record.counts)
        } else if key.isEqual(to: "damaged") {
            frame.progress.damaged = try reader.integer(Record.counts)
        } else if key.isEqual(to: "idle") {
            frame.progress.idle = try reader.integer(Record.counts)
        } else {
            return false
        }
        return true
    }

    private func readInput(_ reader: inout JSONReader) throws(JSONReader.Failure) {
        input = Input()
        try reader.object { (key, reader) throws(JSONReader.Failure) in
            if key.isEqual(to: "zone") {
                input.zone = Int(try reader.integer(0...255))
            } else if key.isEqual(to: "bytes") {
                input.bytes = Int(try reader.integer(1...1 << 30))
            } else if key.isEqual(to: "crc32c") {
                input.crc = try reader.checksum()
            } else {
                _ = try reader.value()
            }
        }
        try inputs.append(input, reader)
    }

    private func readRule(_ reader: inout JSONReader) throws(JSONReader.Failure) {
        memory = WatchState.Memory()
        isWhole = false
        try reader.object { (key, reader) throws(JSONReader.Failure) in
            guard key.isEqual(to: "before") else {
                _ = try reader.value()
                return
            }
            try reader.array { (index, reader) throws(JSONReader.Failure) in
                isWhole = index == 5
                switch index {
                case 0: memory.isPresent = try reader.boolean()
                case 1: memory.average = try reader.optionalInteger(0...1 << 32)
                case 2: memory.turning = try reader.optionalInteger(Record.times)
                case 3: memory.entered = try reader.integer(Record.times)
                case 4: memory.spoke = try reader.integer(Record.times)
                case 5: memory.left = try reader.optionalInteger(Record.times)
                default: _ = try reader.value()
                }
            }
        }
        guard isWhole else { throw reader.failure("a rule without the six values of its memory") }
        try memories.append(memory, reader)
    }

    private func readEvent(_ reader: inout JSONReader) throws(JSONReader.Failure) {
        event = Event()
        try reader.object { (key, reader) throws(JSONReader.Failure) in
            if key.isEqual(to: "latency_ns") {
                event.latency = try reader.integer(Record.counts)
            } else if key.isEqual(to: "lost") {
                event.lost = try reader.integer(Record.counts)
            } else {
                _ = try reader.value()
            }
        }
        try events.append(event, reader)
    }

    private func readTold(_ reader: inout JSONReader) throws(JSONReader.Failure) {
        item = Told()
        try reader.object { (key, reader) throws(JSONReader.Failure) in
            if key.isEqual(to: "topic") {
                item.topic = try reader.string()
            } else if key.isEqual(to: "event") {
                item.event = try reader.value()
            } else {
                _ = try reader.value()
            }
        }
        // It becomes a line of the events, and its topic a word of it.
        var isLine = item.event.first == UInt8(ascii: "{") && !item.topic.isEmpty
        isLine = isLine && item.event.count + item.topic.count < Line.capacity - 1024
        for byte in item.event where byte < 0x20 { isLine = false }
        for byte in item.topic where byte < 0x21 || byte > 0x7e || byte == 0x5c { isLine = false }
        guard isLine else { throw reader.failure("an event that is no line") }
        try told.append(item, reader)
    }
}
