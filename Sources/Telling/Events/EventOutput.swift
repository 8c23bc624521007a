import CLinux
import JSON
import System

/// Where events go: a descriptor, mostly standard output, and the queue before it.
///
/// A reader that does not read stops nobody: `flush` writes only what the descriptor takes at once. Lines wait in a
/// bounded queue; the oldest give way and later events tell how many.
public struct EventOutput: ~Copyable {
    /// What became of the lines.
    public enum Outcome: Equatable, Sendable {
        /// All are written.
        case written
        /// Some wait for the reader.
        case waiting
        /// Some wait because writing failed, as on a full disk or a broken one: it may pass.
        case failing(Errno)
        /// Nobody will ever read them.
        case closed
    }

    private let descriptor: FileDescriptor
    public private(set) var formatter: EventFormatter
    private var queue: EventRing
    private var cursor: EventRing.Cursor
    private var missed: Int64 = 0
    private var line = Line()  // being formatted
    private var current = Line()  // being written
    private var written = 0  // bytes of `current`
    private var objectStart = 0  // in `line`
    private var text = EventText()

    /// - Parameter queueBytes: room for waiting lines; a line takes about 250 bytes.
    public init(_ descriptor: consuming FileDescriptor, _ formatter: consuming EventFormatter, queueBytes: Int = 65536)
    {
        self.descriptor = descriptor
        self.formatter = formatter
        queue = EventRing(capacity: queueBytes)
        cursor = queue.end
    }

    /// For `poll`.
    public var raw: Int32 { descriptor.raw }
    public var isWaiting: Bool { written < current.count || cursor.sequence <= queue.newest }
    /// Events that gave way, and those of a recording before.
    public var lost: Int64 { lostBefore + missed + max(0, queue.oldest - cursor.sequence) }
    public var lostBefore: Int64 = 0
    /// Of the last event.
    public var sequence: Int64 {
        get { formatter.sequence }
        set { formatter.sequence = newValue }
    }
    /// The last event's object, without its topic; valid until the next one.
    public var latest: Text { Text(rebasing: line.bytes[objectStart..<line.count - 1]) }

    /// The same without its last member, `lost`, and what follows.
    public var latestBody: Text { Text(rebasing: line.bytes[objectStart..<formatter.bodyEnd]) }

    /// Queues an event. Nothing is written before `flush`.
    public mutating func emit(_ event: borrowing Event, at moment: Moment, _ progress: SourceProgress) {
        objectStart = formatter.write(event, at: moment, progress, lost: lost, into: &line)
        append()
    }

    /// Queues an event that was told before, as it was.
    public mutating func emit(topic: Text, object: Text) {
        objectStart = formatter.write(topic: topic, object: object, into: &line)
        append()
    }

    private mutating func append() {
        queue.append(formatter.format == .text ? text.lineText(latest) : line.bytes)
    }

    /// Writes what waits, as far as the descriptor takes it without delay.
    public mutating func flush() -> Outcome {
        while true {
            if written == current.count {
                current.clear()
                written = 0
                guard let next = queue.next(cursor, missed: &missed, into: &current) else { return .written }
                cursor = next
            }
            // A pipe that polls as writable takes PIPE_BUF bytes, and so a whole line, without blocking: no need to make
            // it non-blocking, which other programs with the same pipe or terminal would feel.
            var poll = oc_poll(fd: descriptor.raw, wanted: Int16(OC_POLL_WRITE), happened: 0)
            let ready = oc_wait(&poll, 1, 0)
            if ready < 0 { return .failing(Errno(0 &- ready)) }
            if ready == 0 { return .waiting }
            do throws(Errno) {
                let rest = UnsafeRawBufferPointer(rebasing: current.bytes[written...])
                written += try descriptor.write(rest)
            } catch {
                switch error {
                case .again: return .waiting
                // A pipe without its reader, a socket without its peer, a descriptor that was never one for writing.
                case .brokenPipe, .connectionReset, .badDescriptor: return .closed
                default: return .failing(error)
                }
            }
        }
    }

    /// Writes all that waits, as long as it takes, but at most `nanoseconds`.
    public mutating func drain(within nanoseconds: Int64) -> Outcome {
        let end = Clock.monotonic + nanoseconds
        while true {
            let outcome = flush()
            guard outcome == .waiting else { return outcome }
            let left = end - Clock.monotonic
            guard left > 0 else { return .waiting }
            var poll = oc_poll(fd: descriptor.raw, wanted: Int16(OC_POLL_WRITE), happened: 0)
            _ = oc_wait(&poll, 1, Int32(clamping: (left + 999_999) / 1_000_000))
        }
    }

    /// Names follow a new bundle; numbering goes on.
    public mutating func rename(sensor: Text, topic: Text) {
        formatter.rename(sensor: sensor, topic: topic)
    }
}
