import Detectors

extension Tracker {
    /// Words that `save` writes for so many tracks.
    public static func words(tracks: Int) -> Int { Words.ofTracker + tracks * Words.ofTrack }

    /// Writes all that the tracker knows, so that another one with the same settings and capacities goes on as this one
    /// does.
    /// - Parameter words: room for `words(tracks: count)` at least.
    /// - Returns: how many were written; 0: there is no room.
    public mutating func save(to words: UnsafeMutableBufferPointer<Int64>) -> Int {
        let needed = Self.words(tracks: count)
        guard words.count >= needed else { return 0 }
        var writer = Words(words, isReading: false)
        var size = Int64(count)
        exchange(&writer, &size)
        for index in 0..<count { tracks[index].exchange(&writer) }
        return needed
    }

    /// Puts the tracker where another one was.
    /// - Parameter words: what `save` wrote; anything else is told and leaves no track, but no harm either.
    /// - Returns: whether it was that.
    public mutating func restore(from words: UnsafeBufferPointer<Int64>) -> Bool {
        count = 0
        guard words.count >= Words.ofTracker else { return false }
        var reader = Words(UnsafeMutableBufferPointer(mutating: words), isReading: true)
        var size: Int64 = 0
        exchange(&reader, &size)
        guard !reader.isDamaged, words.count == Self.words(tracks: Int(size)) else { return false }
        var before: Int64 = 0
        for index in 0..<Int(size) {
            var track = Track()
            track.exchange(&reader)
            guard !reader.isDamaged, track.identity > before, track.identity < nextIdentity else { return false }
            before = track.identity
            tracks.initializeElement(at: index, to: track)
        }
        count = Int(size)
        return true
    }

    private mutating func exchange(_ words: inout Words, _ size: inout Int64) {
        words.exchange(&size, 0...Int64(tracks.count))
        words.exchange(&last, .min ... .max)
        words.exchange(&nextIdentity, 1 ... .max >> 1)
        words.exchange(&droppedDetections, 0 ... .max >> 1)
        words.exchange(&droppedTracks, 0 ... .max >> 1)
        words.exchange(&adaptation.centre, Adaptation.scales)
        words.exchange(&adaptation.extent, Adaptation.scales)
        words.exchange(&adaptation.agility, Adaptation.agilities)
        words.exchange(&adaptation.entries, Adaptation.rates)
        words.exchange(&adaptation.births, Adaptation.rates)
        words.exchange(&first, .min ... .max)
        words.exchange(&field.left, Motion.places)
        words.exchange(&field.top, Motion.places)
        words.exchange(&field.right, Motion.places)
        words.exchange(&field.bottom, Motion.places)
    }
}

extension Track {
    fileprivate mutating func exchange(_ words: inout Words) {
        words.exchange(&identity, 1 ... .max)
        var number = Int64(label)
        words.exchange(&number, 0...65535)
        label = UInt16(truncatingIfNeeded: number)
        number = Int64(state.rawValue)
        words.exchange(&number, 0...2)
        state = State(rawValue: UInt8(truncatingIfNeeded: number)) ?? .tentative
        words.exchange(&box.left, Box.limit)
        words.exchange(&box.top, Box.limit)
        words.exchange(&box.right, Box.limit)
        words.exchange(&box.bottom, Box.limit)
        words.exchange(&score, 0...65536)
        words.exchange(&firstSeen, .min ... .max)
        words.exchange(&lastSeen, .min ... .max)
        words.exchange(&hits, 1...Self.most)
        words.exchange(&misses, 0...Self.most)
        words.exchange(&stationarySince, .min ... .max)
        words.exchange(&evidence, 0...Self.most)
        words.exchange(&anchorX, Motion.places)
        words.exchange(&anchorY, Motion.places)
        motion.exchange(&words)
        seen.exchange(&words)
        number = isEntry ? 1 : 0
        words.exchange(&number, 0...1)
        isEntry = number == 1
        var isMeasured: Int64 = deviation == nil ? 0 : 1
        words.exchange(&isMeasured, 0...1)
        var measured = deviation ?? Deviation(x: 0, y: 0, width: 0, height: 0)
        words.exchange(&measured.x, Deviation.range)
        words.exchange(&measured.y, Deviation.range)
        words.exchange(&measured.width, Deviation.range)
        words.exchange(&measured.height, Deviation.range)
        deviation = isMeasured == 0 ? nil : measured
    }
}

extension Motion {
    fileprivate mutating func exchange(_ words: inout Words) {
        words.exchange(&x, Self.places)
        words.exchange(&y, Self.places)
        words.exchange(&vx, -Self.fastest...Self.fastest)
        words.exchange(&vy, -Self.fastest...Self.fastest)
        words.exchange(&width, 1...Self.farthest)
        words.exchange(&height, 1...Self.farthest)
        centre.exchange(&words)
        words.exchange(&extent, 1...Variances.greatest)
    }
}

extension Variances {
    fileprivate mutating func exchange(_ words: inout Words) {
        words.exchange(&place, 1...Self.greatest)
        words.exchange(&mixed, -Self.greatest...Self.greatest)
        words.exchange(&speed, 1...Self.greatest)
    }
}

extension Measurement {
    fileprivate mutating func exchange(_ words: inout Words) {
        words.exchange(&x, Motion.places)
        words.exchange(&y, Motion.places)
        words.exchange(&width, 1...Motion.farthest)
        words.exchange(&height, 1...Motion.farthest)
        words.exchange(&score, 0...65536)
        var number = Int64(label)
        words.exchange(&number, 0...65535)
        label = UInt16(truncatingIfNeeded: number)
    }
}

/// Writes values one after another, or reads and checks them: one list of fields serves both.
private struct Words {
    /// As the lists above have them.
    static var ofTracker: Int { 17 }
    static var ofTrack: Int { 38 }

    private let words: UnsafeMutableBufferPointer<Int64>  // not written when reading
    private let isReading: Bool
    private var place = 0
    /// Whether a value was read that none may be.
    private(set) var isDamaged = false

    /// - Parameter words: room for all that is exchanged.
    init(_ words: UnsafeMutableBufferPointer<Int64>, isReading: Bool) {
        self.words = words
        self.isReading = isReading
    }

    mutating func exchange(_ value: inout Int64, _ range: ClosedRange<Int64>) {
        if isReading {
            if range.contains(words[place]) { value = words[place] } else { isDamaged = true }
        } else {
            words[place] = value
        }
        place += 1
    }

    mutating func exchange(_ value: inout Int64?, _ range: ClosedRange<Int64>) {
        var isThere: Int64 = value == nil ? 0 : 1
        exchange(&isThere, 0...1)
        var number = value ?? 0
        exchange(&number, range)
        value = isThere == 0 ? nil : number
    }

    mutating func exchange(_ value: inout Int32, _ limit: Int32) {
        var number = Int64(value)
        exchange(&number, Int64(-limit)...Int64(limit))
        value = Int32(truncatingIfNeeded: number)
    }
}
