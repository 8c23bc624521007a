import CLinux
import Synchronization
import System
import Testing

@Suite(.serialized) struct SystemTests {
    @Test func missingFileSaysSo() {
        #expect(throws: Errno.noEntry) { _ = try MappedFile(path: "/nonexistent/file") }
        #expect(Errno.noEntry.description == "No such file or directory")
        #expect(throws: Errno.isFolder) { _ = try MappedFile(path: "/tmp") }
    }

    @Test func mapsWhatWasWritten() throws {
        let path = "/tmp/ocellus-system-test-\(Clock.monotonic)"
        defer { _ = oc_unlink(path) }
        do {
            let file = try FileDescriptor(writing: path)
            let text: StaticString = "twelve bytes"
            try file.writeFully(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        let map = try MappedFile(path: path)
        #expect(map.bytes.elementsEqual("twelve bytes".utf8))
        #expect(try FileDescriptor.Status(of: Path(path.utf8)).bytes == 12)
    }

    #if DEBUG
        @Test func forcedErrorsArrive() throws {
            defer { oc_force_no_errors() }
            let file = try FileDescriptor(reading: "/proc/self/stat")
            oc_force_error(OC_CALL_READ, 1, 1, Int32(OC_EIO))
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
            defer { buffer.deallocate() }
            #expect(try file.read(into: buffer) == 4)
            #expect(throws: Errno.inputOutput) { _ = try file.read(into: buffer) }
            #expect(try file.read(into: buffer) == 4)
        }
    #endif

    @Test func threadRunsAndIsJoined() throws {
        let sum = Shared()
        let thread = try Thread { for _ in 0..<1000 { sum.value.add(1, ordering: .relaxed) } }
        thread.join()
        #expect(sum.value.load(ordering: .relaxed) == 1000)
    }

    @Test func waitEndsAtItsTime() {
        let start = Clock.monotonic
        #expect(oc_wait(nil, 0, 20) == 0)
        #expect(Clock.monotonic - start >= 19_000_000)
    }

    @Test func eventCountsPosts() {
        let fd = oc_event_open()
        defer { _ = oc_close(fd) }
        #expect(oc_event_take(fd) == -Int32(OC_EAGAIN))
        #expect(oc_event_post(fd) == 0)
        #expect(oc_event_post(fd) == 0)
        #expect(oc_event_take(fd) == 2)
    }

    @Test func decimalsOnly() {
        var value = 0.0
        #expect(oc_parse_double("12.5x", 5, &value) == 4 && value == 12.5)
        #expect(oc_parse_double("-29.97", 6, &value) == 6 && value == -29.97)
        #expect(oc_parse_double(".5e-2 ", 6, &value) == 5 && value == 0.005)
        #expect(oc_parse_double("5.e+", 4, &value) == 2 && value == 5)
        #expect(oc_parse_double("0.0000000000000000000012", 24, &value) == 24 && value == 1.2e-21)
        #expect(oc_parse_double("120000000000000000000000", 24, &value) == 24 && value == 1.2e23)
        #expect(oc_parse_double("1e-999", 6, &value) == 6 && value == 0)
        #expect(oc_parse_double("-.", 2, &value) == 0)
        #expect(oc_parse_double("0x10", 4, &value) == 1 && value == 0)
        #expect(oc_parse_double("inf", 3, &value) == 0)
        #expect(oc_parse_double("1e999", 5, &value) == 0)
        #expect(oc_parse_double("", 0, &value) == 0)
    }
}

private final class Shared: Sendable {
    let value = Atomic<Int>(0)
}
