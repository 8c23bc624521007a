import Boards
import Drawing
import Pictures

/// Drawings as PNG files. Those that show a sensor's frames come of an `UprightPicture`, which is made with a `PixelPermit`.
enum PictureFile {
    static func write(_ picture: borrowing Picture, to path: String) throws(Failure) {
        try WholeFile.write(png(picture, path), to: path)
    }

    /// As SVG, or by the name's ending as PNG.
    static func write(_ figure: Figure, to path: String) throws(Failure) {
        try WholeFile.write(bytes(of: figure, named: path), to: path)
    }

    static func bytes(of figure: Figure, named path: String) throws(Failure) -> [UInt8] {
        guard FileName.ending(of: path) == "png" else { return Array(figure.svg().utf8) }
        let picture: Picture
        do throws(DrawingError) { picture = try figure.picture() } catch { throw Failure(path, "\(error)") }
        return try png(picture, path)
    }

    private static func png(_ picture: borrowing Picture, _ path: String) throws(Failure) -> [UInt8] {
        do throws(PictureError) { return try picture.png() } catch { throw Failure(path, "\(error)") }
    }
}
