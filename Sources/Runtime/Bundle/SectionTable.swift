import CBundle

/// The header and section table of a bundle, verified: checksums match, sections are aligned, inside the file, in
/// order, and each kind occurs at most once.
struct SectionTable {
    /// The bytes of each kind of section; without an address where the file lacks it.
    typealias Contents = [40 of UnsafeRawBufferPointer]

    private let sections: UnsafeBufferPointer<oc_section>
    private(set) var contents = Contents(repeating: UnsafeRawBufferPointer(start: nil, count: 0))

    static let magic: [8 of UInt8] = [0x89, 0x4f, 0x43, 0x4c, 0x0d, 0x0a, 0x1a, 0x0a]

    /// - Parameter sums: whether checksums of contents are looked at.
    init(verifying file: UnsafeRawBufferPointer, sums: Bool = true) throws(BundleError) {
        let headerBytes = MemoryLayout<oc_header>.size
        guard file.count >= headerBytes, let base = file.baseAddress else {
            throw BundleError(
                "the file is shorter than a bundle's header; it is no bundle, or the copy was cut short", at: file.count
            )
        }
        var header = base.loadUnaligned(as: oc_header.self)
        let magicMatches = withUnsafeBytes(of: header.magic) { bytes in
            var same = true
            for i in 0..<8 where bytes[i] != Self.magic[i] { same = false }
            return same
        }
        guard magicMatches else {
            throw BundleError("this is no ocellus bundle; make one with 'ocellus build'", at: 0)
        }
        guard header.version == OC_VERSION else { throw BundleError(format: header.version) }
        let claimed = header.header_crc
        header.header_crc = 0
        guard withUnsafeBytes(of: header, { oc_crc32c(0, $0.baseAddress, $0.count) }) == claimed else {
            throw BundleError("the header's checksum is wrong; copy the file again", at: 28)
        }
        try Self.verify(reserved: header.reserved, at: 32)
        guard header.file_bytes == UInt64(file.count) else {
            throw BundleError("the file's length is not the one in its header; copy the file again", at: 16)
        }
        // Bounded before it becomes an Int, which 32-bit boards have 31 bits for.
        let count = Int(min(header.section_count, OC_SECTION_KIND_LIMIT.rawValue))
        let tableBytes = count * MemoryLayout<oc_section>.stride
        guard count < Int(OC_SECTION_KIND_LIMIT.rawValue), headerBytes + tableBytes <= file.count else {
            throw BundleError("the section table does not fit; build the bundle again", at: Self.countByte)
        }
        let table = UnsafeRawBufferPointer(rebasing: file[headerBytes..<headerBytes + tableBytes])
        guard oc_crc32c(0, table.baseAddress, tableBytes) == header.table_crc else {
            throw BundleError("the section table's checksum is wrong; copy the file again", at: 24)
        }
        sections = table.bindMemory(to: oc_section.self)
        var end = headerBytes + tableBytes
        for index in 0..<count {
            let section = sections[index]
            let at = Self.byte(ofEntry: index)
            guard section.kind > 0, section.kind < OC_SECTION_KIND_LIMIT.rawValue else {
                throw BundleError(
                    "a section is of a kind that this program does not know; use the matching ocellus, or build the bundle again",
                    at: at)
            }
            guard contents[Int(section.kind)].baseAddress == nil else {
                throw BundleError("a section occurs twice; build the bundle again", at: at)
            }
            try Self.verify(reserved: section.reserved, at: at + 28)
            guard section.offset % UInt64(OC_ALIGNMENT) == 0, section.offset >= UInt64(end),
                section.offset <= UInt64(file.count), section.bytes <= UInt64(file.count) - section.offset
            else {
                throw BundleError(
                    "a section lies outside the file or over another one; build the bundle again", at: at + 8)
            }
            let start = Int(section.offset)
            end = start + Int(section.bytes)
            contents[Int(section.kind)] = UnsafeRawBufferPointer(start: base + start, count: end - start)
            guard !sums || oc_crc32c(0, base + start, end - start) == section.crc else {
                throw BundleError("a section's checksum is wrong; copy the file again", at: start)
            }
        }
        guard end == file.count else {
            throw BundleError("there are bytes behind the last section; copy the file again", at: end)
        }
    }

    /// That what has no meaning yet is 0: a later format may give it one, of which 0 says that nothing has changed.
    private static func verify<T: BitwiseCopyable>(reserved: T, at byte: Int) throws(BundleError) {
        guard withUnsafeBytes(of: reserved, isZero) else {
            throw BundleError(
                "a field that this program does not know is not 0; use the matching ocellus, or build the bundle again",
                at: byte)
        }
    }

    static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var all: UInt8 = 0
        for byte in bytes { all |= byte }
        return all == 0
    }

    /// An entry of the table.
    struct Entry {
        let count: UInt32
        let bytes: UInt64
        /// Where its count stands in the file.
        let countByte: Int
    }

    func entry(of kind: oc_section_kind) -> Entry? {
        for index in sections.indices where sections[index].kind == kind.rawValue {
            return Entry(
                count: sections[index].count, bytes: sections[index].bytes, countByte: Self.byte(ofEntry: index) + 4)
        }
        return nil
    }

    /// Where the header has the number of sections.
    static var countByte: Int { 12 }

    private static func byte(ofEntry index: Int) -> Int {
        MemoryLayout<oc_header>.size + index * MemoryLayout<oc_section>.stride
    }
}
