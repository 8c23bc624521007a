/// The machine's memory.
public enum Memory {
    /// Bytes that can still be had without taking any from other programs, as the kernel estimates them (`MemAvailable`);
    /// nil: it does not say.
    ///
    /// Allocating tells less: Linux promises more memory than there is, and ends a program when it uses what is not there.
    public static var available: Int64? {
        let file: FileDescriptor
        do throws(Errno) { file = try FileDescriptor(reading: Path("/proc/meminfo".utf8), waits: false) } catch {
            return nil
        }
        let text = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
        defer { text.deallocate() }
        var count = 0
        do throws(Errno) { count = try file.readFully(into: text) } catch { return nil }
        return available(UnsafeRawBufferPointer(rebasing: text[..<count]))
    }

    /// Of the file's text.
    static func available(_ text: UnsafeRawBufferPointer) -> Int64? {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            guard line.begins(with: "MemAvailable:") else { continue }
            var kilobytes: Int64 = 0
            for byte in line {
                guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { continue }
                guard kilobytes < 1 << 40 else { return nil }
                kilobytes = kilobytes * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return kilobytes * 1024
        }
        return nil
    }
}
