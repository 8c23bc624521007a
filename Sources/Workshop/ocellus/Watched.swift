import Boards
import Bundle
import CBundle
import Drawing
import Events
import Foundation
import Pictures
import Sensors
import System
import Watching

/// What was seen and said while a sensor watched: for its plot, its sheet and a summary.
final class Watched {
    private struct Frame {
        /// As the source counts.
        let number: Int64
        /// Seconds on the plot's axis.
        let time: Double
        /// For people.
        let clock: String
        /// Of a recording.
        let picture: String?
        /// What became of rules by it.
        let changes: [(rule: Int, entered: Bool)]
        /// What crossed a line in it, such as "door in".
        let crossings: [String]
        /// A detector's objects, a hue each.
        let objects: [Drawing.Box]

        var hasNews: Bool { !changes.isEmpty || !crossings.isEmpty }
    }

    private struct Crossing {
        let name: String
        var into: Int64 = 0
        var outOf: Int64 = 0
        /// By the frame that is being looked at.
        var news: [String] = []
    }

    private(set) var plot: ScorePlot
    private let zones: [Int]
    private var frames: [Frame] = []
    private var changes: [(rule: Int, entered: Bool, moment: Moment)] = []
    private var crossings: [Crossing]
    private var last: Int64?  // the newest frame's instant
    private var axis = 0.0  // its time on the plot
    private var start = 0.0  // of the axis

    /// A pause that is longer is cut out of the axis: seconds, and as many usual intervals.
    private static let longPause = (seconds: 5.0, intervals: 20.0)
    init(_ view: BundleView, title: String) {
        zones = view.inferredZones
        crossings = view.crossings.map { Crossing(name: view.string($0.name)) }
        plot = ScorePlot(
            title: title,
            rules: view.watches.map { rule in
                ScorePlot.Rule(
                    name: view.string(rule.name), settings: Self.settings(rule), on: Double(rule.on) / 65536,
                    off: Double(rule.off) / 65536)
            })
    }

    private static func settings(_ rule: oc_watch) -> String {
        func percent(_ score: UInt32) -> String { String(format: "%g %%", (Double(score) / 655.36).rounded()) }
        func seconds(_ milliseconds: UInt32) -> String { String(format: "%g s", Double(milliseconds) / 1000) }
        var parts = ["on \(percent(rule.on))", "off \(percent(rule.off))"]
        if rule.smoothing < 65536 { parts.append(String(format: "smoothing %.2g", Double(rule.smoothing) / 65536)) }
        if rule.enter_after > 0 { parts.append("enter after \(seconds(rule.enter_after))") }
        if rule.leave_after > 0 { parts.append("leave after \(seconds(rule.leave_after))") }
        if rule.cooldown > 0 { parts.append("cooldown \(seconds(rule.cooldown))") }
        return parts.joined(separator: ", ")
    }

    // MARK: Looking on

    var observer: Observer {
        Observer(
            sees: { [self] seen, rules in take(seen, rules) },
            says: { [self] news, moment in take(news, moment) })
    }

    private func take(_ news: WatchNews, _ moment: Moment) {
        let entered: Bool
        let name = String(decoding: news.object, as: UTF8.self)
        switch news.change {
        case .none, .update: return
        case .enter: entered = true
        case .leave: entered = false
        case .cross(let isIn, let into, let outOf):
            guard let index = crossings.firstIndex(where: { $0.name == name }) else { return }
            (crossings[index].into, crossings[index].outOf) = (into, outOf)
            return crossings[index].news.append(name + (isIn ? " in" : " out"))
        }
        guard let rule = plot.rules.firstIndex(where: { $0.name == name }) else { return }
        changes.append((rule, entered, moment))
        // One that no frame has caused comes after the last one's.
        if let last, moment.monotonic <= last { note(changes.removeLast(), at: axis) }
    }

    private func note(_ change: (rule: Int, entered: Bool, moment: Moment), at time: Double) {
        plot.rules[change.rule].changes.append(
            ScorePlot.Change(time: time, entered: change.entered, label: Self.clock(change.moment)))
    }

    private func take(_ seen: borrowing Observer.Seen, _ rules: borrowing WatchList) {
        let clock = Self.clock(seen.moment)
        if let last {
            let pause = Double(seen.moment.monotonic - last) / 1e9
            let usual = frames.count > 1 ? (axis - start) / Double(frames.count - 1) : 1
            // Another start of the machine, or a time in which nothing was kept.
            if pause <= 0 || pause > max(Self.longPause.seconds, Self.longPause.intervals * usual) {
                axis += max(1, 4 * usual)
                plot.breaks.append(ScorePlot.Break(time: axis, label: clock))
            } else {
                axis += pause
            }
        } else if !Self.isDated(seen.moment) {
            axis = Double(seen.moment.wall) / 1e9
            start = axis
        }
        last = seen.moment.monotonic
        for change in changes { note(change, at: axis) }
        var objects: [Drawing.Box] = []
        rules.forEachObject { label, track, box in
            let name = String(decoding: label, as: UTF8.self)
            objects.append(
                Drawing.Box(
                    box, label: "#\(track)" + (name.isEmpty ? "" : " ") + name,
                    colour: Drawing.colour(Int(track) - 1)))
        }
        frames.append(
            Frame(
                number: seen.number, time: axis, clock: clock, picture: seen.picture,
                changes: changes.map { ($0.rule, $0.entered) }, crossings: crossings.flatMap(\.news),
                objects: objects))
        changes.removeAll()
        for index in crossings.indices { crossings[index].news.removeAll() }
        for index in plot.rules.indices {
            let view = rules.view(index)
            plot.rules[index].samples.append(
                ScorePlot.Sample(
                    time: axis, score: Double(view.score) / 65536, smoothed: Double(view.smoothed) / 65536,
                    isPresent: view.memory.isPresent))
        }
    }

    /// Whether the clock was set; on the frames' clock it never is.
    private static func isDated(_ moment: Moment) -> Bool { moment.wall / 1_000_000_000 >= 31 * 86_400 }

    /// `0:04.375`, or of a clock that was set, the time of the day (UTC).
    private static func clock(_ moment: Moment) -> String {
        let milliseconds = Int(moment.wall / 1_000_000)
        let seconds = milliseconds / 1000
        let isDated = isDated(moment)
        let (hours, minutes) = (isDated ? seconds / 3600 % 24 : seconds / 3600, seconds / 60 % 60)
        let rest = String(format: "%02d.%03d", seconds % 60, milliseconds % 1000)
        if isDated { return String(format: "%02d:%02d:", hours, minutes) + rest }
        return (hours > 0 ? String(format: "%d:%02d:", hours, minutes) : "\(minutes):") + rest
    }

    // MARK: In words

    /// Of each rule how often it entered, and what to know where it never did.
    var summary: String {
        var lines = [Format.count(frames.count, "frame") + String(format: " in %.1f s", axis - start)]
        for rule in plot.rules {
            let visits = rule.changes.count(where: \.entered)
            let peak = rule.samples.map(\.smoothed).max() ?? 0
            let highest = rule.samples.map(\.score).max() ?? 0
            let lowest = rule.samples.map(\.score).min() ?? 0
            let range = String(
                format: "scores %.1f to %.1f %%, smoothed up to %.1f %%", lowest * 100, highest * 100, peak * 100)
            if visits > 0 {
                lines.append("\(rule.name): entered \(Format.count(visits, "time")); \(range)")
            } else if peak >= rule.on {
                lines.append("\(rule.name): never entered: not above `on` for long enough; \(range)")
            } else {
                lines.append(
                    "\(rule.name): never entered: not up to `on`, \(String(format: "%.4g", rule.on * 100)) %; \(range)")
            }
        }
        for crossing in crossings { lines.append("\(crossing.name): \(crossing.into) in, \(crossing.outOf) out") }
        return lines.joined(separator: "\n")
    }
}

/// The sheet.
extension Watched {
    private static let leastTiles = 12
    private static let mostTiles = 24
    private static let mostScores = 3

    /// Frames with changes, and others evenly between, side by side.
    ///
    /// The source is read a second time, up to the last of them: keeping all frames would take all memory.
    func sheet(of options: Options, _ upright: UprightPicture) throws(Failure) -> Picture {
        do {
            let chosen = chosenFrames
            guard let first = chosen.first else { throw Failure("no frame was inferred: there is nothing to draw") }
            var sheet = ContactSheet(tiles: chosen.count, lines: 1 + min(plot.rules.count, Self.mostScores))
            if frames[first].picture != nil {
                for index in chosen {
                    let picture = try Self.recorded(frames[index].picture ?? "", upright)
                    try sheet.add(
                        picture, boxes: frames[index].objects, guides: upright.guides, captions: captions(of: index),
                        occasion(of: index))
                }
                return try sheet.picture()
            }
            let source = try Source(options.sources, options.source)
            var rest = chosen[...]
            while let index = rest.first, case .frame(let frame) = try source.next() {
                guard frame.number == frames[index].number else { continue }
                rest.removeFirst()
                try sheet.add(
                    try upright.picture(of: frame.view, width: ContactSheet.tileWidth),
                    boxes: frames[index].objects + upright.boxes(of: frame.view.shape, zones: zones),
                    guides: upright.guides, captions: captions(of: index), occasion(of: index))
            }
            return try sheet.picture()
        } catch let failure as Failure {
            throw failure
        } catch let error as SourceError {
            throw Failure(error.message)
        } catch {
            throw Failure("\(error)")
        }
    }

    /// A recording's picture: upright and masked. An empty one where it was not kept.
    private static func recorded(_ path: String, _ upright: UprightPicture) throws(Failure) -> Picture {
        var picture = Picture()
        guard (try? FileDescriptor.Status(of: FileName.path(path))) != nil else { return picture }
        let file = try WholeFile.read(path)
        do { try file.withUnsafeBytes { try picture.decode($0) } } catch { throw Failure(path, "\(error)") }
        return picture
    }

    private func occasion(of index: Int) -> ContactSheet.Occasion {
        guard let change = frames[index].changes.first else { return .none }
        return change.entered ? .enter : .leave
    }

    /// When, what became of whom, and the rules with the highest averages.
    private func captions(of index: Int) -> [String] {
        let changes = [(true, "enter "), (false, "leave ")].compactMap { entered, word in
            let names = frames[index].changes.filter { $0.entered == entered }.map { plot.rules[$0.rule].name }
            return names.isEmpty ? nil : word + names.joined(separator: ", ")
        }
        let best = plot.rules.map { ($0.name, $0.samples[index].smoothed) }.enumerated()
            .sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }.prefix(Self.mostScores)
        return [([frames[index].clock] + changes + frames[index].crossings).joined(separator: "  ")]
            + best.map { String(format: "%3.0f %% ", $0.element.1 * 100) + $0.element.0 }
    }

    /// Indices of frames: those with news first, then what lies between, at most `mostTiles`.
    private var chosenFrames: [Int] {
        var chosen = Set(frames.indices.filter { frames[$0].hasNews }.prefix(Self.mostTiles))
        let wanted = min(frames.count, max(Self.leastTiles, min(chosen.count + 4, Self.mostTiles)))
        if chosen.count < wanted { chosen.insert(0) }
        if chosen.count < wanted { chosen.insert(frames.count - 1) }
        // The middle of the longest stretch without one, until there are enough.
        while chosen.count < wanted {
            let sorted = chosen.sorted()
            guard let widest = zip(sorted, sorted.dropFirst()).max(by: { $0.1 - $0.0 < $1.1 - $1.0 }),
                widest.1 - widest.0 > 1
            else { break }
            chosen.insert((widest.0 + widest.1) / 2)
        }
        return chosen.sorted()
    }
}

extension Drawing.Box {
    fileprivate init(_ box: FrameBox, label: String, colour: Int32) {
        self.init(
            left: Double(box.left) / 65536, top: Double(box.top) / 65536, right: Double(box.right) / 65536,
            bottom: Double(box.bottom) / 65536, label: label, colour: colour)
    }
}
