import Bundle
import CBundle
import TestSupport
import Testing

/// The rules of header and section table, each broken alone in a file whose checksums are right.
@Suite struct HeaderTests {
    /// Byte where section `index` of the table stands.
    private func entry(_ index: Int) -> Int { 64 + 32 * index }

    private func store<T: FixedWidthInteger>(_ value: T, at byte: Int, in file: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { file.replaceSubrange(byte..<byte + $0.count, with: $0) }
    }

    private func expect(
        _ text: String, at byte: Int, repaired: Bool = true, sourceLocation: SourceLocation = #_sourceLocation,
        _ damage: (inout [UInt8]) -> Void
    ) {
        var file = SampleBundle.make()
        damage(&file)
        if repaired { BundleFile.repair(&file) }
        let error = refusal(file)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "taken")", sourceLocation: sourceLocation)
        #expect(error?.byte == byte, sourceLocation: sourceLocation)
    }

    @Test func header() {
        let size = SampleBundle.make().count
        expect("shorter than a bundle's header", at: 63) { $0.removeLast(size - 63) }
        for index in 0..<8 { expect("no ocellus bundle", at: 0) { $0[index] ^= 0x20 } }
        expect("another format version", at: 8) { store(UInt32(OC_VERSION) + 1, at: 8, in: &$0) }
        expect("header's checksum", at: 28, repaired: false) { $0[40] = 1 }
        for index in [32, 63] { expect("not 0", at: 32) { $0[index] = 1 } }
        expect("length is not the one", at: 16) { store(UInt64(size - 1), at: 16, in: &$0) }
        expect("length is not the one", at: 16) { $0.append(0) }
        expect("section table does not fit", at: 12) { store(OC_SECTION_KIND_LIMIT.rawValue, at: 12, in: &$0) }
        expect("section table does not fit", at: 12) { store(UInt32.max, at: 12, in: &$0) }
        expect("section table does not fit", at: 12) {
            $0.removeLast(size - 64 - 32)
            store(UInt64($0.count), at: 16, in: &$0)
            store(UInt32(2), at: 12, in: &$0)
        }
    }

    @Test func tableChecksum() {
        var file = SampleBundle.make()
        file[entry(0) + 28] = 1
        #expect(refusal(file)?.message == "byte 24: the section table's checksum is wrong; copy the file again")
    }

    @Test func sections() {
        let file = SampleBundle.make()
        let last = BundleFile(file).sections.count - 1
        expect("unknown kind or occurs twice", at: entry(1)) { store(UInt32(0), at: entry(1), in: &$0) }
        expect("unknown kind or occurs twice", at: entry(1)) {
            store(OC_SECTION_KIND_LIMIT.rawValue, at: entry(1), in: &$0)
        }
        expect("unknown kind or occurs twice", at: entry(1)) { store(UInt32(32), at: entry(1), in: &$0) }
        expect("unknown kind or occurs twice", at: entry(1)) {
            store(OC_SECTION_MODEL.rawValue, at: entry(1), in: &$0)
        }
        expect("not 0", at: entry(1) + 28) { store(UInt32(1), at: entry(1) + 28, in: &$0) }
        let offset = sectionOffset(OC_SECTION_TENSORS, in: file)
        for wrong: UInt64 in [UInt64(offset + 1), UInt64(offset - 64), UInt64(file.count) * 64, .max - 63, 0] {
            expect("outside the file or over another", at: entry(1) + 8) { store(wrong, at: entry(1) + 8, in: &$0) }
        }
        for wrong: UInt64 in [UInt64(file.count - offset) + 1, .max] {
            expect("outside the file or over another", at: entry(1) + 8) { store(wrong, at: entry(1) + 16, in: &$0) }
        }
        // Longer than it was: it reaches over the next one.
        expect("outside the file or over another", at: entry(2) + 8) { store(UInt64(512), at: entry(1) + 16, in: &$0) }
        expect("bytes behind the last section", at: file.count - 1) {
            let bytes = UInt64(file.count - sectionOffset(OC_SECTION_STRINGS, in: file))
            store(bytes - 1, at: entry(last) + 16, in: &$0)
        }
    }

    @Test func sectionChecksum() {
        var file = SampleBundle.make()
        let offset = sectionOffset(OC_SECTION_WEIGHTS, in: file)
        file[offset + 2] ^= 1
        #expect(refusal(file)?.message == "byte \(offset): a section's checksum is wrong; copy the file again")
    }

    @Test func counts() {
        let file = SampleBundle.make()
        let kinds: [oc_section_kind] = [
            OC_SECTION_MODEL, OC_SECTION_TENSORS, OC_SECTION_STEPS, OC_SECTION_INPUTS, OC_SECTION_OUTPUTS,
            OC_SECTION_LABELS, OC_SECTION_PREPROCESS, OC_SECTION_SCORES, OC_SECTION_WATCH, OC_SECTION_SENSOR,
            OC_SECTION_SOURCE, OC_SECTION_CONTROLS, OC_SECTION_LINES,
            OC_SECTION_ZONES, OC_SECTION_MASKS, OC_SECTION_MOTION, OC_SECTION_FUSIONS,
        ]
        for kind in kinds {
            guard let index = BundleFile(file).sections.firstIndex(where: { $0.kind == kind.rawValue }) else {
                Issue.record("the sample lacks section \(kind.rawValue)")
                continue
            }
            for wrong in [0, 7, .max] as [UInt32] {
                expect("length is not that of its records", at: sectionOffset(kind, in: file)) {
                    store(wrong, at: entry(index) + 4, in: &$0)
                }
            }
        }
    }

    @Test func singleRecords() {
        for kind in [
            OC_SECTION_MODEL, OC_SECTION_PREPROCESS, OC_SECTION_SCORES, OC_SECTION_SENSOR, OC_SECTION_SOURCE,
            OC_SECTION_MOTION,
        ] {
            var file = BundleFile(SampleBundle.make())
            for index in file.sections.indices where file.sections[index].kind == kind.rawValue {
                file.sections[index].count = 2
                file.sections[index].bytes += file.sections[index].bytes
            }
            let bytes = file.bytes()
            let error = refusal(bytes)
            #expect(error?.message.contains("holds one record holds several") == true)
            #expect(error?.byte == sectionOffset(kind, in: bytes))
        }
    }

    @Test func missingSections() {
        let expected: [(oc_section_kind, String)] = [
            (OC_SECTION_MODEL, "byte 64: the bundle has no model section; build it again"),
            (OC_SECTION_STEPS, "byte 0: the bundle has no steps or no outputs; build it again"),
            (OC_SECTION_OUTPUTS, "byte 0: the bundle has no steps or no outputs; build it again"),
        ]
        for (kind, message) in expected {
            var file = BundleFile(SampleBundle.make())
            file[kind] = nil
            #expect(refusal(file.bytes())?.message == message)
        }
    }
}
