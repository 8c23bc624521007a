/// What quantization costs, layer by layer and at the outputs, and what helps.
public struct QuantizationPlot: Sendable {
    public struct Layer: Sendable {
        /// Decibels, with all layers before it quantized.
        public var signalToNoise: Double
        /// Decibels that its own causes leave; nil: it adds no noise.
        public var own: Double?
        /// A part of all values.
        public var saturated: Double

        public init(signalToNoise: Double, own: Double?, saturated: Double) {
            (self.signalToNoise, self.own, self.saturated) = (signalToNoise, own, saturated)
        }
    }

    /// A layer that stands out.
    public struct Remark: Sendable {
        /// Among the layers.
        public var layer: Int
        public var name: String
        public var text: String

        public init(layer: Int, name: String, text: String) {
            (self.layer, self.name, self.text) = (layer, name, text)
        }
    }

    public struct Output: Sendable {
        public var name: String
        /// The mean over pictures, and the least of them.
        public var correlation: Double
        public var least: Double
        /// What else is known, a few words each.
        public var figures: [String]

        public init(name: String, correlation: Double, least: Double, figures: [String]) {
            (self.name, self.correlation, self.least, self.figures) = (name, correlation, least, figures)
        }
    }

    public var title: String
    public var subtitle: String
    /// The heading of the outputs.
    public var comparison: String
    /// In execution order.
    public var layers: [Layer] = []
    /// At most nine, numbered from 1.
    public var remarks: [Remark] = []
    public var outputs: [Output] = []

    public init(title: String, subtitle: String, comparison: String) {
        (self.title, self.subtitle, self.comparison) = (title, subtitle, comparison)
    }
}

/// The layout, and the colours: blue, orange and black are told apart by people who see few colours, and what stands out has a number.
extension QuantizationPlot {
    private static let width = 1000
    private static let left = 64.0
    private static let right = 976.0
    private static let noisePanel = 190.0
    private static let saturationPanel = 90.0
    /// Characters of a remark's line, by the wider of both fonts.
    private static let columns = 128
    private static let line = 16.0
    /// Decibels of layers without any loss, which are left out.
    private static let exact = 100.0

    private enum Colour {
        static let text: UInt32 = 0x1f2933
        static let faint: UInt32 = 0x616e7c
        static let grid: UInt32 = 0xe4e7eb
        static let noise: UInt32 = 0xa9c9f0
        static let own: UInt32 = 0x174a9c
        static let saturated: UInt32 = 0xe07b39
        static let remark: UInt32 = 0xb0004f
        static let white: UInt32 = 0xffffff
    }

    /// 1000 pixels wide.
    public func figure() -> Figure {
        let noiseTop = 112.0
        let saturationTop = noiseTop + Self.noisePanel + 58
        let remarksTop = saturationTop + Self.saturationPanel + 66
        let texts = remarks.prefix(9).map { Self.wrapped($0.text, to: Self.columns) }
        let remarkHeights = texts.map { Self.line * Double($0.count + 1) + 8 }
        let outputsTop = remarksTop + 14 + remarkHeights.reduce(0, +) + (remarks.isEmpty ? 0 : 30)
        let height = outputsTop + 14 + 38 * Double(outputs.count) + 20
        var figure = Figure(width: Self.width, height: Int(height))
        figure.marks.append(.text(Self.cut(title, 100), Figure.Point(Self.left, 28), Colour.text, .large))
        figure.marks.append(.text(subtitle, Figure.Point(Self.left, 48), Colour.faint))
        addNoise(top: noiseTop, to: &figure)
        addSaturation(top: saturationTop, to: &figure)
        if !remarks.isEmpty { addRemarks(texts, remarkHeights, top: remarksTop, to: &figure) }
        if !outputs.isEmpty { addOutputs(top: outputsTop, to: &figure) }
        return figure
    }

    private func place(_ layer: Int) -> (x: Double, width: Double) {
        let step = (Self.right - Self.left) / Double(max(layers.count, 1))
        return (Self.left + Double(layer) * step, step)
    }

    private func heading(_ text: String, _ top: Double, _ figure: inout Figure) {
        figure.marks.append(.text(text, Figure.Point(Self.left, top - 14), Colour.text, .large))
    }

    private func axis(
        _ top: Double, _ height: Double, _ ticks: [(part: Double, text: String)], to figure: inout Figure
    ) {
        for tick in ticks {
            let y = top + height * (1 - tick.part)
            figure.line(Figure.Point(Self.left, y), Figure.Point(Self.right, y), Colour.grid)
            figure.marks.append(.text(tick.text, Figure.Point(Self.left - 8, y + 4), Colour.faint, .small, .end))
        }
    }

    private func addNoise(top: Double, to figure: inout Figure) {
        heading("Signal to noise by layer", top, &figure)
        addLegend(top - 16, to: &figure)
        // Beyond 60 dB nothing is seen of 8 bits.
        let lossy = layers.filter { $0.signalToNoise < Self.exact }
        let highest = lossy.flatMap { [$0.signalToNoise, $0.own ?? 0] }.max() ?? 0
        let most = max(20, min(60, (highest / 10).rounded(.up) * 10))
        axis(
            top, Self.noisePanel,
            stride(from: 0, through: most, by: 10).map { ($0 / most, "\(Int($0)) dB") }, to: &figure)
        func y(_ decibels: Double) -> Double { top + Self.noisePanel * (1 - min(max(decibels, 0), most) / most) }
        let bottom = top + Self.noisePanel
        for (index, layer) in layers.enumerated() {
            let (x, width) = place(index)
            let gap = width > 5 ? 1.0 : 0
            guard layer.signalToNoise < Self.exact else { continue }
            figure.marks.append(
                .rectangle(
                    x: x + gap / 2, y: y(layer.signalToNoise), width: max(width - gap, 1),
                    height: bottom - y(layer.signalToNoise), Colour.noise))
            if let own = layer.own {
                let size = min(max(width, 3), 12)
                figure.marks.append(
                    .rectangle(x: x + (width - size) / 2, y: y(own) - 1.5, width: size, height: 3, Colour.own))
            }
        }
        // Numbers stand above the marks, those that would meet one another higher still.
        var taken: [Figure.Point] = []
        for (number, remark) in remarks.prefix(9).enumerated() where layers.indices.contains(remark.layer) {
            let (x, width) = place(remark.layer)
            let middle = min(max(x + width / 2, Self.left + 8), Self.right - 8)
            var point = Figure.Point(middle, y(layers[remark.layer].own ?? 0) - 14)
            while let other = taken.first(where: { abs($0.x - point.x) < 18 && abs($0.y - point.y) < 18 }) {
                point.y = other.y - 18
            }
            taken.append(point)
            badge(number + 1, point, &figure)
        }
        let step = [1, 2, 5, 10, 20, 50, 100, 200, 500].first { layers.count / $0 <= 20 } ?? 1000
        for index in stride(from: 0, to: layers.count, by: step) {
            let (x, width) = place(index)
            figure.marks.append(
                .text("\(index)", Figure.Point(x + width / 2, bottom + 15), Colour.faint, .small, .middle))
        }
    }

    private func addLegend(_ y: Double, to figure: inout Figure) {
        var x = Self.right
        func add(_ text: String, _ swatch: (Double, inout Figure) -> Void) {
            x -= 7 * Double(text.count)
            figure.marks.append(.text(text, Figure.Point(x, y), Colour.faint))
            x -= 24
            swatch(x, &figure)
            x -= 18
        }
        add("what the layer alone would leave") { x, figure in
            figure.marks.append(.rectangle(x: x + 2, y: y - 6, width: 14, height: 3, Colour.own))
        }
        add("with all layers before it") { x, figure in
            figure.marks.append(.rectangle(x: x + 4, y: y - 10, width: 10, height: 12, Colour.noise))
        }
    }

    private func badge(_ number: Int, _ point: Figure.Point, _ figure: inout Figure) {
        figure.marks.append(.rectangle(x: point.x - 8, y: point.y - 8, width: 16, height: 16, Colour.remark))
        figure.marks.append(
            .text("\(number)", Figure.Point(point.x, point.y + 4), Colour.white, .small, .middle))
    }

    private func addSaturation(top: Double, to figure: inout Figure) {
        heading("Values beyond the range", top, &figure)
        let greatest = layers.map(\.saturated).max() ?? 0
        let most = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].first { greatest <= $0 } ?? 1
        axis(
            top, Self.saturationPanel,
            [0, 0.5, 1].map { part in
                let tenths = Int((part * most * 10_000).rounded())
                return (part, "\(tenths / 100).\(tenths / 10 % 10)\(tenths % 10) %")
            }, to: &figure)
        for (index, layer) in layers.enumerated() where layer.saturated > 0 {
            let (x, width) = place(index)
            let height = Self.saturationPanel * min(layer.saturated / most, 1)
            let gap = width > 5 ? 1.0 : 0
            figure.marks.append(
                .rectangle(
                    x: x + gap / 2, y: top + Self.saturationPanel - height, width: max(width - gap, 1), height: height,
                    Colour.saturated))
        }
        figure.marks.append(
            .text(
                "layers in execution order", Figure.Point(Self.right, top + Self.saturationPanel + 16), Colour.faint,
                .small, .end))
    }

    private func addRemarks(_ texts: [[String]], _ heights: [Double], top: Double, to figure: inout Figure) {
        heading("Layers that lose most by themselves", top, &figure)
        var y = top + 12
        for (index, remark) in remarks.prefix(9).enumerated() {
            badge(index + 1, Figure.Point(Self.left + 8, y - 4), &figure)
            var words = "layer \(remark.layer), \(Self.cut(remark.name, 80))"
            if layers.indices.contains(remark.layer) {
                let layer = layers[remark.layer]
                words += layer.own.map { ": \(Self.tenths($0)) dB by itself" } ?? ""
                words += ", \(Self.tenths(layer.signalToNoise)) dB with all before it"
            }
            figure.marks.append(.text(words, Figure.Point(Self.left + 26, y), Colour.text))
            for (number, text) in texts[index].enumerated() {
                figure.marks.append(
                    .text(
                        text, Figure.Point(Self.left + 26, y + Self.line * Double(number + 1)), Colour.faint))
            }
            y += heights[index]
        }
    }

    private func addOutputs(top: Double, to figure: inout Figure) {
        heading(comparison, top, &figure)
        let (start, end) = (Self.left + 230, Self.left + 530)
        var y = top + 14
        for output in outputs {
            figure.marks.append(.text(Self.cut(output.name, 32), Figure.Point(Self.left, y + 11), Colour.text))
            figure.marks.append(.rectangle(x: start, y: y, width: end - start, height: 14, Colour.grid))
            let part = min(max(output.correlation, 0), 1)
            figure.marks.append(.rectangle(x: start, y: y, width: (end - start) * part, height: 14, Colour.noise))
            let least = start + (end - start) * min(max(output.least, 0), 1)
            figure.marks.append(.rectangle(x: least - 1.5, y: y - 2, width: 3, height: 18, Colour.own))
            figure.marks.append(
                .text(
                    "correlation \(Self.fourDigits(output.correlation)), least \(Self.fourDigits(output.least))",
                    Figure.Point(end + 14, y + 5), Colour.text))
            figure.marks.append(
                .text(output.figures.joined(separator: ", "), Figure.Point(end + 14, y + 20), Colour.faint))
            y += 38
        }
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((min(max(value, -999), 999) * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    private static func fourDigits(_ value: Double) -> String {
        let digits = Int((min(max(value, -1), 1) * 10_000).rounded())
        let rest = String(abs(digits) % 10_000)
        return "\(digits < 0 ? "-" : "")\(abs(digits) / 10_000)." + String(repeating: "0", count: 4 - rest.count) + rest
    }

    private static func cut(_ text: String, _ count: Int) -> String {
        text.count <= count ? text : text.prefix(count - 2) + ".."
    }

    /// Lines of whole words, as far as these are no longer than a line.
    static func wrapped(_ text: String, to columns: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= columns {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word.prefix(columns)))
            }
        }
        return lines
    }
}
