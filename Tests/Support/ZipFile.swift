/// A ZIP archive written plainly, for readers of such: entries stored, or wrapped as DEFLATE does what cannot be made smaller.
package enum ZipFile {
    /// - Parameters:
    ///   - offset: bytes before the archive, from which its offsets count.
    ///   - deflated: in pieces of DEFLATE of at most 65535 bytes.
    package static func bytes(
        _ entries: [(name: String, content: [UInt8])], offset: Int = 0, deflated: Bool = false
    ) -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for (name, content) in entries {
            let packed = deflated ? deflate(content) : content
            // Version, flags, method, time, date, checksum, sizes, lengths of the name and of what nobody adds.
            let common =
                u16(20) + u16(0) + u16(deflated ? 8 : 0) + u16(0) + u16(0x21) + u32(Int(CRC32.of(content)))
                + u32(packed.count) + u32(content.count) + u16(name.utf8.count) + u16(0)
            directory += [0x50, 0x4b, 1, 2] + u16(20) + common + u16(0) + u16(0) + u16(0) + u32(0)
            directory += u32(offset + file.count) + Array(name.utf8)
            file += [0x50, 0x4b, 3, 4] + common + Array(name.utf8) + packed
        }
        let start = offset + file.count
        file += directory
        return file + [0x50, 0x4b, 5, 6] + u16(0) + u16(0) + u16(entries.count) + u16(entries.count)
            + u32(directory.count) + u32(start) + u16(0)
    }

    private static func deflate(_ content: [UInt8]) -> [UInt8] {
        var packed: [UInt8] = []
        var at = 0
        repeat {
            let count = min(65535, content.count - at)
            packed += [at + count == content.count ? 1 : 0] + u16(count) + u16(~count & 0xffff)
            packed += content[at..<at + count]
            at += count
        } while at < content.count
        return packed
    }

    private static func u16(_ value: Int) -> [UInt8] { [UInt8(value & 0xff), UInt8(value >> 8 & 0xff)] }
    private static func u32(_ value: Int) -> [UInt8] { u16(value & 0xffff) + u16(value >> 16 & 0xffff) }
}
