import Bundle
import CBundle
import Foundation
import System
import TestSupport
import Testing

/// The file as a whole: what is written is read, and what is no whole file is refused.
@Suite struct FormatTests {
    @Test("Every section and record reads as it was written")
    func roundTrip() throws {
        let bundle = try Bundle(copying: SampleBundle.make())
        let view = bundle.view
        let model = view.model.pointee
        #expect(view.string(model.name) == "sample" && view.string(model.origin) == "sample.tflite")
        #expect(view.string(model.board) == "host" && view.string(model.builder) == "ocellus 0")
        #expect(model.threads == 2 && view.cpus == [3, 0] && model.arena_bytes == 128 && model.macs == 24)
        #expect(view.tensors.map { view.string($0.name) } == ["picture", "scores", "constant", "boxes"])
        #expect(view.tensors.map(\.bytes) == [12, 2, 5, 7] && view.tensors.map(\.offset) == [0, 64, 3, 72])
        #expect(view.tensors[0].extents[3] == 3 && view.tensors[0].extents[4] == 1)
        #expect(view.steps.map { view.string($0.name) } == ["operator 0"])
        #expect(view.steps[0].kernel == OC_KERNEL_MATRIX.rawValue)
        #expect(Array(view.inputs) == [0] && Array(view.outputs) == [1])
        #expect(Array(view.weights) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(view.labels.map { view.string($0) } == SampleBundle.labels)
        #expect(view.preprocess?.pointee.width == 2 && view.preprocess?.pointee.crop.2 == 65535)
        #expect(view.scores?.pointee.count == 2 && view.scores?.pointee.table.255 == 65280)
        #expect(view.watches.map { view.string($0.name) } == ["a dog", "a pet"] && view.watches[0].smoothing == 65_536)
        #expect(view.watches.map { Array(view.furtherLabels(of: $0)) } == [[], [1]])
        let sensor = try #require(view.sensor).pointee
        #expect(view.string(sensor.name) == "door" && view.string(sensor.source) == "-")
        #expect(view.string(sensor.topic) == "home" && sensor.heartbeat == 1000)
    }

    @Test("Sections lie at multiples of 64 bytes, and the order does not matter")
    func layout() throws {
        var file = BundleFile(SampleBundle.make())
        for section in file.sections {
            let offset = sectionOffset(oc_section_kind(section.kind), in: SampleBundle.make())
            #expect(offset % 64 == 0 && offset > 0)
        }
        file.sections.reverse()
        #expect(refusal(file.bytes()) == nil)
    }

    @Test("Sections that a bare model lacks are absent")
    func bareModel() throws {
        var file = BundleFile(SampleBundle.make())
        for section in try BundleFields(SampleBundle.make()).sections
        where !section.mustBeThere
            && ![OC_SECTION_STRINGS, OC_SECTION_TENSORS, OC_SECTION_WEIGHTS].contains(section.kind)
        {
            file[section.kind] = nil
        }
        let bundle = try Bundle(copying: file.bytes())
        #expect(bundle.view.preprocess == nil && bundle.view.scores == nil && bundle.view.sensor == nil)
        #expect(bundle.view.labels.isEmpty && bundle.view.watches.isEmpty && bundle.view.watchLabels.isEmpty)
        #expect(bundle.view.source == nil && bundle.view.controls.isEmpty && bundle.view.lines.isEmpty)
        #expect(bundle.view.zones.isEmpty && bundle.view.masks.isEmpty && bundle.view.motion == nil)
        #expect(bundle.view.fusions.isEmpty && bundle.view.record == nil && bundle.view.inputs.isEmpty)
    }

    @Test("CRC-32C gives the vectors of RFC 3720 B.4, whole and in pieces")
    func checksums() {
        let scsiRead: [UInt8] =
            [0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0]
            + [0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0]
        let vectors: [([UInt8], UInt32)] = [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa), ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            ([UInt8](0..<32), 0x46dd_794e), ((0..<32).reversed().map { UInt8($0) }, 0x113f_db5c),
            (scsiRead, 0xd996_3a56), ([], 0), (Array("123456789".utf8), 0xe306_9283),
        ]
        for (bytes, expected) in vectors {
            #expect(oc_crc32c(0, bytes, bytes.count) == expected)
            for cut in bytes.indices {
                let head = oc_crc32c(0, bytes, cut)
                #expect(oc_crc32c(head, Array(bytes[cut...]), bytes.count - cut) == expected)
            }
        }
    }

    @Test("A file cut short anywhere is refused")
    func truncation() {
        let file = SampleBundle.make()
        for count in 0..<file.count {
            let error = refusal(Array(file.prefix(count)))
            #expect(error != nil && (error?.byte ?? 0) <= max(count, 64))
        }
    }

    @Test("A flipped bit anywhere but in padding is refused")
    func flippedBits() {
        let file = SampleBundle.make()
        let covered = coveredBytes(of: file)
        for index in file.indices {
            var damaged = file
            damaged[index] ^= 1 << UInt8(index % 8)
            #expect((refusal(damaged) != nil) == covered[index], "byte \(index)")
        }
    }

    /// Which bytes some checksum covers.
    private func coveredBytes(of file: [UInt8]) -> [Bool] {
        let sections = BundleFile(file).sections
        var covered = file.indices.map { $0 < 64 + 32 * sections.count }
        for section in sections {
            let start = sectionOffset(oc_section_kind(section.kind), in: file)
            for index in start..<start + section.bytes.count { covered[index] = true }
        }
        return covered
    }

    @Test("What is no bundle file at all is refused by the system's or the bundle's error")
    func paths() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "ocellus-bundles-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (empty, sound) = (folder.appendingPathComponent("empty"), folder.appendingPathComponent("sound"))
        try Data().write(to: empty)
        try Data(SampleBundle.make()).write(to: sound)
        #expect(openFailure(folder.appendingPathComponent("missing").path)?.isEmpty == false)
        #expect(openFailure(folder.path)?.isEmpty == false)
        #expect(openFailure(empty.path)?.hasPrefix("byte 0: the file is shorter than a bundle's header") == true)
        #expect(openFailure(sound.path) == nil)
    }
}
