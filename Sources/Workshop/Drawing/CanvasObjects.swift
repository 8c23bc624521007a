/// What lies on a picture: a detector's boxes, and what a sensor was told of the scene.
extension Canvas {
    /// The pixels that a picture takes on the canvas.
    struct Place {
        var x = 0
        var y = 0
        let width: Int
        let height: Int
        /// Pixels that a point of text is wide.
        let text: Int

        /// Nil where the point is no number. What lies outside the picture is moved to its edge.
        func pixel(_ point: Drawing.Point) -> (x: Int, y: Int)? {
            guard point.x.isFinite, point.y.isFinite else { return nil }
            func pixel(_ fraction: Double, _ extent: Int) -> Int {
                Int((min(max(fraction, 0), 1) * Double(extent)).rounded())
            }
            return (x + pixel(point.x, width), y + pixel(point.y, height))
        }
    }

    /// Guides with their labels lowest, then boxes, the first highest, and above all of them their labels.
    borrowing func draw(_ boxes: [Drawing.Box], _ guides: [Drawing.Guide], on place: Place) {
        clip(x: place.x, y: place.y, width: place.width, height: place.height)
        defer { clip(x: 0, y: 0, width: width, height: height) }
        for guide in guides { line(guide, place) }
        for guide in guides {
            // Low in the picture, where ground is rather than objects.
            guard let corner = guide.corners.compactMap(place.pixel).max(by: { ($0.y, $1.x) < ($1.y, $0.x) })
            else { continue }
            tag(guide.label, above: corner, place, Self.dark)
        }
        let coloured = boxes.enumerated().map { ($0.element, $0.element.colour ?? Drawing.colour($0.offset)) }
        for (box, colour) in coloured.reversed() { outline(box, place, colour) }
        for (box, colour) in coloured.reversed() {
            guard let corners = corners(box, place) else { continue }
            tag(box.label, above: (corners.left, corners.top), place, colour)
        }
    }

    /// Pixels of the edges, the right and lower ones outside. Nil where nothing lies between them.
    private borrowing func corners(
        _ box: Drawing.Box, _ place: Place
    ) -> (left: Int, top: Int, right: Int, bottom: Int)? {
        guard let first = place.pixel(Drawing.Point(x: box.left, y: box.top)),
            let last = place.pixel(Drawing.Point(x: box.right, y: box.bottom)), last.x > first.x, last.y > first.y
        else { return nil }
        return (first.x, first.y, last.x, last.y)
    }

    /// A rectangle with a white edge inside, which shows on dark pictures, and its key points.
    private borrowing func outline(_ box: Drawing.Box, _ place: Place, _ colour: Int32) {
        guard let (left, top, right, bottom) = corners(box, place) else { return }
        let (text, width, height) = (place.text, right - left, bottom - top)
        let thick = min(2 * text, width, height)
        if width > 2 * (thick + text), height > 2 * (thick + text) {
            edges(left + thick, top + thick, width - 2 * thick, height - 2 * thick, thick: text, Self.white)
        }
        edges(left, top, width, height, thick: thick, colour)
        for point in box.points {
            guard let (x, y) = place.pixel(point) else { continue }
            disc(x, y, width: 6 * text, Self.white)
            disc(x, y, width: 4 * text, colour)
        }
    }

    private borrowing func edges(_ x: Int, _ y: Int, _ width: Int, _ height: Int, thick: Int, _ colour: Int32) {
        fill(x, y, width, thick, colour)
        fill(x, y + height - thick, width, thick, colour)
        fill(x, y, thick, height, colour)
        fill(x + width - thick, y, thick, height, colour)
    }

    /// White in a dark edge. Across a line that objects cross, an arrow leads to the side that is "in".
    private borrowing func line(_ guide: Drawing.Guide, _ place: Place) {
        let corners = guide.corners.compactMap(place.pixel).map { ($0.x, $0.y) }
        guard let first = corners.first, let last = corners.last, corners.count > 1 else { return }
        var lines = [guide.isCrossing ? corners : corners + [first]]
        let text = Double(place.text)
        let (along, down) = (Double(last.0 - first.0), Double(last.1 - first.1))
        let length = (along * along + down * down).squareRoot()
        if guide.isCrossing, length > 0 {
            // To the right of the one who looks from the first corner to the last, as y grows downwards.
            let middle = (x: Double(first.0 + last.0) / 2, y: Double(first.1 + last.1) / 2)
            func point(ahead: Double, aside: Double) -> (Int, Int) {
                let (ahead, aside) = (ahead * text / length, aside * text / length)
                return (
                    Int((middle.x - down * ahead + along * aside).rounded()),
                    Int((middle.y + along * ahead + down * aside).rounded())
                )
            }
            let tip = point(ahead: 20, aside: 0)
            lines.append([point(ahead: 0, aside: 0), tip])
            lines.append([point(ahead: 13, aside: -6), tip, point(ahead: 13, aside: 6)])
        }
        for line in lines { stroke(line, Self.dark, width: 3 * place.text) }
        for line in lines { stroke(line, Self.white, width: place.text) }
    }

    /// A label on a ground of its own, above a point of the canvas, or below it at the picture's top; moved to the left
    /// where it would leave the picture.
    private borrowing func tag(_ label: String, above corner: (x: Int, y: Int), _ place: Place, _ ground: Int32) {
        let (text, letter) = (place.text, Self.characterWidth * place.text)
        let label = String(label.prefix(max(0, (place.width - 6 * text) / letter)))
        guard !label.isEmpty else { return }
        let height = Self.characterHeight * text + 2 * text
        let width = Self.printable(label).count * letter + 6 * text
        let left = max(place.x, min(corner.x, place.x + place.width - width))
        let top =
            corner.y - place.y >= height
            ? corner.y - height : max(place.y, min(corner.y, place.y + place.height - height))
        fill(left, top, width, height, ground)
        write(label, x: left + 3 * text, y: top + text, scale: text, ground: ground)
    }
}
