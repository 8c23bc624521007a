import System
import Vision

/// A frame as a source hands it over.
public struct SourceFrame {
    /// The pixels; valid until the source is asked for the next frame.
    public let view: FrameView
    /// Counted by the source from 0, dropped frames as well.
    public let number: Int64
    /// When its last byte had come.
    public let captured: Moment
    /// When it comes by the source's own frame rate, in nanoseconds since its first frame.
    public let time: Int64
}
