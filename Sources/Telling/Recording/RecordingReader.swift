import CBundle
import CLinux
import Events
import JSON
import System

/// Reads a recording, record by record in the order of their numbers.
public final class RecordingReader {
    private let name: String
    private let folder: FileDescriptor  // locked, so that this process does not record there
    private let path: RecordPath
    private let numbers: [Int64]
    private var index = -1
    private let record = Record()
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    private var input: FileDescriptor?
    private var last: (run: Int64, epoch: Int64, frames: Int64)?
    private var eventIndex = 0

    private static let textLimit: Int64 = 1 << 20

    /// - Returns: nil: the folder holds no recording.
    public init?(_ folder: Path) throws(RecordingError) {
        name = folder.description
        var numbers: [Int64] = []
        do throws(Errno) {
            self.folder = try FileDescriptor(reading: folder, waits: false)
            try Folder.forEachName(in: folder) { name in
                guard let (number, file, isTemporary) = RecordFile.parse(name), file == .text, !isTemporary else {
                    return
                }
                numbers.append(number)
            }
            // While another process records there, it may go on.
            do throws(Errno) { try self.folder.lock(isShared: true) } catch {}
        } catch {
            throw RecordingError(folder.description, "cannot read the folder: \(error.description)")
        }
        path = RecordPath(folder)
        guard !numbers.isEmpty else { return nil }
        self.numbers = numbers.inOrder { $0 < $1 }
    }

    deinit { oc_release(memory) }

    /// Goes to the next record.
    /// - Returns: false: there is none.
    public func next() throws(RecordingError) -> Bool {
        guard index + 1 < numbers.count else { return false }
        index += 1
        input = nil
        eventIndex = 0
        let number = numbers[index]
        let bytes = try readText(number)
        do throws(JSONReader.Failure) { try record.read(bytes) } catch {
            throw RecordingError(path.text(number, .text), "byte \(error.byte): \(error.reason.description)")
        }
        if let last {
            continues =
                record.run == last.run && record.epoch == last.epoch
                && record.frame.progress.frames == last.frames + 1
        } else {
            continues = false
        }
        guard record.hasFrame else { return true }
        guard record.inputs.count > 0 else {
            throw RecordingError(
                path.text(number, .text),
                "recorded without the model's input (privacy: metadata-only): it cannot be replayed")
        }
        last = (record.run, record.epoch, record.frame.progress.frames)
        return true
    }

    private func readText(_ number: Int64) throws(RecordingError) -> UnsafeRawBufferPointer {
        do throws(Errno) {
            let file = try FileDescriptor(reading: path.of(number, .text), waits: false)
            let status = try file.status()
            guard status.kind == .file else { throw .invalid }
            guard status.bytes <= RecordingReader.textLimit else {
                throw RecordingReader.tooLong
            }
            let size = Int(status.bytes)
            if size > capacity {
                oc_release(memory)
                memory = oc_allocate(size)
                capacity = memory == nil ? 0 : size
            }
            guard size <= capacity else { throw .noMemory }
            let count = try file.readFully(into: UnsafeMutableRawBufferPointer(start: memory, count: size))
            return UnsafeRawBufferPointer(start: memory, count: count)
        } catch {
            throw RecordingError(path.text(number, .text), "cannot read: \(error.description)")
        }
    }

    private static var tooLong: Errno { Errno(Int32(OC_EFBIG)) }

    // MARK: The current record

    /// Nil: a run's end.
    public var frame: RecordFrame? { record.hasFrame ? record.frame : nil }

    /// Whether it is the frame that came next after the record before: the rules' memories lead to it.
    public private(set) var continues = false

    /// Where the frame's picture lies, if there is one.
    public var pictureFile: String { path.text(numbers[index], .picture) }

    public var modelCRC: UInt32 { record.modelCRC }
    public var bundleCRC: UInt32 { record.bundleCRC }

    /// Of the rules before the frame.
    public var memoryCount: Int { record.memories.count }
    public func memory(_ index: Int) -> WatchState.Memory { record.memories[index] }

    /// What was known of a detector's objects before the frame; none: nothing is said.
    public var objects: UnsafeBufferPointer<Int64> { record.objects.all }

    /// What the second model said of an object in the frame; nil: it did not look at it.
    public func answer(of track: Int64) -> SecondAnswer? {
        for index in 0..<record.answers.count / 2 where record.answers[2 * index] == track {
            let label = record.answers[2 * index + 1]
            return SecondAnswer(track: track, subLabel: label < 0 ? nil : UInt16(truncatingIfNeeded: label))
        }
        return nil
    }

    /// Whether a zone was inferred.
    public func has(zone: Int) -> Bool {
        for index in 0..<record.inputs.count where record.inputs[index].zone == zone { return true }
        return false
    }

    /// Events between the frame before and this one that came of no frame.
    public func forEachTold(_ body: (_ topic: Text, _ event: Text) -> Void) {
        for index in 0..<record.told.count { body(record.told[index].topic, record.told[index].event) }
    }

    /// What the clock and the queue said at the frame's next event.
    public func takeEvent() -> (latency: Int64, lost: Int64) {
        guard eventIndex < record.events.count else { return (0, record.frame.lost) }
        eventIndex += 1
        return (record.events[eventIndex - 1].latency, record.events[eventIndex - 1].lost)
    }

    /// Puts what the model saw of a zone into its input.
    /// - Parameter flip: what the input's bytes differ by from the model's own type.
    public func read(zone: Int, into tensor: UnsafeMutableRawBufferPointer, flip: UInt8) throws(RecordingError) {
        var offset: Int64 = 0
        for index in 0..<record.inputs.count {
            let part = record.inputs[index]
            guard part.zone == zone else {
                offset += Int64(part.bytes)
                continue
            }
            guard part.bytes == tensor.count else {
                throw RecordingError(
                    inputName,
                    "the input of zone \(zone) has \(part.bytes) bytes, the bundle's model takes \(tensor.count): "
                        + "replay with the bundle that it was recorded with")
            }
            try read(offset, tensor)
            guard oc_crc32c(0, tensor.baseAddress, tensor.count) == part.crc else {
                throw RecordingError(
                    inputName, "byte \(offset): not the input that was recorded: its checksum is wrong")
            }
            if flip != 0 { for place in tensor.indices { tensor[place] ^= flip } }
            return
        }
    }

    private var inputName: String { path.text(numbers[index], .input) }

    private func read(_ offset: Int64, _ tensor: UnsafeMutableRawBufferPointer) throws(RecordingError) {
        var count = 0
        do throws(Errno) {
            if input == nil { input = try FileDescriptor(reading: path.of(numbers[index], .input), waits: false) }
            try input?.seek(to: offset)
            count = try input?.readFully(into: tensor) ?? 0
        } catch {
            throw RecordingError(inputName, "cannot read: \(error.description)")
        }
        guard count == tensor.count else {
            throw RecordingError(inputName, "cut short: \(count) of \(tensor.count) bytes from byte \(offset)")
        }
    }
}
