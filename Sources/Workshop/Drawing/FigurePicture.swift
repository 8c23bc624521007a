import CGD
import Pictures

extension Figure {
    /// On white. Shapes are smooth; texts are in gd's built-in fonts, which have ASCII alone.
    public func picture() throws(DrawingError) -> Picture {
        // Painted larger, then reduced: gd smooths no lines of more than a pixel.
        let scale = width * 3 <= 16384 && height * 3 <= 16384 && width * height * 9 <= 64 << 20 ? 3 : 1
        let large = try Canvas(width: width * scale, height: height * scale, ground: 0xffffff)
        for mark in marks { large.paint(mark, scale: Double(scale)) }
        let canvas = try Canvas(width: width, height: height, ground: 0xffffff)
        canvas.reduce(large)
        for mark in marks {
            if case .text(let text, let point, let colour, let size, let anchor) = mark {
                canvas.write(text, at: point, colour: Int32(colour), size, anchor)
            }
        }
        return try canvas.picture()
    }
}

extension Canvas {
    /// A mark's shape; texts are left out.
    fileprivate borrowing func paint(_ mark: Figure.Mark, scale: Double) {
        func pixel(_ value: Double) -> Int { Int(((value.isNaN ? 0 : min(max(value, -1e5), 1e5)) * scale).rounded()) }
        switch mark {
        case .rectangle(let x, let y, let width, let height, let colour):
            fill(
                pixel(x), pixel(y), max(pixel(x + width) - pixel(x), 1), max(pixel(y + height) - pixel(y), 1),
                Int32(colour))
        case .path(let points, let colour, let width, let isDashed):
            for part in isDashed ? Figure.dashes(points) : [points] {
                stroke(part.map { (pixel($0.x), pixel($0.y)) }, Int32(colour), width: max(pixel(width), 1))
            }
        case .polygon(let points, let colour): polygon(points.map { (pixel($0.x), pixel($0.y)) }, Int32(colour))
        case .text: break
        }
    }
}

extension Figure {
    /// The parts of lines that are drawn where they are dashed: 6 pixels of every 10, from each point anew.
    fileprivate static func dashes(_ points: [Point]) -> [[Point]] {
        var dashes: [[Point]] = []
        for (from, to) in zip(points, points.dropFirst()) {
            let (dx, dy) = (to.x - from.x, to.y - from.y)
            let length = (dx * dx + dy * dy).squareRoot()
            guard length > 0, length < 1e5 else { continue }
            for start in stride(from: 0, to: length, by: 10) {
                let (a, b) = (start / length, min(start + 6, length) / length)
                dashes.append([Point(from.x + a * dx, from.y + a * dy), Point(from.x + b * dx, from.y + b * dy)])
            }
        }
        return dashes
    }
}
