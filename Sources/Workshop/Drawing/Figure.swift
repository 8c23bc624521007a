/// A drawing of marks, painted one over the other: written as SVG, or painted as a picture.
///
/// Lengths in pixels from the top left corner, colours 0xRRGGBB.
public struct Figure: Sendable {
    public struct Point: Sendable, Equatable {
        public var x: Double
        public var y: Double

        public init(_ x: Double, _ y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// Which end of a text lies at its point.
    public enum Anchor: Sendable {
        case start, middle, end
    }

    public enum Size: Sendable {
        case small, large
    }

    public enum Mark: Sendable {
        case rectangle(x: Double, y: Double, width: Double, height: Double, UInt32)
        case path([Point], UInt32, width: Double, isDashed: Bool = false)
        case polygon([Point], UInt32)
        /// At the left, middle or right of its base line.
        case text(String, Point, UInt32, Size = .small, Anchor = .start)
    }

    public let width: Int
    public let height: Int
    public var marks: [Mark] = []

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    public mutating func line(_ from: Point, _ to: Point, _ colour: UInt32, width: Double = 1, isDashed: Bool = false) {
        marks.append(.path([from, to], colour, width: width, isDashed: isDashed))
    }

    /// On white.
    public func svg() -> String {
        var lines = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
            font-family="DejaVu Sans, Helvetica, Arial, sans-serif">
            <rect width="100%" height="100%" fill="#ffffff"/>
            """
        ]
        lines += marks.map(Self.element)
        return lines.joined(separator: "\n") + "\n</svg>\n"
    }

    private static func element(_ mark: Mark) -> String {
        switch mark {
        case .rectangle(let x, let y, let width, let height, let colour):
            return
                "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\" "
                + "fill=\"\(hex(colour))\"/>"
        case .path(let points, let colour, let width, let isDashed):
            return "<polyline points=\"\(list(points))\" fill=\"none\" stroke=\"\(hex(colour))\" "
                + "stroke-width=\"\(number(width))\" stroke-linejoin=\"round\""
                + (isDashed ? " stroke-dasharray=\"6 4\"/>" : "/>")
        case .polygon(let points, let colour):
            return "<polygon points=\"\(list(points))\" fill=\"\(hex(colour))\"/>"
        case .text(let text, let point, let colour, let size, let anchor):
            let place = anchor == .start ? "start" : anchor == .middle ? "middle" : "end"
            let style = size == .large ? "font-size=\"15\" font-weight=\"bold\"" : "font-size=\"11\""
            return "<text x=\"\(number(point.x))\" y=\"\(number(point.y))\" \(style) text-anchor=\"\(place)\" "
                + "fill=\"\(hex(colour))\">\(escaped(text))</text>"
        }
    }

    private static func list(_ points: [Point]) -> String {
        points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    }

    /// With two decimals at most, in no locale.
    private static func number(_ value: Double) -> String {
        let hundredths = Int((value.isFinite ? min(max(value, -1e9), 1e9) : 0) * 100)
        let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
        let fraction = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
        return (hundredths < 0 ? "-" : "") + "\(whole)" + fraction
    }

    private static func hex(_ colour: UInt32) -> String {
        let digits = String(colour & 0xffffff, radix: 16)
        return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// XML has no control characters, not even escaped ones.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case _ where scalar.properties.generalCategory == .control || scalar.value & 0xfffe == 0xfffe:
                escaped += "\u{fffd}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
