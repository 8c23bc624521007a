import Pictures
import System
import Vision

/// Files: pictures and recorded streams, one after another. They wait, so nothing is dropped.
final class ReplaySource {
    private enum Entry {
        case picture(Path)
        case stream(SourceItem)
    }

    private let entries: [Entry]
    private let loops: Bool
    private let pictureRate: FrameRate
    private let streamRate: FrameRate
    private var index = 0
    private var isPaced: Bool
    private var dropsLate = false
    private var stream: FrameStream?
    private var buffer = FrameBuffer()
    private var decoder: FrameDecoder
    private var file = FileContent()  // of the picture
    private var picture = Picture()
    private var number: Int64 = 0
    private var inEntry: Int64 = 0  // frames of the entry so far
    private var base: Int64 = 0  // nanoseconds before the entry
    private var began: Int64?  // when the first frame was given, where frames are paced
    /// Frames whose time had passed when they could have been given.
    private(set) var dropped: Int64 = 0
    /// JPEG frames of a stream that could not be decoded; nil: there is no such stream.
    private(set) var damaged: Int64?

    /// - Parameters:
    ///   - items: files and folders.
    ///   - pictureRate: pictures a second.
    ///   - streamRate: for streams that do not say theirs.
    ///   - isPaced: each frame is given when its time has come.
    ///   - needs: pixels that compressed frames are decoded to.
    init(
        _ items: [SourceItem], loops: Bool, pictureRate: FrameRate, streamRate: FrameRate, isPaced: Bool,
        needs: CameraNeeds
    ) throws(SourceError) {
        self.loops = loops
        self.isPaced = isPaced
        decoder = FrameDecoder(needs)
        damaged = items.contains { $0.isCompressed } ? 0 : nil
        self.pictureRate = pictureRate
        self.streamRate = streamRate
        var entries: [Entry] = []
        for item in items { try ReplaySource.add(item, to: &entries) }
        self.entries = entries
    }

    /// What comes next.
    enum Next {
        case frame(SourceFrame)
        /// Its time has not come.
        case later
        case end
    }

    /// From the next frame on each is given when its time has come.
    /// - Parameter dropsLate: frames are left out whose time has passed.
    func pace(dropsLate: Bool) {
        isPaced = true
        self.dropsLate = dropsLate
    }

    /// Nanoseconds until the next frame's time; 0: it may be taken.
    func pause(at now: Int64) -> Int64 {
        guard isPaced, let began else { return 0 }
        return max(began + time - now, 0)
    }

    /// When the next frame comes by the files' own rates.
    private var time: Int64 {
        min(base + (stream?.rate ?? streamRate).time(ofFrame: inEntry), FrameRate.lastInstant)
    }

    /// The next frame, valid until the next call.
    func next() throws(SourceError) -> Next {
        guard isPaced else { return try give().map { .frame($0) } ?? .end }
        let now = Clock.monotonic
        guard pause(at: now) == 0 else { return .later }
        began = began ?? now
        while let frame = try give() {
            // As a camera's newest frame wins, those that came meanwhile are left out.
            guard dropsLate, pause(at: Clock.monotonic) == 0, index < entries.count || loops else {
                return .frame(frame)
            }
            dropped += 1
        }
        return .end
    }

    private func give() throws(SourceError) -> SourceFrame? {
        while true {
            if index == entries.count {
                guard loops else { return nil }
                index = 0
            }
            switch entries[index] {
            case .picture(let path):
                let view = try decode(path)
                let frame = SourceFrame(view: view, number: number, captured: .now, time: base)
                index += 1
                number += 1
                base = min(base + pictureRate.time(ofFrame: 1), FrameRate.lastInstant)
                return frame
            case .stream(let item):
                if let frame = try nextOfStream(item) { return frame }
                base = time
                let wasEmpty = inEntry == 0
                inEntry = 0
                index += 1
                if entries.count == 1, loops, !wasEmpty {
                    try rewind(item)
                } else if wasEmpty, loops {
                    throw SourceError(item.name, "no frame to repeat")
                } else {
                    stream = nil
                }
            }
        }
    }

    private func nextOfStream(_ item: SourceItem) throws(SourceError) -> SourceFrame? {
        if stream == nil { stream = try ReplaySource.stream(of: item) }
        do throws(FrameStream.StreamError) {
            while true {
                let before = stream?.broken ?? 0
                let isFrame = try stream?.read(into: &buffer) == true
                let broken = (stream?.broken ?? 0) - before
                if broken > 0 {
                    damaged = (damaged ?? 0) + broken
                    number += broken
                    inEntry += broken
                }
                guard isFrame else { return nil }
                let (time, number) = (time, number)
                self.number += 1
                inEntry += 1
                let view: FrameView?
                switch stream?.form {
                case .pixels(let layout): view = layout.view(buffer.bytes)
                case .jpeg:
                    view = decoder.view(ofJPEG: buffer.bytes)
                    // As of a camera: the others are good.
                    if view == nil { damaged = (damaged ?? 0) + 1 }
                case nil: view = nil
                }
                guard let view else { continue }
                return SourceFrame(view: view, number: number, captured: .now, time: time)
            }
        } catch {
            throw ReplaySource.failure(error, item)
        }
    }

    private static func stream(of item: SourceItem) throws(SourceError) -> FrameStream {
        let reader: ByteReader
        do throws(Errno) { reader = try ByteReader(item, stop: -1) } catch {
            throw SourceError(item.name, "cannot open: \(error.description)")
        }
        do throws(FrameStream.StreamError) { return try FrameStream(item, reader) } catch {
            throw failure(error, item)
        }
    }

    private func rewind(_ item: SourceItem) throws(SourceError) {
        do throws(FrameStream.StreamError) { try stream?.rewind() } catch { throw ReplaySource.failure(error, item) }
    }

    private func decode(_ path: Path) throws(SourceError) -> FrameView {
        do throws(Errno) { try file.read(path) } catch {
            throw SourceError(path.description, "cannot open: \(error.description)")
        }
        do throws(PictureError) { try picture.decode(file.bytes) } catch {
            throw SourceError(path.description, error.description)
        }
        guard
            let shape = FrameShape(
                picture.channels == 1 ? .grey : .rgb24, width: picture.width, height: picture.height),
            let view = FrameView(shape, packed: UnsafeRawBufferPointer(picture.pixels))
        else { throw SourceError(path.description, "a picture of \(picture.width)x\(picture.height) is not possible") }
        return view
    }

    private static func failure(_ error: FrameStream.StreamError, _ item: SourceItem) -> SourceError {
        error.failure ?? SourceError(item.name, "reading was stopped")
    }

    /// Looks at what the item names and lists its files.
    private static func add(_ item: SourceItem, to entries: inout [Entry]) throws(SourceError) {
        if try item.isStream() {
            entries.append(.stream(item))
        } else if try isFolder(item) {
            for picture in try PictureFolder.pictures(in: item.path) { entries.append(.picture(picture)) }
        } else {
            entries.append(.picture(item.path))
        }
    }

    private static func isFolder(_ item: SourceItem) throws(SourceError) -> Bool {
        do throws(Errno) { return try FileDescriptor.Status(of: item.path).kind == .folder } catch {
            throw SourceError(item.name, "cannot open: \(error.description)")
        }
    }
}
