import Events
import JSON
import System

/// What a frame is told with, besides what was seen in it.
public struct RecordFrame {
    public var moment: Moment
    public var progress: SourceProgress
    /// Of the last event before.
    public var sequence: Int64
    public var lost: Int64
    /// Of the frame as it came, in pixels.
    public var width = 0
    public var height = 0

    public init(moment: Moment, progress: SourceProgress, sequence: Int64, lost: Int64) {
        self.moment = moment
        self.progress = progress
        self.sequence = sequence
        self.lost = lost
    }
}

/// What a cascade's second model said of an object.
public struct SecondAnswer: BitwiseCopyable, Sendable {
    public let track: Int64
    /// Nil: it was not sure enough.
    public let subLabel: UInt16?

    public init(track: Int64, subLabel: UInt16?) {
        self.track = track
        self.subLabel = subLabel
    }
}

/// Memory for one frame until it is written, or forgotten.
final class RecordSlot: @unchecked Sendable {
    struct Event {
        var name: StaticString = "enter"
        var rule = 0
        var latency: Int64 = 0
        var lost: Int64 = 0
    }

    struct Rule {
        var before = WatchState.Memory()
        var score: UInt32 = 0
        var smoothed: UInt32 = 0
        var isPresent = false
    }

    /// Nil: the run's end.
    var frame: RecordFrame?
    /// Counts what came between two frames and changed the rules' memories.
    var epoch: Int64 = 0
    let rules: UnsafeMutableBufferPointer<Rule>
    private let events: UnsafeMutableBufferPointer<Event>
    private(set) var eventCount = 0
    /// Zones that were inferred, as `oc_watch.zone`, in their order.
    let zones: UnsafeMutableBufferPointer<Int>
    var zoneCount = 0
    /// What was known of a detector's objects before the frame.
    let objects: UnsafeMutableBufferPointer<Int64>
    var objectCount = 0
    /// What the cascade's second model said.
    private let answers: UnsafeMutableBufferPointer<SecondAnswer>
    private(set) var answerCount = 0
    /// Events since the frame before that did not come of a frame, as JSON objects with commas between them.
    var told = Line(room: RecordSlot.toldBytes)
    /// Nil: nothing of the frame is kept for a picture.
    var painter: PicturePainter?
    /// Of the picture; 0: none.
    var width = 0
    var height = 0

    static let toldBytes = 4096

    init(_ facts: RecordFacts) {
        rules = .allocate(capacity: facts.rules.count)
        rules.initialize(repeating: Rule())
        events = .allocate(capacity: facts.events)
        events.initialize(repeating: Event())
        objects = .allocate(capacity: facts.objects)
        objects.initialize(repeating: 0)
        answers = .allocate(capacity: facts.answers)
        zones = .allocate(capacity: facts.zones)
        zones.initialize(repeating: 0)
    }

    deinit {
        rules.deallocate()
        events.deallocate()
        zones.deallocate()
        objects.deallocate()
        answers.deallocate()
    }

    func clear() {
        frame = nil
        eventCount = 0
        zoneCount = 0
        objectCount = 0
        answerCount = 0
        told.clear()
        painter = nil
        (width, height) = (0, 0)
    }

    func append(_ event: Event) {
        guard eventCount < events.count else { return }
        events[eventCount] = event
        eventCount += 1
    }

    func append(_ answer: SecondAnswer) {
        guard answerCount < answers.count else { return }
        answers.initializeElement(at: answerCount, to: answer)
        answerCount += 1
    }

    func answer(_ index: Int) -> SecondAnswer { answers[index] }

    func event(_ index: Int) -> Event { events[index] }
}
