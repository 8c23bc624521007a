import Bundle
import CLinux
import System

/// Why a folder cannot hold a recording, or cannot be replayed: one line that names file, place and remedy.
public struct RecordingError: Error {
    public let message: String

    init(_ name: String, _ reason: String) { message = "\(name): \(reason)" }
}

/// The folder that a recording lies in, under a budget: the oldest records make room for new ones.
///
/// Every file is written beside its place and renamed into it when its bytes would survive a power cut. A record whose
/// text is there is whole. Only files with names of `RecordFile` are ever removed.
final class RecordFolder {
    private let folder: Path
    private let lock: FileDescriptor  // of the folder itself
    private let path: RecordPath
    private let temporary: RecordPath
    private let budget: Int64
    private var first: Int64 = 0  // of the oldest record, or below
    /// The next record's number.
    private(set) var next: Int64 = 0
    /// Bytes of all files.
    private(set) var used: Int64 = 0

    /// Takes the folder for this process, counts what is there, and removes what was being written when a process ended.
    init(_ folder: Path, budget: Int64) throws(RecordingError) {
        let name = folder.description
        self.folder = folder
        path = RecordPath(folder)
        temporary = RecordPath(folder)
        self.budget = budget
        do throws(Errno) {
            lock = try RecordFolder.open(folder)
            try count()
            try tryOut()
        } catch {
            guard error != .again else {
                throw RecordingError(
                    name, "another ocellusd records there, or it is this one's --source; give another folder")
            }
            throw RecordingError(name, "cannot record there: \(error.description)")
        }
        guard next <= RecordFile.limit else {
            throw RecordingError(name, "the numbers of its files are used up; give an empty folder")
        }
    }

    // MARK: Start

    private static func open(_ folder: Path) throws(Errno) -> FileDescriptor {
        let lock = try FileDescriptor(reading: folder, waits: false)
        guard try lock.status().kind == .folder else { throw .isNoFolder }
        do throws(Errno) { try lock.lock(isShared: false) } catch {
            // Some network file systems know no locks.
            if error == .again { throw error }
        }
        return lock
    }

    private func count() throws(Errno) {
        var least = Int64.max
        var most: Int64 = -1
        try Folder.forEachName(in: folder) { name in
            guard let (number, file, isTemporary) = RecordFile.parse(name) else { return }
            guard !isTemporary else {
                _ = oc_unlink(temporary.of(number, file, isTemporary: true))
                return
            }
            least = min(least, number)
            most = max(most, number)
            used += bytes(number, file)
        }
        first = max(least == .max ? 0 : least, 0)
        next = most + 1
        // Without its text the last record is not whole.
        if most >= 0, bytes(most, .text) == 0 { remove(most) }
    }

    /// A folder that nobody can write to is said so at once; a full disk is not: it may get better.
    private func tryOut() throws(Errno) {
        do throws(Errno) { _ = try FileDescriptor(creating: temporary.of(next, .text, isTemporary: true)) } catch {
            if error == .noSpace || error == .quota { return }
            throw error
        }
        _ = oc_unlink(temporary.of(next, .text, isTemporary: true))
    }

    /// 0 for a file that is not there.
    private func bytes(_ number: Int64, _ file: RecordFile) -> Int64 {
        var status = oc_file_status()
        guard oc_path_status(path.of(number, file), &status) == 0 else { return 0 }
        return status.bytes
    }

    // MARK: Records

    /// Writes the next record's text beside its place.
    func write(_ text: UnsafeRawBufferPointer) throws(Errno) { try write(.text, text) }

    /// Writes pixels of the next record beside their place.
    func write(_ file: RecordFile, pixels: UnsafeRawBufferPointer, _ permit: PixelPermit) throws(Errno) {
        try write(file, pixels)
    }

    private func write(_ file: RecordFile, _ bytes: UnsafeRawBufferPointer) throws(Errno) {
        let descriptor: FileDescriptor
        let place = temporary.of(next, file, isTemporary: true)
        do throws(Errno) { descriptor = try FileDescriptor(creating: place) } catch {
            // One that could not be removed before.
            guard error == .exists else { throw error }
            _ = oc_unlink(place)
            descriptor = try FileDescriptor(creating: place)
        }
        try descriptor.writeFully(bytes)
        try descriptor.sync()
    }

    /// Moves the written files of the next record into their places, its text last.
    func commit(bytes: Int64) throws(Errno) {
        for file in RecordFile.allCases {
            let result = oc_rename(temporary.of(next, file, isTemporary: true), path.of(next, file))
            if result < 0, file == .text || result != -Int32(OC_ENOENT) { throw Errno(0 &- result) }
        }
        used += bytes
        next += 1
    }

    /// Removes what there is of the next record: it could not be written.
    func abandon() {
        for file in RecordFile.allCases {
            _ = oc_unlink(temporary.of(next, file, isTemporary: true))
            _ = oc_unlink(path.of(next, file))
        }
    }

    /// Removes the oldest records until so many bytes more fit into the budget.
    func makeRoom(_ bytes: Int64) {
        var missing = 0
        while used + bytes > budget, first < next {
            missing = remove(first) ? 0 : missing + 1
            first += 1
            // Others may have removed many.
            if missing == 100 { first = leastNumber(from: first) }
        }
        if first == next { used = 0 }
    }

    private func leastNumber(from start: Int64) -> Int64 {
        var least = next
        do throws(Errno) {
            try Folder.forEachName(in: folder) { name in
                if let (number, _, _) = RecordFile.parse(name), number >= start { least = min(least, number) }
            }
        } catch { return start }
        return least
    }

    /// The text first: what is left is no whole record any more.
    /// - Returns: false: there was nothing.
    @discardableResult
    private func remove(_ number: Int64) -> Bool {
        let before = used
        removeFile(number, .text)
        removeFile(number, .input)
        removeFile(number, .picture)
        return used < before
    }

    private func removeFile(_ number: Int64, _ file: RecordFile) {
        let bytes = bytes(number, file)
        if oc_unlink(path.of(number, file)) == 0 { used -= bytes }
    }
}
