import Detectors

/// Follows detected objects from frame to frame, each under an identity of its own.
///
/// Detections of high score are matched with confirmed tracks first, those of low score then with the confirmed ones
/// that are left (Zhang et al., "ByteTrack", 2022), high ones that are left with where a track was seen last (Cao et
/// al., "Observation-Centric SORT", 2023), and at last with tentative tracks. Matches are the likeliest ones under a
/// motion model that knows how much time has passed, so rates may fall and vary. All arithmetic is on whole numbers:
/// the same input gives the same tracks on every CPU. After `init` nothing is allocated.
public struct Tracker: ~Copyable {
    public let settings: TrackerSettings
    let noise: MotionNoise
    let tracks: UnsafeMutableBufferPointer<Track>
    private let isTaken: UnsafeMutableBufferPointer<Bool>  // of detections
    private var selection: Selection
    private var assignment: Assignment
    private var shift: PictureShift
    /// Tracks there are, the oldest first.
    public internal(set) var count = 0
    var adaptation = Adaptation()
    var field = Field()
    /// Instants of frames, in nanoseconds.
    var first: Int64?
    var last: Int64?
    var nextIdentity: Int64 = 1
    /// Detections and births that there was no room for, since the start.
    public internal(set) var droppedDetections: Int64 = 0
    public internal(set) var droppedTracks: Int64 = 0

    /// - Parameters:
    ///   - tracks: most tracks at once, lost and tentative ones too: 1 to 4096.
    ///   - detections: most of a frame that are looked at: 1 to 4096.
    public init(_ settings: TrackerSettings = TrackerSettings(), tracks: Int = 128, detections: Int = 256) {
        self.settings = settings.limited
        noise = MotionNoise(self.settings)
        let (tracks, detections) = (min(max(tracks, 1), 4096), min(max(detections, 1), 4096))
        self.tracks = .allocate(capacity: tracks)
        isTaken = .allocate(capacity: detections)
        isTaken.initialize(repeating: false)
        selection = Selection(capacity: detections)
        shift = PictureShift()
        assignment = Assignment(rows: tracks, columns: detections)
    }

    deinit {
        tracks.deallocate()
        isTaken.deallocate()
    }

    /// What the last frame took, in pairs of track and detection and in columns of searches.
    var steps = 0

    /// Gives all tracks up; their identities do not come again.
    public mutating func removeAll() {
        count = 0
        first = nil
    }

    /// Tracks to come have identities from that on which another tracker would give next.
    public mutating func continueIdentities(of other: borrowing Tracker) {
        nextIdentity = max(nextIdentity, other.nextIdentity)
    }

    /// Takes that frames were left out because nothing moved in them: the tracks have stood still, and that time does not count
    /// as one in which they were not seen, or could have gone anywhere. What is left of it is the time of one frame.
    /// - Parameters:
    ///   - frames: since the one that was taken last.
    ///   - now: the instant of the next one that is taken, in nanoseconds.
    public mutating func stand(for frames: Int64, until now: Int64) {
        guard let last, frames > 0, frames < 1 << 31 else { return }
        let still = FixedPoint.elapsed(from: last, to: now) / (frames + 1) * frames
        self.last = last + still
        for index in 0..<count { tracks[index].lastSeen = min(tracks[index].lastSeen, last) + still }
    }

    /// - Parameter index: below `count`.
    public subscript(index: Int) -> Track { tracks[index] }

    /// Takes the detections of one frame and reports every change.
    /// - Parameters:
    ///   - detections: in any order. Those without area are ignored.
    ///   - now: the frame's instant in nanoseconds. One before the last frame's counts as that.
    public mutating func take(
        _ detections: UnsafeBufferPointer<Detection>, at now: Int64,
        report: (Track, Track.Change) -> Void = { _, _ in }
    ) {
        let now = max(now, last ?? now)
        steps = 0
        let elapsed = FixedPoint.elapsed(from: last ?? now, to: now)
        last = now
        first = first ?? now
        adaptation.fade(min(elapsed, 16_000_000_000), settings)
        let dropped = selection.take(detections, from: settings.lowScore)
        droppedDetections += Int64(dropped)
        for index in 0..<selection.count { isTaken[index] = false }
        end(at: now, report)
        predict(elapsed)
        var high = 0
        while high < selection.count, selection[high].score >= settings.highScore { high += 1 }
        follow(high)
        match(high, at: now, report)
        lose(report)
        bear(high, at: now, report)
    }

    private mutating func predict(_ elapsed: Int64) {
        // Longer times are those in which everything can have happened.
        let elapsed = min(elapsed, 16_000_000_000)
        let seconds = (elapsed << 16) / 1_000_000_000
        let share = min(elapsed << 16 / settings.coasting, 65536)
        for index in 0..<count {
            if tracks[index].misses > 0 { tracks[index].motion.slow(by: share) }
            tracks[index].motion.predict(seconds, agility: adaptation.agility, noise)
            tracks[index].miss()
        }
    }

    /// Moves all tracks with the picture, if it moved as a whole.
    private mutating func follow(_ high: Int) {
        guard settings.shiftTracks > 0 else { return }
        for _ in 0..<2 {
            shift.clear()
            for row in 0..<count where tracks[row].misses == 1 {
                shift.look(tracks[row], selection, high)
            }
            guard let (x, y) = shift.median(settings) else { return }
            for row in 0..<count { tracks[row].move(x, y) }
        }
    }

    /// In which order detections are matched with tracks: the surest first.
    private enum Round {
        /// High scores with where confirmed tracks are expected.
        case sure
        /// Low scores with what is left of them.
        case rescue
        /// High scores with where they were seen last.
        case back
        /// High scores with where tentative tracks are expected.
        case tentative
    }

    private mutating func match(_ high: Int, at now: Int64, _ report: (Track, Track.Change) -> Void) {
        // What the frame teaches counts from the next on.
        let adaptation = adaptation
        match(.sure, 0..<high, at: now, adaptation, report)
        match(.rescue, high..<selection.count, at: now, adaptation, report)
        match(.back, 0..<high, at: now, adaptation, report)
        match(.tentative, 0..<high, at: now, adaptation, report)
    }

    /// Where a track may be; nil: it has no part in the round.
    private func gate(_ round: Round, _ track: Track, at now: Int64, _ adaptation: Adaptation) -> Gate? {
        guard (track.state == .tentative) == (round == .tentative) else { return nil }
        let missing = FixedPoint.elapsed(from: track.lastSeen, to: now)
        // 976563 of 1024 ns are a second.
        let cost = (min(missing, 16_000_000_000) >> 10) * settings.lostCost / 976_563
        let (worth, factor): (Int64, Int64)
        switch round {
        case .sure: (worth, factor) = (settings.worth, 65536)
        case .rescue:
            guard missing <= settings.rescueFor else { return nil }
            (worth, factor) = (settings.worth, settings.lowNoise)
        case .back: return missing > settings.returnFor ? nil : Gate(last: track.seen, settings)
        case .tentative: (worth, factor) = (settings.tentativeWorth, 65536)
        }
        return Gate(
            track.motion, label: track.label, factor: factor, worth: worth - cost, settings, noise, adaptation)
    }

    /// Matches free detections with tracks that were not seen yet in this frame.
    private mutating func match(
        _ round: Round, _ range: Range<Int>, at now: Int64, _ adaptation: Adaptation,
        _ report: (Track, Track.Change) -> Void
    ) {
        let factor = round == .rescue ? settings.lowNoise : 65536
        guard !range.isEmpty else { return }
        assignment.clear()
        for row in 0..<count where !tracks[row].isSeen {
            guard let gate = gate(round, tracks[row], at: now, adaptation) else { continue }
            for column in range where !isTaken[column] {
                steps += 1
                guard let worth = gate.worth(of: selection[column]) else { continue }
                assignment.add(row: row, column: column, worth: worth)
            }
        }
        assignment.solve()
        steps += assignment.steps
        for row in 0..<count {
            guard let column = assignment.column(of: row) else { continue }
            isTaken[column] = true
            learn(row, selection[column], factor)
            tracks[row].take(selection[column], at: now, factor: factor, noise)
            let isConfirmed = confirm(row)
            if tracks[row].state == .confirmed { field.take(selection[column]) }
            if isConfirmed {
                if let former = former(of: row) {
                    revive(former, as: row, report)
                    continue
                }
                welcome(row, at: now)
            }
            report(tracks[row], isConfirmed ? .confirmed : .updated)
        }
        if round == .tentative { compact() }
    }

    /// Lets a track that was seen in the frame before tell how well it was expected.
    private mutating func learn(_ row: Int, _ seen: Measurement, _ factor: Int64) {
        let track = tracks[row]
        guard track.misses == 1, track.hits >= 3, factor == 65536 else {
            tracks[row].deviation = nil
            return
        }
        let gate = Gate(track.motion, label: track.label, factor: factor, worth: 0, settings, noise, adaptation)
        let deviation = gate.deviation(of: seen)
        adaptation.take(deviation, before: track.deviation, settings)
        tracks[row].deviation = deviation
    }

    /// - Returns: whether the track is sure from now on.
    private mutating func confirm(_ index: Int) -> Bool {
        guard tracks[index].state == .tentative else {
            tracks[index].state = .confirmed
            return false
        }
        guard tracks[index].hits >= settings.confirmHits else { return false }
        guard tracks[index].evidence >= (isBeside(index) ? settings.besideScore : settings.confirmScore) else {
            return false
        }
        tracks[index].state = .confirmed
        return true
    }

    /// Takes leave of those that were not seen for too long.
    private mutating func end(at now: Int64, _ report: (Track, Track.Change) -> Void) {
        var kept = 0
        for index in 0..<count {
            let track = tracks[index]
            let isOver =
                track.state == .tentative
                ? track.misses > settings.tentativeMisses
                : FixedPoint.elapsed(from: track.lastSeen, to: now) > settings.lostFor
            if isOver {
                report(track, .ended)
            } else {
                tracks[kept] = track
                kept += 1
            }
        }
        count = kept
    }

    /// Tells which were seen in the frame before, and are not in this one.
    private mutating func lose(_ report: (Track, Track.Change) -> Void) {
        for index in 0..<count where tracks[index].misses == 1 && tracks[index].state == .confirmed {
            tracks[index].state = .lost
            report(tracks[index], .lost)
        }
    }

    /// Begins tracks of what continues none.
    private mutating func bear(_ high: Int, at now: Int64, _ report: (Track, Track.Change) -> Void) {
        for index in 0..<high where !isTaken[index] && selection[index].score >= settings.birthScore {
            let seen = selection[index]
            guard !isDouble(seen) else { continue }
            guard count < tracks.count else {
                droppedTracks += 1
                continue
            }
            tracks.initializeElement(at: count, to: Track(identity: nextIdentity, seen, at: now, noise))
            tracks[count].isEntry = field.hasAtEdge(seen)
            nextIdentity += 1
            count += 1
            report(tracks[count - 1], .born)
        }
    }

    /// Whether a track lies much over a confirmed one: then both may be of one object.
    private func isBeside(_ index: Int) -> Bool {
        for other in 0..<count where tracks[other].state != .tentative && tracks[other].label == tracks[index].label {
            if tracks[other].box.overlaps(tracks[index].box, by: settings.besideOverlap) { return true }
        }
        return false
    }

    /// Whether it is a second box on an object that is tracked.
    private func isDouble(_ seen: Measurement) -> Bool {
        let box = Box(x: seen.x, y: seen.y, width: seen.width, height: seen.height)
        for index in 0..<count where tracks[index].isSeen && tracks[index].label == seen.label {
            if tracks[index].box.overlaps(box, by: settings.duplicateOverlap) { return true }
        }
        return false
    }
}
