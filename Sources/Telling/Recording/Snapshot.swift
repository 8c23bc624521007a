import Bundle
import CLinux
import Pictures
import Vision

/// A frame as a JPEG file in memory, upright and masked as the pictures of records are.
public final class Snapshot {
    public let width: Int
    public let height: Int
    private let memory: UnsafeMutableRawPointer
    private let range: Range<Int>

    /// The file.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory + range.lowerBound, count: range.count)
    }

    /// Takes memory that it keeps as long as it lives, and none else.
    /// - Parameter settings: the longer side at most, and the quality.
    /// - Returns: nil: there is no memory for it, or no picture of such frames.
    public init?(_ frame: FrameView, _ settings: RecordSettings, _ facts: RecordFacts, _: PixelPermit) {
        let room = settings.side * settings.side * 3
        let fileBytes = PixelKeeper.fileBytes(settings)
        guard let memory = oc_allocate(2 * room + fileBytes) else { return nil }
        let kept = UnsafeMutableRawBufferPointer(start: memory, count: room)
        let painted = UnsafeMutableRawBufferPointer(start: memory + room, count: room)
        let file = UnsafeMutableRawBufferPointer(start: memory + 2 * room, count: fileBytes)
        let painter = PicturePainter(frame.shape, settings.side, facts, room: room)
        let side = painter.side
        var encoder = JPEGEncoder(quality: settings.quality)
        guard painter.take(frame, into: kept), painter.paint(UnsafeRawBufferPointer(kept), into: painted),
            let count = encoder.encode(
                UnsafeRawBufferPointer(painted), width: side.width, height: side.height, channels: side.channels,
                into: file)
        else {
            oc_release(memory)
            return nil
        }
        self.memory = memory
        (width, height) = (side.width, side.height)
        range = 2 * room..<2 * room + count
    }

    deinit { oc_release(memory) }
}
