import CBundle

/// The right to write pixels into files. Whatever writes some is made with it, and only a bundle gives it: one whose
/// sensor file says `privacy: metadata-only` gives none, so that under it no such code can run.
public struct PixelPermit: Sendable {
    init() {}
}

extension BundleView {
    /// Nil: only metadata may be written.
    public var pixelPermit: PixelPermit? {
        sensor.map { $0.pointee.privacy != OC_PRIVACY_NONE.rawValue } == true ? nil : PixelPermit()
    }
}
