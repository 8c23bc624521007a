import CLinux
import System

/// A change of an input, or something about a line that a person should know.
public enum LineNews {
    /// `time`: nanoseconds on the monotonic clock, by the kernel.
    case change(line: Int, isActive: Bool, time: Int64)
    case lost(line: Int, reason: String)
    case recovered(line: Int)
}

/// All lines of a sensor. A line whose chip goes is looked for again; outputs are inactive at the start and at the end.
public final class Lines {
    private final class Entry {
        let settings: LineSettings
        var line: Line?
        var debouncer: Debouncer
        var indicator: Indicator
        var shown = false  // the output's level
        var next = Int64.max  // when the output's level may change by itself
        var tryAt = Int64.min  // while there is no line
        var tries: Int64 = 0
        var told: [UInt8] = []  // what was told last

        init(_ settings: LineSettings) {
            self.settings = settings
            debouncer = Debouncer(time: settings.debounce)
            indicator = Indicator(settings)
        }

        /// An output is inactive afterwards.
        func release() {
            line = nil
            tryAt = .max
        }
    }

    private let entries: [Entry]
    private let devices: Path

    /// - Parameters:
    ///   - former: lines that these take the place of. Where settings are equal a line goes on as it is; the others are given
    ///     back first, as a line can be held only once. It is not used afterwards.
    ///   - devices: the folder with the chips.
    public init(_ settings: [LineSettings], from former: Lines? = nil, devices: Path = Path("/dev".utf8)) {
        var left = former?.entries ?? []
        var entries: [Entry] = []
        for one in settings {
            if let index = left.firstIndex(where: { $0.settings == one }) {
                entries.append(left.remove(at: index))
            } else {
                entries.append(Entry(one))
            }
        }
        for entry in left { entry.release() }
        self.entries = entries
        self.devices = devices
    }

    public var count: Int { entries.count }

    /// Whether every line could be had.
    public var isWhole: Bool {
        for entry in entries where entry.line == nil { return false }
        return true
    }

    public func name(_ line: Int) -> [UInt8] { entries[line].settings.name }

    public var settings: [LineSettings] {
        var settings: [LineSettings] = []
        for entry in entries { settings.append(entry.settings) }
        return settings
    }

    /// Whether there is such an input and it is active.
    public func isActive(_ settings: LineSettings) -> Bool {
        for entry in entries where entry.debouncer.isActive && entry.settings == settings { return true }
        return false
    }

    // MARK: Waiting

    /// Fills in what to wait for; `count` places.
    public func fill(_ polls: UnsafeMutableBufferPointer<oc_poll>) {
        for (index, entry) in entries.enumerated() {
            let wanted = entry.settings.use.isOutput ? 0 : Int16(OC_POLL_READ)
            polls[index] = oc_poll(fd: entry.line?.raw ?? -1, wanted: wanted, happened: 0)
        }
    }

    /// Time until `work` has something to do by itself.
    public func pause(at now: Int64) -> Int64 {
        var due = Int64.max
        for entry in entries {
            due = min(due, entry.line == nil ? entry.tryAt : min(entry.debouncer.due, entry.next))
        }
        return due == .max ? .max : due <= now ? 0 : due - now
    }

    // MARK: Working

    /// Does what is due.
    /// - Parameter polls: as `fill` had them, after waiting.
    public func work(
        _ polls: UnsafeMutableBufferPointer<oc_poll>, at now: Int64, report: (LineNews) -> Void
    ) {
        for (index, entry) in entries.enumerated() {
            do throws(LineError) {
                if entry.line == nil {
                    guard now >= entry.tryAt else { continue }
                    try open(entry, index, now, report)
                } else if Int32(polls[index].happened) & ~Int32(OC_POLL_READ) != 0 {
                    throw LineError(.noDevice)
                } else if polls[index].happened != 0 {
                    try takeEdges(entry, index, report)
                }
                if now >= entry.debouncer.due { try settle(entry, index, now, report) }
                try show(entry, now)
            } catch {
                lose(entry, index, error.message, now, report)
            }
        }
    }

    private func open(_ entry: Entry, _ index: Int, _ now: Int64, _ report: (LineNews) -> Void) throws(LineError) {
        entry.line = try Line(entry.settings, devices: devices)
        entry.shown = false
        entry.next = .max
        if !entry.told.isEmpty { report(.recovered(line: index)) }
        entry.told = []
        entry.tries = 0
        // What it is at the start counts as well.
        if !entry.settings.use.isOutput { try settle(entry, index, now, report) }
    }

    private func takeEdges(_ entry: Entry, _ index: Int, _ report: (LineNews) -> Void) throws(LineError) {
        do throws(Errno) {
            while let edge = try entry.line?.edge() {
                if entry.debouncer.take(isActive: edge.isActive, at: edge.time) {
                    report(.change(line: index, isActive: edge.isActive, time: edge.time))
                }
            }
        } catch {
            throw LineError(error)
        }
        // Edges that came faster than they were read may be missing: the level tells.
        if entry.settings.debounce == 0 { try settle(entry, index, Clock.monotonic, report) }
    }

    private func settle(_ entry: Entry, _ index: Int, _ now: Int64, _ report: (LineNews) -> Void) throws(LineError) {
        do throws(Errno) {
            guard let level = try entry.line?.value() else { return }
            guard let began = entry.debouncer.settle(isActive: level, at: now) else { return }
            report(.change(line: index, isActive: level, time: began))
        } catch {
            throw LineError(error)
        }
    }

    private func show(_ entry: Entry, _ now: Int64) throws(LineError) {
        guard entry.settings.use.isOutput else { return }
        let (level, next) = entry.indicator.level(at: now)
        entry.next = next
        guard level != entry.shown else { return }
        do throws(Errno) { try entry.line?.set(level) } catch { throw LineError(error) }
        entry.shown = level
    }

    private func lose(_ entry: Entry, _ index: Int, _ reason: String, _ now: Int64, _ report: (LineNews) -> Void) {
        entry.line = nil
        entry.tries += 1
        entry.tryAt = now + min(100_000_000 << min(entry.tries - 1, 5), 2_000_000_000)
        if !entry.told.elementsEqual(reason.utf8) {
            entry.told = Array(reason.utf8)
            report(.lost(line: index, reason: reason))
        }
        // An input that nobody hears is inactive.
        if !entry.settings.use.isOutput, let began = entry.debouncer.settle(isActive: false, at: now) {
            report(.change(line: index, isActive: false, time: began))
        }
    }

    // MARK: Outputs

    /// So many of an object have been there for a while: outputs that follow it are to be active, none is to pulse.
    public func show(_ object: UnsafeRawBufferPointer, count: Int, at now: Int64) {
        for entry in entries {
            guard case .follow(let followed) = entry.settings.use, followed.elementsEqual(object) else { continue }
            entry.indicator.want(count >= entry.settings.leastCount, at: now)
            entry.next = now
        }
    }

    /// An object's state changed.
    /// - Parameter count: how many of it are there then. One that enters or leaves changes it by 1; outputs pulse where that makes
    ///   enough of them, or too few.
    public func tell(
        _ occasion: LineSettings.Occasion, of object: UnsafeRawBufferPointer, count: Int, at now: Int64
    ) {
        for entry in entries {
            let least = entry.settings.leastCount
            switch entry.settings.use {
            case .follow(let followed) where followed.elementsEqual(object):
                entry.indicator.want(count >= least, at: now)
            case .pulse(let followed, let wanted, _) where wanted == occasion && followed.elementsEqual(object):
                let isTime =
                    switch occasion {
                    case .enter: count == least
                    case .leave: count == least - 1
                    case .update: count >= least
                    }
                if isTime { entry.indicator.pulse(at: now) }
            default: continue
            }
            entry.next = now
        }
    }

    /// The source gives no frames, or does again.
    public func setFault(_ isFault: Bool, at now: Int64) {
        for entry in entries {
            guard case .fault = entry.settings.use else { continue }
            entry.indicator.want(isFault, at: now)
            entry.next = now
        }
    }

    /// Gives all lines back, outputs inactive.
    public func release() {
        for entry in entries { entry.release() }
    }
}
