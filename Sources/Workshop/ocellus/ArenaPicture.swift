import Foundation

/// An arena map as an SVG picture: steps to the right, addresses upwards.
struct ArenaPicture {
    private let map: ArenaMap
    private let title: String
    private let column: Double
    /// A label every so many steps.
    private let labelled: Int
    private let height = 460.0
    private let left = 84.0
    private let top = 76.0

    init(_ map: ArenaMap, title: String) {
        self.map = map
        self.title = title
        // Labels need 13 to stand apart; a plan of hundreds of steps stays on the screen and has fewer of them.
        let columns = Double(map.kernels.count + 2)
        column = max(min(29, 1600 / columns), 780 / columns)
        labelled = Int((13 / column).rounded(.up))
    }

    private var columns: Int { map.kernels.count + 2 }
    private var plotWidth: Double { Double(columns) * column }
    private var width: Double { left + plotWidth + 28 }

    private func x(_ step: Int) -> Double { left + Double(step + 1) * column }
    private func y(_ byte: Int) -> Double { top + height * (1 - Double(byte) / Double(max(map.bytes, 1))) }

    func svg() -> String {
        let labels = (map.kernels.map(\.count).max() ?? 0) * 6 + 44
        let total = top + height + Double(max(labels, 90))
        var lines = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(n(width))" height="\(n(total))" \
            viewBox="0 0 \(n(width)) \(n(total))" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="11">
            <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
            <rect width="6" height="6" fill="#e3e5e8"/><rect width="2.5" height="6" fill="#b4b9c0"/></pattern></defs>
            <rect width="100%" height="100%" fill="#ffffff"/>
            <text x="\(n(left))" y="28" font-size="16" font-weight="bold" fill="#1f2933">\(escape(title))</text>
            """
        ]
        lines += legend
        lines += axes
        lines += map.blocks.enumerated().map { block($0.element, $0.offset) }
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private var legend: [String] {
        var x = left
        let kinds: [(ArenaMap.Block.Kind, String)] = [
            (.input, "input"), (.activation, "activation"), (.output, "output"), (.scratch, "scratch"),
        ]
        return kinds.filter { kind in map.blocks.contains { $0.kind == kind.0 } }.map { kind, name in
            defer { x += 34 + Double(name.count) * 7 }
            return """
                <rect x="\(n(x))" y="44" width="12" height="12" rx="2" fill="\(fill(kind, 0))"/>\
                <text x="\(n(x + 17))" y="54" fill="#52606d">\(name)</text>
                """
        }
    }

    private var axes: [String] {
        var lines: [String] = []
        for tick in stride(from: 0, through: map.bytes, by: tickBytes) {
            lines.append(
                """
                <line x1="\(n(left))" y1="\(n(y(tick)))" x2="\(n(left + plotWidth))" y2="\(n(y(tick)))" stroke="#e4e7eb"/>\
                <text x="\(n(left - 8))" y="\(n(y(tick) + 4))" text-anchor="end" fill="#52606d">\(kilobytes(tick))</text>
                """)
        }
        // The arena's end, unless a tick stands there.
        lines.append(
            """
            <line x1="\(n(left))" y1="\(n(top))" x2="\(n(left + plotWidth))" y2="\(n(top))" stroke="#9aa5b1" \
            stroke-dasharray="5 4"/><text x="\(n(left + plotWidth))" y="\(n(top - 6))" text-anchor="end" \
            fill="#52606d">\(Format.grouped(map.bytes)) bytes</text>
            """)
        for step in -1...map.kernels.count {
            let isNamed =
                step < 0 || step == map.kernels.count
                || step % labelled == 0 && step >= labelled - 1 && step <= map.kernels.count - labelled
            guard isNamed else { continue }
            let middle = x(step) + column / 2
            let label =
                step < 0 ? "inputs" : step == map.kernels.count ? "outputs" : "\(step)  \(map.kernels[step])"
            let base = top + height + 12
            lines.append(
                """
                <text transform="translate(\(n(middle + 4)) \(n(base))) rotate(-90)" text-anchor="end" \
                fill="\(step < 0 || step == map.kernels.count ? "#1f2933" : "#52606d")">\(escape(label))</text>
                """)
        }
        return lines
    }

    /// About eight ticks of a round number of bytes.
    private var tickBytes: Int {
        var tick = 64
        while tick * 9 < map.bytes { tick *= 2 }
        return tick
    }

    private func kilobytes(_ bytes: Int) -> String {
        tickBytes >= 1024 ? "\(Format.grouped(bytes / 1024)) KiB" : Format.grouped(bytes)
    }

    private func fill(_ kind: ArenaMap.Block.Kind, _ index: Int) -> String {
        switch kind {
        case .input: "#2f9e6e"
        case .output: "#e07b39"
        case .activation: ["#3b74c4", "#5a92dc", "#2b5ea8"][index % 3]
        case .scratch: "url(#hatch)"
        }
    }

    private func block(_ block: ArenaMap.Block, _ index: Int) -> String {
        let x = x(block.steps.lowerBound)
        let width = Double(block.steps.count) * column
        let height = max(y(block.bytes.lowerBound) - y(block.bytes.upperBound), 3.5)
        let y = y(block.bytes.lowerBound) - height
        let steps = [block.steps.lowerBound, block.steps.upperBound].map {
            $0 < 0 ? "inputs" : $0 == map.kernels.count ? "end" : "\($0)"
        }
        let tip =
            "\(block.name) \(block.shape) | \(Format.grouped(block.bytes.count)) bytes at \(Format.grouped(block.bytes.lowerBound))"
            + " | steps \(steps[0]) to \(steps[1])"
        var text = """
            <g><title>\(escape(tip))</title><rect x="\(n(x + 0.5))" y="\(n(y + 0.5))" width="\(n(width - 1))" \
            height="\(n(max(height - 1, 0.5)))" rx="2" fill="\(fill(block.kind, index))" stroke="#ffffff"/>
            """
        if block.kind != .scratch { text += label(block, x, y, width, height) }
        return text + "</g>"
    }

    /// Shape and bytes where they fit, upright in narrow blocks.
    private func label(_ block: ArenaMap.Block, _ x: Double, _ y: Double, _ width: Double, _ height: Double) -> String {
        let lines = [block.shape, Format.grouped(block.bytes.count)]
        let length = Double(lines.map(\.count).max() ?? 0) * 6.4 + 5
        let middle = (x + width / 2, y + height / 2)
        let attributes = "text-anchor=\"middle\" fill=\"white\""
        if width >= length && height >= 30 {
            return zip(lines, [-3.0, 11.0]).map {
                "<text x=\"\(n(middle.0))\" y=\"\(n(middle.1 + $0.1))\" \(attributes)>\(escape($0.0))</text>"
            }.joined()
        }
        let short = Double(block.shape.count) * 6.4 + 5
        if width >= short && height >= 14 {
            return "<text x=\"\(n(middle.0))\" y=\"\(n(middle.1 + 4))\" \(attributes)>\(escape(block.shape))</text>"
        }
        if height >= short && width >= 14 {
            return """
                <text transform="translate(\(n(middle.0 + 4)) \(n(middle.1))) rotate(-90)" \(attributes)>\
                \(escape(block.shape))</text>
                """
        }
        return ""
    }

    private func n(_ number: Double) -> String { String(format: "%g", (number * 10).rounded() / 10) }

    private func escape(_ text: String) -> String {
        Format.printable(text).replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }
}
