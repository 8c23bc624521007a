import Drawing
import Pictures

/// Drawings as PNG files. Those that show a sensor's frames come of an `UprightPicture`, which is made with a `PixelPermit`.
enum PictureFile {
    static func write(_ picture: borrowing Picture, to path: String) throws(Failure) {
        let file: [UInt8]
        do throws(PictureError) { file = try picture.png() } catch { throw Failure(path, "\(error)") }
        try WholeFile.write(file, to: path)
    }
}
