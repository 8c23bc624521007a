/// Scores over time, a panel a rule: what the model gave, what became of it by smoothing, the thresholds, and who was there.
public struct ScorePlot: Sendable {
    public struct Sample: Sendable {
        /// Seconds.
        public var time: Double
        /// Of the frame, 0 to 1.
        public var score: Double
        /// The moving average, which the thresholds are for.
        public var smoothed: Double
        /// By the rule.
        public var isPresent: Bool

        public init(time: Double, score: Double, smoothed: Double, isPresent: Bool) {
            self.time = time
            self.score = score
            self.smoothed = smoothed
            self.isPresent = isPresent
        }
    }

    public struct Change: Sendable {
        /// Seconds.
        public var time: Double
        /// Else it left.
        public var entered: Bool
        /// Beside the mark.
        public var label: String

        public init(time: Double, entered: Bool, label: String) {
            self.time = time
            self.entered = entered
            self.label = label
        }
    }

    public struct Rule: Sendable {
        public var name: String
        /// What is set, at the panel's right.
        public var settings: String
        public var on: Double
        public var off: Double
        public var samples: [Sample] = []
        public var changes: [Change] = []

        public init(name: String, settings: String, on: Double, off: Double) {
            self.name = name
            self.settings = settings
            self.on = on
            self.off = off
        }
    }

    /// Where time jumps: what follows belongs to another time, which the label tells.
    public struct Break: Sendable {
        /// Seconds.
        public var time: Double
        public var label: String

        public init(time: Double, label: String) {
            self.time = time
            self.label = label
        }
    }

    public var title: String
    public var rules: [Rule]
    /// Where there are some, the axis shows them alone.
    public var breaks: [Break] = []

    public init(title: String, rules: [Rule]) {
        self.title = title
        self.rules = rules
    }
}

/// The layout, and the colours: people who see few of them tell blue, orange and black apart.
extension ScorePlot {
    private static let width = 1000
    private static let left = 52.0
    private static let right = 984.0
    private static let top = 92.0
    private static let panel = 150.0
    private static let step = 206.0

    private enum Colour {
        static let text: UInt32 = 0x1f2933
        static let faint: UInt32 = 0x616e7c
        static let grid: UInt32 = 0xe4e7eb
        static let present: UInt32 = 0xd9ecff
        static let score: UInt32 = 0x9aa5b1
        static let smoothed: UInt32 = 0x1e66d0
        static let on: UInt32 = 0xb85c00
        static let off: UInt32 = 0x7a4b9d
        static let enter: UInt32 = 0x00806a
        static let leave: UInt32 = 0xd81b60
    }

    /// The plot; about 200 pixels high for each rule.
    public func figure() -> Figure {
        var figure = Figure(width: Self.width, height: Int(Self.top + Self.step * Double(max(rules.count, 1))))
        figure.marks.append(.text(title, Figure.Point(Self.left, 28), Colour.text, .large))
        addLegend(to: &figure)
        let times = rules.flatMap { $0.samples.map(\.time) + $0.changes.map(\.time) }
        let span = TimeSpan(times.min() ?? 0, times.max() ?? 0)
        for (index, rule) in rules.enumerated() {
            add(rule, top: Self.top + Self.step * Double(index), span, to: &figure)
        }
        return figure
    }

    private func addLegend(to figure: inout Figure) {
        var x = Self.left
        func name(_ text: String) {
            figure.marks.append(.text(text, Figure.Point(x + 26, 54), Colour.faint))
            x += 26 + 7 * Double(text.count) + 22
        }
        func line(_ colour: UInt32, width: Double, isDashed: Bool, _ text: String) {
            figure.line(Figure.Point(x, 50), Figure.Point(x + 20, 50), colour, width: width, isDashed: isDashed)
            name(text)
        }
        line(Colour.score, width: 1, isDashed: false, "score of a frame")
        line(Colour.smoothed, width: 2.5, isDashed: false, "smoothed")
        line(Colour.on, width: 1.5, isDashed: true, "on")
        line(Colour.off, width: 1.5, isDashed: true, "off")
        figure.marks.append(.rectangle(x: x, y: 43, width: 20, height: 14, Colour.present))
        name("present")
        figure.marks.append(.polygon(Self.triangle(x + 10, 50, isUp: true), Colour.enter))
        name("enter")
        figure.marks.append(.polygon(Self.triangle(x + 10, 50, isUp: false), Colour.leave))
        name("leave")
    }

    private static func triangle(_ x: Double, _ y: Double, isUp: Bool) -> [Figure.Point] {
        let tip = isUp ? -6.0 : 6.0
        return [Figure.Point(x, y + tip), Figure.Point(x - 6, y - tip), Figure.Point(x + 6, y - tip)]
    }

    private func add(_ rule: Rule, top: Double, _ span: TimeSpan, to figure: inout Figure) {
        let bottom = top + Self.panel
        func x(_ time: Double) -> Double {
            Self.left + (Self.right - Self.left) * (time - span.start) / span.length
        }
        func y(_ score: Double) -> Double { bottom - Self.panel * min(max(score, 0), 1) }

        figure.marks.append(.text(rule.name, Figure.Point(Self.left, top - 10), Colour.text, .large))
        figure.marks.append(.text(rule.settings, Figure.Point(Self.right, top - 10), Colour.faint, .small, .end))
        for (from, to) in rule.presences {
            figure.marks.append(
                .rectangle(x: x(from), y: top, width: max(x(to) - x(from), 1), height: Self.panel, Colour.present))
        }
        if breaks.isEmpty {
            for tick in span.ticks {
                figure.line(Figure.Point(x(tick.time), top), Figure.Point(x(tick.time), bottom), Colour.grid)
                figure.marks.append(
                    .text(tick.text, Figure.Point(x(tick.time), bottom + 16), Colour.faint, .small, .middle))
            }
        }
        var written = -1000.0
        for pause in breaks {
            figure.line(
                Figure.Point(x(pause.time), top), Figure.Point(x(pause.time), bottom), Colour.score, isDashed: true)
            guard x(pause.time) > written else { continue }
            written = x(pause.time) + 7 * Double(pause.label.count)
            figure.marks.append(.text(pause.label, Figure.Point(x(pause.time), bottom + 16), Colour.faint))
        }
        for percent in [0, 50, 100] {
            let level = y(Double(percent) / 100)
            figure.line(Figure.Point(Self.left, level), Figure.Point(Self.right, level), Colour.grid)
            figure.marks.append(
                .text("\(percent) %", Figure.Point(Self.left - 8, level + 4), Colour.faint, .small, .end))
        }
        for (level, colour) in [(rule.on, Colour.on), (rule.off, Colour.off)] {
            figure.line(
                Figure.Point(Self.left, y(level)), Figure.Point(Self.right, y(level)), colour, width: 1.5,
                isDashed: true)
        }
        for run in rule.runs(apart: span.length / 20) {
            func curve(_ value: (Sample) -> Double) -> [Figure.Point] {
                Self.thinned(run.map { Figure.Point(x($0.time), y(value($0))) })
            }
            figure.marks.append(.path(curve(\.score), Colour.score, width: 1))
            figure.marks.append(.path(curve(\.smoothed), Colour.smoothed, width: 2.5))
        }
        // Where one enters, the scores are high, and where one leaves, low: the marks stand opposite.
        var labelled = [true: -1000.0, false: -1000.0]
        for change in rule.changes {
            let (place, colour) = (x(change.time), change.entered ? Colour.enter : Colour.leave)
            let height = change.entered ? bottom - 9 : top + 9
            figure.line(Figure.Point(place, top), Figure.Point(place, bottom), colour, width: 1.5)
            figure.marks.append(.polygon(Self.triangle(place, height, isUp: change.entered), colour))
            // Where changes lie close together, their times would lie over one another.
            guard place - labelled[change.entered]! > 80, place < Self.right - 60 else { continue }
            labelled[change.entered] = place
            figure.marks.append(.text(change.label, Figure.Point(place + 9, height + 4), colour))
        }
    }

    /// Of several points in a pixel's column the first, the lowest, the highest and the last: what is seen is the same.
    private static func thinned(_ points: [Figure.Point]) -> [Figure.Point] {
        var thinned: [Figure.Point] = []
        var index = points.startIndex
        while index < points.endIndex {
            var end = index + 1
            while end < points.endIndex, Int(points[end].x) == Int(points[index].x) { end += 1 }
            let column = points[index..<end]
            let extremes = [
                index, column.indices.min { points[$0].y < points[$1].y } ?? index,
                column.indices.max { points[$0].y < points[$1].y } ?? index, end - 1,
            ]
            thinned += Set(extremes).sorted().map { points[$0] }
            index = end
        }
        return thinned
    }
}

extension ScorePlot.Rule {
    /// From when to when it was there.
    fileprivate var presences: [(Double, Double)] {
        var presences: [(Double, Double)] = []
        var since: Double?
        for sample in samples {
            if sample.isPresent, since == nil { since = sample.time }
            if !sample.isPresent, let from = since {
                presences.append((from, sample.time))
                since = nil
            }
        }
        if let since, let last = samples.last { presences.append((since, last.time)) }
        return presences
    }

    /// Samples without a gap between them in which nobody looked: longer than 5 usual intervals, and than `least`.
    fileprivate func runs(apart least: Double) -> [ArraySlice<ScorePlot.Sample>] {
        let intervals = zip(samples, samples.dropFirst()).map { $1.time - $0.time }.sorted()
        let usual = intervals.isEmpty ? 0 : intervals[intervals.count / 2]
        var runs: [ArraySlice<ScorePlot.Sample>] = []
        var start = samples.startIndex
        for index in samples.indices.dropFirst()
        where samples[index].time - samples[index - 1].time > max(5 * usual, least) {
            runs.append(samples[start..<index])
            start = index
        }
        if start < samples.endIndex { runs.append(samples[start...]) }
        return runs
    }
}

/// The axis of time, in seconds.
struct TimeSpan {
    let start: Double
    /// Above 0.
    let length: Double

    init(_ first: Double, _ last: Double) {
        start = first
        length = last > first ? last - first : 1
    }

    /// At most 12, at round times.
    var ticks: [(time: Double, text: String)] {
        let steps: [Double] = [
            0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400,
        ]
        let step = steps.first { length / $0 <= 12 } ?? 86400 * (length / 86400 / 12).rounded(.up)
        var ticks: [(Double, String)] = []
        var time = (start / step).rounded(.up) * step
        while time <= start + length + step / 1000 {
            ticks.append((time, Self.text(time, decimals: step < 1 ? 1 : 0)))
            time += step
        }
        return ticks
    }

    /// `4 s`, `1:05`, `2:00:00`; decimals only below a minute.
    static func text(_ time: Double, decimals: Int) -> String {
        let tenths = Int((time * 10).rounded())
        if abs(time) < 60 { return decimals > 0 ? "\(tenths / 10).\(abs(tenths % 10)) s" : "\(Int(time.rounded())) s" }
        let seconds = Int(time.rounded())
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let minutes = seconds / 60
        return minutes < 60
            ? "\(minutes):\(two(seconds % 60))" : "\(minutes / 60):\(two(minutes % 60)):\(two(seconds % 60))"
    }
}
