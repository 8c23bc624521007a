import CBundle

/// A bundle file taken apart, to be put together again differently; checksums are always made anew.
public struct BundleFile {
    public struct Section {
        public var kind: UInt32
        public var count: UInt32
        public var bytes: [UInt8]
    }

    /// In the file's order.
    public var sections: [Section]

    /// - Parameter file: a sound bundle.
    public init(_ file: [UInt8]) {
        sections = file.withUnsafeBytes { raw in
            let header = raw.loadUnaligned(as: oc_header.self)
            return (0..<Int(header.section_count)).map { index in
                let entry = raw.loadUnaligned(fromByteOffset: 64 + 32 * index, as: oc_section.self)
                let bytes = raw[Int(entry.offset)..<Int(entry.offset) + Int(entry.bytes)]
                return Section(kind: entry.kind, count: entry.count, bytes: Array(bytes))
            }
        }
    }

    public subscript(kind: oc_section_kind) -> Section? {
        get { sections.first { $0.kind == kind.rawValue } }
        set {
            sections.removeAll { $0.kind == kind.rawValue }
            if let newValue { sections.append(newValue) }
        }
    }

    /// Puts a section of bytes in the place of what is there.
    public mutating func put(_ kind: oc_section_kind, _ bytes: [UInt8], count: Int? = nil) {
        self[kind] = Section(kind: kind.rawValue, count: UInt32(count ?? bytes.count), bytes: bytes)
    }

    /// Changes record `index` of a section that holds records of this type.
    public mutating func edit<T>(_ kind: oc_section_kind, _ index: Int = 0, as: T.Type, _ change: (inout T) -> Void) {
        guard let position = sections.firstIndex(where: { $0.kind == kind.rawValue }) else { return }
        sections[position].bytes.withUnsafeMutableBytes { raw in
            let at = index * MemoryLayout<T>.stride
            var record = raw.loadUnaligned(fromByteOffset: at, as: T.self)
            change(&record)
            withUnsafeBytes(of: record) { raw[at..<at + MemoryLayout<T>.size].copyBytes(from: $0) }
        }
    }

    /// The file, sections in their order at multiples of 64 bytes.
    public func bytes() -> [UInt8] {
        var file = [UInt8](repeating: 0, count: 64 + 32 * sections.count)
        var table: [oc_section] = []
        for section in sections {
            file += [UInt8](repeating: 0, count: (64 - file.count % 64) % 64)
            table.append(
                oc_section(
                    kind: section.kind, count: section.count, offset: UInt64(file.count),
                    bytes: UInt64(section.bytes.count), crc: 0, reserved: 0))
            file += section.bytes
        }
        var header = oc_header()
        header.magic = (0x89, 0x4f, 0x43, 0x4c, 0x0d, 0x0a, 0x1a, 0x0a)
        header.version = UInt32(OC_VERSION)
        header.section_count = UInt32(sections.count)
        header.file_bytes = UInt64(file.count)
        withUnsafeBytes(of: header) { file.replaceSubrange(0..<64, with: $0) }
        table.withUnsafeBytes { file.replaceSubrange(64..<64 + $0.count, with: $0) }
        Self.repair(&file)
        return file
    }

    /// Makes all checksums right again, as far as the section table can be followed.
    public static func repair(_ file: inout [UInt8]) {
        guard file.count >= 64 else { return }
        file.withUnsafeMutableBytes { raw in
            let count = min(Int(raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self)), (raw.count - 64) / 32)
            for index in 0..<count {
                let at = 64 + 32 * index
                let entry = raw.loadUnaligned(fromByteOffset: at, as: oc_section.self)
                let size = UInt64(raw.count)
                guard entry.offset <= size, entry.bytes <= size - entry.offset else { continue }
                raw.storeBytes(
                    of: checksum(raw, Int(entry.offset), Int(entry.bytes)), toByteOffset: at + 24, as: UInt32.self)
            }
            raw.storeBytes(of: checksum(raw, 64, 32 * count), toByteOffset: 24, as: UInt32.self)
            raw.storeBytes(of: 0, toByteOffset: 28, as: UInt32.self)
            raw.storeBytes(of: checksum(raw, 0, 64), toByteOffset: 28, as: UInt32.self)
        }
    }

    private static func checksum(_ raw: UnsafeMutableRawBufferPointer, _ offset: Int, _ count: Int) -> UInt32 {
        raw.baseAddress.map { oc_crc32c(0, $0 + offset, count) } ?? 0
    }
}
