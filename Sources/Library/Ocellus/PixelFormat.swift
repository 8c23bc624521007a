import Vision

/// How a picture's bytes say colour; the numbers are those of `ocellus.h`. YUV has limited range, as cameras give it.
public enum PixelFormat: Int, Sendable {
    /// One byte a pixel.
    case grey = 1
    /// Three bytes a pixel: red, green, blue.
    case rgb = 2
    /// Three bytes a pixel: blue, green, red.
    case bgr = 3
    /// Planes of luma, Cb and Cr, these of half the width and height, rounded up (I420).
    case yuv420 = 4
    /// A plane of luma, then one of CbCr pairs of half the width and height, rounded up.
    case nv12 = 5
    /// `nv12` with CrCb pairs.
    case nv21 = 6
    /// Pairs of pixels: Y Cb Y Cr. The width is even.
    case yuyv = 7
    /// Pairs of pixels: Cb Y Cr Y. The width is even.
    case uyvy = 8

    var ofVision: Vision.PixelFormat {
        switch self {
        case .grey: .grey
        case .rgb: .rgb24
        case .bgr: .bgr24
        case .yuv420: .yuv420
        case .nv12: .nv12
        case .nv21: .nv21
        case .yuyv: .yuyv
        case .uyvy: .uyvy
        }
    }
}
