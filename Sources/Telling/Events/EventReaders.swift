import CLinux
import JSON
import System

/// The readers at a Unix socket: whoever connects gets every event from then on, and may ask for earlier ones.
///
/// None waits for another. Events lie once in a ring of fixed size, in which each reader has its own place; one that does not read
/// is overtaken, and is told how many it missed. Nothing is allocated after `init`.
public final class EventReaders {
    /// At once.
    public static var limit: Int { 16 }
    /// For all of them and the one who waits for them.
    public static var polls: Int { limit + 1 }

    private final class Reader {
        var descriptor: Int32 = -1  // below 0: nobody
        var cursor = EventRing.Cursor()
        var missed: Int64 = 0
        var output = Line()  // what is being written, and how far
        var written = 0
        var input = Line()  // requests that are not answered yet
        var isOverlong = false  // the rest of a request that is too long is left out
        var isMute = false  // it says nothing more
        var isNew = false  // it is to be told what is

        var hasOutput: Bool { written < output.count }

        func close() {
            _ = oc_close(descriptor)
            descriptor = -1
        }
    }

    private let listener: FileDescriptor
    private let path: Path
    private var ring: EventRing
    private let readers: [Reader]
    private var delivery = PictureDelivery()
    private var line = Line()  // a request that is being answered
    private var batch = Line(room: 4 * Line.capacity)  // lines for the reader that is told what is
    /// Another for every start, in 16 hexadecimal digits.
    private var boot = Line(room: 16)

    /// - Parameters:
    ///   - mode: rights of the socket's file, as for chmod.
    ///   - capacity: bytes of the events that are kept.
    /// - Throws: `.exists` where the file is no socket, `.inUse` where somebody serves it, and what the system says.
    public init(at path: Path, mode: UInt32, capacity: Int = 262_144) throws(Errno) {
        var number: UInt64 = 0
        let random = try FileDescriptor(reading: "/dev/urandom")
        let count = try withUnsafeMutableBytes(of: &number) { (bytes) throws(Errno) in
            try random.readFully(into: bytes)
        }
        guard count == 8 else { throw .inputOutput }
        for shift in stride(from: 56, through: 0, by: -8) {
            boot.append(hex: UInt8(truncatingIfNeeded: number >> UInt64(shift)), digits: "0123456789abcdef")
        }
        listener = try FileDescriptor(listeningAt: path, mode: mode)
        self.path = path
        ring = EventRing(capacity: capacity)
        var readers: [Reader] = []
        readers.reserveCapacity(Self.limit)
        for _ in 0..<Self.limit { readers.append(Reader()) }
        self.readers = readers
    }

    deinit {
        for reader in readers where reader.descriptor >= 0 { reader.close() }
        _ = path.withCString { oc_unlink($0) }
    }

    // MARK: Events

    /// - Parameter body: an event from its brace to its last member but `lost`.
    public func append(_ body: Text) { ring.append(body) }

    /// Writes to each what it takes at once.
    public func flush() {
        for reader in readers where reader.descriptor >= 0 { flush(reader) }
    }

    private func flush(_ reader: Reader) {
        while write(reader) {
            reader.output.clear()
            reader.written = 0
            guard !isServed(reader) else {
                delivery.writeNext(into: &reader.output)
                continue
            }
            guard let next = ring.next(reader.cursor, missed: &reader.missed, into: &reader.output) else { return }
            reader.output.append(",\"lost\":")
            reader.output.append(reader.missed)
            reader.output.append("}\n")
            reader.cursor = next
        }
    }

    /// - Returns: whether all that it was to get is written.
    private func write(_ reader: Reader) -> Bool {
        while reader.hasOutput {
            let rest = UnsafeRawBufferPointer(rebasing: reader.output.bytes[reader.written...])
            let count = oc_write(reader.descriptor, rest.baseAddress, rest.count)
            guard count >= 0 else {
                if count != -Int64(OC_EAGAIN) { reader.close() }
                return false
            }
            reader.written += Int(count)
        }
        return reader.descriptor >= 0
    }

    // MARK: Waiting

    /// - Parameter polls: as many as `EventReaders.polls`.
    public func fill(_ polls: UnsafeMutableBufferPointer<oc_poll>) {
        polls[0] = oc_poll(fd: listener.raw, wanted: Int16(OC_POLL_READ), happened: 0)
        for (index, reader) in readers.enumerated() {
            var wanted = 0
            if !isUpToDate(reader) { wanted |= Int(OC_POLL_WRITE) }
            if !reader.isMute, reader.input.left > 0 { wanted |= Int(OC_POLL_READ) }
            polls[index + 1] = oc_poll(fd: reader.descriptor, wanted: Int16(wanted), happened: 0)
        }
    }

    /// Takes what readers have said, and those who come.
    /// - Parameters:
    ///   - introduce: says by `tell` what is.
    ///   - perform: does what is asked; what is wrong with it, or nil.
    public func work(
        _ polls: UnsafeMutableBufferPointer<oc_poll>, introduce: () -> Void,
        perform: (ReaderRequest.Kind) -> StaticString?
    ) {
        for (index, reader) in readers.enumerated() where reader.descriptor >= 0 {
            let happened = Int32(polls[index + 1].happened)
            guard happened != 0, polls[index + 1].fd == reader.descriptor else { continue }
            let isReadable = happened & Int32(OC_POLL_READ) != 0
            if isReadable { listen(to: reader) }
            // Whoever is gone has first said all that it had to say.
            let isGone = happened & Int32(OC_POLL_ERROR | OC_POLL_HANGUP) != 0
            if isGone, !isReadable || reader.isMute, reader.descriptor >= 0 { reader.close() }
        }
        for reader in readers where reader.descriptor >= 0 {
            while write(reader), takeRequest(of: reader) { answer(reader, perform) }
        }
        if polls[0].happened != 0 { accept() }
        // Behind the events that it is about.
        for reader in readers where reader.descriptor >= 0 && reader.isNew && isUpToDate(reader) {
            reader.isNew = false
            self.introduce(reader, introduce)
        }
    }

    private func isUpToDate(_ reader: Reader) -> Bool {
        !reader.hasOutput && reader.cursor.sequence > ring.newest && !isServed(reader)
    }

    // MARK: Pictures

    /// Somebody waits for a picture of the next frame.
    public var wantsPicture: Bool { delivery.isWaiting && isThere }

    /// The picture that was given is still needed.
    public var hasPicture: Bool { delivery.needsPicture && isThere }

    /// Whether the one that has asked is still there.
    private var isThere: Bool { delivery.reader.map { readers[$0].descriptor >= 0 } ?? false }

    private func isServed(_ reader: Reader) -> Bool {
        delivery.isUnderWay && delivery.reader.map { readers[$0] === reader } == true
    }

    /// - Parameter file: JPEG; must last until `hasPicture` says that it is not needed.
    public func give(_ file: UnsafeRawBufferPointer, width: Int, height: Int, at moment: Moment) {
        delivery.begin(PictureDelivery.Picture(file: file, width: width, height: height, moment: moment))
    }

    /// Instead of a picture.
    public func refusePicture(_ reason: StaticString) { delivery.refuse(reason) }

    private func accept() {
        while true {
            let descriptor = oc_socket_accept(listener.raw)
            guard descriptor >= 0 else { return }
            guard let index = readers.firstIndex(where: { $0.descriptor < 0 }) else {
                let owner = FileDescriptor(owning: descriptor)
                batch.clear()
                batch.append(#"{"answer":"hello","ok":false,"error":"there are 16 readers, as many as there may be"}"#)
                batch.append("\n")
                _ = oc_write(owner.raw, batch.bytes.baseAddress, batch.count)
                continue
            }
            let reader = readers[index]
            // What its predecessor has asked for.
            if delivery.reader == index { delivery.end() }
            reader.descriptor = descriptor
            reader.missed = 0
            reader.output.clear()
            reader.written = 0
            reader.input.clear()
            (reader.isOverlong, reader.isMute, reader.isNew) = (false, false, true)
            reader.cursor = ring.end
        }
    }

    // MARK: Requests

    private func listen(to reader: Reader) {
        let count = reader.input.fill { oc_read(reader.descriptor, $0.baseAddress, $0.count) }
        if count == 0 { reader.isMute = true } else if count < 0, count != -Int64(OC_EAGAIN) { reader.close() }
    }

    /// Moves the first request that has come whole into `line`; one that is too long gives an empty one.
    /// - Returns: false: none has.
    private func takeRequest(of reader: Reader) -> Bool {
        while true {
            guard let end = reader.input.bytes.firstIndex(of: UInt8(ascii: "\n")) else {
                guard reader.input.left == 0 else { return false }
                reader.isOverlong = true
                reader.input.clear()
                return false
            }
            line.clear()
            if !reader.isOverlong { line.append(UnsafeRawBufferPointer(rebasing: reader.input.bytes[..<end])) }
            reader.input.removeFirst(end + 1)
            if line.count > 0 || reader.isOverlong { return true }
        }
    }

    private func answer(_ reader: Reader, _ perform: (ReaderRequest.Kind) -> StaticString?) {
        guard !reader.isOverlong else {
            reader.isOverlong = false
            return answer(reader, "request", error: "the line is longer than 4096 bytes")
        }
        let request: ReaderRequest
        do throws(JSONReader.Failure) { request = try ReaderRequest(line.bytes) } catch {
            return answer(reader, "request", error: error.reason)
        }
        switch request.kind {
        case .resume(let boot, let sequence):
            let isKnown = boot.elementsEqual(self.boot.bytes)
            guard !isKnown || sequence <= ring.newest else {
                return answer(reader, request.name, request.transaction, error: "there was no event of this number yet")
            }
            let first = isKnown ? sequence + 1 : ring.oldest
            reader.cursor = ring.cursor(at: first)
            answer(reader, request.name, request.transaction, missing: isKnown ? max(ring.oldest - first, 0) : -1)
        case .state:
            answer(reader, request.name, request.transaction)
            reader.isNew = true
        case .snapshot:
            let error = delivery.reader != nil && isThere ? "a picture is on its way already" : perform(request.kind)
            guard error == nil, let index = readers.firstIndex(where: { $0 === reader }) else {
                return answer(reader, request.name, request.transaction, error: error)
            }
            delivery.end()
            delivery.ask(for: index, request.transaction)
        default:
            answer(reader, request.name, request.transaction, error: perform(request.kind))
        }
    }

    /// - Parameter missing: events that are gone; below 0: nobody knows; nil: that was not asked.
    private func answer(
        _ reader: Reader, _ name: StaticString, _ transaction: Text = Text(start: nil, count: 0),
        missing: Int64? = nil, error: StaticString? = nil
    ) {
        reader.output.clear()
        reader.written = 0
        reader.output.append("{\"answer\":\"")
        reader.output.append(name)
        reader.output.append("\"")
        if !transaction.isEmpty {
            reader.output.append(",\"transaction\":\"")
            reader.output.append(transaction)
            reader.output.append("\"")
        }
        if let error {
            reader.output.append(",\"ok\":false,\"error\":\"")
            reader.output.append(error)
            reader.output.append("\"")
        } else {
            reader.output.append(",\"ok\":true")
        }
        if let missing {
            reader.output.append(",\"missing\":")
            if missing < 0 { reader.output.append("null") } else { reader.output.append(missing) }
        }
        reader.output.append("}\n")
    }

    // MARK: What is

    /// All are told anew what is.
    public func introduceAll() {
        for reader in readers { reader.isNew = true }
    }

    private func introduce(_ reader: Reader, _ introduce: () -> Void) {
        batch.clear()
        talked = reader
        introduce()
        talked = nil
        if reader.descriptor >= 0 { send(to: reader) }
    }

    private var talked: Reader?

    /// Tells the reader that is being introduced a line.
    public func tell(_ write: (inout Line) -> Void) {
        guard let talked, talked.descriptor >= 0 else { return }
        if batch.left < Line.capacity {
            send(to: talked)
            batch.clear()
        }
        write(&batch)
    }

    /// As much as there is, at once: whoever does not read what it has asked for is gone.
    private func send(to reader: Reader) {
        guard reader.descriptor >= 0 else { return }
        let count = oc_write(reader.descriptor, batch.bytes.baseAddress, batch.count)
        if count != Int64(batch.count) { reader.close() }
    }

    /// What begins every introduction.
    public func writeIdentity(into line: inout Line) {
        line.append(",\"boot\":\"")
        line.append(boot.bytes)
        line.append("\",\"seq\":")
        line.append(ring.newest)
        line.append(",\"oldest\":")
        line.append(ring.oldest)
    }
}
