import Bundle
import CBundle
import CLinux
import Pictures
import System
import Vision

/// The one door to files for what frames show: small pictures for people, and the model's input as it saw it.
///
/// It is made with a permit, so under `privacy: metadata-only` there is none, nor any memory that holds pixels. One thread
/// fills slots, the other writes them; a slot is never with both.
final class PixelKeeper: @unchecked Sendable {
    private let permit: PixelPermit
    private let facts: RecordFacts
    private let settings: RecordSettings
    private let memory: UnsafeMutableRawPointer
    private let pictureBytes: Int
    private let slotBytes: Int
    // Of the thread that takes frames.
    private var sampler: FrameSampler?
    // Of the thread that writes.
    private var shape: FrameShape?
    private var maker: Preprocessor?
    private var mask: Mask?
    private var side: (width: Int, height: Int, channels: Int) = (0, 0, 0)
    private let painted: UnsafeMutableRawBufferPointer
    private var encoder: JPEGEncoder
    private let file: UnsafeMutableRawBufferPointer

    /// - Returns: nil if there is not enough memory.
    init?(_ permit: PixelPermit, _ settings: RecordSettings, _ facts: RecordFacts) {
        self.permit = permit
        self.facts = facts
        self.settings = settings
        pictureBytes = settings.side * settings.side * 3
        slotBytes = pictureBytes + facts.zones * facts.inputBytes
        encoder = JPEGEncoder(quality: settings.quality)
        let fileBytes = PixelKeeper.fileBytes(settings)
        let (slotsBytes, isTooMuch) = settings.slots.multipliedReportingOverflow(by: slotBytes)
        let (bytes, isEvenMore) = slotsBytes.addingReportingOverflow(fileBytes + pictureBytes)
        guard !isTooMuch, !isEvenMore, let memory = oc_allocate(bytes) else { return nil }
        self.memory = memory
        file = UnsafeMutableRawBufferPointer(start: memory + slotsBytes, count: fileBytes)
        painted = UnsafeMutableRawBufferPointer(start: memory + slotsBytes + fileBytes, count: pictureBytes)
    }

    deinit { oc_release(memory) }

    /// A picture's file is never larger: 16 bits a pixel are more than noise takes.
    static func fileBytes(_ settings: RecordSettings) -> Int { 2 * settings.side * settings.side + 1024 }

    // MARK: Taking

    /// Keeps the model's input of the slot's next zone.
    func take(_ input: UnsafeRawBufferPointer, _ slot: RecordSlot, _ index: Int) {
        guard input.count == facts.inputBytes, slot.zoneCount < facts.zones else { return }
        inputs(index, slot.zoneCount).copyMemory(from: input)
    }

    /// Keeps what the picture needs of the frame. It is made when it is written, which few are.
    func take(_ frame: FrameView, _ slot: RecordSlot, _ index: Int) {
        if sampler?.source != frame.shape { sampler = makeSampler(frame.shape) }
        guard let sampler else { return }
        sampler.take(frame, into: picture(index))
        slot.shape = frame.shape
    }

    private func sides(_ shape: FrameShape) -> (width: Int, height: Int) {
        let (width, height) = isTurned ? (shape.height, shape.width) : (shape.width, shape.height)
        let longer = max(width, height)
        let size = min(longer, settings.side)
        return (max(width * size / longer, 1), max(height * size / longer, 1))
    }

    private var isTurned: Bool { facts.picture.orientation % 2 == 1 }

    private func makeSampler(_ shape: FrameShape) -> FrameSampler? {
        let (width, height) = sides(shape)
        return FrameSampler(
            shape, columns: isTurned ? height : width, rows: isTurned ? width : height, room: pictureBytes)
    }

    private func picture(_ index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: memory + index * slotBytes, count: pictureBytes)
    }

    private func inputs(_ slot: Int, _ zone: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: memory + slot * slotBytes + pictureBytes + zone * facts.inputBytes, count: facts.inputBytes)
    }

    // MARK: Writing

    /// Makes the picture, upright and masked. Frames of another shape than the last cost a new set-up.
    /// - Returns: false: there is none.
    private func paint(_ slot: RecordSlot, _ index: Int) -> Bool {
        guard let whole = slot.shape else { return false }
        if shape != whole { prepare(whole) }
        guard let kept = maker?.shape, let frame = FrameView(kept, packed: UnsafeRawBufferPointer(picture(index)))
        else { return false }
        maker?.convert(frame, into: painted)
        mask?.paint(painted)
        return true
    }

    private func prepare(_ shape: FrameShape) {
        self.shape = shape
        maker = nil
        guard let kept = makeSampler(shape)?.shape else { return }
        let (width, height) = sides(shape)
        side = (width, height, shape.format == .grey ? 1 : 3)
        var record = oc_preprocess()
        record.orientation = facts.picture.orientation
        record.width = UInt32(side.width)
        record.height = UInt32(side.height)
        record.channels = UInt32(side.channels)
        record.crop = (0, 0, 65535, 65535)
        withUnsafeMutableBytes(of: &record.table) { table in
            for index in 0..<768 { table[index] = UInt8(truncatingIfNeeded: index) }
        }
        do throws(PreprocessorError) { maker = try Preprocessor(record, kept) } catch { maker = nil }
        mask = nil
        guard !facts.masks.isEmpty else { return }
        let isWhole = kept == shape
        mask = Mask(record, shape, facts.masks.map { isWhole ? $0 : widened($0) })
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

    /// Writes the slot's picture and inputs beside their places.
    /// - Parameter input: takes the checksum of each zone's input.
    /// - Returns: bytes of both files.
    func write(
        _ slot: RecordSlot, _ index: Int, into folder: RecordFolder, reserving textBytes: Int,
        input: (_ zone: Int, _ crc: UInt32) -> Void
    ) throws(Errno) -> (picture: Int, inputs: Int) {
        var pictureFile = 0
        if paint(slot, index) {
            (slot.width, slot.height) = (side.width, side.height)
            guard
                let bytes = encoder.encode(
                    UnsafeRawBufferPointer(painted), width: side.width, height: side.height, channels: side.channels,
                    into: file)
            else { throw .noMemory }
            pictureFile = bytes
        }
        let inputFile = slot.zoneCount * facts.inputBytes
        folder.makeRoom(Int64(pictureFile + inputFile + textBytes))
        if pictureFile > 0 {
            let bytes = UnsafeRawBufferPointer(rebasing: file[..<pictureFile])
            try folder.write(.picture, pixels: bytes, permit)
        }
        for zone in 0..<slot.zoneCount {
            let bytes = inputs(index, zone)
            if facts.flip != 0 { for place in bytes.indices { bytes[place] ^= facts.flip } }
            input(zone, oc_crc32c(0, bytes.baseAddress, bytes.count))
        }
        if inputFile > 0 {
            let bytes = UnsafeRawBufferPointer(start: inputs(index, 0).baseAddress, count: inputFile)
            try folder.write(.input, pixels: bytes, permit)
        }
        return (pictureFile, inputFile)
    }
}
