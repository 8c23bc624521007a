import System

/// A folder of pictures.
public enum PictureFolder {
    /// Its pictures, in the order of their names' bytes.
    /// - Throws: where it cannot be read, or there is none in it.
    public static func pictures(in folder: Path) throws(SourceError) -> [Path] {
        var pictures: [Path] = []
        do throws(Errno) {
            for name in try Folder.names(in: folder) where isPicture(name) { pictures.append(folder.appending(name)) }
        } catch {
            throw SourceError(folder.description, "cannot read the folder: \(error.description)")
        }
        guard !pictures.isEmpty else {
            throw SourceError(
                folder.description, "no pictures in this folder (.jpg .jpeg .png .bmp .pbm .pgm .ppm .pnm .pam)")
        }
        return pictures
    }

    /// Hidden files are none: other systems leave some that look like pictures (`._a.jpg`).
    private static func isPicture(_ name: [UInt8]) -> Bool {
        guard name.first != UInt8(ascii: "."), let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return false }
        let ending = name[(dot + 1)...].map { $0 | 0x20 }  // ASCII letters to lower case
        switch ending.count {
        case 4: return ending.isEqual(to: "jpeg")
        case 3:
            return ending.isEqual(to: "jpg") || ending.isEqual(to: "png")
                || ending.isEqual(to: "bmp") || ending.isEqual(to: "pbm")
                || ending.isEqual(to: "pgm") || ending.isEqual(to: "ppm")
                || ending.isEqual(to: "pnm") || ending.isEqual(to: "pam")
        default: return false
        }
    }
}
