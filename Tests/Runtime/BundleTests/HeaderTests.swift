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
        let known = UInt32(OC_VERSION)
        expect("has format \(known + 1), this program reads format \(known);", at: 8) {
            store(known + 1, at: 8, in: &$0)
        }
        expect("the ocellus that built it on this machine", at: 8) { store(known + 1, at: 8, in: &$0) }
        expect("has format \(known - 1), this program reads format \(known);", at: 8) {
            store(known - 1, at: 8, in: &$0)
        }
        expect("; build the bundle again with this version's", at: 8) { store(known - 1, at: 8, in: &$0) }
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
        expect("kind that this program does not know", at: entry(1)) { store(UInt32(0), at: entry(1), in: &$0) }
        expect("kind that this program does not know", at: entry(1)) {
            store(OC_SECTION_KIND_LIMIT.rawValue, at: entry(1), in: &$0)
        }
        expect("kind that this program does not know", at: entry(1)) { store(UInt32.max, at: entry(1), in: &$0) }
        expect("occurs twice", at: entry(1)) {
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

    @Test func counts() throws {
        let file = SampleBundle.make()
        for section in try BundleFields(file).sections {
            let index = try #require(BundleFile(file).sections.firstIndex { $0.kind == section.kind.rawValue })
            for wrong in [0, 7, .max] as [UInt32] {
                expect("section \(section.name) has another length than its records", at: entry(index) + 4) {
                    store(wrong, at: entry(index) + 4, in: &$0)
                }
            }
        }
    }

    @Test("A section without the records that it must have, or with too many, is refused")
    func amounts() throws {
        var tried = 0
        for section in try BundleFields(SampleBundle.make()).sections where !section.isBytes {
            for count in [0, section.least - 1, section.most &+ 1] where 0...40 ~= count {
                guard !(section.least...section.most ~= count) else { continue }
                var file = BundleFile(SampleBundle.make())
                let index = try #require(file.sections.firstIndex { $0.kind == section.kind.rawValue })
                let record = file.sections[index].bytes.prefix(section.recordBytes)
                file.sections[index].bytes = (0..<count).flatMap { _ in record }
                file.sections[index].count = UInt32(count)
                let error = refusal(file.bytes())
                let text = "byte \(entry(index) + 4): section \(section.name) has more or fewer records than it may"
                #expect(error?.message.hasPrefix(text) == true, "\(error?.message ?? "taken")")
                tried += 1
            }
        }
        #expect(tried > 20)
    }

    @Test func missingSections() throws {
        for section in try BundleFields(SampleBundle.make()).sections {
            var file = BundleFile(SampleBundle.make())
            file[section.kind] = nil
            let error = refusal(file.bytes())
            let isMissing = error?.message == "byte 12: section \(section.name) is missing; build the bundle again"
            #expect(isMissing == section.mustBeThere, "\(error?.message ?? "taken")")
        }
    }
}
