import CLinux
import Glibc
import System

/// Files read and written in one go. `-` is standard input and output where a command says so.
enum WholeFile {
    /// Far above any model; below what arithmetic on sizes could trip over.
    private static let limit = 4 << 30

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        do throws(Errno) {
            return try bytes(of: path == "-" ? FileDescriptor(borrowing: 0) : FileDescriptor(reading: Path(path.utf8)))
        } catch {
            throw Failure(path, reason(error, path))
        }
    }

    private static func bytes(of file: consuming FileDescriptor) throws(Errno) -> [UInt8] {
        let status = try file.status()
        guard status.kind != .folder else { throw .isFolder }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(clamping: min(max(status.bytes, 0), 1 << 28)))
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            var count = 0
            do {
                count = try chunk.withUnsafeMutableBytes { buffer in try file.read(into: buffer) }
            } catch let error as Errno { throw error } catch { throw .inputOutput }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else { throw .noMemory }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Writes a new file beside `path` and renames it over it, so that no reader ever sees half of it. Pipes and devices
    /// are written to directly.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        do throws(Errno) {
            if path == "-" { return try write(bytes, FileDescriptor(borrowing: 1)) }
            let status = try? FileDescriptor.Status(of: Path(path.utf8))
            switch status?.kind {
            case .folder: throw Errno.isFolder
            case .pipe, .device, .socket: try write(bytes, FileDescriptor(writing: Array(path.utf8CString)))
            case .file, nil: try replace(resolved(path), bytes)
            }
        } catch {
            throw Failure(path, "cannot be written: \(reason(error, path))")
        }
    }

    /// A link stays a link: the file that it leads to is replaced.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func replace(_ path: String, _ bytes: [UInt8]) throws(Errno) {
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        let temporary = "\(folder).\(path.dropFirst(folder.count)).\(getpid())"
        do throws(Errno) {
            try write(bytes, FileDescriptor(writing: Array(temporary.utf8CString)))
            let result = oc_rename(temporary, path)
            guard result == 0 else { throw Errno(-result) }
        } catch {
            _ = oc_unlink(temporary)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], _ file: consuming FileDescriptor) throws(Errno) {
        let raw = file.raw
        do {
            try bytes.withUnsafeBytes { buffer in try file.writeFully(buffer) }
        } catch let error as Errno { throw error } catch { throw .inputOutput }
        // On the disk before the rename: a power cut must not leave an empty file under the final name.
        _ = fsync(raw)
    }

    /// What the system said, and what to do where that is known.
    static func reason(_ error: Errno, _ path: String) -> String {
        switch error {
        case .noEntry where path.isEmpty: return "the path is empty; name a file"
        case .noEntry:
            let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
            let missing = !folder.isEmpty && (try? FileDescriptor.Status(of: Path(folder.utf8))) == nil
            return missing ? "there is no folder \(folder)" : "no such file"
        case .isFolder: return "a folder; name a file"
        default: return error.description
        }
    }
}
