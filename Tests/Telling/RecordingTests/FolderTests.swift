import CLinux
import Foundation
import System
import Testing

@testable import Recording

/// A folder that goes with the test.
final class Place {
    let path = NSTemporaryDirectory() + "recording-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }

    func file(_ name: String, _ bytes: Int) throws {
        try Data(repeating: 7, count: bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func folder(budget: Int64 = 1000) throws -> RecordFolder { try RecordFolder(Path(path.utf8), budget: budget) }
}

extension RecordFolder {
    /// A record that is nothing but a text.
    func write(bytes: Int) throws(Errno) {
        makeRoom(Int64(bytes))
        let text = [UInt8](repeating: 32, count: bytes)
        // A closure of the standard library does not pass on typed errors.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 1)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: text)
        do throws(Errno) {
            try write(UnsafeRawBufferPointer(buffer))
            try commit(bytes: Int64(bytes))
        } catch {
            abandon()
            throw error
        }
    }
}

@Suite(.serialized) struct FolderTests {
    @Test func namesAreOurOwnOrNobodys() {
        func parse(_ name: String) -> String? {
            Array(name.utf8).withUnsafeBufferPointer { RecordFile.parse($0) }.map {
                "\($0.number)\($0.file.ending)\($0.isTemporary ? "+" : "")"
            }
        }
        #expect(parse("ocellus-0000000012.jpg") == "12.jpg")
        #expect(parse("ocellus-9999999999.json") == "9999999999.json")
        #expect(parse("ocellus-0000000000.raw.tmp") == "0.raw+")
        for name in [
            "", "ocellus-", "ocellus-12.jpg", "ocellus-000000001.jpg", "ocellus-00000000012.jpg",
            "ocellus-00000000x2.jpg",
            "Ocellus-0000000012.jpg", "ocellus-0000000012.png", "ocellus-0000000012.jpg.tmp.tmp",
            "ocellus-0000000012.tmp",
            "ocellus-0000000012", "xocellus-0000000012.jpg", "ocellus-0000000012.jpg~", ".tmp",
        ] { #expect(parse(name) == nil, "\(name)") }
        let path = RecordPath(Path("/a/b".utf8))
        #expect(path.text(7, .input) == "/a/b/ocellus-0000000007.raw")
        #expect(
            String(cString: path.of(RecordFile.limit, .text, isTemporary: true)) == "/a/b/ocellus-9999999999.json.tmp")
    }

    @Test func theOldestGoFirst() throws {
        let place = try Place()
        let folder = try place.folder(budget: 1000)
        for _ in 0..<10 { try folder.write(bytes: 300) }
        #expect(folder.used == 900 && folder.next == 10)
        #expect(try place.names == (7..<10).map { "ocellus-000000000\($0).json" })
        // One that takes it all.
        try folder.write(bytes: 1000)
        #expect(try place.names == ["ocellus-0000000010.json"])
        #expect(folder.used == 1000)
    }

    @Test func aRestartCountsWhatIsThere() throws {
        let place = try Place()
        do {
            let folder = try place.folder()
            for _ in 0..<3 { try folder.write(bytes: 300) }
        }
        try place.file("ocellus-0000000001.jpg", 50)
        try place.file("notes", 5000)
        // A record whose text did not come, and what was being written.
        try place.file("ocellus-0000000003.jpg", 40)
        try place.file("ocellus-0000000003.raw.tmp", 40)
        let folder = try place.folder()
        #expect(folder.used == 950 && folder.next == 4)
        #expect(try !place.names.contains { $0.hasPrefix("ocellus-0000000003") })
        try folder.write(bytes: 60)
        #expect(try place.names.first == "notes" && place.names[1] == "ocellus-0000000001.jpg")
        #expect(folder.used == 710)
        // A smaller budget holds from the next record on.
        let smaller = try Place()
        try smaller.file("ocellus-0000000000.json", 500)
        let next = try smaller.folder(budget: 100)
        try next.write(bytes: 90)
        #expect(try smaller.names == ["ocellus-0000000001.json"] && next.used == 90)
    }

    @Test("Numbers far apart do not take for ever") func gaps() throws {
        let place = try Place()
        try place.file("ocellus-0000000000.json", 500)
        try place.file("ocellus-9999999990.json", 500)
        let folder = try place.folder(budget: 600)
        try folder.write(bytes: 550)
        #expect(try place.names == ["ocellus-9999999991.json"])
        try Place().file("x", 1)
        let full = try Place()
        try full.file("ocellus-9999999999.json", 1)
        #expect(throws: RecordingError.self) { _ = try full.folder() }
    }

    @Test func filesThatOthersRemovedAreForgotten() throws {
        let place = try Place()
        let folder = try place.folder()
        for _ in 0..<3 { try folder.write(bytes: 300) }
        for name in try place.names { try FileManager.default.removeItem(atPath: place.path + "/" + name) }
        try folder.write(bytes: 300)
        #expect(try place.names.count == 1 && folder.used == 300)
    }

    @Test func oneAtATime() throws {
        let place = try Place()
        let folder = try place.folder()
        #expect(throws: RecordingError.self) { _ = try place.folder() }
        #expect(folder.next == 0)
    }

    #if DEBUG
        @Test(
            "What fails leaves nothing behind, and the next record is whole",
            arguments: [
                (OC_CALL_OPEN, OC_EIO), (OC_CALL_WRITE, OC_ENOSPC), (OC_CALL_WRITE, OC_EIO), (OC_CALL_SYNC, OC_EIO),
                (OC_CALL_RENAME, OC_EIO), (OC_CALL_OPEN, OC_ENOSPC),
            ])
        func failures(call: oc_call, error: Int) throws {
            defer { oc_force_no_errors() }
            let place = try Place()
            let folder = try place.folder()
            try folder.write(bytes: 100)
            oc_force_error(call, 0, 1, Int32(error))
            #expect(throws: Errno(Int32(error))) { try folder.write(bytes: 100) }
            #expect(try place.names == ["ocellus-0000000000.json"])
            #expect(folder.used == 100 && folder.next == 1)
            try folder.write(bytes: 100)
            #expect(try place.names == ["ocellus-0000000000.json", "ocellus-0000000001.json"])
        }

        @Test("A temporary that could not be removed is replaced") func stale() throws {
            defer { oc_force_no_errors() }
            let place = try Place()
            let folder = try place.folder()
            oc_force_error(OC_CALL_WRITE, 0, 1, Int32(OC_EIO))
            oc_force_error(OC_CALL_UNLINK, 0, 6, Int32(OC_EIO))
            #expect(throws: Errno.inputOutput) { try folder.write(bytes: 100) }
            oc_force_no_errors()
            #expect(try place.names == ["ocellus-0000000000.json.tmp"])
            try folder.write(bytes: 100)
            #expect(try place.names == ["ocellus-0000000000.json"])
        }

        @Test("A full disk at the start is survived, a read-only one is told") func start() throws {
            defer { oc_force_no_errors() }
            let place = try Place()
            // The folder itself is opened twice before.
            oc_force_error(OC_CALL_OPEN, 2, 1, Int32(OC_ENOSPC))
            #expect(try place.folder().next == 0)
            oc_force_error(OC_CALL_OPEN, 2, 1, Int32(OC_EACCES))
            #expect(throws: RecordingError.self) { _ = try place.folder() }
        }
    #endif
}
