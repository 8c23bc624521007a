import Bundle
import CBundle
import Vision

/// Makes the pictures of frames of one shape: what a frame's picture needs is kept when it comes, and the picture, upright and
/// masked, is made of that when it is written.
///
/// The thread that takes frames makes it, so that the one that writes allocates nothing; each has its own half.
final class PicturePainter: @unchecked Sendable {
    let source: FrameShape
    /// Of the picture.
    let side: (width: Int, height: Int, channels: Int)
    private let sampler: FrameSampler?
    // Of the thread that writes.
    private var maker: Preprocessor?
    private var mask: Mask?

    /// - Parameters:
    ///   - longest: the picture's longer side at most.
    ///   - room: bytes for what is kept of a frame.
    init(_ source: FrameShape, _ longest: Int, _ facts: RecordFacts, room: Int) {
        self.source = source
        let isTurned = facts.picture.orientation % 2 == 1
        let upright = isTurned ? (source.height, source.width) : (source.width, source.height)
        let longer = max(upright.0, upright.1)
        let size = min(longer, longest)
        let (width, height) = (max(upright.0 * size / longer, 1), max(upright.1 * size / longer, 1))
        let channels = source.format == .grey ? 1 : 3
        side = (width, height, channels)
        sampler = FrameSampler(
            source, columns: isTurned ? height : width, rows: isTurned ? width : height, room: room)
        maker = nil
        mask = nil
        guard let kept = sampler?.shape else { return }
        var record = oc_preprocess()
        record.orientation = facts.picture.orientation
        record.width = UInt32(width)
        record.height = UInt32(height)
        record.channels = UInt32(channels)
        record.crop = (0, 0, 65535, 65535)
        withUnsafeMutableBytes(of: &record.table) { table in
            for index in 0..<768 { table[index] = UInt8(truncatingIfNeeded: index) }
        }
        do throws(PreprocessorError) { maker = try Preprocessor(record, kept) } catch { maker = nil }
        guard !facts.masks.isEmpty else { return }
        let isWhole = kept == source
        mask = Mask(record, source, facts.masks.map { isWhole ? $0 : widened($0) })
    }

    /// - Returns: false: there can be no picture.
    func take(_ frame: FrameView, into memory: UnsafeMutableRawBufferPointer) -> Bool {
        guard let sampler else { return false }
        sampler.take(frame, into: memory)
        return true
    }

    /// - Parameters:
    ///   - kept: what `take` kept.
    ///   - picture: takes it, row by row.
    /// - Returns: false: there is none.
    func paint(_ kept: UnsafeRawBufferPointer, into picture: UnsafeMutableRawBufferPointer) -> Bool {
        guard let shape = maker?.shape, let frame = FrameView(shape, packed: kept) else { return false }
        maker?.convert(frame, into: picture)
        mask?.paint(picture)
        return true
    }

    /// What was picked may lie two pixels of the picture from where it is shown.
    private func widened(_ part: oc_region) -> oc_region {
        func widen(_ start: UInt16, _ length: UInt16, _ size: Int) -> (UInt16, UInt16) {
            let margin = (2 * 65535 + size - 1) / size
            let first = max(Int(start) - margin, 0)
            return (UInt16(first), UInt16(min(Int(start) + Int(length) + margin, 65535) - first))
        }
        var part = part
        (part.x, part.width) = widen(part.x, part.width, side.width)
        (part.y, part.height) = widen(part.y, part.height, side.height)
        return part
    }
}
