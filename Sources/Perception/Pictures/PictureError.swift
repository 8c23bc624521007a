import CPictures

/// Why a picture could not be read or written; the caller adds the file's name.
public struct PictureError: Error {
    /// One clause without a full stop: what is wrong, and what to do where there is something to do.
    public let reason: StaticString

    init(_ status: oc_picture_status) {
        reason =
            switch status {
            case OC_PICTURE_EMPTY: "the picture is empty"
            case OC_PICTURE_UNKNOWN: "not a picture: expected JPEG, PNG, BMP, PBM, PGM, PPM or PAM"
            case OC_PICTURE_BAD_HEADER: "the picture's header is cut short or damaged"
            case OC_PICTURE_TOO_LARGE: "the picture is too large: at most 16384 pixels a side and 67108864 in all"
            case OC_PICTURE_DAMAGED: "the picture's data is cut short or damaged"
            case OC_PICTURE_COLOUR_SPACE: "a CMYK JPEG: convert it to RGB"
            case OC_PICTURE_JPEG_KIND:
                "a kind of JPEG that libjpeg does not decode: save it with 8 bits and sampling 4:4:4 or 4:2:0"
            case OC_PICTURE_COMPRESSED_BMP: "a compressed BMP: save it uncompressed, or as PNG"
            case OC_PICTURE_NO_MEMORY: "not enough memory for the picture"
            case OC_PICTURE_NO_JPEG: "this program was built without libjpeg: no JPEG pictures"
            case OC_PICTURE_NO_PNG: "this program was built without libpng: no PNG pictures"
            default: "the picture could not be written as PNG"
            }
    }
}

extension PictureError: CustomStringConvertible {
    public var description: String { reason.description }
}
