import CBundle

/// Collects sections and lays them out as a bundle file.
public struct BundleWriter {
    private struct Section {
        var kind: oc_section_kind
        var count: Int
        var bytes: [UInt8]
    }

    private var sections: [Section] = []
    private var strings: [UInt8] = []

    public init() {}

    /// One that keeps the texts of another bundle, for records that refer to them.
    public init(strings: UnsafeRawBufferPointer) { self.strings = Array(strings) }

    /// Adds a text and says where it lies.
    public mutating func intern(_ text: some Sequence<UInt8>) -> oc_text {
        let offset = strings.count
        strings.append(contentsOf: text)
        return oc_text(offset: UInt32(offset), length: UInt32(strings.count - offset))
    }

    /// - Parameter records: C records of `oc_layout.h` or plain integers, written as they lie in memory.
    public mutating func add<T>(_ kind: oc_section_kind, _ records: [T]) {
        let bytes = records.withUnsafeBytes { Array($0) }
        sections.append(Section(kind: kind, count: records.count, bytes: bytes))
    }

    /// Adds a section of another bundle as it is, unless the bundle lacks it or it is that of the texts, which `finish` adds.
    /// - Parameter form: what its records are to hold now.
    public mutating func copy<S: BundleSection>(_ section: S.Type, of view: BundleView, form: FormChange) {
        guard view.bytes(of: section).baseAddress != nil, S.kind != OC_SECTION_STRINGS else { return }
        var records = Array(view.records(section))
        if case .reformed = S.repacking {
            for index in records.indices { S.reform(&records[index], form) }
        }
        add(S.kind, records)
    }

    /// The whole file: header, table, sections at multiples of 64 bytes, in the order they were added, then strings.
    public func finish() -> [UInt8] {
        let all = sections + [Section(kind: OC_SECTION_STRINGS, count: strings.count, bytes: strings)]
        let headerBytes = MemoryLayout<oc_header>.size
        let tableBytes = all.count * MemoryLayout<oc_section>.stride
        var offset = aligned(headerBytes + tableBytes)
        var table: [oc_section] = []
        for section in all {
            let crc = section.bytes.withUnsafeBytes { oc_crc32c(0, $0.baseAddress, $0.count) }
            table.append(
                oc_section(
                    kind: section.kind.rawValue, count: UInt32(section.count), offset: UInt64(offset),
                    bytes: UInt64(section.bytes.count), crc: crc, reserved: 0))
            offset = aligned(offset + section.bytes.count)
        }
        let last = table[table.count - 1]
        let fileBytes = Int(last.offset) + Int(last.bytes)

        var header = oc_header()
        header.magic = (0x89, 0x4f, 0x43, 0x4c, 0x0d, 0x0a, 0x1a, 0x0a)
        header.version = UInt32(OC_VERSION)
        header.section_count = UInt32(all.count)
        header.file_bytes = UInt64(fileBytes)
        header.table_crc = table.withUnsafeBytes { oc_crc32c(0, $0.baseAddress, $0.count) }
        header.header_crc = withUnsafeBytes(of: header) { oc_crc32c(0, $0.baseAddress, $0.count) }

        var file: [UInt8] = []
        file.reserveCapacity(fileBytes)
        withUnsafeBytes(of: header) { file.append(contentsOf: $0) }
        table.withUnsafeBytes { file.append(contentsOf: $0) }
        for (section, entry) in zip(all, table) {
            file.append(contentsOf: repeatElement(0, count: Int(entry.offset) - file.count))
            file.append(contentsOf: section.bytes)
        }
        return file
    }

    private func aligned(_ offset: Int) -> Int {
        let alignment = Int(OC_ALIGNMENT)
        return (offset + alignment - 1) / alignment * alignment
    }
}
