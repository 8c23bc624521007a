import CBundle

/// The header and section table of a bundle, verified: checksums match, sections are aligned, inside the file, in
/// order, and each kind occurs at most once.
struct SectionTable {
    private let file: UnsafeRawBufferPointer
    private let sections: UnsafeBufferPointer<oc_section>

    static let magic: [8 of UInt8] = [0x89, 0x4f, 0x43, 0x4c, 0x0d, 0x0a, 0x1a, 0x0a]

    init(verifying file: UnsafeRawBufferPointer) throws(BundleError) {
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
        guard header.version == OC_VERSION else {
            throw BundleError(
                "the bundle has another format version than this program; build it again with the matching ocellus",
                at: 8)
        }
        let claimed = header.header_crc
        header.header_crc = 0
        guard withUnsafeBytes(of: header, { oc_crc32c(0, $0.baseAddress, $0.count) }) == claimed else {
            throw BundleError("the header's checksum is wrong; copy the file again", at: 28)
        }
        try Self.verify(unused: header.reserved, at: 32)
        guard header.file_bytes == UInt64(file.count) else {
            throw BundleError("the file's length is not the one in its header; copy the file again", at: 16)
        }
        // Bounded before it becomes an Int, which 32-bit boards have 31 bits for.
        let count = Int(min(header.section_count, OC_SECTION_KIND_LIMIT.rawValue))
        let tableBytes = count * MemoryLayout<oc_section>.stride
        guard count < Int(OC_SECTION_KIND_LIMIT.rawValue), headerBytes + tableBytes <= file.count else {
            throw BundleError("the section table does not fit; build the bundle again", at: 12)
        }
        let table = UnsafeRawBufferPointer(rebasing: file[headerBytes..<headerBytes + tableBytes])
        guard oc_crc32c(0, table.baseAddress, tableBytes) == header.table_crc else {
            throw BundleError("the section table's checksum is wrong; copy the file again", at: 24)
        }
        self.file = file
        sections = table.bindMemory(to: oc_section.self)
        var end = headerBytes + tableBytes
        var seen: UInt32 = 0
        for index in 0..<count {
            let section = sections[index]
            let at = headerBytes + index * MemoryLayout<oc_section>.stride
            guard section.kind > 0, section.kind < OC_SECTION_KIND_LIMIT.rawValue, seen & 1 << section.kind == 0 else {
                throw BundleError("a section is of an unknown kind or occurs twice; build the bundle again", at: at)
            }
            seen |= 1 << section.kind
            try Self.verify(unused: section.reserved, at: at + 28)
            guard section.offset % UInt64(OC_ALIGNMENT) == 0, section.offset >= UInt64(end),
                section.offset <= UInt64(file.count), section.bytes <= UInt64(file.count) - section.offset
            else {
                throw BundleError(
                    "a section lies outside the file or over another one; build the bundle again", at: at + 8)
            }
            end = Int(section.offset) + Int(section.bytes)
            guard oc_crc32c(0, file.baseAddress! + Int(section.offset), Int(section.bytes)) == section.crc else {
                throw BundleError("a section's checksum is wrong; copy the file again", at: Int(section.offset))
            }
        }
        guard end == file.count else {
            throw BundleError("there are bytes behind the last section; copy the file again", at: end)
        }
    }

    /// That a record's field without a meaning is 0: a later format may give it one.
    static func verify<T: BitwiseCopyable>(unused reserved: T, at byte: Int) throws(BundleError) {
        let isZero = withUnsafeBytes(of: reserved) { bytes in
            var all: UInt8 = 0
            for index in bytes.indices { all |= bytes[index] }
            return all == 0
        }
        guard isZero else {
            throw BundleError(
                "a field that this program does not know is not 0; use the matching ocellus, or build the bundle again",
                at: byte)
        }
    }

    private func section(_ kind: oc_section_kind) -> oc_section? {
        for section in sections where section.kind == kind.rawValue { return section }
        return nil
    }

    func bytes(_ kind: oc_section_kind) -> UnsafeRawBufferPointer {
        guard let section = section(kind) else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: file[Int(section.offset)..<Int(section.offset) + Int(section.bytes)])
    }

    /// The records of a section, empty where the bundle lacks it.
    func records<T>(_ kind: oc_section_kind, as type: T.Type) throws(BundleError) -> UnsafeBufferPointer<T> {
        guard let section = section(kind) else { return UnsafeBufferPointer(start: nil, count: 0) }
        guard section.bytes == UInt64(section.count) * UInt64(MemoryLayout<T>.stride) else {
            throw BundleError(
                "a section's length is not that of its records; build the bundle again", at: Int(section.offset))
        }
        return bytes(kind).bindMemory(to: type)
    }

    func optional<T>(_ kind: oc_section_kind, as type: T.Type) throws(BundleError) -> UnsafePointer<T>? {
        let records = try records(kind, as: type)
        guard records.count <= 1 else {
            throw BundleError(
                "a section that holds one record holds several; build the bundle again", at: offset(of: kind))
        }
        return records.baseAddress
    }

    func single<T>(_ kind: oc_section_kind, as type: T.Type, _ missing: StaticString) throws(BundleError)
        -> UnsafePointer<T>
    {
        guard let record = try optional(kind, as: type) else {
            throw BundleError(missing, at: MemoryLayout<oc_header>.size)
        }
        return record
    }

    private func offset(of kind: oc_section_kind) -> Int { Int(section(kind)?.offset ?? 0) }
}
