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
    private var stream: FrameStream?
    private var buffer: FrameBuffer?
    private var file = FileContent()  // of the picture
    private var picture = Picture()
    private var number: Int64 = 0
    private var inEntry: Int64 = 0  // frames of the entry so far
    private var base: Int64 = 0  // nanoseconds before the entry

    /// - Parameters:
    ///   - items: files and folders.
    ///   - pictureRate: pictures a second.
    ///   - streamRate: for streams that do not say theirs.
    init(
        _ items: [SourceItem], loops: Bool, pictureRate: FrameRate, streamRate: FrameRate
    ) throws(SourceError) {
        self.loops = loops
        self.pictureRate = pictureRate
        self.streamRate = streamRate
        var entries: [Entry] = []
        for item in items { try ReplaySource.add(item, to: &entries) }
        self.entries = entries
    }

    /// The next frame; nil after the last. Valid until the next call.
    func next() throws(SourceError) -> SourceFrame? {
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
                base = min(base + (stream?.rate ?? streamRate).time(ofFrame: inEntry), FrameRate.lastInstant)
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
        if stream == nil { try open(item) }
        guard let bytes = buffer?.bytes, let shape = stream?.shape else { return nil }
        do throws(FrameStream.StreamError) {
            guard try stream?.read(into: bytes) == true,
                let view = FrameView(shape, packed: UnsafeRawBufferPointer(bytes))
            else { return nil }
            let time = min(base + (stream?.rate ?? streamRate).time(ofFrame: inEntry), FrameRate.lastInstant)
            let frame = SourceFrame(view: view, number: number, captured: .now, time: time)
            number += 1
            inEntry += 1
            return frame
        } catch {
            throw ReplaySource.failure(error, item)
        }
    }

    private func open(_ item: SourceItem) throws(SourceError) {
        stream = try ReplaySource.stream(of: item)
        guard let shape = stream?.shape, buffer?.shape != shape else { return }
        buffer = nil  // before the next is asked for
        buffer = FrameBuffer(shape)
        if buffer == nil { throw FrameBuffer.refusal(item.name, shape) }
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
        switch error {
        case .source(let error): error
        case .stopped: SourceError(item.name, "reading was stopped")
        }
    }

    /// Looks at what the item names and lists its files.
    private static func add(_ item: SourceItem, to entries: inout [Entry]) throws(SourceError) {
        guard case .unknown = item.content, !item.isStandardInput else {
            entries.append(.stream(item))
            return
        }
        guard try isFolder(item) else {
            var start = FileContent()
            do throws(Errno) { try start.read(item.path, atMost: Y4MHeader.limit) } catch {
                throw SourceError(item.name, "cannot open: \(error.description)")
            }
            entries.append(Y4MHeader.begins(start.bytes) ? .stream(item) : .picture(item.path))
            return
        }
        let before = entries.count
        do throws(Errno) {
            for name in try Folder.names(in: item.path) where isPicture(name) {
                entries.append(.picture(item.path.appending(name)))
            }
        } catch {
            throw SourceError(item.name, "cannot read the folder: \(error.description)")
        }
        guard entries.count > before else {
            throw SourceError(item.name, "no pictures in this folder (.jpg .jpeg .png .bmp .pgm .ppm .pnm)")
        }
    }

    private static func isFolder(_ item: SourceItem) throws(SourceError) -> Bool {
        do throws(Errno) { return try FileDescriptor.Status(of: item.path).kind == .folder } catch {
            throw SourceError(item.name, "cannot open: \(error.description)")
        }
    }

    private static func isPicture(_ name: [UInt8]) -> Bool {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return false }
        let ending = name[(dot + 1)...].map { $0 | 0x20 }  // ASCII letters to lower case
        return ending.elementsEqual("jpg".utf8) || ending.elementsEqual("jpeg".utf8) || ending.elementsEqual("png".utf8)
            || ending.elementsEqual("bmp".utf8) || ending.elementsEqual("pgm".utf8) || ending.elementsEqual("ppm".utf8)
            || ending.elementsEqual("pnm".utf8)
    }
}
