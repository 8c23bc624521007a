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
        case 4: return ending.elementsEqual("jpeg".utf8)
        case 3:
            return ending.elementsEqual("jpg".utf8) || ending.elementsEqual("png".utf8)
                || ending.elementsEqual("bmp".utf8) || ending.elementsEqual("pbm".utf8)
                || ending.elementsEqual("pgm".utf8) || ending.elementsEqual("ppm".utf8)
                || ending.elementsEqual("pnm".utf8) || ending.elementsEqual("pam".utf8)
        default: return false
        }
    }
}
