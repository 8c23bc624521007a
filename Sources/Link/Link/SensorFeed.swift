/// Which events of a sensor are new, which came before, and how many are gone for ever.
///
/// An event is known by the daemon's start (`boot`) and its number. After each connection the sensor is asked for
/// what came behind the newest; until it answers, what comes is left alone, for it comes again.
struct SensorFeed {
    enum Event: Equatable {
        /// New, with so many lost before it.
        case new(missing: Int64)
        /// It was here before, or will come again.
        case passed
    }

    enum Hello: Equatable {
        /// The first of all: events count from here on.
        case first
        /// The start that is known.
        case same
        /// Another start: its events are asked for from the first on.
        case another
        /// A `hello` that was asked for: nothing new.
        case again
    }

    /// The newest event that was taken; nil: none ever.
    private(set) var position: SensorPosition?
    /// The sensor was asked for events and has not answered.
    private(set) var isAsking = false
    /// Events up to this one were told before the connection.
    private(set) var replayedUpTo: Int64 = 0
    private var isGreeted = false

    init(_ position: SensorPosition?) { self.position = position }

    /// A connection is there. What to ask for at once; nil: nothing is known yet.
    mutating func connected() -> SensorPosition? {
        isGreeted = false
        isAsking = position != nil
        return position
    }

    /// - Returns: what it means; of `.another` the caller asks for `position` again.
    mutating func hello(boot: UInt64, sequence: Int64) -> Hello {
        if isGreeted { return .again }
        isGreeted = true
        replayedUpTo = sequence
        guard let known = position else {
            position = SensorPosition(boot: boot, sequence: sequence)
            return .first
        }
        if known.boot == boot { return .same }
        position = SensorPosition(boot: boot, sequence: 0)
        return .another
    }

    /// The sensor answers what it was asked for.
    /// - Parameters:
    ///   - boot: the start that was asked for.
    ///   - missing: how many are gone; nil: it knows nothing of that start.
    /// - Returns: how many are gone.
    mutating func answered(boot: UInt64, isOK: Bool, missing: Int64?) -> Int64 {
        // The first question was about another start: the second is on its way.
        guard let known = position, known.boot == boot else { return 0 }
        isAsking = false
        guard isOK, let missing, missing > 0 else { return 0 }
        let (next, isTooLarge) = known.sequence.addingReportingOverflow(missing)
        guard !isTooLarge else { return 0 }
        position?.sequence = next
        return missing
    }

    mutating func event(_ sequence: Int64) -> Event {
        guard isGreeted, !isAsking, let known = position, sequence > known.sequence else { return .passed }
        position?.sequence = sequence
        return .new(missing: sequence - known.sequence - 1)
    }
}
