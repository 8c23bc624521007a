import Pictures

/// Frames side by side, each with what became of it.
///
/// Tiles are added in order from the left, row by row; all are as wide, and as high as the first picture's shape asks for.
/// Pictures of other shapes have grey on both sides.
public struct ContactSheet: ~Copyable {
    /// What a tile stands out for.
    public enum Occasion: Sendable {
        case none, enter, leave
    }

    /// Pixels that a picture is wide; one made as wide is not resized.
    public static let tileWidth = 288
    private static let gap = 8
    private static let line = 19

    private let columns: Int
    private let rows: Int
    private let lines: Int
    private var tileHeight = 0
    private var canvas: Canvas?
    private var count = 0

    /// - Parameters:
    ///   - tiles: how many will come, 1 or more.
    ///   - lines: of text below each.
    public init(tiles: Int, lines: Int) {
        columns = max(1, min(tiles, 4))
        rows = (max(tiles, 1) + columns - 1) / columns
        self.lines = lines
    }

    private mutating func begin(_ picture: borrowing Picture) throws(DrawingError) {
        let aspect = picture.width > 0 ? Double(picture.height) / Double(picture.width) : 0.75
        tileHeight = Int((Double(Self.tileWidth) * min(max(aspect, 0.05), 8)).rounded())
        canvas = try Canvas(
            width: columns * (Self.tileWidth + Self.gap) + Self.gap,
            height: rows * (tileHeight + lines * Self.line + Self.gap) + Self.gap, ground: 0xffffff)
    }

    /// - Parameters:
    ///   - picture: an empty one leaves its place grey.
    ///   - boxes: with labels, the first above the others.
    ///   - guides: what a sensor was told of the scene.
    ///   - captions: a line each; what does not fit is left out.
    public mutating func add(
        _ picture: borrowing Picture, boxes: [Drawing.Box] = [], guides: [Drawing.Guide] = [], captions: [String],
        _ occasion: Occasion = .none
    ) throws(DrawingError) {
        if canvas == nil { try begin(picture) }
        try paint(picture, boxes, guides, captions, occasion)
        count += 1
    }

    private borrowing func paint(
        _ picture: borrowing Picture, _ boxes: [Drawing.Box], _ guides: [Drawing.Guide], _ captions: [String],
        _ occasion: Occasion
    ) throws(DrawingError) {
        let left = Self.gap + count % columns * (Self.tileWidth + Self.gap)
        let top = Self.gap + count / columns * (tileHeight + lines * Self.line + Self.gap)
        let colour: Int32? =
            switch occasion {
            case .none: nil
            case .enter: 0x00806a
            case .leave: 0xd81b60
            }
        if let colour {
            let rim = 4
            canvas?.fill(
                left - rim, top - rim, Self.tileWidth + 2 * rim, tileHeight + lines * Self.line + 2 * rim, colour)
        }
        canvas?.fill(left, top, Self.tileWidth, tileHeight, 0xcbd2d9)
        if picture.width > 0 {
            let place = fitted(picture, left, top)
            canvas?.paint(picture, x: place.x, y: place.y, width: place.width, height: place.height)
            canvas?.draw(boxes, guides, on: place)
        }
        let ground = colour ?? Canvas.dark
        canvas?.fill(left, top + tileHeight, Self.tileWidth, lines * Self.line, ground)
        let room = (Self.tileWidth - 8) / Canvas.characterWidth
        for (index, caption) in captions.prefix(lines).enumerated() {
            canvas?.write(
                String(caption.prefix(room)), x: left + 5, y: top + tileHeight + index * Self.line + 2, scale: 1,
                ground: ground)
        }
    }

    /// As large as the tile allows, in its middle.
    private func fitted(_ picture: borrowing Picture, _ left: Int, _ top: Int) -> Canvas.Place {
        let aspect = Double(picture.height) / Double(picture.width)
        let high = Int((Double(Self.tileWidth) * aspect).rounded())
        let width = high > tileHeight ? max(1, Int((Double(tileHeight) / aspect).rounded())) : Self.tileWidth
        let height = min(max(high, 1), tileHeight)
        return Canvas.Place(
            x: left + (Self.tileWidth - width) / 2, y: top + (tileHeight - height) / 2, width: width, height: height,
            text: 1)
    }

    /// The sheet so far, RGB.
    public borrowing func picture() throws(DrawingError) -> Picture {
        guard canvas != nil else { throw .empty }
        return try canvas!.picture()
    }
}
