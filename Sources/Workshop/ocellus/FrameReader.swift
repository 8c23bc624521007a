import Boards
import Pictures
import Sensors
import Vision

/// Reads pictures, and clips frame by frame.
struct FrameReader: ~Copyable {
    private var picture = Picture()

    /// - Parameter take: called with each frame, and where it stands in its clip.
    mutating func read(
        _ input: RunInput, _ take: (FrameView, Inference.Place?) throws(Failure) -> Void
    ) throws(Failure) {
        switch input {
        case .picture(let path):
            try decode(path)
            let format: PixelFormat = picture.channels == 3 ? .rgb24 : .grey
            guard let shape = FrameShape(format, width: picture.width, height: picture.height, range: .full),
                let frame = FrameView(shape, packed: UnsafeRawBufferPointer(picture.pixels))
            else { throw Failure(path, "the picture is too large") }
            try take(frame, nil)
        case .clip(let path, let item):
            let source = try Self.source(item)
            var isEmpty = true
            while let frame = try Self.next(of: source) {
                isEmpty = false
                try take(frame.view, Inference.Place(frame: frame.number, seconds: Double(frame.time) / 1e9))
            }
            guard !isEmpty else { throw Failure("\(path): no frame in it") }
        }
    }

    private static func source(_ item: SourceItem) throws(Failure) -> Source {
        do throws(SourceError) { return try Source([item]) } catch { throw Failure(error.message) }
    }

    private static func next(of source: Source) throws(Failure) -> SourceFrame? {
        do throws(SourceError) {
            guard case .frame(let frame) = try source.next() else { return nil }
            return frame
        } catch {
            throw Failure(error.message)
        }
    }

    private mutating func decode(_ path: String) throws(Failure) {
        let file = try WholeFile.read(path)
        do {
            try file.withUnsafeBytes { bytes in try picture.decode(bytes) }
        } catch {
            if let impostor = Impostor(of: file) {
                throw Failure("\(path): \(impostor.description); \(impostor.remedy)")
            }
            throw Failure(path, "\(error)")
        }
    }
}
