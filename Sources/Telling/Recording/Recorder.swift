import Bundle
import CLinux
import Events
import JSON
import System
import Vision

/// Keeps frames around events: the newest frames wait in memory, and when something happens they are written by a thread
/// of their own.
///
/// Nothing here waits for the disk. A frame for which no memory is free, or that cannot be written, is counted. All
/// memory is allocated at the start.
public final class Recorder {
    /// What became of the disk.
    public enum Status {
        case failed(Errno)
        case resumed
    }

    /// For messages.
    public let name: String
    private let settings: RecordSettings
    private let facts: RecordFacts
    private let exchange: RecordExchange
    private let slots: [RecordSlot]
    private let pixels: PixelKeeper?
    private var thread: Thread?
    private let history: UnsafeMutableBufferPointer<Int>  // a ring of slots that wait for an event
    private var oldest = 0
    private var waiting = 0
    private let idle: UnsafeMutableBufferPointer<Int>  // slots that nobody needs
    private var idleCount = 0
    private var current: Int?
    private var written = 0  // given to the writer and not come back
    private var window = 0  // frames still to keep
    private var isEventNear = false  // something was said that is no frame's
    private var epoch: Int64 = 0
    private var told = Line(room: RecordSlot.toldBytes)
    private var topic = Line()
    private var reported: Int32 = 0

    /// Takes the folder and starts to write there.
    /// - Parameter permit: nil: only metadata.
    public init(_ settings: RecordSettings, _ facts: RecordFacts, _ permit: PixelPermit?) throws(RecordingError) {
        name = settings.folder.description
        self.settings = settings
        self.facts = facts
        let least = Recorder.leastBudget(settings, facts, permit)
        guard settings.budget >= least else {
            throw RecordingError(name, "a budget of \(settings.budget) bytes is too small: give \(least) or more")
        }
        if let permit {
            guard let pixels = PixelKeeper(permit, settings, facts) else {
                throw RecordingError(
                    name, "not enough memory for \(settings.slots) frames; keep fewer, or smaller ones")
            }
            self.pixels = pixels
        } else {
            pixels = nil
        }
        var slots: [RecordSlot] = []
        for _ in 0..<settings.slots { slots.append(RecordSlot(facts)) }
        self.slots = slots
        history = .allocate(capacity: slots.count)
        history.initialize(repeating: 0)
        idle = .allocate(capacity: slots.count)
        for index in slots.indices { idle.initializeElement(at: index, to: index) }
        idleCount = slots.count
        let folder = try RecordFolder(settings.folder, budget: settings.budget)
        do throws(Errno) {
            let exchange = try RecordExchange(slots: slots.count)
            self.exchange = exchange
            let writer = RecordWriter(folder, exchange, slots, facts, pixels)
            thread = try Thread { writer.live() }
        } catch {
            throw RecordingError(name, "cannot start to record: \(error.description)")
        }
    }

    deinit {
        stop(within: Recorder.farewell)
        history.deallocate()
        idle.deallocate()
    }

    /// Nanoseconds that a disk has at the end.
    private static var farewell: Int64 { 5_000_000_000 }

    /// One record of the largest kind.
    private static func leastBudget(_ settings: RecordSettings, _ facts: RecordFacts, _ permit: PixelPermit?) -> Int64 {
        let bytes = Int64(Line.recordRoom(facts))
        return permit == nil ? bytes : bytes + Int64(PixelKeeper.fileBytes(settings)) + facts.allInputBytes
    }

    // MARK: Frames

    /// Begins a frame that is about to be inferred.
    public func begin(_ frame: RecordFrame, _ watch: borrowing WatchList) {
        collect()
        current = takeSlot()
        guard let current else { return }
        let slot = slots[current]
        slot.clear()
        slot.frame = frame
        slot.epoch = epoch
        for index in slot.rules.indices { slot.rules[index].before = watch.view(index).memory }
        slot.objectCount = watch.saveObjects(into: slot.objects)
        slot.told.append(told.bytes)
        told.clear()
    }

    /// Takes what the model is about to see of a zone.
    public func take(_ input: UnsafeRawBufferPointer, zone: Int) {
        guard let current else { return }
        let slot = slots[current]
        pixels?.take(input, slot, current)
        guard slot.zoneCount < slot.zones.count else { return }
        slot.zones[slot.zoneCount] = zone
        slot.zoneCount += 1
    }

    /// Takes what the second model said of an object.
    public func take(_ answer: SecondAnswer) {
        if let current { slots[current].append(answer) }
    }

    /// Takes an event of this frame.
    public func take(_ event: StaticString, of object: Text, latency: Int64, lost: Int64) {
        isEventNear = true
        guard let current, let rule = rule(object) else { return }
        slots[current].append(RecordSlot.Event(name: event, rule: rule, latency: latency, lost: lost))
    }

    private func rule(_ object: Text) -> Int? {
        for index in 0..<facts.rules.count + facts.crossings.count
        where object.elementsEqual(facts.name(ofSubject: index)) { return index }
        return nil
    }

    /// Ends the frame: it is written, if an event is near, or waits for one.
    public func end(_ frame: FrameView, _ watch: borrowing WatchList) {
        let isEvent = isEventNear
        isEventNear = false
        if isEvent { window = settings.after + 1 }
        guard let current else {
            // What follows is not what the memories before it led to.
            epoch += 1
            if window > 0 {
                window -= 1
                exchange.countMissed()
            }
            return
        }
        self.current = nil
        let slot = slots[current]
        for index in slot.rules.indices {
            let rule = watch.view(index)
            slot.rules[index].score = rule.score
            slot.rules[index].smoothed = rule.smoothed
            slot.rules[index].isPresent = rule.memory.isPresent
        }
        guard window > 0 || settings.before > 0 else {
            idle[idleCount] = current
            idleCount += 1
            return
        }
        pixels?.take(frame, slot, current)
        if waiting == settings.before, window == 0 { forgetOldest() }
        history[(oldest + waiting) % history.count] = current
        waiting += 1
        guard window > 0 else { return }
        window -= 1
        writeHistory()
    }

    // MARK: Other events

    /// Takes an event that did not come of a frame: the line that told it, and the end of its topic.
    /// - Parameter isNear: frames around it are kept.
    public func tell(_ event: borrowing Event, _ line: Text, isNear: Bool) {
        isEventNear = isEventNear || isNear
        topic.clear()
        event.writeTopic(into: &topic)
        let room = line.count + topic.count + 32
        if told.left < room, isEventNear {
            collect()
            writeHistory()
            writeTold()
        }
        guard told.left >= room else { return }
        if told.count > 0 { told.append(UInt8(ascii: ",")) }
        told.append("{\"topic\":\"")
        told.append(topic.bytes)  // has no character that JSON would escape
        told.append("\",\"event\":")
        told.append(line)
        told.append(UInt8(ascii: "}"))
    }

    /// Writes what was told since the last frame.
    private func writeTold() {
        guard let index = takeSlot() else { return }
        let slot = slots[index]
        slot.clear()
        slot.epoch = epoch
        slot.told.append(told.bytes)
        told.clear()
        write(index)
    }

    /// Says that the rules' memories changed between frames.
    public func breakEpoch() { epoch += 1 }

    // MARK: The writer

    /// For `poll`: readable when `takeStatus` has something to say.
    public var raw: Int32 { exchange.news }

    /// Records written, and those that should have been.
    public var counts: (kept: Int64, missed: Int64) { exchange.counts }

    public func takeStatus() -> Status? {
        let trouble = exchange.trouble
        guard trouble != reported else { return nil }
        _ = oc_event_take(exchange.news)
        reported = trouble
        return trouble == 0 ? .resumed : .failed(Errno(trouble))
    }

    /// Waits until all is written: a recording that waits for its taker is kept whole.
    public func settle() {
        collect()
        while written > 0, !exchange.isOver {
            exchange.wait(for: exchange.done, -1)
            collect()
        }
    }

    /// Writes what was told since the last frame, if anything was written before, and waits for the disk, but not for ever.
    public func finish() {
        collect()
        if told.count > 0, counts.kept > 0 || written > 0 { writeTold() }
        stop(within: Recorder.farewell)
    }

    /// A disk that never answers again keeps its thread, not the daemon.
    private func stop(within nanoseconds: Int64) {
        guard let thread = thread.take() else { return }
        exchange.stop()
        let end = Clock.monotonic + nanoseconds
        while !exchange.isOver {
            let left = end - Clock.monotonic
            guard left > 0 else { return }
            exchange.wait(for: exchange.done, left)
        }
        thread.join()
    }

    // MARK: Slots

    private func collect() {
        while let index = exchange.free.takeFirst() {
            written -= 1
            idle[idleCount] = index
            idleCount += 1
        }
    }

    /// One that nobody needs, or else the oldest that waits for an event; nil: all are being written.
    private func takeSlot() -> Int? {
        if idleCount == 0, waiting > 0 { forgetOldest() }
        guard idleCount > 0 else { return nil }
        idleCount -= 1
        return idle[idleCount]
    }

    private func forgetOldest() {
        idle[idleCount] = history[oldest]
        idleCount += 1
        dropOldest()
    }

    private func dropOldest() {
        oldest = (oldest + 1) % history.count
        waiting -= 1
    }

    private func writeHistory() {
        while waiting > 0 {
            write(history[oldest])
            dropOldest()
        }
    }

    private func write(_ index: Int) {
        written += 1
        exchange.toWrite.append(index)
        _ = oc_event_post(exchange.wake)
    }
}
