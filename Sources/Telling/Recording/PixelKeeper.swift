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
    private var painter: PicturePainter?  // of the thread that takes frames
    private let painted: UnsafeMutableRawBufferPointer
    private var encoder: JPEGEncoder
    private let file: UnsafeMutableRawBufferPointer

    /// - Returns: nil if there is not enough memory.
    init?(_ permit: PixelPermit, _ settings: RecordSettings, _ facts: RecordFacts) {
        self.permit = permit
        self.facts = facts
        self.settings = settings
        pictureBytes = PixelKeeper.pictureBytes(settings)
        encoder = JPEGEncoder(quality: settings.quality)
        let fileBytes = PixelKeeper.fileBytes(settings)
        guard let bytes = Int(exactly: PixelKeeper.memoryBytes(settings, facts)), let memory = oc_allocate(bytes) else {
            return nil
        }
        // A part of what there is memory for.
        slotBytes = Int(truncatingIfNeeded: PixelKeeper.slotBytes(settings, facts))
        let slotsBytes = settings.slots * slotBytes
        self.memory = memory
        file = UnsafeMutableRawBufferPointer(start: memory + slotsBytes, count: fileBytes)
        painted = UnsafeMutableRawBufferPointer(start: memory + slotsBytes + fileBytes, count: pictureBytes)
    }

    deinit { oc_release(memory) }

    private static func pictureBytes(_ settings: RecordSettings) -> Int { settings.side * settings.side * 3 }

    private static func slotBytes(_ settings: RecordSettings, _ facts: RecordFacts) -> Int64 {
        Int64(pictureBytes(settings)) + facts.allInputBytes
    }

    /// What all slots, a file and a picture take: maybe more than a board can address.
    static func memoryBytes(_ settings: RecordSettings, _ facts: RecordFacts) -> Int64 {
        Int64(settings.slots) * slotBytes(settings, facts) + Int64(fileBytes(settings) + pictureBytes(settings))
    }

    /// A picture's file is never larger: 16 bits a pixel are more than noise takes.
    static func fileBytes(_ settings: RecordSettings) -> Int { 2 * settings.side * settings.side + 1024 }

    // MARK: Taking

    /// Keeps the model's input of the slot's next zone.
    func take(_ input: UnsafeRawBufferPointer, _ slot: RecordSlot, _ index: Int) {
        guard input.count == facts.inputBytes, slot.zoneCount < facts.zones else { return }
        inputs(index, slot.zoneCount).copyMemory(from: input)
    }

    /// Keeps what the picture needs of the frame. It is made when it is written, which few are. Frames of another shape than
    /// the last cost a new set-up.
    func take(_ frame: FrameView, _ slot: RecordSlot, _ index: Int) {
        if painter?.source != frame.shape {
            painter = PicturePainter(frame.shape, settings.side, facts, room: pictureBytes)
        }
        guard let painter, painter.take(frame, into: picture(index)) else { return }
        slot.painter = painter
    }

    private func picture(_ index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: memory + index * slotBytes, count: pictureBytes)
    }

    private func inputs(_ slot: Int, _ zone: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: memory + slot * slotBytes + pictureBytes + zone * facts.inputBytes, count: facts.inputBytes)
    }

    // MARK: Writing

    /// Writes the slot's picture and inputs beside their places.
    /// - Parameter input: takes the checksum of each zone's input.
    /// - Returns: bytes of both files.
    func write(
        _ slot: RecordSlot, _ index: Int, into folder: RecordFolder, reserving textBytes: Int,
        input: (_ zone: Int, _ crc: UInt32) -> Void
    ) throws(Errno) -> (picture: Int, inputs: Int) {
        var pictureFile = 0
        if let painter = slot.painter, painter.paint(UnsafeRawBufferPointer(picture(index)), into: painted) {
            let side = painter.side
            (slot.width, slot.height) = (side.width, side.height)
            guard
                let bytes = encoder.encode(
                    UnsafeRawBufferPointer(painted), width: side.width, height: side.height, channels: side.channels,
                    into: file)
            else { throw .noMemory }
            pictureFile = bytes
        }
        let inputFile = slot.zoneCount * facts.inputBytes
        folder.makeRoom(Int64(pictureFile) + Int64(inputFile) + Int64(textBytes))
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
