import CPictures

/// Why a picture could not be read or written; the caller adds the file's name.
public struct PictureError: Error {
    /// One clause without a full stop: what is wrong, and what to do where there is something to do.
    public let reason: StaticString

    init(_ status: oc_picture_status) {
        reason =
            switch status {
            case OC_PICTURE_EMPTY: "the picture is empty"
            case OC_PICTURE_UNKNOWN: "not a picture: expected JPEG, PNG, BMP, PGM or PPM"
            case OC_PICTURE_BAD_HEADER: "the picture's header is cut short or damaged"
            case OC_PICTURE_TOO_LARGE: "the picture is too large: at most 16384 pixels a side and 67108864 in all"
            case OC_PICTURE_DAMAGED: "the picture's data is cut short or damaged"
            case OC_PICTURE_COLOUR_SPACE: "a CMYK JPEG: convert it to RGB"
            case OC_PICTURE_VARIANT: "a BMP that is cut short, damaged, compressed or not of 8, 24 or 32 bits a pixel"
            case OC_PICTURE_NO_MEMORY: "not enough memory for the picture"
            case OC_PICTURE_NO_PROC: "BMP, PGM and PPM pictures need /proc mounted"
            case OC_PICTURE_NO_JPEG:
                "this program was built without libturbojpeg: no JPEG, BMP, PGM or PPM pictures"
            case OC_PICTURE_NO_PNG: "this program was built without libpng: no PNG pictures"
            default: "the picture could not be written as PNG"
            }
    }
}

extension PictureError: CustomStringConvertible {
    public var description: String { reason.description }
}
