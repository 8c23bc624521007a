import CGD
import Foundation
import Pictures

/// A true-colour picture of libgd, 0xRRGGBB a pixel.
struct Canvas: ~Copyable {
    /// Of gd's largest built-in font.
    static let characterWidth = 9
    static let characterHeight = 15
    /// Dark enough for white text (contrast 4.5 and more), and told apart by those who lack a kind of cones: any two are 30 apart
    /// in CIELAB to everybody, by Machado, Oliveira and Fernandes (2009).
    static let colours: [Int32] = [0xd81b60, 0x1e66d0, 0x8c7500, 0x8000ff, 0x8c0075]

    static let white: Int32 = 0xffffff
    static let dark: Int32 = 0x202428
    private static let bar: Int32 = 0x1e66d0

    private let image: gdImagePtr
    let width: Int
    let height: Int

    init(width: Int, height: Int, ground: Int32 = Canvas.dark) throws(DrawingError) {
        guard width <= 16384, height <= 16384, width * height <= 64 << 20,
            let image = gdImageCreateTrueColor(Int32(width), Int32(height))
        else { throw .tooLarge }
        self.image = image
        self.width = width
        self.height = height
        fill(0, 0, width, height, ground)
    }

    deinit {
        gdImageDestroy(image)
    }

    borrowing func fill(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ colour: Int32) {
        guard width > 0, height > 0 else { return }
        gdImageFilledRectangle(image, Int32(x), Int32(y), Int32(x + width - 1), Int32(y + height - 1), colour)
    }

    /// The picture, resized by picking the nearest pixels: one that is as large stays as it is.
    borrowing func paint(_ picture: borrowing Picture, x left: Int, y top: Int, width: Int, height: Int) {
        let (channels, pixels) = (picture.channels, picture.pixels)
        for y in max(0, -top)..<max(0, min(height, self.height - top)) {
            guard let row = image.pointee.tpixels[top + y] else { continue }
            let from = y * picture.height / height * picture.width * channels
            for x in max(0, -left)..<max(0, min(width, self.width - left)) {
                let at = from + x * picture.width / width * channels
                let red = Int32(pixels[at])
                row[left + x] =
                    channels == 3
                    ? red << 16 | Int32(pixels[at + 1]) << 8 | Int32(pixels[at + 2]) : red << 16 | red << 8 | red
            }
        }
    }

    /// The lines from each point to the next.
    borrowing func stroke(_ points: [(Int, Int)], _ colour: Int32, width: Int) {
        gdImageSetThickness(image, Int32(width))
        defer { gdImageSetThickness(image, 1) }
        for (from, to) in zip(points, points.dropFirst()) {
            gdImageLine(image, Int32(from.0), Int32(from.1), Int32(to.0), Int32(to.1), colour)
        }
    }

    borrowing func polygon(_ points: [(Int, Int)], _ colour: Int32) {
        var corners = points.map { gdPoint(x: Int32($0.0), y: Int32($0.1)) }
        gdImageFilledPolygon(image, &corners, Int32(corners.count), colour)
    }

    /// All of a larger canvas, smoothed.
    borrowing func reduce(_ larger: borrowing Canvas) {
        gdImageCopyResampled(
            image, larger.image, 0, 0, 0, 0, Int32(width), Int32(height), Int32(larger.width), Int32(larger.height))
    }

    /// Text without a ground.
    borrowing func write(
        _ text: String, at point: Figure.Point, colour: Int32, _ size: Figure.Size, _ anchor: Figure.Anchor
    ) {
        var characters = Self.printable(text)
        guard !characters.isEmpty, let font = size == .large ? gdFontGetGiant() : gdFontGetSmall() else { return }
        let length = Double(characters.count * Int(font.pointee.w))
        guard abs(point.x) < 1e5, abs(point.y) < 1e5 else { return }
        let x = anchor == .start ? point.x : anchor == .middle ? point.x - length / 2 : point.x - length
        characters.append(0)
        gdImageString(
            image, font, Int32(x.rounded()), Int32(point.y.rounded()) - font.pointee.h + 3, &characters, colour)
    }

    /// Text on a ground of its own, every point of the font `scale` pixels wide.
    /// - Returns: The width in pixels.
    @discardableResult
    borrowing func write(_ text: String, x: Int, y: Int, scale: Int, ground: Int32) -> Int {
        var characters = Self.printable(text)
        guard !characters.isEmpty else { return 0 }
        let columns = Int32(characters.count * Self.characterWidth)
        let rows = Int32(Self.characterHeight)
        guard let line = gdImageCreateTrueColor(columns, rows) else { return 0 }
        defer { gdImageDestroy(line) }
        gdImageFilledRectangle(line, 0, 0, columns - 1, rows - 1, ground)
        characters.append(0)
        gdImageString(line, gdFontGetGiant(), 0, 0, &characters, Self.white)
        gdImageCopyResized(
            image, line, Int32(x), Int32(y), 0, 0, columns * Int32(scale), rows * Int32(scale), columns, rows)
        return Int(columns) * scale
    }

    /// At most 200 ASCII characters; the built-in fonts have no others that UTF-8 could name.
    static func printable(_ text: String) -> [UInt8] {
        text.folding(options: .diacriticInsensitive, locale: nil).unicodeScalars.prefix(200).map {
            0x20..<0x7f ~= $0.value ? UInt8($0.value) : UInt8(ascii: "?")
        }
    }

    /// A score as a line of text before a bar as long as its probability.
    borrowing func line(_ score: Drawing.Score, top: Int, width: Int, row: Int, text: Int) {
        let probability = score.probability.isFinite ? min(max(score.probability, 0), 1) : 0
        let percent = String(format: "%5.1f%%", probability * 100)
        let margin = 6 * text
        let barWidth = width / 4
        let end = barWidth + margin
        fill(margin, top + 4 * text, Int(Double(barWidth) * probability), row - 8 * text, Self.bar)
        let room = max(0, (width - end - 2 * margin) / (Self.characterWidth * text) - percent.count - 1)
        write(
            percent + " " + score.label.prefix(room), x: end + margin, y: top + 3 * text, scale: text,
            ground: Self.dark)
    }

    /// A disc around (x, y), `width` pixels wide.
    borrowing func disc(_ x: Int, _ y: Int, width: Int, _ colour: Int32) {
        gdImageFilledEllipse(image, Int32(x), Int32(y), Int32(width), Int32(width), colour)
    }

    /// From now on nothing is painted outside the `width` x `height` pixels from (x, y).
    borrowing func clip(x: Int, y: Int, width: Int, height: Int) {
        gdImageSetClip(image, Int32(x), Int32(y), Int32(x + width - 1), Int32(y + height - 1))
    }

    borrowing func picture() throws(DrawingError) -> Picture {
        do throws(PictureError) {
            let picture = try Picture(width: width, height: height, channels: 3)
            let pixels = picture.pixels
            for y in 0..<height {
                guard let row = image.pointee.tpixels[y] else { continue }
                for x in 0..<width {
                    let at = (y * width + x) * 3
                    pixels[at] = UInt8(truncatingIfNeeded: row[x] >> 16)
                    pixels[at + 1] = UInt8(truncatingIfNeeded: row[x] >> 8)
                    pixels[at + 2] = UInt8(truncatingIfNeeded: row[x])
                }
            }
            return picture
        } catch {
            throw .tooLarge
        }
    }
}
