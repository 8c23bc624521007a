import CGD
import Foundation
import Pictures

/// Paints what a model saw onto the picture it saw.
public enum Drawing {
    /// One line of the result: a label with its probability.
    public struct Score: Sendable {
        public var label: String
        /// 0 to 1.
        public var probability: Double

        public init(label: String, probability: Double) {
            self.label = label
            self.probability = probability
        }
    }

    /// A place in fractions of the picture's width and height, from the left and from the top.
    public struct Point: Sendable {
        public var x: Double
        public var y: Double

        public init(x: Double, y: Double) { (self.x, self.y) = (x, y) }
    }

    /// A part of the scene that a sensor was told of, drawn thin.
    public struct Guide: Sendable {
        /// Of a polygon, or the two ends of a line that objects cross.
        public var corners: [Point]
        /// At the lowest corner; may be empty.
        public var label: String
        /// A line with an arrow to its right, seen from the first corner.
        public var isCrossing: Bool

        public init(corners: [Point], label: String, isCrossing: Bool = false) {
            (self.corners, self.label, self.isCrossing) = (corners, label, isCrossing)
        }
    }

    /// A hue for each of a few numbers, such as labels; they repeat after five.
    public static func colour(_ number: Int) -> Int32 {
        Canvas.colours[Int(UInt(bitPattern: number) % UInt(Canvas.colours.count))]
    }

    /// A detected object. Edges are fractions of the picture's width and height, from the left and from the top; what
    /// reaches outside the picture is cut off.
    public struct Box: Sendable {
        public var left: Double
        public var top: Double
        public var right: Double
        public var bottom: Double
        /// Text above the box; may be empty.
        public var label: String
        /// 0xRRGGBB, dark enough for white text; nil: one of its own for each box.
        public var colour: Int32?
        /// Key points, drawn as dots.
        public var points: [Point]

        public init(
            left: Double, top: Double, right: Double, bottom: Double, label: String, colour: Int32? = nil,
            points: [Point] = []
        ) {
            self.colour = colour
            self.points = points
            self.left = left
            self.top = top
            self.right = right
            self.bottom = bottom
            self.label = label
        }
    }

    /// The picture with boxes, guides and their labels on it, and below it one line a score, best first as given. The first
    /// box lies above the others.
    ///
    /// A picture less than 384 pixels wide is enlarged by a whole factor, so that the text fits; on a large one the
    /// text grows with it. Characters outside ASCII are drawn without their accents or as `?`.
    /// - Returns: An RGB picture.
    public static func annotate(
        _ picture: borrowing Picture, scores: [Score] = [], boxes: [Box] = [], guides: [Guide] = []
    ) throws(DrawingError) -> Picture {
        guard picture.width > 0 else { throw .empty }
        let zoom = max(1, (384 + picture.width - 1) / picture.width)
        let width = picture.width * zoom
        let height = picture.height * zoom
        let text = max(1, width / 640)
        let row = (Canvas.characterHeight + 6) * text
        let canvas = try Canvas(width: width, height: height + (scores.isEmpty ? 0 : row * scores.count + 4 * text))
        canvas.paint(picture, x: 0, y: 0, width: width, height: height)
        canvas.draw(boxes, guides, on: Canvas.Place(width: width, height: height, text: text))
        for (index, score) in scores.enumerated() {
            canvas.line(score, top: height + 2 * text + index * row, width: width, row: row, text: text)
        }
        return try canvas.picture()
    }
}

/// Why a result could not be drawn.
public enum DrawingError: Error, CustomStringConvertible {
    case empty
    case tooLarge

    public var description: String {
        switch self {
        case .empty: "there is no picture to draw on"
        case .tooLarge: "the picture is too large to draw on"
        }
    }
}
