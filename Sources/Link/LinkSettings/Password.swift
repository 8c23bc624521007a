import CLinux
import System

/// A file that the service manager gives, by its name.
enum Credential {
    /// - Returns: nil: there is none.
    static func path(_ name: StaticString) -> Path? {
        guard let folder = oc_environment("CREDENTIALS_DIRECTORY") else { return nil }
        let path = Path(cString: folder).appending(name.text.utf8)
        do throws(Errno) { _ = try FileDescriptor.Status(of: path) } catch {
            if error == .noEntry { return nil }
        }
        return path
    }
}

/// The password, which no list of processes shows: from a file, or from what the service manager gives.
enum Password {
    /// - Returns: the file's bytes without a line's end; nil: none is given.
    static func read(_ file: ProgramArgument?) throws(UsageError) -> [UInt8]? {
        if let file { return try read(Path(file.bytes)) }
        guard let path = Credential.path("password") else { return nil }
        return try read(path)
    }

    private static func read(_ path: Path) throws(UsageError) -> [UInt8] {
        func wrong(_ reason: String) -> UsageError {
            UsageError(message: "the password's file \(path.description)\(reason)")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65537, alignment: 1)
        defer { buffer.deallocate() }
        var count = 0
        do throws(Errno) {
            let file = try FileDescriptor(reading: path, waits: false)
            count = try file.readFully(into: buffer)
        } catch {
            throw wrong(": \(error.description)")
        }
        guard count < buffer.count else { throw wrong(" is longer than 64 KiB") }
        var bytes = Array(buffer[..<count])
        if bytes.last == 10 { bytes.removeLast() }
        if bytes.last == 13 { bytes.removeLast() }
        guard !bytes.isEmpty else { throw wrong(" is empty") }
        return bytes
    }
}
