import Boards
import CLinux
import Glibc
import System

/// Files read and written in one go. `-` is standard input and output where a command says so.
enum WholeFile {
    /// Far above any model; below what arithmetic on sizes could trip over.
    private static let limit = 4 << 30

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        do throws(Errno) {
            return try bytes(
                of: path == "-" ? FileDescriptor(borrowing: 0) : FileDescriptor(reading: FileName.path(path)))
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
            let status = try? FileDescriptor.Status(of: FileName.path(path))
            switch status?.kind {
            case .folder: throw Errno.isFolder
            case .pipe, .device, .socket: try write(bytes, FileDescriptor(writing: FileName.path(path)))
            case .file, nil: try replace(resolved(FileName.path(path)), bytes)
            }
        } catch {
            throw Failure(path, "cannot be written: \(reason(error, path))")
        }
    }

    /// Refuses a file whose folder is not there: before a long work, and not after it.
    static func expectFolder(of path: String) throws(Failure) {
        guard path != "-", let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let folder = String(path[..<slash])
        guard (try? FileDescriptor.Status(of: FileName.path(folder)).kind) != .folder else { return }
        throw Failure(path, "cannot be written: there is no folder \(folder)")
    }

    /// A link stays a link: the file that it leads to is replaced.
    private static func resolved(_ path: Path) -> Path {
        guard let real = path.withCString({ realpath($0, nil) }) else { return path }
        defer { free(real) }
        return Path(UnsafeRawBufferPointer(start: real, count: strlen(real)))
    }

    /// Whether two names lead to one file, which writing the one would take from the other.
    static func same(_ a: String, _ b: String) -> Bool {
        let path = resolved(FileName.path(a))
        return path == resolved(FileName.path(b)) && (try? FileDescriptor.Status(of: path).kind) == .file
    }

    private static func replace(_ path: Path, _ bytes: [UInt8]) throws(Errno) {
        let name = Array(path.bytes)
        let folder = name[..<(name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)]
        let temporary = Path(folder + Array(".".utf8) + name[folder.endIndex...] + Array(".\(getpid())".utf8))
        do throws(Errno) {
            try write(bytes, FileDescriptor(writing: temporary))
            try temporary.rename(to: path)
        } catch {
            _ = temporary.withCString { oc_unlink($0) }
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
            let missing = !folder.isEmpty && (try? FileDescriptor.Status(of: FileName.path(folder))) == nil
            return missing ? "there is no folder \(folder)" : "no such file"
        case .isFolder: return "a folder; name a file"
        default: return error.description
        }
    }
}
